"""The codec of fixed-length records: bytes are bytes, nothing is cut, nothing is taken for what it is not."""

from __future__ import annotations

import contextlib
import json
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk import CannotExpressError, MisconfiguredError
from adapters.sdk.fixed_length import FixedRecord, LayoutError, Value, load_layouts

LAYOUT: dict[str, Any] = {
    "encoding": "cp949",
    "records": {
        "detail": {
            "bytes": 50,
            "fields": [
                {"name": "REC_TP", "bytes": 1, "kind": "const", "value": "D"},
                {"name": "NM", "bytes": 7, "kind": "text", "required": True, "ko": "고객명"},
                {"name": "AMT", "bytes": 6, "kind": "number"},
                {"name": "BIRTH", "bytes": 8, "kind": "day"},
                {"name": "SENT", "bytes": 14, "kind": "moment"},
                {"name": "SVC", "bytes": 2, "kind": "code", "codes": "SVC"},
                {"name": "MEMO", "bytes": 8, "kind": "text"},
                {"name": "FILLER", "bytes": 4, "kind": "filler"},
            ],
        }
    },
}
PATHS = {"NM": "client.name", "AMT": "client.debts.amount", "MEMO": "referral.opinion", "SVC": "referral.service_code"}
GOLDEN = bytes.fromhex(
    "44"  # D
    "C8AB B1E6 B5BF 20"  # 홍길동, and one space: the seventh byte
    "30 30 31 32 33 34"  # 001234
    "31 39 36 31 30 33 30 37"  # 19610307
    "32 30 32 35 30 31 30 36 30 39 30 30 30 30"  # 20250106090000, in Korea
    "30 31"  # 01
    "20 20 20 20 20 20 20 20"  # absent
    "20 20 20 20"
)
SAID: dict[str, Value | None] = {
    "REC_TP": "D",
    "NM": "홍길동",
    "AMT": 1234,
    "BIRTH": date(1961, 3, 7),
    "SENT": datetime(2025, 1, 6, 0, 0, tzinfo=UTC),
    "SVC": "01",
    "MEMO": None,
}


def loaded(folder: Path, layout: dict[str, Any] = LAYOUT) -> FixedRecord:
    (folder / "layout.json").write_text(json.dumps(layout), "utf-8")
    (folder / "codes.json").write_text(json.dumps({"SVC": {"01": {"ko": "하나"}, "02": {"ko": "둘"}}}), "utf-8")
    return load_layouts(folder)["detail"]


@pytest.fixture(scope="session")
def detail(tmp_path_factory: pytest.TempPathFactory) -> FixedRecord:
    return loaded(tmp_path_factory.mktemp("layout"))


def said(**values: Value | None) -> dict[str, Value | None]:
    return {name: value for name, value in {**SAID, **values}.items() if name != "REC_TP"}


def test_a_record_is_written_byte_for_byte(detail: FixedRecord) -> None:
    """A record is what was written down by hand: text left in spaces, numbers right in zeros, times in Korea."""
    assert detail.write(said(), PATHS) == GOLDEN


def test_a_record_is_read_byte_for_byte(detail: FixedRecord) -> None:
    """What was written down by hand reads as the values; fillers are no values."""
    assert detail.read(GOLDEN) == SAID


def test_text_is_counted_in_bytes(detail: FixedRecord) -> None:
    """Three syllables and one letter fill seven bytes; four syllables are eight and are refused, never cut."""
    assert detail.write(said(NM="홍길동A"), PATHS)[1:8] == "홍길동A".encode("cp949")
    with pytest.raises(CannotExpressError, match="8바이트로 7바이트를 넘습니다") as refused:
        detail.write(said(NM="홍길동나"), PATHS)
    assert refused.value.path == "client.name"


@pytest.mark.parametrize("text", ["", "두\n줄", "탭\t", "끝 ", "😀", "ၸ", "e\u0301", "\x7f", "\ud800"])
def test_what_the_wire_cannot_carry_is_refused_by_name(detail: FixedRecord, text: str) -> None:
    """Empty text, control characters, edges that padding would swallow and letters that CP949 lacks name the field."""
    with pytest.raises(CannotExpressError) as refused:
        detail.write(said(MEMO=text), PATHS)
    assert refused.value.path == "referral.opinion"
    assert not text.strip() or text not in str(refused.value)


def test_korean_as_a_mac_types_it_is_carried(detail: FixedRecord) -> None:
    """한글 in pieces (NFD) is put together before it is counted, so that it fits and reads as NFC."""
    record = detail.write(said(MEMO=unicodedata.normalize("NFD", "똠방각하")), PATHS)
    assert record[38:46] == bytes.fromhex("8C63 B9E6 B0A2 C7CF")
    assert detail.read(record)["MEMO"] == "똠방각하"


@pytest.mark.parametrize(
    "values", [{"AMT": 1_000_000}, {"AMT": -1}, {"AMT": "12"}, {"AMT": True}, {"NM": None}, {"SVC": "03"}]
)
def test_values_out_of_the_layout_are_refused_by_path(detail: FixedRecord, values: dict[str, Value | None]) -> None:
    """A number too large, below zero or of another type, a required field that is absent, and an unknown code."""
    with pytest.raises(CannotExpressError) as refused:
        detail.write(said(**values), PATHS)
    assert refused.value.path == PATHS[min(values)]


