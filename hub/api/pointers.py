"""Where in a document something is wrong, as a JSON pointer made of names that our schema knows, and of no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from pydantic import BaseModel, TypeAdapter
from pydantic_core import ErrorDetails

from hub.api.problems import MOST_FAULTS, Fault
from hub.api.words import wording_of
from schemas.rules import BrokenRuleError

Step = str | int


def to_pointer(steps: Iterable[Step]) -> str:
    """Write steps as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


@lru_cache
def _schemas(model: type[BaseModel]) -> dict[str, dict[str, object]]:
    whole = TypeAdapter(model).json_schema()
    return {**whole.get("$defs", {}), "": whole}


def _names(schema: object) -> dict[str, object]:
    found = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return found if isinstance(found, dict) else {}


def _resolve(model: type[BaseModel], schema: object) -> object:
    """Follow `$ref` and the one alternative of `X | None` that is no null."""
    while isinstance(schema, dict):
        if "$ref" in schema:
            schema = _schemas(model)[str(schema["$ref"]).rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next((part for part in schema["anyOf"] if part.get("type") != "null"), None)
        else:
            break
    return schema


def walk(model: type[BaseModel], steps: Sequence[Step]) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Follow `steps` as far as the schema knows them; return that part, and the field names known where it ends."""
    known: list[Step] = []
    schema = _resolve(model, _schemas(model)[""])
    for step in steps:
        names = _names(schema)
        inner = schema.get("items") if isinstance(step, int) and isinstance(schema, dict) else names.get(str(step))
        if inner is None:
            break
        known.append(step)
        schema = _resolve(model, inner)
    return tuple(known), tuple(sorted(_names(schema)))


def faults_in(model: type[BaseModel], errors: Sequence[ErrorDetails]) -> list[Fault]:
    """Say the validation errors of a body as faults, no more than a problem tells of."""
    found: dict[Fault, None] = {}
    for each in errors:
        if len(found) < MOST_FAULTS and not _only_follows(each, errors):
            found[_fault_in(model, each)] = None
    return list(found)


def _only_follows(error: ErrorDetails, errors: Sequence[ErrorDetails]) -> bool:
    """Return whether a list is only called too short because what is wrong with its elements made them not count."""
    place = error["loc"]
    return error["type"] == "too_short" and any(
        len(each["loc"]) > len(place) and each["loc"][: len(place)] == place for each in errors
    )


def _fault_in(model: type[BaseModel], error: ErrorDetails) -> Fault:
    """Say one validation error of a body as a fault: an unknown field is told by its parent, never by its name."""
    wording = wording_of(error)
    broken = error.get("ctx", {}).get("error")
    at = broken.at if isinstance(broken, BrokenRuleError) else ()
    known, names = walk(model, (*error["loc"], *at))
    text = wording.text
    if error["type"] == "extra_forbidden":
        text = f"{text} 쓸 수 있는 항목: {', '.join(names)}" if names else text
    return Fault(pointer=to_pointer(known), code=wording.code, detail=text)
