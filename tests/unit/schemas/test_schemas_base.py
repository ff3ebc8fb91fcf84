"""The plain field types take exactly what the exported JSON Schema says, and no text shows a value."""

from __future__ import annotations

import json
import logging
import pprint
import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from rich.pretty import pretty_repr
from schemas_samples import CLIENT, CONSENT, REFERRAL, case, client, consent, referral

from schemas.base import STORED, Day, Flag, Frozen, Line, Moment, Opaque, Prose, Whole, day_in_korea
from schemas.client import Client
from schemas.disclosure import Disclosure

LINE, PROSE, DAY = TypeAdapter(Line), TypeAdapter(Prose), TypeAdapter(Day)
MOMENT, OPAQUE = TypeAdapter(Moment), TypeAdapter(Opaque)


def leaf_values(value: object) -> list[str]:
    """Return every text and number in nested JSON that is long enough to be recognised in another text."""
    if isinstance(value, dict):
        return [found for inner in value.values() for found in leaf_values(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in leaf_values(inner)]
    return [] if isinstance(value, bool) or value is None or len(str(value)) < 2 else [str(value)]


def test_text_is_kept_in_nfc() -> None:
    """A name typed on a Mac (NFD) equals the same name typed anywhere else."""
    assert LINE.validate_python(unicodedata.normalize("NFD", "홍길동")) == "홍길동"


def test_length_counts_composed_syllables() -> None:
    """200 한글 syllables are one line, however they were typed."""
    assert LINE.validate_python(unicodedata.normalize("NFD", "각" * 200)) == "각" * 200


@given(st.text(min_size=1, max_size=200))
def test_accepted_text_is_always_nfc_and_one_line(text: str) -> None:
    """Whatever passes as a line is in NFC, without edges of white space, control characters and breaks."""
    try:
        accepted = LINE.validate_python(text)
    except ValidationError:
        return
    assert unicodedata.is_normalized("NFC", accepted)
    assert not any(unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in accepted)


@pytest.mark.parametrize("name", ["홍길똠", "뷁나루", "김𠀋나", "José", "나\ue000루"])
def test_names_beyond_cp949_are_allowed(name: str) -> None:
    """The common language holds any name; the adapters whose wire cannot carry it refuse."""
    assert client(name=name).name == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "text", ["", "   ", "a" * 201, "홍\x00길동", "홍\n길동", "홍\t길동", "홍\u2028길동", "홍\x85길동"]
)
def test_lines_that_no_wire_can_carry_are_refused(text: str) -> None:
    """Empty text, control characters and line breaks are no line."""
    with pytest.raises(ValidationError):
        LINE.validate_python(text)


def test_prose_has_one_kind_of_line_end() -> None:
    """Text from Windows and text that went through XML compare alike."""
    assert PROSE.validate_python("첫째\r\n둘째\r셋째\n") == "첫째\n둘째\n셋째"


@pytest.mark.parametrize(
    "value", [0, 946684800, "946684800", "2000-01-01T00:00:00", "2000-1-1", "20000101", "２０００-01-01", 1.5, True]
)
def test_a_day_is_only_a_date(value: object) -> None:
    """Numbers and moments are no days: pydantic alone would read them as some."""
    with pytest.raises(ValidationError):
        DAY.validate_python(value)


@pytest.mark.parametrize("value", ["2023-02-29", "2024-13-01", "0001-01-01", "9999-12-31", "1799-12-31"])
def test_impossible_days_are_refused(value: str) -> None:
    """Days that the calendar lacks, and years that arithmetic with deadlines could not stand, are refused."""
    with pytest.raises(ValidationError):
        DAY.validate_python(value)


def test_moments_are_kept_in_utc() -> None:
    """09:30 in Korea is half past midnight in UTC."""
    read = MOMENT.validate_python("2024-05-01T09:30:00+09:00")
    assert read == datetime(2024, 5, 1, 0, 30, tzinfo=UTC)
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    ["2024-05-01T09:30:00", "2024-05-01", 0, 1714552200, "1714552200", "0001-01-01T00:00:00+09:00",
     "9999-12-31T23:59:59-09:00", "2024-05-01T25:00:00Z", datetime(2024, 5, 1)],  # noqa: DTZ001 - what is refused
)  # fmt: skip
def test_a_moment_names_its_offset_and_a_sane_year(value: object) -> None:
    """No offset, a bare number, or a year in which UTC overflows: a validation error, never another exception."""
    with pytest.raises(ValidationError):
        MOMENT.validate_python(value)


