"""The ibk_miso adapter against the golden telegrams: byte for byte what it says, and what it makes of answers."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibk_miso_samples import KEY, RECEIPT, TRACE, Bank, document, golden

from adapters.ibk_miso import IbkMiso, codes
from adapters.ibk_miso.mapping import FIELDS, REQUIRED
from adapters.sdk import (
    Acknowledged,
    CannotExpressError,
    Capacity,
    Delivered,
    Fact,
    Found,
    MisconfiguredError,
    NotFound,
    RefusalReason,
    Refused,
    StatusReport,
)
from schemas.disclosure import Disclosure
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

B = BusinessStatus
CODES = json.loads((files("schemas") / "agencies" / "ibk_miso" / "codes.json").read_text("utf-8"))
RECEIVED = Fact(
    B.RECEIVED, "10", datetime(2025, 1, 6, 0, 30, 1, tzinfo=UTC), serial="1", text="담당지점 0031 의정부지점"
)


async def test_a_registration_is_said_byte_for_byte() -> None:
    """0200 as it was written from the layout, Hangul up to the edges of its fields."""
    bank = Bank(golden("register.reply"))
    delivered = await bank.adapter.submit(bank.submit())
    assert (bank.told, delivered) == ([golden("register.request")], Delivered(RECEIPT, "0000", (RECEIVED,)))


async def test_what_is_not_known_is_left_blank() -> None:
    """With nothing but what is required, everything else is spaces."""
    least = Disclosure.model_validate({
        "client": {"name": "김나루", "birth_date": "1991-03-04", "phones": ["010-0000-2345"]},
        "referral": {
            "service_code": "LOAN-MISO", "kind": "person", "urgency": "urgent", "referred_on": "2025-01-06",
        },
    })  # fmt: skip
    bank = Bank(golden("register.reply").replace(TRACE.encode(), b"1" * 31 + b"2"))
    await bank.adapter.submit(bank.submit(least, "1" * 31 + "2"))
    assert bank.told == [golden("register_least.request")]


async def test_registered_before_is_registered() -> None:
    """0707: an earlier attempt had arrived, and its receipt is the referral's."""
    bank = Bank(golden("register_again.reply"))
    assert await bank.adapter.submit(bank.submit()) == Delivered(RECEIPT, "0707", (RECEIVED,))


async def test_refusals_are_values() -> None:
    """0303 is no room this month; 0101 about a field of the document names it, for a person to change."""
    bank = Bank(golden("register_full.reply"))
    assert await bank.adapter.submit(bank.submit()) == Refused(RefusalReason.NO_BUDGET, "0303")
    bank.answer = golden("register_malformed.reply")
    malformed = Refused(RefusalReason.INVALID_CONTENT, "0101", "오류항목 BRNO")
    assert await bank.adapter.submit(bank.submit()) == malformed


@pytest.mark.parametrize("field", ["ORG_CD", "SEND_DT", "RCPT_NO", "홍길동", ""])
async def test_a_malformed_telegram_of_ours_calls_a_person(field: str) -> None:
    """0101 about what is not the document's; a name that is none of the contract's is not repeated."""
    told = golden("register_malformed.reply")
    told = told[:4] + told[4:].replace(b"BRNO".ljust(20), field.encode("cp949").ljust(20))
    bank = Bank(told)
    with pytest.raises(MisconfiguredError) as stopped:
        await bank.adapter.submit(bank.submit())
    assert "홍길동" not in str(stopped.value)


async def test_the_history_is_read_in_order() -> None:
    """0310: receipt, present state, and each fact with its number, reason and words; the branch stands with 접수."""
    bank = Bank(golden("inquire.reply"))
    told = (
        Fact(B.RECEIVED, "10", RECEIVED.occurred_at, serial="1", text="담당지점 0031 경기북부의정부역지점"),
        Fact(B.ASSIGNED, "20", datetime(2025, 1, 7, 1, tzinfo=UTC), serial="2"),
        Fact(
            B.SUPPLEMENT_REQUESTED, "40", datetime(2025, 1, 8, 2, tzinfo=UTC), serial="3",
            text="사업자등록증명원을 가져오십시오",
        ),
        Fact(B.CLOSED, "90", datetime(2025, 1, 10, 3, tzinfo=UTC), serial="4", outcome=OutcomeCode.UNREACHABLE),
    )  # fmt: skip
    assert await bank.adapter.find(bank.find()) == Found(RECEIPT, "90", told)
    assert await bank.adapter.status(bank.status()) == StatusReport(told)
    assert bank.told == [golden("inquire.request")] * 2


async def test_rows_out_of_order_and_twice_are_the_same_history() -> None:
    """ST_SN decides, and the same row twice is one fact."""
    whole = golden("inquire.reply")
    rows = [whole[224 + 240 * number :][:240] for number in range(4)]
    head, honest = whole[4:224], Bank(whole)
    shuffled = head.replace(b"9004", b"9006") + b"".join(rows[number] for number in (3, 0, 2, 2, 1, 0))
    bank = Bank(f"{len(shuffled):04d}".encode() + shuffled)
    assert await bank.adapter.find(bank.find()) == await honest.adapter.find(honest.find())


async def test_not_registered_is_not_found() -> None:
    """0404, which the hub believes after the settling time."""
    bank = Bank(golden("not_registered.reply"))
    assert await bank.adapter.find(bank.find()) == NotFound("0404")
    assert (IbkMiso.profile.repeat, IbkMiso.profile.settling_seconds) == ("lookup", 30)


