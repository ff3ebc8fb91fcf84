"""The ground that every model stands on: frozen, strict about unknown fields, silent about its input, NFC text.

Here live the base model and the plain field types. What the fields mean lives in the modules named after them.
Every type takes exactly what the exported JSON Schema says: no number for a date, no text for a number, no 1 for true.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

_KST = timezone(timedelta(hours=9))

STORED = "stored"
"""The validation context of what was accepted before, maybe under rules that were wider: it must stay readable."""


class Frozen(BaseModel):
    """Base of all models of the common language.

    Instances cannot be changed, unknown fields are errors, and neither a validation error nor `repr`, `str` or
    `format` of an instance shows a value (개인정보 must not reach a log or an answer by way of a text). They show
    which fields are filled: `Client(name, birth_date, address.adm_cd)`.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        use_attribute_docstrings=True,  # the words below each field stand in the exported JSON Schema too
    )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for path in dict.fromkeys(filled_leaves(self)):
            yield None, _Path(path)


class _Path(str):
    """A field path that `repr` shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def filled_leaves(document: BaseModel, prefix: str = "") -> Iterator[str]:
    """Yield the leaf paths that hold a value in `document`; None and empty lists do not count.

    Paths have no list positions, so one may come several times.
    """
    for name in type(document).model_fields:
        path, value = f"{prefix}{name}", getattr(document, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel):
                yield from filled_leaves(item, f"{path}.")
            elif item is not None:
                yield path


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|[\ud800-\udfff]")
_LINE_BREAK = re.compile(r"[\t\r\n]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_FIRST_DAY, _LAST_DAY = date(1800, 1, 1), date(2999, 12, 31)


def to_nfc(text: str) -> str:
    """Return `text` in Unicode NFC, so that 한글 typed on any machine compares and counts alike.

    Raises:
        ValueError: the text holds a control character, which no agency's wire can carry.
    """
    if _CONTROL.search(text):
        raise ValueError("제어 문자를 쓸 수 없습니다 (must not contain control characters)")
    return unicodedata.normalize("NFC", text)


def to_utc(moment: datetime) -> datetime:
    """Return an aware datetime in UTC; the wire's KST is each adapter's business.

    Raises:
        ValueError: the datetime has no offset, so nobody can say which moment is meant, or lies outside the years
            1800 to 2999.
    """
    if moment.tzinfo is None:
        raise ValueError("시간대가 필요합니다 (must carry a UTC offset, such as +09:00)")
    _check_era(moment.date())
    return moment.astimezone(UTC)


def day_in_korea(moment: datetime) -> date:
    """Return the day on which an aware moment falls in Korea: ages and deadlines count Korean days."""
    return moment.astimezone(_KST).date()


def _check_era(day: date) -> date:
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValueError("1800년에서 2999년 사이의 날짜가 필요합니다 (must lie in the years 1800 to 2999)")
    return day


def _is_day(value: object) -> object:
    if type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("날짜는 YYYY-MM-DD로 적습니다 (must be a date in the form YYYY-MM-DD)")


def _is_moment(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return value
    raise ValueError("일시는 RFC 3339로 적습니다 (must be like 2024-05-01T09:30:00+09:00)")


def _nfc_if_text(value: object) -> object:
    return to_nfc(value) if isinstance(value, str) else value


def _one_line(value: object) -> object:
    if isinstance(value, str) and _LINE_BREAK.search(value.strip()):
        raise ValueError("한 줄로 적습니다 (must be one line, without tabs)")
    return _nfc_if_text(value)


def _plain_line_ends(value: object) -> object:
    return _nfc_if_text(value.replace("\r\n", "\n").replace("\r", "\n")) if isinstance(value, str) else value


# Standing by itself: inside a UUID (00e6b016-6786-4648-…) such digits are chance, once in 20,000.
_OPEN_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z-])(\d{6}-\d{7}|\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[1-8]\d{6}"
    r"|01\d-\d{3,4}-\d{4}|010\d{8})(?![0-9A-Za-z-])",
    re.ASCII,
)


def names_nobody(reference: str) -> str:
    """Return a text that is kept in clear, if it holds nothing that looks like an RRN or a mobile number.

    Raises:
        ValueError: it does.
    """
    if _OPEN_IDENTITY.search(reference):
        raise ValueError("참조에 주민등록번호나 전화번호를 쓸 수 없습니다 (must not hold an RRN or a phone)")
    return reference


_WRITTEN_RRN = re.compile(
    r"(?<!\d)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    r"[\s\-\u2010-\u2015\u2043\u2212\uff0d~._\u00b7\u1173\u119e\u3161\u318d\u30fc]{0,6}\d{7}(?!\d)",
    re.ASCII,
)
"""Six digits that may be a birth date and seven more, with or without something like a dash between: on a Korean
keyboard that may be the vowel ㅡ, too, which NFKC makes U+1173."""
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_DIGITS_APART = re.compile(r"(?<!\d)(\d)[^\S\n](?=\d(?!\d))", re.ASCII)


def _as_read(text: str) -> str:
    """Return a text as the eye reads it: digits of any width and script, nothing invisible, spaced digits together.

    Every pattern here takes time by the text's length and no more: a document holds a hundred long texts.
    """
    seen = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return _DIGITS_APART.sub(r"\1", _FOREIGN_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), seen))


def holds_no_rrn(text: str) -> str:
    """Return a text that goes out as it is, if no RRN (주민등록번호) is written in it: that has a field of its own.

    Source: 개인정보 보호법 24조의2. It is looked for by its form alone, digits of any width; what it is called, and a
    number spelt out in words or with words between, is not understood.

    Raises:
        ValueError: something in it looks like one.
    """
    if _WRITTEN_RRN.search(_as_read(text)):
        raise ValueError(
            "글 안에 주민등록번호를 쓸 수 없습니다. 지우거나 client.rrn에 적습니다 "
            "(must not hold a resident registration number; a 13-digit account number needs spaces)"
        )
    return text


def at_the_door(rule: Callable[[str], str]) -> AfterValidator:
    """Return the validator of a rule about what comes in and goes out; what is read as stored is not held to it."""

    def checked(text: str, info: ValidationInfo) -> str:
        return text if info.context == STORED else rule(text)

    return AfterValidator(checked)


# Text is brought to NFC before its length is counted: a Mac hands 한글 over in up to three characters a syllable.
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    at_the_door(holds_no_rrn),
    BeforeValidator(_one_line),
]
"""One line of text in NFC, 1 to 200 characters."""

Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    at_the_door(holds_no_rrn),
    BeforeValidator(_plain_line_ends),
]
"""Free text in NFC, 1 to 4,000 characters; lines end with LF."""

Day = Annotated[date, AfterValidator(_check_era), BeforeValidator(_is_day)]
"""A calendar day, `YYYY-MM-DD`, in the years 1800 to 2999."""

Moment = Annotated[datetime, AfterValidator(to_utc), BeforeValidator(_is_moment)]
"""An aware moment, RFC 3339 with an offset, in the years 1800 to 2999; kept in UTC."""

Flag = Annotated[bool, Field(strict=True)]
"""True or false, and nothing that merely looks like it."""

Whole = Annotated[int, Field(strict=True)]
"""A whole number, never text."""

Won = Annotated[Whole, Field(ge=0, le=10**15)]
"""Whole Korean won."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest of a document without personal data (a form's version, a file), in lower-case hex."""

Opaque = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$"), at_the_door(names_nobody)]
"""A reference that means something only to its owner, 1 to 200 ASCII characters. Never personal data: what looks like
an RRN or a mobile number is refused."""