def test_days_are_counted_in_korea() -> None:
    """15:00 UTC is already the next day in Korea."""
    assert day_in_korea(datetime(2024, 4, 30, 15, tzinfo=UTC)) == date(2024, 5, 1)
    assert day_in_korea(datetime(2024, 4, 30, 14, 59, tzinfo=UTC)) == date(2024, 4, 30)


@pytest.mark.parametrize(("kind", "value"), [(Flag, 1), (Flag, "true"), (Whole, "3"), (Whole, True), (Whole, 3.5)])
def test_nothing_is_guessed_from_another_type(kind: object, value: object) -> None:
    """Text is no number and 1 is not true: the exported JSON Schema says so too."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    "reference",
    [
        "files/800102-1000000.pdf",
        "files/8001021000000.pdf",
        "010-0000-1234",
        "01000001234",
        "hong gildong",
        "홍길동",
        "",
        "a" * 201,
    ],
)
def test_references_name_nobody(reference: str) -> None:
    """What looks like an RRN, a mobile number or a name is no opaque reference."""
    with pytest.raises(ValidationError):
        OPAQUE.validate_python(reference)


@pytest.mark.parametrize(
    "reference",
    [
        "GG-2024-000123",
        "paper/2024/77",
        "2026113000017",  # a day and a number
        "1767225600000",  # a moment in milliseconds
        "0190a1b2-0000-7000-8000-123456789abc",
        "00e6b016-6786-4648-bac4-cf9f7ae9ebcd",  # holds 016-6786-4648 by chance
    ],
)
def test_ordinary_references_pass(reference: str) -> None:
    """File numbers, paths and UUIDs are references."""
    assert OPAQUE.validate_python(reference) == reference


def test_models_are_frozen_and_know_their_fields() -> None:
    """Nobody changes a document, and an unknown field is an error."""
    with pytest.raises(ValidationError):
        client().name = "김나루"  # type: ignore[misc]  # what is tested
    with pytest.raises(ValidationError):
        client(nickname="길동이")


def documents() -> list[tuple[str, BaseModel, object]]:
    """Return full documents with the JSON that they were read from."""
    return [
        ("client", client(), CLIENT),
        ("referral", referral(), REFERRAL),
        ("consent", consent(guardian=CLIENT["guardian"]), CONSENT | {"guardian": CLIENT["guardian"]}),
        ("case", case(), [CLIENT, REFERRAL]),
        ("disclosure", Disclosure(client=client(), referral=referral()), [CLIENT, REFERRAL]),
    ]


@pytest.mark.parametrize(
    ("name", "document", "source"), documents(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_text_of_a_document_shows_a_value(
    name: str, document: Frozen, source: object, caplog: pytest.LogCaptureFixture
) -> None:
    """repr, str, format, pprint, rich and log lines name filled fields only, and no value."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").info("%s %r", document, document)
    texts = [repr(document), str(document), f"{document}", pprint.pformat(document), pretty_repr(document), caplog.text]
    kept = [value for value in leaf_values(source) if value not in {"client", "referral", "male", "person", "urgent"}]
    assert [value for value in kept for text in texts if value in text] == []
    assert len(kept) > 5


def test_repr_names_the_filled_paths() -> None:
    """A log line may say what a document holds, once for each path."""
    document = Client.model_validate({
        "name": "홍길동",
        "birth_date": "1980-01-02",
        "debts": [{"creditor": "가상캐피탈", "amount": 1, "secured": False, "days_overdue": 0}] * 2,
    })  # fmt: skip
    assert repr(document) == (
        "Client(name, birth_date, debts.creditor, debts.amount, debts.secured, debts.days_overdue)"
    )


def test_documents_survive_json() -> None:
    """What is sealed as JSON reads back as the same document."""
    assert [type(document).model_validate_json(document.model_dump_json()) for _, document, _ in documents()[:4]] == [
        document for _, document, _ in documents()[:4]
    ]
    assert json.loads(client().model_dump_json())["birth_date"] == "1980-01-02"


@pytest.mark.parametrize(
    ("kind", "text"), [(Opaque, "case/010-0000-1234"), (Line, "홍길동 680209-1000000"), (Prose, "번호 820101-2345678")]
)
def test_what_is_stored_is_not_held_to_rules_about_what_comes_in(kind: object, text: str) -> None:
    """Accepted before the rule, it stays readable; all else that a type says still counts."""
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    with pytest.raises(ValidationError):
        adapter.validate_python(text)
    assert adapter.validate_python(text, context=STORED) == text
    with pytest.raises(ValidationError):
        adapter.validate_python("\x00", context=STORED)
