"""불법사금융 피해구제: what its replies mean, on a wire within the process."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from illegal_lending_samples import RECEIPT, TRAN_ID, WHOLE, Agency, document, golden, talking_to, tied

from adapters.sdk import (
    AdapterError,
    BadReplyError,
    BusyError,
    Delivered,
    Fact,
    HostileReplyError,
    RefusalReason,
    Refused,
    StatusReport,
    UncertainError,
)
from schemas.status import BusinessStatus, OutcomeCode

B = BusinessStatus
ACCEPTED = golden("register.reply.xml")


async def submitted(agency: Agency) -> Delivered | Refused:
    """Submit the whole sample to this agency."""
    async with talking_to(agency) as bench:
        return await bench.adapter.submit(tied(bench.submit(document(WHOLE))))


async def asked(agency: Agency, receipt: str = RECEIPT) -> StatusReport:
    """Ask this agency how a complaint stands."""
    async with talking_to(agency) as bench:
        return await bench.adapter.status(tied(bench.status("NR20250304ABCDEFGHJK", receipt)))


async def failure(agency: Agency) -> type[Exception]:
    """Return the class of the error that a submit comes to."""
    with pytest.raises(AdapterError) as caught:
        await submitted(agency)
    assert not any(word in str(caught.value) for word in ("김나루", "똠방", "01000"))
    return type(caught.value)


def saying(message: str, tran_id: str = TRAN_ID) -> bytes:
    """Return the reply that says something else."""
    return golden("register_refused.reply.xml").replace(b"E201", message.encode()).replace(
        TRAN_ID.encode(), tran_id.encode()
    )  # fmt: skip


async def test_a_complaint_is_accepted() -> None:
    """One post to the contract's path, labelled EUC-KR; receipt and 접수 come back, our key never goes out."""
    agency = Agency(ACCEPTED)
    delivered = await submitted(agency)
    fact = Fact(B.RECEIVED, "10", datetime(2025, 3, 4, 1, 20, tzinfo=UTC), serial="1")
    assert delivered == Delivered(RECEIPT, "10", (fact,))
    assert agency.sent is not None
    assert (agency.sent.method, str(agency.sent.url)) == ("POST", "http://relief.invalid/app/complaints/register.do")
    assert agency.sent.headers["content-type"] == "application/x-www-form-urlencoded; charset=EUC-KR"
    assert agency.sent.content == golden("register_whole.request.form")


async def test_statuses_are_read_in_their_order() -> None:
    """Words with syllables that EUC-KR lacks, deadline and reason of the end are told; the order is by number."""
    agency = Agency(golden("status.reply.xml"))
    report = await asked(agency)
    assert [fact.business for fact in report.facts] == [B.RECEIVED, B.SUPPLEMENT_REQUESTED, B.CLOSED]
    assert report.facts[1].text == "똠방각하대부와의 거래 내역을 보완하여 주십시오.\n보완기한 2025-03-12"
    assert report.facts[2].outcome is OutcomeCode.HELPED
    assert [fact.serial for fact in report.facts] == ["1", "2", "3"]
    assert agency.sent is not None
    assert agency.sent.content == golden("status.request.form")


@pytest.mark.parametrize(
    ("message", "reason"),
    [("E201", RefusalReason.NOT_ELIGIBLE), ("E203", RefusalReason.NO_BUDGET), ("E002", RefusalReason.INVALID_CONTENT)],
)
async def test_refusals_are_values(message: str, reason: RefusalReason) -> None:
    """With the agency's own code and words."""
    assert await submitted(Agency(saying(message))) == Refused(reason, message, "피해구제 대상 아님")


async def test_a_form_that_could_not_be_read_is_refused_without_its_id() -> None:
    """E001 to E005 may come back without TRAN_ID; nothing else may."""
    refused = await submitted(Agency(golden("register_unread.reply.xml")))
    assert refused == Refused(RefusalReason.INVALID_CONTENT, "E005", "문자 오류")
    assert await failure(Agency(saying("E201", tran_id=""))) is BadReplyError


@pytest.mark.parametrize(
    ("agency", "error"),
    [
        (Agency(saying("E901")), BusyError),
        (Agency(saying("E999")), UncertainError),
        (Agency(saying("E777")), BadReplyError),
        (Agency(saying("SUCCESS")), BadReplyError),
        (Agency(saying("E201", tran_id="f" * 32)), BadReplyError),
        (Agency(ACCEPTED.replace(b"20250304102000", b"20250230102000")), BadReplyError),
        (Agency(ACCEPTED.replace(b"<STTS_CD>10", b"<STTS_CD>11")), BadReplyError),
        (Agency(golden("status.reply.xml")), BadReplyError),
        (Agency(ACCEPTED, status=500), BadReplyError),
        (Agency(ACCEPTED, content_type="text/html; charset=euc-kr"), BadReplyError),
        (Agency(saying("E201").decode("cp949").encode()), BadReplyError),
        (Agency(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), HostileReplyError),
    ],
)  # fmt: skip
async def test_what_proves_nothing_is_no_outcome(agency: Agency, error: type[Exception]) -> None:
    """Maintenance waits; a failure, an unknown code, another's reply or another encoding leave it unknown."""
    assert await failure(agency) is error


@pytest.mark.parametrize("label", ["ms949", "ksc5601", "utf-8", None])
async def test_labels_of_replies_are_not_read(label: str | None) -> None:
    """CP949 is CP949, whatever declaration and header call it, or if neither calls it anything."""
    reply = golden("status.reply.xml")
    declaration = b"" if label is None else f'<?xml version="1.0" encoding="{label}"?>'.encode()
    labelled = declaration + reply.partition(b"?>")[2].lstrip()
    report = await asked(Agency(labelled, content_type=f"application/xml; charset={label}" if label else "text/xml"))
    assert report.facts[1].text is not None
    assert report.facts[1].text.startswith("똠방각하대부")


async def test_a_status_of_another_complaint_is_none() -> None:
    """A receipt that we did not ask about, or 접수번호 없음: asked again later."""
    with pytest.raises(BadReplyError):
        await asked(Agency(golden("status.reply.xml")), "IL20250304-000002")
    nobody = saying("E301").replace(b"COMPLAINT", b"STATUS")
    with pytest.raises(BadReplyError, match="E301"):
        await asked(Agency(nobody))
