from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mocks.kit.fixed_width import Field, Record, Rule, WidthError, read_layout

RECORD = Record(
    "D",
    40,
    (
        Field("KIND", 0, 1, "const", value="D"),
        Field("NAME", 1, 9, "text", required=True),
        Field("SUM", 10, 6, "number"),
        Field("BORN", 16, 8, "day"),
        Field("WHEN", 24, 14, "moment"),
        Field("SEX", 38, 1, "code", codes=frozenset({"1", "2"})),
        Field("FILLER", 39, 1, "filler"),
    ),
)
WHOLE = b"D" + "홍길동".encode("cp949") + b"   " + b"000120" + b"19800101" + b"20250115170000" + b"1" + b" "
VALUES: dict[str, str | int] = {"NAME": "홍길동", "SUM": 120, "BORN": "19800101", "WHEN": "20250115170000", "SEX": "1"}


def broken_rule(data: bytes) -> tuple[Rule, str]:
    with pytest.raises(WidthError) as caught:
        RECORD.read(data)
    return caught.value.rule, caught.value.field


def test_a_record_is_written_and_read_by_bytes() -> None:
    """Text is padded with spaces at its end, numbers with zeros at their head, and both are counted in bytes."""
    assert RECORD.write(VALUES) == WHOLE
    assert RECORD.read(WHOLE) == VALUES


def test_what_is_not_told_is_blank() -> None:
    """An optional field of any kind that is absent is all spaces, and read as absent: no number is no zero."""
    least = RECORD.write({"NAME": "가"})
    assert least == b"D" + "가".encode("cp949") + b" " * 37
    assert RECORD.read(least) == {"NAME": "가"}


@pytest.mark.parametrize(
    ("start", "patch", "rule", "field"),
    [
        (0, b"X", Rule.CODE, "KIND"),
        (0, b" ", Rule.CODE, "KIND"),
        (1, b" " * 9, Rule.REQUIRED, "NAME"),
        (9, "김".encode("cp949")[:1], Rule.FORM, "NAME"),
        (1, b"\x80", Rule.FORM, "NAME"),
        (1, b"\t", Rule.FORM, "NAME"),
        (10, b"   120", Rule.FORM, "SUM"),
        (10, b"-00120", Rule.FORM, "SUM"),
        (16, b"19800230", Rule.FORM, "BORN"),
        (16, b"198001  ", Rule.FORM, "BORN"),
        (24, b"20250115250000", Rule.FORM, "WHEN"),
        (38, b"3", Rule.CODE, "SEX"),
        (39, b"!", Rule.FORM, "FILLER"),
    ],
)
def test_each_broken_rule_is_named_with_its_field(start: int, patch: bytes, rule: Rule, field: str) -> None:
    """A record is refused by the rule that it breaks and the field that breaks it, and by no value."""
    assert broken_rule(WHOLE[:start] + patch + WHOLE[start + len(patch) :]) == (rule, field)


@pytest.mark.parametrize("data", [b"", WHOLE[:-1], WHOLE + b" "])
def test_another_length_is_refused_first(data: bytes) -> None:
    """A record of another number of bytes is not read at all."""
    assert broken_rule(data) == (Rule.LENGTH, "")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"NAME": "가나다라마"}, Rule.LENGTH),
        ({"NAME": "가\U0001f600"}, Rule.FORM),
        ({"NAME": ""}, Rule.REQUIRED),
        ({"NAME": "가", "SUM": 1_000_000}, Rule.LENGTH),
        ({"NAME": "가", "SEX": "9"}, Rule.CODE),
    ],
)
def test_nothing_is_cut_to_fit(values: dict[str, str | int | None], rule: Rule) -> None:
    """What does not fit, or has no bytes in the encoding, is refused instead of written otherwise."""
    with pytest.raises(WidthError) as caught:
        RECORD.write(values)
    assert caught.value.rule is rule


def test_a_field_that_is_not_there_is_a_bug() -> None:
    """A value for a field that the record lacks is refused loudly."""
    with pytest.raises(LookupError):
        RECORD.write({"NAME": "가", "AGE": 3})


@given(name=st.text(alphabet="가각똠뷁힣ab ", max_size=9), total=st.none() | st.integers(0, 10**7))
def test_what_is_written_is_read_again(name: str, total: int | None) -> None:
    """Either a value is refused, or it is read back as it was written, but for blanks at its end."""
    try:
        written = RECORD.write({"NAME": name, "SUM": total})
    except WidthError:
        return
    assert RECORD.read(written) == {"NAME": name.rstrip(" "), **({} if total is None else {"SUM": total})}


def test_a_layout_is_read_from_its_folder(tmp_path: Path) -> None:
    """Fields follow one another without a gap, and take their codes from the table that they name."""
    fields = [
        {"name": "REC", "bytes": 1, "kind": "const", "value": "H"},
        {"name": "SEX", "bytes": 1, "kind": "code", "codes": "sex", "required": True},
    ]
    layout = {"encoding": "cp949", "records": {"header": {"bytes": 2, "fields": fields}}}
    (tmp_path / "layout.json").write_text(json.dumps(layout))
    (tmp_path / "codes.json").write_text(json.dumps({"sex": {"1": {"ko": "남"}}}))
    assert read_layout(tmp_path)["header"].read(b"H1") == {"SEX": "1"}


@pytest.mark.parametrize(("size", "kind"), [(2, "const"), (1, "colour")])
def test_a_layout_that_does_not_add_up_is_refused(tmp_path: Path, size: int, kind: str) -> None:
    """Bytes that do not add up, or a kind that nobody knows, are found when the contract is read."""
    fields = [{"name": "REC", "bytes": 1, "kind": kind, "value": "H"}]
    layout = {"encoding": "cp949", "records": {"header": {"bytes": size, "fields": fields}}}
    (tmp_path / "layout.json").write_text(json.dumps(layout))
    (tmp_path / "codes.json").write_text("{}")
    with pytest.raises(ValueError, match="header"):
        read_layout(tmp_path)
