"""The kamco adapter against hand-made files: every byte of what it writes, and what it reads of what comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kamco_samples import (
    ADDRESS,
    CODES,
    KEYS,
    ORG,
    PROGRESS,
    REQUEST,
    RESULT,
    Orders,
    golden,
    joined,
    least,
    records,
    whole,
)

from adapters.kamco import codes
from adapters.kamco.files import read_result, request_name, write_member, write_request
from adapters.kamco.mapping import FIELDS
from adapters.sdk import (
    RECEIPT,
    Acknowledged,
    CannotExpressError,
    Delivered,
    Fact,
    Gate,
    MisconfiguredError,
    RefusalReason,
    Refused,
    ResultFile,
    ResultLine,
)
from schemas.client import EmploymentStatus, Sex
from schemas.status import BusinessStatus, OutcomeCode


@pytest.fixture
def orders(gate: Gate) -> Orders:
    return Orders(gate)


def test_a_file_is_written_as_by_hand(orders: Orders) -> None:
    """Header, everything told, the least told, a withdrawal and the trailer, to the byte."""
    assert write_request(orders.fold(), ORG) == golden("request")


def test_the_same_members_make_the_same_bytes(orders: Orders) -> None:
    """New decisions and times change nothing: a file that is written again is the same file."""
    again = tuple(
        replace(one, sent_at=datetime(2025, 1, 7, tzinfo=UTC), message_id="f" * 32) for one in orders.fold().members
    )
    assert write_request(orders.fold(*again), ORG) == golden("request")


def test_a_name_of_another_day_is_our_own_mistake(orders: Orders) -> None:
    """The header repeats the day and number of the name."""
    with pytest.raises(MisconfiguredError):
        write_request(replace(orders.fold(), number=2), ORG)


UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "a name of 31 bytes": ({"name": "가" * 15 + "a"}, "client.name"),
    "a name of 32 bytes": ({"name": "가" * 16}, "client.name"),
    "a name that CP949 lacks": ({"name": "김\U00020000"}, "client.name"),
    "no name": ({"name": None}, "client.name"),
    "an address of 71 bytes": ({"address": {"road_addr_part1": ADDRESS + "aa"}}, "client.address.road_addr_part1"),
    "no debt": ({"debts": []}, "client.debts.amount"),
    "a sum of 14 digits": ({"debts": [{"amount": 10**12 * 5}, {"amount": 10**12 * 5}]}, "client.debts.amount"),
    "a debt of unknown size": ({"debts": [{"amount": 1}, {"secured": True}]}, "client.debts.amount"),
    "security told of one debt": ({"debts": [{"amount": 1, "secured": True}, {"amount": 1}]}, "client.debts.secured"),
    "delay told of one debt": (
        {"debts": [{"amount": 1, "days_overdue": 1}, {"amount": 1}]},
        "client.debts.days_overdue",
    ),
}


@pytest.mark.parametrize(("client", "path"), UNFIT.values(), ids=UNFIT)
def test_what_the_record_cannot_carry_is_refused_by_its_path(orders: Orders, client: dict[str, Any], path: str) -> None:
    """Nothing is cut, guessed or left out: the field is named, and its value is not."""
    with pytest.raises(CannotExpressError) as caught:
        write_member(orders.submit(whole(**client)))
    assert caught.value.path == path


@given(name=st.text(alphabet="가똠뷁a ~ ", min_size=1, max_size=20).filter(lambda text: text.strip() == text))
def test_a_record_has_300_bytes_or_is_refused(name: str) -> None:
    """Whatever a name is made of, no record is longer, shorter, or holds half a Hangul."""
    try:
        record = write_member(Orders(Gate()).submit(whole(name=name)))
    except CannotExpressError:
        assert len(name.encode("cp949")) > 30
        return
    assert (len(record), record[34:64].decode("cp949").rstrip()) == (300, name)


def test_a_receipt_that_no_record_can_carry_is_named() -> None:
    """A person mistyped it: the file's set-up is as good as before."""
    with pytest.raises(CannotExpressError, match=f"^{RECEIPT}:"):
        write_member(Orders(Gate()).withdraw(receipt="KAMCO-2026-11-22-000000001"))


