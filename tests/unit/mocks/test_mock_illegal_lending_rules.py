"""The mock 불법사금융 피해구제 takes what its contract takes, refuses the rest, and keeps its own book."""

from __future__ import annotations

import re

import pytest
from relief_wire import LABELLED, LEAST, TRAN_ID, Relief, form, golden, instead

from mocks.illegal_lending.contract import ContractError
from mocks.illegal_lending.replies import refusal, status_of
from mocks.kit.agency import Request
from mocks.kit.kst import stamp


@pytest.fixture
def relief() -> Relief:
    return Relief()


@pytest.mark.parametrize("name", ["register_least", "register_whole"])
async def test_golden_complaints_are_taken(relief: Relief, name: str) -> None:
    """The reply is the golden one but for number and time, in CP949 under the label EUC-KR."""
    reply = await relief.post(golden(f"{name}.request.form"))
    assert (reply.status, reply.content_type) == (200, "text/xml; charset=EUC-KR")
    day = stamp(relief.desk.clock.now())[:8].encode()
    assert _second(reply.body) == _second(golden("register.reply.xml").replace(b"20250304", day))


def _second(reply: bytes) -> bytes:
    """Leave the second of the day out of a reply."""
    return re.sub(rb"(<RCPT_DT>\d{8})\d{6}", rb"\1", reply)


async def test_the_ledger_names_what_arrived(relief: Relief) -> None:
    """Rows by their position, empty places not at all, no value in clear."""
    await relief.post(golden("register_whole.request.form"))
    (act,) = relief.desk.ledger.acts
    digest = relief.desk.ledger.digest
    assert act.fields["REQ_NM"] == digest("김나루똠")
    assert act.fields["CRDT_NM[0]"] == digest("똠방각하대부")
    assert act.fields["REQ_TEL[1]"] == digest("0310000002")
    assert {"CRDT_HP[1]", "LOAN_YMD[1]", "REL_TEL[1]"} & act.fields.keys() == set()
    assert act.key == ""


async def test_the_same_complaint_twice_is_two(relief: Relief) -> None:
    """Nothing in the contract tells them apart from two complaints: the same TRAN_ID does not either."""
    first, second = [await relief.told(form()) for _ in range(2)]
    assert first["RCPT_NO"] != second["RCPT_NO"]
    assert [act.receipt for act in relief.desk.ledger.acts] == [first["RCPT_NO"], second["RCPT_NO"]]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (form(without="CRDT_HP"), "E001"),
        (instead("CRDT_HP", ""), "E001"),
        (form(without="REQ_NM"), "E001"),
        (instead("CRDT_HP", "0310009001"), "E002"),
        (instead("CRDT_HP", "010-0000-9001"), "E003"),
        (instead("REF_YMD", "20250230"), "E002"),
        (instead("SVC_CD", "ZZ"), "E002"),
        (form(("REQ_NM", "김나루")), "E002"),
        (form(("NICK_NM", "나루")), "E002"),
        (form(("LOAN_AMT", "1"), ("LOAN_AMT", "2")), "E002"),
        (instead("REQ_NM", "가" * 31), "E003"),
        (form(*[("REL_NM", f"관계인{number}") for number in range(6)]), "E004"),
        (form(*[("CRDT_HP", "01000009001")] * 10), "E004"),
        (instead("REQ_NM", "홍\n길동"), "E005"),
        (form() + b"&PIC_NM=%ED%99%8D", "E005"),
        (form() + "&PIC_NM=홍".encode("cp949"), "E005"),
        (form() + b"&PIC_NM=%C", "E005"),
    ],
)
async def test_a_wrong_form_is_refused_by_the_field(relief: Relief, body: bytes, message: str) -> None:
    """Its code says what is wrong, its words name a field and never a value, and nothing is in the ledger."""
    told = await relief.told(body)
    assert (told["MESSAGE"], told["TRAN_ID"]) == (message, TRAN_ID if message != "E005" or b"PIC" not in body else None)
    assert not any(value in told["DETAIL"] for _, value in LEAST)
    assert relief.desk.ledger.acts == ()


async def test_an_agent_needs_an_unlawful_loan(relief: Relief) -> None:
    """채무자대리인: over 20 % a year or unlawful collection; what is not told does not count against anybody."""
    agent = instead("SVC_CD", "AG")
    lawful = b"&LOAN_RATE=19.9&ILGL_YN=N"
    assert (await relief.told(agent + lawful))["MESSAGE"] == "E201"
    for unlawful in (b"", b"&LOAN_RATE=20.1", b"&ILGL_YN=Y", b"&LOAN_RATE=12&ILGL_YN=Y"):
        assert (await relief.told(agent + unlawful))["MESSAGE"] == "SUCCESS"
    assert (await relief.told(form() + lawful))["MESSAGE"] == "SUCCESS"


async def test_what_is_no_form_is_the_web_servers(relief: Relief) -> None:
    """Another path, method or type is refused without a word of the contract."""
    assert (await relief.post(form(), "withdraw")).status == 404
    assert (await relief.post(form(), content_type="application/json")).status == 415
    assert (await relief.mock.handle(Request("GET", "/complaints/register.do"))).status == 405
    wrong = await relief.post(form(), content_type=LABELLED.replace("EUC-KR", "UTF-8"))
    assert b"E005" in wrong.body


async def test_a_complaint_is_moved_on_by_its_number(relief: Relief) -> None:
    """Every step is told in its order with its words; an impossible one names the possible ones."""
    receipt = (await relief.told(form()))["RCPT_NO"]
    for state in ("assigned", "investigating", "supplement", "decided", "closed"):
        relief.mock.advance({"receipt": receipt, "to": state})
    asked = f"TRAN_ID={TRAN_ID}&RCPT_NO={receipt}".encode()
    root = (await relief.post(asked, "status")).body.decode("cp949")
    codes = [part[:2] for part in root.split("<STTS_CD>")[1:]]
    assert codes == ["10", "20", "30", "35", "40", "90"]
    assert "<END_CD>01</END_CD>" in root
    with pytest.raises(ValueError, match="closed cannot become assigned; it can become: -"):
        relief.mock.advance({"receipt": receipt, "to": "assigned"})
    with pytest.raises(ValueError, match="no key of ours"):
        relief.mock.advance({"key": "NR20250304ABCDEFGHJK", "to": "assigned"})


@pytest.mark.parametrize(
    "order", [{"to": "nowhere"}, {"receipt": 1}, {"refuse_next": "E999"}, {"to": "closed", "x": "y"}]
)
def test_an_order_that_nobody_understands_is_refused(relief: Relief, order: dict[str, object]) -> None:
    """With what is known instead."""
    with pytest.raises(ValueError, match=r"one of|known|text"):
        relief.mock.advance(order)


async def test_a_refusal_by_order_comes_once(relief: Relief) -> None:
    """예산 소진, and the next one is taken."""
    relief.mock.advance({"refuse_next": "E203"})
    assert [(await relief.told(form()))["MESSAGE"] for _ in range(2)] == ["E203", "SUCCESS"]


async def test_a_number_that_nobody_has_is_not_found(relief: Relief) -> None:
    """E301."""
    asked = f"TRAN_ID={TRAN_ID}&RCPT_NO=IL20250304-000009".encode()
    assert (await relief.told(asked, "status"))["MESSAGE"] == "E301"


def test_the_mock_checks_itself() -> None:
    """A reply against its own contract does not leave."""
    with pytest.raises(ContractError):
        refusal("register", "no id", "E001", "필수 항목 누락")
    with pytest.raises(ContractError):
        status_of(TRAN_ID, "IL20250304-000001", [])