async def test_a_withdrawal_is_said_and_acknowledged() -> None:
    """0400 names the receipt and the reason; 0505 and 0404 refuse."""
    bank = Bank(golden("cancel.reply"))
    assert await bank.adapter.withdraw(bank.withdraw()) == Acknowledged("92")
    assert bank.told == [golden("cancel.request")]
    bank.answer = golden("cancel_too_late.reply")
    assert await bank.adapter.withdraw(bank.withdraw()) == Refused(RefusalReason.OTHER, "0505")
    bank.answer = golden("cancel_too_late.reply").replace(b"0505", b"0404")
    assert await bank.adapter.withdraw(bank.withdraw()) == Refused(RefusalReason.OTHER, "0404")


async def test_capacity_is_asked_without_saying_who_for() -> None:
    """0500: the telegram holds no more than a number of its own and the product."""
    bank = Bank(golden("capacity.reply"))
    assert await bank.adapter.precheck(bank.precheck()) == Capacity(
        is_open=False, raw_code="N", places=0, next_on=date(2025, 2, 3)
    )
    assert bank.told == [golden("capacity.request")]
    with pytest.raises(CannotExpressError, match=r"referral\.service_code"):
        await bank.adapter.precheck(bank.precheck(ServiceCode.LOAN_CCRS))


async def test_the_line_can_be_probed() -> None:
    """0800 and 0810, with a number that is new each time."""

    def answer(said: bytes) -> bytes:
        head = golden("probe.reply")
        return head[:17] + said[17:69] + head[69:]

    bank = Bank(answer)
    await bank.adapter.probe(bank.impersonal())
    await bank.adapter.probe(bank.impersonal())
    first, second = bank.told
    assert (len(first), first[:17], first[17:69] == second[17:69]) == (124, golden("probe.request")[:17], False)


EDGES: list[tuple[dict[str, Any], str]] = [
    ({"name": "가나다라마바사아자차카타파하홍길"}, "client.name"),
    ({"name": "김나루😀"}, "client.name"),
    ({"address": {"road_addr_part1": "나" * 50 + "A"}}, "client.address.road_addr_part1"),
    ({"address": {"addr_detail": "1203호 " + "가" * 60}}, "client.address.addr_detail"),
    ({"debts": [{"amount": 10**15}] * 10}, "client.debts.amount"),
    ({"debts": [{"amount": 1}, {"secured": True}, {"secured": True}]}, "client.debts.amount"),
    ({"phones": []}, "client.phones"),
]


@pytest.mark.parametrize(("change", "path"), EDGES)
async def test_what_the_wire_cannot_carry_is_refused_by_name(change: dict[str, Any], path: str) -> None:
    """Too long by a byte, a character that CP949 lacks, a sum too large, a required field absent: nothing leaves."""
    bank = Bank()
    with pytest.raises(CannotExpressError) as refused:
        await bank.adapter.submit(bank.submit(document(**change)))
    assert (refused.value.path, bank.told) == (path, [])


@given(
    name=st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30).map(str.strip).filter(bool)
)
async def test_a_name_arrives_whole_or_not_at_all(name: str) -> None:
    """Whatever letters a name has, its field holds all of them, or the name is refused."""
    bank = Bank(golden("register.reply"))
    told = document()
    told = told.model_copy(update={"client": told.client.model_copy(update={"name": name})})
    try:
        await bank.adapter.submit(bank.submit(told))
        said = bank.told[0][196:226].decode("cp949").rstrip(" ")
    except CannotExpressError as refused:
        said = refused.path
    assert said in {unicodedata.normalize("NFC", name), "client.name"}


def test_every_code_of_the_contract_has_a_meaning() -> None:
    """The tables of the contract and ours name the same codes, and mean the same by those that say what they mean."""
    assert {code: status.value for code, status in codes.STATUSES.items()} == _told("PRGR_ST", "business")
    assert {code: outcome.value for code, outcome in codes.OUTCOMES.items()} == _told("CLS_RSN", "outcome")
    assert {code: service.value for service, code in codes.SERVICES.items()} == _told("SVC_CD", "service")
    assert frozenset().union(*codes.ANSWERS.values()) == CODES["RSP_CD"].keys()
    assert codes.ANSWERS.keys() == _told("MSG_NO", "operation").keys()
    for ours, table in {
        "RQST_TP": codes.KINDS, "YN": codes.URGENCIES, "SEX_CD": codes.SEXES, "EMPL_CD": codes.EMPLOYMENTS,
        "CNCL_RSN": codes.WITHDRAWALS,
    }.items():  # fmt: skip
        assert CODES[ours].keys() == set(table.values())


def _told(table: str, key: str) -> dict[str, str]:
    return {code: told[key] for code, told in CODES[table].items() if key in told}


def test_what_it_needs_follows_from_the_layout() -> None:
    """Required fields of 0200 are required field paths, and the key fits its field."""
    assert {
        "referral.kind", "referral.service_code", "referral.urgency", "referral.referred_on", "client.name",
        "client.birth_date", "client.phones",
    } == REQUIRED  # fmt: skip
    assert (IbkMiso.profile.wire_key.width, len(KEY), frozenset(FIELDS.values())) == (20, 20, IbkMiso.profile.discloses)
