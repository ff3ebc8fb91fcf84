"""The contract files of community_center, read as data: codes, operations, and schema checks both ways.

Nothing is decided here; the files themselves live in `schemas/agencies/community_center/`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import jsonschema_rs

FOLDER = Path(__file__).parents[2] / "schemas" / "agencies" / "community_center"

_COMPONENTS = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))["components"]

CODES: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads((FOLDER / "codes.json").read_text(encoding="utf-8"))
"""The code tables, by name and code; see `codes.json`."""

MESSAGES = {"register": "Register", "status": "Status", "withdraw": "Withdraw", "supplement": "Supplement"}
"""What the schemas of an operation's messages are called: `<name>Request`, `<name>Reply`, `<name>Body`."""

_UNREAL_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class ContractError(AssertionError):
    """The mock was about to send something against its own contract: a bug of ours, never a behaviour to test."""


def parse(body: bytes) -> Any:
    """Read strict JSON: UTF-8, no key twice, no NaN.

    Raises:
        ValueError: it is something else.
    """
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def check_incoming(schema: str, message: Any) -> str | None:
    """Return what is wrong with a message that arrived, as a place in it and a rule, without any value; else None."""
    return break_of_schema(schema, message) or unreal_value(message)


def break_of_schema(schema: str, message: Any) -> str | None:
    """Return where a message breaks its schema, and which rule of it; None if it does not."""
    error = next(_validator(schema).iter_errors(message), None)
    if error is None:
        return None
    # Names that the caller made up are not repeated: they are part of what it sent.
    place = ".".join(str(step) for step in error.instance_path)
    missing = getattr(error.kind, "property", None) if "required" in error.schema_path else None
    return f"{place or 'message'}: {error.schema_path[-1]}" + (f" {missing}" if missing else "")


def unreal_value(message: Any) -> str | None:
    """Return where a message holds what its schema cannot forbid: a day that does not exist, text that is no text."""
    return next(_unreal(message, ""), None)


def check_outgoing(schema: str, message: Any) -> None:
    """Make sure that a message of our own obeys the contract.

    Raises:
        ContractError: it does not.
    """
    problem = check_incoming(schema, message)
    if problem is not None:
        raise ContractError(f"{schema}: {problem}")


def fields_of(operation: str) -> frozenset[str]:
    """Return the names of the fields that a request of `operation` may carry in its body."""
    return frozenset(_COMPONENTS["schemas"][f"{MESSAGES[operation]}Body"]["properties"])


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": _COMPONENTS})


def _unreal(value: Any, name: str) -> Iterator[str]:
    """Find what the schema cannot say: text that is not NFC or has control characters, and days that do not exist."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _unreal(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _unreal(inner, name)
    elif isinstance(value, str):
        if not unicodedata.is_normalized("NFC", value) or _UNREAL_TEXT.search(value):
            yield f"{name}: not plain NFC text"
        elif name.endswith("Ymd") and not _is_day(value):
            yield f"{name}: no such day"


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not a number of JSON")
