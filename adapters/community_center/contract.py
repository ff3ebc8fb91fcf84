"""The contract files, read once as package data, and the check of messages against them. No meaning lives here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn

import jsonschema_rs

_FOLDER = files("schemas") / "agencies" / "community_center"

Message = Mapping[str, Any]


@cache
def code_tables() -> Mapping[str, Any]:
    """Return `codes.json`: the code tables and the ids of the operations."""
    tables: Mapping[str, Any] = json.loads((_FOLDER / "codes.json").read_text(encoding="utf-8"))
    return tables


_DEEPEST = 32
"""The contract's own messages are six deep."""


def read_json(body: bytes) -> Any:
    """Read strict JSON: UTF-8, no key twice, no NaN, no half of a surrogate pair, nested at most 32 deep.

    Raises:
        ValueError: it is something else. The text may hold values: do not show it.
    """
    try:
        said = json.loads(body.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    json.dumps(said, ensure_ascii=False).encode()  # a lone surrogate cannot be written, so it was not read either
    if _depth(said) > _DEEPEST:
        raise ValueError("nested too deeply")
    return said


def write_json(message: Message) -> bytes:
    """Write a message as compact UTF-8 JSON."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def violation(schema: str, message: Any) -> tuple[str, ...] | None:
    """Return where a message breaks a schema of the contract, as the names on the way there; None if it does not.

    The names are the contract's own: a name that the sender made up is never among them, nor is any value.
    """
    error = next(_validator(schema).iter_errors(message), None)
    if error is None:
        return None
    missing = getattr(error.kind, "property", None) if error.schema_path[-1:] == ["required"] else None
    return (*map(str, error.instance_path), *([str(missing)] if missing else []))


@cache
def _components() -> Mapping[str, Any]:
    contract = json.loads((_FOLDER / "openapi.json").read_text(encoding="utf-8"))
    components: Mapping[str, Any] = contract["components"]
    return components


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": _components()})


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _depth(said: Any) -> int:
    depth, level = 0, [said]
    while level:
        depth += 1
        level = [inner for one in level if isinstance(one, dict | list) for inner in _parts(one)]
    return depth


def _parts(one: dict[str, Any] | list[Any]) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not a number of JSON")