@pytest.mark.parametrize("values", [{"BIRTH": "19610307"}, {"SENT": date(2025, 1, 6)}, {"NOBODY": "x"}, {"REC_TP2": 1}])
def test_what_is_the_adapters_own_mistake_is_no_fault_of_a_document(
    detail: FixedRecord, values: dict[str, Value | None]
) -> None:
    """A field that carries nothing of the common schema, or that no layout has, calls a person who mends the set-up."""
    with pytest.raises(MisconfiguredError):
        detail.write(said(**values), PATHS)


def test_absent_and_zero_differ(detail: FixedRecord) -> None:
    """Spaces are an absent number, zeros are none at all owed."""
    absent, zero = detail.write(said(AMT=None), PATHS), detail.write(said(AMT=0), PATHS)
    assert (absent[8:14], zero[8:14]) == (b" " * 6, b"0" * 6)
    assert (detail.read(absent)["AMT"], detail.read(zero)["AMT"]) == (None, 0)


@pytest.mark.parametrize(
    ("start", "put"),
    [
        pytest.param(0, b"T", id="another const"),
        pytest.param(1, b"       ", id="required and absent"),
        pytest.param(7, b"\xb5", id="half a syllable"),
        pytest.param(3, b"\x00", id="a control character"),
        pytest.param(8, b"  1234", id="a number in spaces"),
        pytest.param(8, b"+01234", id="a number with a sign"),
        pytest.param(8, "１".encode("cp949"), id="a digit of another alphabet"),
        pytest.param(14, b"20250230", id="no such day"),
        pytest.param(22, b"20250106250000", id="no such moment"),
        pytest.param(22, b"00010101000000", id="a moment that UTC does not know"),
        pytest.param(36, b"99", id="an unknown code"),
        pytest.param(46, b"x", id="a filler that says something"),
    ],
)
def test_bytes_that_are_not_the_layouts_are_refused(detail: FixedRecord, start: int, put: bytes) -> None:
    """Nothing is guessed: one wrong field makes the record unreadable, by its name and never by its value."""
    with pytest.raises(LayoutError, match=r"^detail\.[A-Z_]+: no [a-z]+ of the layout at byte \d+$"):
        detail.read(GOLDEN[:start] + put + GOLDEN[start + len(put) :])


@pytest.mark.parametrize("record", [b"", GOLDEN[:-1], GOLDEN + b" ", GOLDEN + b"\n"])
def test_a_record_of_another_length_is_refused(detail: FixedRecord, record: bytes) -> None:
    """Length is the first thing that is checked."""
    with pytest.raises(LayoutError, match="where there must be 50"):
        detail.read(record)


plain = st.text(st.characters(codec="cp949", exclude_categories=("Cc", "Cs")), min_size=1).map(
    lambda text: unicodedata.normalize("NFC", text)
)


def fits(size: int) -> st.SearchStrategy[str]:
    def carried(text: str) -> bool:
        try:
            return len(text.encode("cp949")) <= size and not text.endswith(" ")
        except UnicodeEncodeError:  # NFC may lead out of CP949
            return False

    return plain.filter(carried)


@given(
    name=fits(7),
    amount=st.none() | st.integers(0, 999_999),
    born=st.none() | st.dates(date(1800, 1, 1)),
    sent=st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    code=st.none() | st.sampled_from(["01", "02"]),
    memo=st.none() | fits(8),
)
def test_what_is_written_is_read_again(
    detail: FixedRecord,
    name: str,
    amount: int | None,
    born: date | None,
    sent: datetime | None,
    code: str | None,
    memo: str | None,
) -> None:
    """Every value that fits comes back as it was, in a record of the same length."""
    sent = sent and sent.replace(microsecond=0)
    values = said(NM=name, AMT=amount, BIRTH=born, SENT=sent, SVC=code, MEMO=memo)
    record = detail.write(values, PATHS)
    assert (len(record), detail.read(record)) == (50, {"REC_TP": "D", **values})


@given(text=st.text(max_size=12))
def test_any_text_is_carried_whole_or_refused_by_name(detail: FixedRecord, text: str) -> None:
    """Whatever somebody types: the agency reads all of it, or nobody reads anything."""
    whole = unicodedata.normalize("NFC", text)
    try:
        told = detail.read(detail.write(said(NM=text), PATHS))["NM"]
    except CannotExpressError as refused:
        told = refused.path
    assert told in {whole, "client.name"}


@given(record=st.binary(min_size=50, max_size=50) | st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(detail: FixedRecord, record: bytes) -> None:
    """Whatever comes over a line: values, or one class of error."""
    with contextlib.suppress(LayoutError):
        detail.read(record)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bytes": 51},
        {"fields": [*LAYOUT["records"]["detail"]["fields"][:-1], {"name": "NM", "bytes": 4, "kind": "text"}]},
        {"fields": [{"name": "DAY", "bytes": 50, "kind": "day"}]},
        {"fields": [{"name": "C", "bytes": 50, "kind": "const"}]},
        {"fields": [{"name": "C", "bytes": 50, "kind": "colour"}]},
        {"fields": [{"name": "C", "bytes": 50, "kind": "code", "codes": "NONE"}]},
        {"bytes": 1, "fields": [{"name": "C", "bytes": 1, "kind": "const", "value": "가"}]},
    ],
)
def test_a_layout_that_contradicts_itself_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """Lengths that do not add up, a name twice, a kind or table that nobody knows: found before a byte is written."""
    record = {**LAYOUT["records"]["detail"], **wrong}
    with pytest.raises(LayoutError):
        loaded(tmp_path, {**LAYOUT, "records": {"detail": record}})
