"""The mocks' own codec for records of fixed width (전문, 일괄 파일), driven by a contract's `layout.json`.

It shares no code with the adapters' codec: hand-made hexdumps in `tests/contract` bind both. What a record means, and
how records become a file or a telegram, is the agency's.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

FieldValue = str | int
"""A number is an `int`; everything else is text: days `yyyyMMdd` and moments `yyyyMMddHHmmss` as they stand."""


class Rule(StrEnum):
    """Which rule of the layout a record breaks, in the order in which an agency looks."""

    LENGTH = "length"
    """길이: the record, or a value, has another number of bytes."""
    REQUIRED = "required"
    """필수값: a required field is blank."""
    CODE = "code"
    """코드값: a code, or a constant, that the contract does not list."""
    FORM = "form"
    """형식: bytes that are no text in the layout's encoding, a number that is none, a day that does not exist."""


class WidthError(ValueError):
    """A record breaks its layout. The text names the field and the rule, never a value."""

    def __init__(self, rule: Rule, field: str = "") -> None:
        super().__init__(f"{field or 'record'}: {rule.value}")
        self.rule = rule
        self.field = field


@dataclass(frozen=True)
class Field:
    """One field of a record, `start` and `size` in bytes."""

    name: str
    start: int
    size: int
    kind: str
    required: bool = False
    value: str = ""
    """What a `const` field holds."""
    codes: frozenset[str] | None = None
    """What a `code` field may hold; None if the layout names no table."""


@dataclass(frozen=True)
class Record:
    """One kind of record: `size` bytes, its fields side by side without a gap."""

    name: str
    size: int
    fields: tuple[Field, ...]
    encoding: str = "cp949"

    def write(self, values: Mapping[str, FieldValue | None]) -> bytes:
        """Write one record. A field that is not in `values`, or None there, is blank; constants write themselves.

        Raises:
            WidthError: a value does not fit its field.
            LookupError: `values` names a field that the record does not have.
        """
        unknown = values.keys() - {field.name for field in self.fields}
        if unknown:
            raise LookupError(f"{self.name} has no field {', '.join(sorted(unknown))}")
        return b"".join(self._written(field, values.get(field.name)) for field in self.fields)

    def read(self, data: bytes) -> dict[str, FieldValue]:
        """Read one record: every field that is not blank, by name; constants and fillers are checked and left out.

        Raises:
            WidthError: the first thing that is wrong: of the whole record its length, then field by field.
        """
        if len(data) != self.size:
            raise WidthError(Rule.LENGTH)
        found: dict[str, FieldValue] = {}
        for field in self.fields:
            value = self._read_field(field, data[field.start : field.start + field.size])
            if value is not None and field.kind not in {"const", "filler"}:
                found[field.name] = value
        return found

    def _written(self, field: Field, value: FieldValue | None) -> bytes:
        if field.kind == "const":
            value = field.value
        if value is None or not str(value).strip(" "):
            if field.required:
                raise WidthError(Rule.REQUIRED, field.name)
            return b" " * field.size
        _check(field, str(value))
        if field.kind == "number":
            encoded = str(value).rjust(field.size, "0").encode("ascii")
        else:
            try:
                encoded = str(value).encode(self.encoding).ljust(field.size, b" ")
            except UnicodeEncodeError:
                raise WidthError(Rule.FORM, field.name) from None
        if len(encoded) != field.size:
            raise WidthError(Rule.LENGTH, field.name)
        return encoded

    def _read_field(self, field: Field, data: bytes) -> FieldValue | None:
        try:
            text = unicodedata.normalize("NFC", data.decode(self.encoding).rstrip(" "))
        except UnicodeDecodeError:
            raise WidthError(Rule.FORM, field.name) from None
        if not text and field.kind != "const":
            if field.required:
                raise WidthError(Rule.REQUIRED, field.name)
            return None
        if field.kind in _EXACT and len(text) != field.size:
            raise WidthError(Rule.FORM, field.name)
        _check(field, text)
        return int(text) if field.kind == "number" else text


_EXACT = frozenset({"number", "day", "moment"})
"""Kinds that fill their whole field."""


@dataclass(frozen=True)
class Layout:
    """The records of one contract, by name."""

    records: Mapping[str, Record]

    def __getitem__(self, name: str) -> Record:
        return self.records[name]


def read_layout(folder: Path) -> Layout:
    """Read `layout.json` of a contract's folder, and the code tables of its `codes.json` that it names.

    Raises:
        ValueError: the fields of a record do not add up to its bytes, or a kind is unknown.
    """
    told = json.loads((folder / "layout.json").read_text(encoding="utf-8"))
    tables = json.loads((folder / "codes.json").read_text(encoding="utf-8"))
    return Layout({name: _record(name, one, told["encoding"], tables) for name, one in told["records"].items()})


def _record(name: str, told: Mapping[str, object], encoding: str, tables: Mapping[str, Mapping[str, object]]) -> Record:
    fields, start = [], 0
    listed = told["fields"]
    for one in listed if isinstance(listed, list) else []:
        if one["kind"] not in _CHECKS:
            raise ValueError(f"{name}.{one['name']}: unknown kind {one['kind']}")
        codes = frozenset(tables[one["codes"]]) if "codes" in one else None
        required = bool(one.get("required", False))
        fields.append(Field(one["name"], start, one["bytes"], one["kind"], required, one.get("value", ""), codes))
        start += one["bytes"]
    if start != told["bytes"]:
        raise ValueError(f"{name}: its fields take {start} bytes, not {told['bytes']}")
    return Record(name, start, tuple(fields), encoding)


def _check(field: Field, text: str) -> None:
    _CHECKS[field.kind](field, text)


def _check_text(field: Field, text: str) -> None:
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise WidthError(Rule.FORM, field.name)


def _check_number(field: Field, text: str) -> None:
    if not (text.isascii() and text.isdecimal()):
        raise WidthError(Rule.FORM, field.name)


def _check_time(pattern: str) -> Callable[[Field, str], None]:
    def check(field: Field, text: str) -> None:
        try:
            real = datetime.strptime(text, pattern).strftime(pattern) == text  # noqa: DTZ007 - only whether it exists
        except ValueError:
            real = False
        if not real:
            raise WidthError(Rule.FORM, field.name)

    return check


def _check_code(field: Field, text: str) -> None:
    if field.codes is None:
        _check_text(field, text)
    elif text not in field.codes:
        raise WidthError(Rule.CODE, field.name)


def _check_const(field: Field, text: str) -> None:
    if text != field.value:
        raise WidthError(Rule.CODE, field.name)


def _check_filler(field: Field, _text: str) -> None:
    raise WidthError(Rule.FORM, field.name)


_CHECKS: Mapping[str, Callable[[Field, str], None]] = {
    "text": _check_text,
    "number": _check_number,
    "day": _check_time("%Y%m%d"),
    "moment": _check_time("%Y%m%d%H%M%S"),
    "code": _check_code,
    "const": _check_const,
    "filler": _check_filler,
}
