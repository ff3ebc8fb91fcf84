"""Writes a form: checks every value against the contract, in bytes of the agency's encoding, and percent-encodes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from adapters.illegal_lending.contract import Form, FormField
from adapters.sdk import CannotExpressError, MisconfiguredError
from adapters.sdk.encodings import Encoding, encode

Row = Mapping[str, str]


@dataclass(frozen=True)
class Filled:
    """What a form is filled with, as text: fields that stand once, and the rows of each group. Absent is absent."""

    once: Row = field(repr=False)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict, repr=False)


def write_form(form: Form, filled: Filled, encoding: Encoding, paths: Mapping[str, str]) -> bytes:
    """Write a form; `paths` are the field paths of the common schema, by the form's names.

    Raises:
        CannotExpressError: a value does not fit the contract, a required one is absent, a group has too many rows.
    """
    _check_rows(form, filled, paths)
    fields = {one.name: one for one in form.fields}
    pairs = [*_once(form, filled), *_rows(form, filled)]
    for name in (one.name for one in form.fields if one.required):
        if not any(name == told and text for told, text in pairs):
            raise _unfit(fields[name], paths, "반드시 필요한 항목입니다 (the agency cannot do without it)")
    return b"&".join(f"{name}={_escaped(fields[name], text, encoding, paths)}".encode("ascii") for name, text in pairs)


def _once(form: Form, filled: Filled) -> Iterator[tuple[str, str]]:
    for one in form.fields:
        if one.group is None and one.name in filled.once:
            yield one.name, filled.once[one.name]


def _rows(form: Form, filled: Filled) -> Iterator[tuple[str, str]]:
    """Yield the rows of every group; a name that one row has stands in each, empty where it lacks it."""
    for group in form.most_rows:
        rows = filled.rows.get(group, ())
        names = [one.name for one in form.fields if one.group == group and any(one.name in row for row in rows)]
        for row in rows:
            yield from ((name, row.get(name, "")) for name in names)


def _check_rows(form: Form, filled: Filled, paths: Mapping[str, str]) -> None:
    """Check that no group has more rows than the form has room for: none is left out.

    Raises:
        CannotExpressError: one has.
    """
    for group, most in form.most_rows.items():
        if len(filled.rows.get(group, ())) > most:
            first = next(one for one in form.fields if one.group == group)
            raise _unfit(first, paths, f"{most}건까지만 적을 수 있습니다 (the form has room for {most})")


def _escaped(one: FormField, text: str, encoding: Encoding, paths: Mapping[str, str]) -> str:
    if not text:
        return ""
    data = encode(text, encoding, paths.get(one.name, one.name))
    if one.form is not None and not one.form.fullmatch(text):
        raise _unfit(one, paths, "기관이 받는 형식이 아닙니다 (not of the form that the agency takes)")
    if len(data) > one.longest:
        raise _unfit(one, paths, f"{one.longest}바이트까지만 적을 수 있습니다 (longer than {one.longest} bytes)")
    return quote_plus(data)


def _unfit(one: FormField, paths: Mapping[str, str], why: str) -> Exception:
    if one.name not in paths:
        return MisconfiguredError(f"illegal_lending: our message breaks the contract at {one.name}")
    return CannotExpressError(paths[one.name], f"{one.title}: {why}")