def test_every_code_of_the_contract_has_a_meaning() -> None:
    """The tables of `codes` and those of the contract are the same, both ways."""
    assert set(CODES["RSLT_CD"]) == {codes.DONE, codes.KNOWN_ALREADY, *codes.REFUSALS}
    assert {code: row["business"] for code, row in CODES["PRGR_STTS_CD"].items()} == codes.STATUSES
    assert {code: row["outcome"] for code, row in CODES["CLS_RSN_CD"].items()} == codes.OUTCOMES
    assert {row["service"]: code for code, row in CODES["SVC_CD"].items()} == codes.SERVICES
    assert set(CODES["WHDR_RSN_CD"]) == set(codes.WITHDRAWALS.values())
    assert (set(CODES["SEX_CD"]), set(Sex)) == (set(codes.SEXES.values()), set(codes.SEXES))
    assert (set(CODES["JOB_CD"]), set(EmploymentStatus)) == (set(codes.JOBS.values()), set(codes.JOBS))


RECEIVED_AT = datetime(2025, 1, 6, 17, tzinfo=UTC)
TAKEN = tuple(
    ResultLine(
        key,
        Delivered(receipt, "0000", (Fact(BusinessStatus.RECEIVED, "10", RECEIVED_AT, serial="1"),)),
    )
    for key, receipt in zip(KEYS, ("KM20250107-000001", "KM20250107-000002"), strict=False)
)
UNKNOWN_CASE = ResultLine(KEYS[2], Refused(RefusalReason.OTHER, "E21", "접수 건 없음"), is_withdrawal=True)


def test_a_result_is_read_line_by_line() -> None:
    """Two receipts and a refusal, each under the key that it is about."""
    read = read_result(RESULT, golden("result"), ORG)
    assert read == ResultFile(RESULT, REQUEST, None, (*TAKEN, UNKNOWN_CASE))


def test_progress_is_read_case_by_case() -> None:
    """Steps are gathered in the order of their numbers, with outcome and words."""
    facts = (
        Fact(BusinessStatus.REVIEWING, "31", datetime(2025, 1, 7, 1, 15, tzinfo=UTC), serial="2", text="심사" * 25),
        Fact(BusinessStatus.APPROVED, "50", datetime(2025, 1, 7, 7, tzinfo=UTC), serial="3", text="채무조정 결정"),
    )
    closed = Fact(
        BusinessStatus.CLOSED,
        "90",
        datetime(2025, 1, 7, 2, 30, tzinfo=UTC),
        serial="2",
        outcome=OutcomeCode.NOT_ELIGIBLE,
    )
    expected = (ResultLine(KEYS[0], facts=facts), ResultLine(KEYS[1], facts=(closed,)))
    assert read_result(PROGRESS, golden("progress"), ORG) == ResultFile(PROGRESS, lines=expected)


def test_a_rejected_file_names_itself_and_no_line() -> None:
    """파일 반려: its code, and that nothing was taken."""
    assert read_result(RESULT, golden("rejected"), ORG) == ResultFile(RESULT, REQUEST, "F001")


@given(cut=st.integers(0, 5 * 302 - 1))
def test_a_file_that_is_not_whole_is_left_alone(cut: int) -> None:
    """However much of it is there: without its last byte it is still being written."""
    assert read_result(RESULT, golden("result")[:cut], ORG) is None


def _patched(line: int, start: int, patch: bytes, name: str = "result") -> bytes:
    lines = records(golden(name))
    lines[line] = lines[line][:start] + patch + lines[line][start + len(patch) :]
    return joined(lines)


def _moved(name: str, order: list[int]) -> bytes:
    lines = records(golden(name))
    return joined([lines[number] for number in order])


def test_what_stands_twice_is_read_once() -> None:
    """The same line twice is one line, if the file counts it so."""
    lines = records(_patched(0, 56, b"0000004"))
    twice = joined([*lines[:4], lines[3], records(_patched(4, 1, b"0000004"))[4]])
    assert read_result(RESULT, twice, ORG) == ResultFile(RESULT, REQUEST, None, (*TAKEN, UNKNOWN_CASE))


