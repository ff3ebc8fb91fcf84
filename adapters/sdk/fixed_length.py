"""The adapters' codec for records of fixed length, in bytes: layouts are data, and strict both ways. No I/O.

A layout file (`schemas/agencies/<slug>/layout.json`) names an encoding and records, each a row of fields:

    {"encoding": "cp949", "records": {"detail": {"bytes": 300, "fields": [
        {"name": "REC_TP", "bytes": 1, "kind": "const", "value": "D"},
        {"name": "CUST_NM", "bytes": 30, "kind": "text", "required": true, "ko": "고객명"},
        {"name": "SVC_CD", "bytes": 2, "kind": "code", "codes": "SVC_CD"},
        {"name": "FILLER", "bytes": 267, "kind": "filler"}]}}}

Lengths are bytes, never characters. `text` and `code` stand left in spaces, `number` right in zeros, `day` is
`yyyyMMdd`, `moment` `yyyyMMddHHmmss` in KST, `const` always the same, `filler` spaces. A value that is absent is
spaces, whatever its kind: a number of zeros is 0. The mocks have a codec of their own (`mocks/kit/fixed_width.py`).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Any

from adapters.sdk.errors import CannotExpressError, MisconfiguredError
from adapters.sdk.kst import from_kst, to_day, to_kst_second

Value = str | int | date | datetime
"""`text`, `code`, `const`: `str` in NFC; `number`: `int` from 0; `day`: `date`; `moment`: `datetime`, aware."""


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    CODE = "code"
    CONST = "const"
    FILLER = "filler"


_TYPES: Mapping[Kind, type] = {
    Kind.TEXT: str,
    Kind.NUMBER: int,
    Kind.DAY: date,
    Kind.MOMENT: datetime,
    Kind.CODE: str,
}
_WIDTHS = {Kind.DAY: 8, Kind.MOMENT: 14}


class LayoutError(ValueError):
    """Bytes are not what the layout says, or a layout file contradicts itself.

    The text names record and field, never a value.
    """


@dataclass(frozen=True)
class FixedField:
    """One field of a record: `size` in bytes."""

    name: str
    size: int
    kind: Kind
    required: bool = False
    value: str = ""
    """What a `const` says."""
    codes: frozenset[str] | None = None
    """What a `code` may say; None if the layout names no table."""


@dataclass(frozen=True)
class FixedRecord:
    """One record of a layout: writes values into bytes and reads bytes into values."""

    name: str
    size: int
    fields: tuple[FixedField, ...]
    encoding: str = "cp949"
    _names: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the declaration once.

        Raises:
            LayoutError: lengths do not add up, a name stands twice, a field contradicts its kind.
        """
        named = [one.name for one in self.fields if one.kind is not Kind.FILLER]
        object.__setattr__(self, "_names", frozenset(named))
        if sum(one.size for one in self.fields) != self.size or len(named) != len(self._names):
            raise LayoutError(f"{self.name}: the fields do not make up {self.size} bytes, or one stands twice")
        for one in self.fields:
            if one.size < 1 or _WIDTHS.get(one.kind, one.size) != one.size:
                raise LayoutError(f"{self.name}.{one.name}: {one.size} bytes are no {one.kind}")
            if len(one.value.encode(self.encoding)) > one.size or bool(one.value) != (one.kind is Kind.CONST):
                raise LayoutError(f"{self.name}.{one.name}: its value is not a const's, or does not fit")

    def write(self, values: Mapping[str, Value | None], paths: Mapping[str, str]) -> bytes:
        """Write one record of exactly `size` bytes. Consts and fillers are written by themselves.

        Args:
            values: by the field's name; None or no entry for what is absent.
            paths: for the fields that carry one of the common schema, by name: its field path.

        Raises:
            CannotExpressError: a value does not fit, has characters that the encoding lacks, or is required and absent;
                nothing is cut. It names the field path.
            MisconfiguredError: the same, of a field that comes from the adapter or its settings, or that no layout has.
        """
        unknown = sorted(values.keys() - self._names)
        if unknown:
            raise MisconfiguredError(f"{self.name} has no field {', '.join(unknown)}")
        try:
            return b"".join(_written(one, values.get(one.name), self.encoding) for one in self.fields)
        except _UnfitError as unfit:
            path = paths.get(unfit.field)
            if path is None:
                raise MisconfiguredError(f"{self.name}.{unfit.field}: {unfit.why}") from None
            raise CannotExpressError(path, unfit.why) from None

    def read(self, record: bytes) -> dict[str, Value | None]:
        """Read one record: every field but the fillers by name, None for what is absent.

        Raises:
            LayoutError: another length, another const, bytes that are no text of the encoding, digits that are no
                number, day or moment, a code that no table has, a required field that is absent.
        """
        if len(record) != self.size:
            raise LayoutError(f"{self.name}: {len(record)} bytes where there must be {self.size}")
        values: dict[str, Value | None] = {}
        start = 0
        for one in self.fields:
            end = start + one.size
            try:
                value = _read(one, record[start:end], self.encoding)
            except ValueError:  # its text may hold the value
                raise LayoutError(f"{self.name}.{one.name}: no {one.kind} of the layout at byte {start}") from None
            if one.kind is not Kind.FILLER:
                values[one.name] = value
            start = end
        return values


