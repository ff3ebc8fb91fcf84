"""Pages: opaque cursors, and the header that leads to the next page."""

from __future__ import annotations

import base64
import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

_CURSOR = r"^[A-Za-z0-9_-]{1,80}$"
_POSITION = re.compile(r"[a-z0-9_]{1,60}")


def to_cursor(position: str) -> str:
    """Wrap the position of the last row of a page; callers hand it back and read nothing in it."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> str:
    """Return the position.

    Raises:
        ValueError: it is none of ours.
    """
    padded = cursor + "=" * (-len(cursor) % 4) if re.match(_CURSOR, cursor) else ""
    try:
        position = base64.urlsafe_b64decode(padded).decode("ascii")
    except ValueError:  # also what is no base64
        position = ""
    if not _POSITION.fullmatch(position):
        raise ValueError("cursor는 앞선 응답의 Link 헤더에서 받은 값이어야 합니다.")
    return position


def sequence_of(position: str | None) -> int:
    """Return the number that a position of a numbered list is; 0, the beginning, for none and for another list's."""
    return int(position) if position is not None and position.isdecimal() and len(position) < 10 else 0  # noqa: PLR2004 - fits any integer column


class Page(BaseModel):
    """The query of a listing. Unknown parameters are errors: a misspelt filter must not list everything."""

    model_config = ConfigDict(frozen=True)

    cursor: Annotated[
        str | None,
        AfterValidator(lambda cursor: None if cursor is None else from_cursor(cursor)),
        Field(
            pattern=_CURSOR,
            description="앞선 응답의 Link 헤더에 있는 값 (opaque, from the header Link of the page before).",
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=200, description="한 쪽의 최대 건수 (rows in a page).")] = 50

    @model_validator(mode="before")
    @classmethod
    def _known_names_only(cls, asked: dict[str, object]) -> dict[str, object]:
        if asked.keys() - cls.model_fields.keys():
            known = {"expected": ", ".join(sorted(cls.model_fields))}
            raise PydanticCustomError("unknown_parameter", "unknown; known are {expected}", known)
        return asked


def lead_on(response: Response, path: str, query: BaseModel, last: str | None) -> None:
    """Add `Link: <…>; rel="next"` if there is a next page, which begins after the position `last`."""
    if last is None:
        return
    asked = query.model_dump(mode="json", exclude_none=True) | {"cursor": to_cursor(last)}
    response.headers["Link"] = f'<{path}?{urlencode(asked)}>; rel="next"'
