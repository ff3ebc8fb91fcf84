"""Reads a form byte by byte, as it came off the wire, and judges it by the contract: a code and the field concerned."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote_to_bytes

from mocks.illegal_lending.contract import CODES, GROUPS, OPERATIONS

_CHARSETS = frozenset({"", "euc-kr", "cp949", "ms949", "ks_c_5601-1987"})
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.IGNORECASE)
_UNREAL_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPES = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CODED = {"SVC_CD": "SVC_CD", "REQ_SEX": "REQ_SEX"}

Pairs = list[tuple[str, str]]


class RefusalError(Exception):
    """A form that is not accepted: a `MESSAGE` of the contract, and words that name a field and never a value."""

    def __init__(self, message: str, field: str = "") -> None:
        self.message = message
        self.words = f"{CODES['MESSAGE'][message]['ko']}: {field}" if field else CODES["MESSAGE"][message]["ko"]
        super().__init__(self.words)


def read_form(body: bytes, content_type: str) -> Pairs:
    """Return the names and values of a form, in their order.

    Raises:
        RefusalError: E005, it is not percent-encoded CP949.
    """
    label = _CHARSET.search(content_type)
    if (label[1].lower() if label else "") not in _CHARSETS:
        raise RefusalError("E005")
    if not body.isascii() or _ESCAPES.search(body):
        raise RefusalError("E005")
    pairs = []
    for pair in filter(None, body.split(b"&")):
        name, _, value = pair.partition(b"=")
        try:
            texts = [unquote_to_bytes(part.replace(b"+", b" ")).decode("cp949") for part in (name, value)]
        except UnicodeDecodeError:
            raise RefusalError("E005") from None
        pairs.append((texts[0], texts[1]))
    return pairs


def value_of(pairs: Pairs, name: str) -> str:
    """Return the first value under a name; empty if there is none."""
    return next((value for told, value in pairs if told == name), "")


def filled_names(pairs: Pairs, operation: str) -> list[str]:
    """Return the names of the contract that came with a value, each once."""
    known = {field["name"] for field in OPERATIONS[operation]["fields"]}
    return sorted({name for name, value in pairs if value and name in known})


def check_form(operation: str, pairs: Pairs) -> None:
    """Judge a form by the contract.

    Raises:
        RefusalError: E001 to E005.
    """
    fields = {field["name"]: field for field in OPERATIONS[operation]["fields"]}
    counted = Counter(name for name, _ in pairs)
    if counted.keys() - fields.keys():
        raise RefusalError("E002")  # an unknown name may itself be somebody's: it is not repeated
    _check_counts(fields, counted)
    for name, value in pairs:
        _check_value(fields[name], value)
    for field in fields.values():
        if field.get("required") and not any(name == field["name"] and value for name, value in pairs):
            raise RefusalError("E001", field["ko"])


def _check_counts(fields: Mapping[str, Mapping[str, Any]], counted: Mapping[str, int]) -> None:
    rows: dict[str, set[int]] = {}
    for name, count in counted.items():
        group = fields[name].get("group")
        if group is None and count > 1:
            raise RefusalError("E002", fields[name]["ko"])
        if group is not None:
            rows.setdefault(group, set()).add(count)
    for group, counts in rows.items():
        if len(counts) > 1:
            raise RefusalError("E002", GROUPS[group]["ko"])
        if max(counts) > GROUPS[group]["most"]:
            raise RefusalError("E004", GROUPS[group]["ko"])


def _check_value(field: Mapping[str, Any], value: str) -> None:
    if not value:
        return
    if len(value.encode("cp949")) > field["bytes"]:
        raise RefusalError("E003", field["ko"])
    if "form" in field and not re.fullmatch(field["form"].strip("^$"), value, re.ASCII):
        raise RefusalError("E002", field["ko"])
    if field["name"].endswith("_YMD") and not _is_day(value):
        raise RefusalError("E002", field["ko"])
    table = _CODED.get(field["name"])
    if table is not None and value not in CODES[table]:
        raise RefusalError("E002", field["ko"])
    lines = field["name"] == "CONTENT"
    if _UNREAL_TEXT.search(value) or (not lines and "\n" in value):
        raise RefusalError("E005", field["ko"])


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True


def fields_for_ledger(operation: str, pairs: Pairs) -> Iterator[tuple[str, str]]:
    """Yield what a form filled in; members of groups by their row: `CRDT_HP[0]`. Empty ones were not told."""
    grouped = {field["name"] for field in OPERATIONS[operation]["fields"] if field.get("group")}
    rows: Counter[str] = Counter()
    for name, value in pairs:
        if value:
            yield (f"{name}[{rows[name]}]" if name in grouped else name), value
        rows[name] += 1