HALF = "가".encode("cp949")[:1]
UNREADABLE: dict[str, bytes] = {
    "the trailer counts another number": _patched(4, 1, b"0000004"),
    "the header counts another number": _patched(0, 56, b"0000004"),
    "the trailer counts others as done": _patched(4, 8, b"0000003"),
    "a line is missing": _moved("result", [0, 1, 2, 4]),
    "a line is too short": joined(
        [line[:-1] if number == 2 else line for number, line in enumerate(records(golden("result")))]
    ),
    "half a Hangul": _patched(1, 80, HALF + b" "),
    "half a Hangul in a filler": _patched(3, 299, HALF),
    "an unknown code": _patched(1, 22, b"9999"),
    "a withdrawal's code on a referral": _patched(1, 22, b"E21 "),
    "a referral's code on a withdrawal": _patched(3, 22, b"E11 "),
    "no receipt": _patched(1, 26, b" " * 20),
    "a time that does not exist": _patched(1, 46, b"20250230020000"),
    "a record of another kind": _patched(1, 0, b"X"),
    "no header": _moved("result", [1, 1, 2, 3, 4]),
    "two trailers": _moved("result", [0, 1, 2, 4, 4]),
    "another institution": _patched(0, 4, b"1111111"),
    "another day": _patched(0, 11, b"20250108"),
    "another number": _patched(0, 19, b"002"),
    "an answer to no file of ours": _patched(0, 22, b"../../etc/passwd    "),
    "a result without the file that it answers": _patched(0, 22, b" " * 30),
    "lines of a rejected file": _patched(0, 52, b"F001"),
    "one line with two results": _patched(2, 1, KEYS[0].encode()),
    "nothing but a trailer": records(golden("result"))[4] + b"\r\n",
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_nothing_is_taken_of_a_file_that_breaks_the_contract(data: bytes) -> None:
    """A whole file with anything wrong in it is a person's to look at, and the reason holds no value."""
    read = read_result(RESULT, data, ORG)
    assert read is not None
    assert (read.lines, read.answers, read.rejected) == ((), None, None)
    assert read.unreadable
    assert not any(text in read.unreadable for text in (*KEYS, "KM2025", "정상"))


@pytest.mark.parametrize(("start", "patch"), [(44, b"31"), (60, b"  ")])
def test_closing_needs_its_reason_and_nothing_else_has_one(start: int, patch: bytes) -> None:
    """종결 without 종결사유, or a reason without 종결, breaks the contract."""
    read = read_result(PROGRESS, _patched(2, start, patch, "progress"), ORG)
    assert read is not None
    assert read.unreadable


def test_a_line_that_was_known_is_delivered_under_its_first_receipt() -> None:
    """중복: our key is unique, so what the agency has under it is this very referral."""
    data = joined([*records(_patched(1, 22, b"0001"))[:4], records(_patched(4, 8, b"0000001"))[4]])
    read = read_result(RESULT, data, ORG)
    assert read is not None
    assert read.lines[0] == ResultLine(KEYS[0], Delivered("KM20250107-000001", "0001"))


def test_a_withdrawal_that_was_done_is_acknowledged() -> None:
    """철회 with 0000."""
    patched = records(_patched(3, 22, b"0000KM20250104-000001   "))[3]
    data = joined([*records(golden("result"))[:3], patched, records(_patched(4, 8, b"0000003"))[4]])
    read = read_result(RESULT, data, ORG)
    assert read is not None
    assert read.lines[2] == ResultLine(KEYS[2], Acknowledged("0000"), is_withdrawal=True)


@given(data=st.binary(max_size=1000) | st.binary(max_size=40).map(lambda noise: golden("result") + noise))
def test_no_bytes_raise_anything(data: bytes) -> None:
    """Outside bytes come to a file, to an unreadable file, or to nothing yet."""
    assert isinstance(read_result(RESULT, data, ORG), ResultFile | None)


@given(position=st.integers(0, 5 * 302 - 1), byte=st.integers(0, 255))
def test_one_wrong_byte_never_moves_a_result_to_another_line(position: int, byte: int) -> None:
    """Of a file with one byte changed, what is read is read of a file that agrees in itself."""
    data = bytearray(golden("result"))
    data[position] = byte
    read = read_result(RESULT, bytes(data), ORG)
    assert read is None or read.unreadable or len(read.lines) == 3


def test_names_are_the_same_for_ever() -> None:
    """One file a day and number."""
    assert (request_name(datetime(2025, 1, 6, tzinfo=UTC).date(), 12), len(FIELDS)) == ("REQ_20250106_012.dat", 19)


def test_the_least_is_enough(orders: Orders) -> None:
    """What the contract does not require may be absent."""
    assert write_member(orders.submit(least(), KEYS[1])) == records(golden("request"))[2]