def load_layouts(folder: Traversable) -> Mapping[str, FixedRecord]:
    """Read `layout.json` and `codes.json` of an agency's contract folder.

    Raises:
        LayoutError: the files contradict themselves or each other.
    """
    layout = json.loads((folder / "layout.json").read_text("utf-8"))
    tables = json.loads((folder / "codes.json").read_text("utf-8"))
    return {name: _record(name, told, layout["encoding"], tables) for name, told in layout["records"].items()}


def _record(name: str, told: Mapping[str, Any], encoding: str, tables: Mapping[str, Any]) -> FixedRecord:
    return FixedRecord(name, told["bytes"], tuple(_field(name, one, tables) for one in told["fields"]), encoding)


def _field(record: str, told: Mapping[str, Any], tables: Mapping[str, Any]) -> FixedField:
    table = told.get("codes")
    if told["kind"] not in list(Kind) or (table is not None and table not in tables):
        raise LayoutError(f"{record}.{told['name']}: unknown kind or table of codes")
    codes = None if table is None else frozenset(tables[table])
    return FixedField(
        told["name"], told["bytes"], Kind(told["kind"]), told.get("required", False), told.get("value", ""), codes
    )


class _UnfitError(Exception):
    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.field = name
        self.why = why


def _written(one: FixedField, value: Value | None, encoding: str) -> bytes:
    if one.kind is Kind.CONST:
        value = one.value
    elif value is None:
        if one.required:
            raise _UnfitError(one.name, "반드시 필요한 항목입니다 (the layout cannot do without it)")
        return b" " * one.size
    elif type(value) is not _TYPES[one.kind] or (one.codes is not None and value not in one.codes):
        raise _UnfitError(one.name, "규격에 없는 값입니다 (not a value that the layout has)")
    written = _said(one, value, encoding)
    if len(written) > one.size:
        why = f"{len(written)}바이트로 {one.size}바이트를 넘습니다 (too long for the layout; nothing is cut)"
        raise _UnfitError(one.name, why)
    return written.ljust(one.size)


def _said(one: FixedField, value: Value, encoding: str) -> bytes:
    """Write one value without padding it, but for a number's zeros."""
    match value:
        case datetime():
            return to_kst_second(value).encode()
        case date():
            return to_day(value).encode()
        case int():
            if value < 0:
                raise _UnfitError(one.name, "음수를 쓸 수 없습니다 (the layout has no negative numbers)")
            return f"{value:0{one.size}d}".encode()
        case _:
            return _encoded(one, unicodedata.normalize("NFC", value), encoding)


def _encoded(one: FixedField, text: str, encoding: str) -> bytes:
    if not _is_plain(text):
        why = (
            "빈 값, 줄바꿈과 제어 문자, 끝의 공백을 쓸 수 없습니다 (empty, a control character, or a space at its end)"
        )
        raise _UnfitError(one.name, why)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        why = f"{encoding.upper()}에 없는 글자가 있습니다 (a character that the agency's encoding lacks)"
        raise _UnfitError(one.name, why) from None


def _is_plain(text: str) -> bool:
    """Return whether a text comes back the same out of a field: padding could swallow a space at its end."""
    return bool(text) and text[-1] != " " and not any(unicodedata.category(char) == "Cc" for char in text)


def _read(one: FixedField, raw: bytes, encoding: str) -> Value | None:
    """Read one field.

    Raises:
        ValueError: it is not what the layout says; the text may hold the value.
    """
    text = raw.decode(encoding).rstrip(" ")
    if not text and one.kind is not Kind.CONST:
        if one.required:
            raise ValueError("absent")
        return None
    match one.kind:
        case Kind.TEXT | Kind.CODE if _is_plain(text) and (one.codes is None or text in one.codes):
            return unicodedata.normalize("NFC", text)
        case Kind.CONST if text == one.value:
            return text
        case Kind.NUMBER | Kind.DAY | Kind.MOMENT if raw.isdigit():
            return _counted(one.kind, text)
        case _:
            raise ValueError("not of the layout")


def _counted(kind: Kind, digits: str) -> Value:
    if kind is Kind.NUMBER:
        return int(digits)
    moment = from_kst(digits)
    return moment if kind is Kind.MOMENT else datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 - a day
