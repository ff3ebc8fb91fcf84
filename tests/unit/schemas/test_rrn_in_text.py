"""An RRN has a field of its own, which a law must open: free text is no way round it."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.base import Line, Prose

TEXTS = [TypeAdapter(Line), TypeAdapter(Prose)]


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize(
    "text",
    [
        "주민번호 680209-1000000 입니다",
        "6802091000000",
        "680209 - 1000000",
        "680209–1000000",
        "６８０２０９-１００００００",
        "(680209-1000000)",
        "680209~1000000, 배우자",
        "680209ㅡ1000000",
        "680209·1000000",
        "680209.1000000",
        "680209--1000000",
        "680209_1000000",
        "6 8 0 2 0 9 - 1 0 0 0 0 0 0",
        "６ ８ ０ ２ ０ ９ １ ０ ０ ０ ０ ０ ０",
        "680209\u200b1000000",
        "68\u00ad0209-\ufe0f1000000",
        "٦٨٠٢٠٩-١٠٠٠٠٠٠",
    ],
)
def test_a_written_rrn_is_refused_without_being_shown(kind: TypeAdapter[str], text: str) -> None:
    """Whatever stands between its halves, and in digits of any width; the error says where such a number goes."""
    with pytest.raises(ValidationError) as refused:
        kind.validate_python(text)
    (error,) = refused.value.errors()
    assert ("client.rrn" in error["msg"], "1000000" in error["msg"]) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "계좌 110-123-456789",
        "2025-01-15 10:00 상담, 031-000-1111",
        "사업자 123-45-67891",
        "사건번호 2025개회1234567",
        "681309-1000000",
        "대출 12345678901234원",
        "접수번호 3820000-20261123-000003",
        "1 2 3 4 5, 6 7",
        "계좌 110 234 567 8901",
    ],
)
def test_other_numbers_are_taken(text: str) -> None:
    """Accounts, days, phones, case numbers, and what has no birth date in it."""
    assert TypeAdapter(Prose).validate_python(text) == text


@pytest.mark.parametrize("text", ["850101" + " " * 3990 + "x", "850101-" * 570, "1 " * 1999 + "x", "٠" * 4000])
def test_no_text_takes_long_to_look_through(text: str) -> None:
    """A pattern that tries every split of a run of spaces takes 150 ms for one text, and a document holds a hundred."""
    began = time.process_time()
    for _ in range(20):
        assert TypeAdapter(Prose).validate_python(text)
    assert time.process_time() - began < 1.0


@given(
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2025, 12, 31)),
    tail=st.integers(0, 9_999_999),
    before=st.text("가나다 .,(", max_size=5),
    dash=st.sampled_from(["", "-", " ", " - ", "－"]),
)
def test_every_form_of_an_rrn_is_seen(born: object, tail: int, before: str, dash: str) -> None:
    """Any birth date, any seven digits, with words around."""
    with pytest.raises(ValidationError):
        TypeAdapter(Prose).validate_python(f"{before}{born:%y%m%d}{dash}{tail:07d} 끝")
