"""The mock 한국자산관리공사 against hand-made files: what it reads, how it judges, and every byte that it writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kamco_wire import KEYS, REQUEST, golden, joined, records

from mocks.kamco.files import RequestFile, ResultFile, Told, read_request, write_result
from mocks.kamco.registrar import Registrar
from mocks.kit.clock import BusinessClock
from mocks.kit.ledger import Ledger

COLLECTED = datetime(2025, 1, 6, 17, tzinfo=UTC)


def test_a_file_is_read_as_by_hand() -> None:
    """Every field of every line, by its name; what is blank is absent."""
    file = read_request(REQUEST, golden("request"))
    assert file is not None
    assert (file.code, file.org_code, [(line.key, line.kind, line.code) for line in file.lines]) == (
        "0000",
        "6410000",
        [(KEYS[0], "N", ""), (KEYS[1], "N", ""), (KEYS[2], "C", "")],
    )
    assert file.lines[0].fields == {
        "LINE_KEY": KEYS[0],
        "SVC_CD": "DA01",
        "RQST_YMD": "20250106",
        "CUST_NM": "가나다라마바사아자차카타파하홍",
        "BRTH_YMD": "19610307",
        "SEX_CD": "1",
        "TELNO": "01000000001",
        "ZIP_NO": "11622",
        "ADDR": "경기도 의정부시 나루로 12, 가나다라마바사아자차카타파하 똠방각하 상가",
        "DTL_ADDR": "101동 1203호",
        "DEBT_TOT_AMT": 24_700_000,
        "DEBT_CNT": 2,
        "SCRT_AMT": 6_200_000,
        "UNSC_AMT": 18_500_000,
        "OVDU_DCNT": 95,
        "MNTH_INCM_AMT": 680_000,
        "HSHD_CNT": 2,
        "JOB_CD": "03",
        "PIC_NM": "이담당",
        "PIC_TELNO": "0310001111",
    }
    assert set(file.lines[1].fields) == {
        "LINE_KEY", "SVC_CD", "RQST_YMD", "CUST_NM", "BRTH_YMD", "TELNO", "DEBT_TOT_AMT", "DEBT_CNT",
    }  # fmt: skip
    assert file.lines[2].fields == {"LINE_KEY": KEYS[2], "RCPT_NO": "KM20250104-000001", "WHDR_RSN_CD": "01"}


def test_results_are_written_as_by_hand() -> None:
    """Two that are taken, and a withdrawal of what nobody has, to the byte."""
    file, registrar = read_request(REQUEST, golden("request")), Registrar(Ledger(BusinessClock()))
    assert file is not None
    told = tuple(registrar.take(line, COLLECTED) for line in file.lines)
    assert write_result(ResultFile("6410000", REQUEST, "0000", told), "20250107", 1) == golden("result")


def test_progress_is_written_as_by_hand() -> None:
    """Three steps of two cases, in the order in which they were made."""
    file, registrar = read_request(REQUEST, golden("request")), Registrar(Ledger(BusinessClock()))
    assert file is not None
    for line in file.lines[:2]:
        registrar.take(line, COLLECTED)
    one, two = (registrar.case_of(key) for key in KEYS[:2])
    assert one is not None
    assert two is not None
    registrar.move(one, "reviewing", datetime(2025, 1, 7, 1, 15, tzinfo=UTC), text="심사" * 25)
    registrar.move(two, "closed", datetime(2025, 1, 7, 2, 30, tzinfo=UTC), reason="02")
    registrar.move(one, "decided", datetime(2025, 1, 7, 7, tzinfo=UTC), text="채무조정 결정")
    progress = ResultFile("6410000", None, None, registrar.progress())
    assert write_result(progress, "20250108", 1) == golden("progress")
    assert registrar.progress() == ()


def test_a_rejection_is_written_as_by_hand() -> None:
    """Header with its reason, and a trailer that counts nothing."""
    assert write_result(ResultFile("6410000", REQUEST, "F001", ()), "20250107", 1) == golden("rejected")


def patched(line: int, start: int, patch: bytes) -> bytes:
    lines = records(golden("request"))
    lines[line] = lines[line][:start] + patch + lines[line][start + len(patch) :]
    return joined(lines)


def judged(data: bytes, name: str = REQUEST) -> RequestFile:
    file = read_request(name, data)
    assert file is not None
    return file


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (patched(0, 22, b"0000004"), "F001"),
        (patched(4, 1, b"0000002"), "F001"),
        (joined([line for number, line in enumerate(records(golden("request"))) if number != 2]), "F001"),
        (patched(4, 8, b"00000000031700001"), "F002"),
        (patched(0, 1, b"RES"), "F003"),
        (patched(0, 11, b"20250107"), "F003"),
        (patched(0, 19, b"002"), "F003"),
        (patched(4, 1, b"       "), "F003"),
        (patched(0, 4, b"1234567"), "F004"),
    ],
)
def test_a_file_that_does_not_add_up_is_rejected_whole(data: bytes, code: str) -> None:
    """Counts, sums, header and sender are judged before any line."""
    assert judged(data).code == code


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        (golden("request").replace(b"\r\nD" + KEYS[2].encode(), b" \r\nD" + KEYS[2].encode()), "E01", ""),
        (patched(2, 34, b" " * 30), "E02", "CUST_NM"),
        (patched(2, 22, b"XX99"), "E03", "SVC_CD"),
        (patched(2, 34, b"\xb0 "), "E04", "CUST_NM"),
        (patched(2, 64, b"19800230"), "E04", "BRTH_YMD"),
    ],
)  # fmt: skip
def test_a_line_that_breaks_the_layout_is_named_with_its_field(data: bytes, code: str, field: str) -> None:
    """One bad line does not spoil the others."""
    file = judged(data)
    assert (file.code, [line.code for line in file.lines]) == ("0000", ["", code, ""])
    assert file.lines[1].wrong_field == field


def test_a_line_without_a_readable_key_is_not_answered() -> None:
    """There would be nobody to answer to; the sum cannot be checked then."""
    file = judged(patched(2, 0, b"?"))
    assert (file.code, [line.key for line in file.lines]) == ("0000", [KEYS[0], KEYS[2]])


@given(cut=st.integers(0, 5 * 302 - 1))
def test_a_file_that_is_not_whole_is_left_alone(cut: int) -> None:
    """However much of it is there: it comes to nothing before its last byte."""
    assert read_request(REQUEST, golden("request")[:cut]) is None


@given(data=st.binary(max_size=1000))
def test_no_bytes_raise_anything(data: bytes) -> None:
    """Whatever lies in the folder is a file, or none yet."""
    assert isinstance(read_request(REQUEST, data + b"\r\nT" + b" " * 299 + b"\r\n"), RequestFile)


def test_a_trailer_may_be_made_to_count_wrongly() -> None:
    """For the fault of that name; the header stays right."""
    told = (Told("result", {"LINE_KEY": KEYS[0], "RQST_TP": "N", "RSLT_CD": "E11", "PRCS_DT": "20250107020000"}),)
    written = records(write_result(ResultFile("6410000", REQUEST, "0000", told), "20250107", 1, uncounted=1))
    assert (written[0][56:63], written[-1][1:8]) == (b"0000001", b"0000002")
