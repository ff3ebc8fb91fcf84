"""A mock's reading of a JSON contract: its OpenAPI file and code tables as data, and checks of both directions.

What a message does is the agency's own. Adapters have a reader of theirs; the two share the contract's files only.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import jsonschema_rs

_UNREAL_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TIMES = {"Ymd": "%Y%m%d", "Dt": "%Y%m%d%H%M%S"}


class ContractError(AssertionError):
    """The mock was about to send something against its own contract: a bug of ours, never a behaviour to test."""


class JsonContract:
    """The files `openapi.json` and `codes.json` of one agency, in `schemas/agencies/<slug>`.

    Fields whose names end in `Ymd` are days (`yyyyMMdd`), in `Dt` moments (`yyyyMMddHHmmss`, KST): they must exist.
    """

    def __init__(self, slug: str) -> None:
        folder = Path(__file__).parents[2] / "schemas" / "agencies" / slug
        self._components = json.loads((folder / "openapi.json").read_text(encoding="utf-8"))["components"]
        self.codes: Mapping[str, Any] = json.loads((folder / "codes.json").read_text(encoding="utf-8"))
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def check(self, schema: str, value: object) -> str | None:
        """Return what is wrong with a value, as a place in it and a rule, without anything of it; None if nothing."""
        return self.break_of(schema, value) or unreal_value(value)

    def break_of(self, schema: str, value: object) -> str | None:
        """Return where a value breaks its schema, and which rule of it; None if it does not."""
        error = next(self._validator(schema).iter_errors(value), None)
        if error is None:
            return None
        # Names that the caller made up are not repeated: they are part of what it sent.
        place = ".".join(str(step) for step in error.instance_path)
        missing = getattr(error.kind, "property", None) if "required" in error.schema_path else None
        return f"{place or 'message'}: {error.schema_path[-1]}" + (f" {missing}" if missing else "")

    def assure(self, schema: str, message: object) -> None:
        """Make sure that a message of the mock's own obeys the contract.

        Raises:
            ContractError: it does not.
        """
        problem = self.check(schema, message)
        if problem is not None:
            raise ContractError(f"{schema}: {problem}")

    def fields_of(self, schema: str) -> frozenset[str]:
        """Return the names of the properties that a message of this schema may have."""
        return frozenset(self._components["schemas"][schema].get("properties", {}))

    def _validator(self, schema: str) -> jsonschema_rs.Draft202012Validator:
        if schema not in self._validators:
            whole = {"$ref": f"#/components/schemas/{schema}", "components": self._components}
            self._validators[schema] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[schema]


def unreal_value(value: object) -> str | None:
    """Return where a value holds what its schema cannot forbid: text that is no text, a time that does not exist."""
    return next(_unreal(value, ""), None)


def parse(body: bytes) -> Any:
    """Read strict JSON: UTF-8, no key twice, no NaN.

    Raises:
        ValueError: it is something else.
    """
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def to_bytes(message: object) -> bytes:
    """Write a message as the compact UTF-8 JSON that goes onto the wire."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def query_of(text: str) -> dict[str, str] | None:
    """Return a query's parameters; None if one comes twice or the text is no query."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
        return _each_once([(name, value) for name, value in pairs])
    except ValueError:
        return None


def flat(message: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | int | bool]]:
    """Yield a message's values by name, members of lists by position, as `Ledger.append` wants them."""
    for name, value in message.items():
        for place, one in [(name, value)] if not isinstance(value, list) else _numbered(name, value):
            if isinstance(one, Mapping):
                yield from flat(one, f"{prefix}{place}.")
            else:
                yield f"{prefix}{place}", one


def _numbered(name: str, values: list[Any]) -> list[tuple[str, Any]]:
    return [(f"{name}[{position}]", value) for position, value in enumerate(values)]


def _unreal(value: Any, name: str) -> Iterator[str]:
    """Find what the schema cannot say: text that is not NFC or has control characters, times that do not exist."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _unreal(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _unreal(inner, name)
    elif isinstance(value, str):
        form = next((form for ending, form in _TIMES.items() if name.endswith(ending)), None)
        if not unicodedata.is_normalized("NFC", value) or _UNREAL_TEXT.search(value):
            yield f"{name}: not plain NFC text"
        elif form is not None and not _exists(value, form):
            yield f"{name}: no such time"


def _exists(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only asked whether there is such a time
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
