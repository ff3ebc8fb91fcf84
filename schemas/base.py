"""The ground that every model stands on: frozen, strict about unknown fields, silent about its input, NFC text.

Here live the base model and the plain field types. What the fields mean lives in the modules named after them.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class Frozen(BaseModel):
    """Base of all models of the common language.

    Instances cannot be changed, unknown fields are errors, and a validation error never shows the value that
    caused it (개인정보 must not reach a log or an answer by way of an error text).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, ser_json_bytes="base64")


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ufffe\uffff]|[\ud800-\udfff]")


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
        ValueError: the datetime has no offset, so nobody can say which moment is meant.
    """
    if moment.tzinfo is None:
        raise ValueError("시간대가 필요합니다 (must carry a UTC offset, such as +09:00)")
    return moment.astimezone(UTC)


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(to_nfc)]
"""One line of text in NFC, 1 to 200 characters."""

Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(to_nfc)]
"""Free text in NFC, 1 to 4,000 characters."""

Moment = Annotated[datetime, AfterValidator(to_utc)]
"""An aware moment, kept in UTC."""

Won = Annotated[int, Field(ge=0, le=10**15)]
"""Whole Korean won."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest of a document without personal data (a form's version, a file), in lower-case hex."""

Opaque = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$")]
"""A reference that means something only to its owner; never personal data."""
