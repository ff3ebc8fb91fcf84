"""Strict reading of JSON: what two readers could understand differently is refused before anybody reads it. Pure.

Refused: other encodings than UTF-8, a byte-order mark, NaN and Infinity, an object with the same name twice, lone
surrogates, nesting, numbers and lists without measure, and every value that is not exactly of its field's type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from hub.api.pointers import Step, faults_in, to_pointer, walk
from hub.api.problems import INVALID_DOCUMENT, MALFORMED_JSON, Fault, ProblemError

SomeModel = TypeVar("SomeModel", bound=BaseModel)


_MOST_IN_ONE, _MOST_VALUES = 1_000, 20_000
"""Several times what any document of ours can hold. What is wrong with each value is a fault that costs time and
memory: 900 kB of empty objects would take minutes and gigabytes."""
_LINE_AND_COLUMN = re.compile(r"at line (\d+) column (\d+)$")


class _TwiceNamed(dict[str, Any]):
    """An object that had a name twice; kept in the tree, so that its place can be told."""


def parse_json(body: bytes, model: type[BaseModel]) -> Any:
    """Return what `body` says. `model` only tells which names may be shown in a pointer.

    Raises:
        ProblemError: `malformed-json`.
    """
    twice: list[_TwiceNamed] = []

    def to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        twice.append(_TwiceNamed(found))
        return twice[-1]

    try:
        tree = json.loads(body.decode(), object_pairs_hook=to_object, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise _malformed("not_utf8", f"{error.start + 1}번째 바이트가 UTF-8이 아닙니다.") from None
    except RecursionError:
        raise _malformed("too_deep", "너무 깊이 중첩되어 있습니다.") from None
    except json.JSONDecodeError as error:
        raise _malformed("not_json", f"JSON 문법에 맞지 않습니다{_place(error.lineno, error.colno)}.") from None
    except ValueError:  # NaN, Infinity, and a number of more digits than Python reads
        raise _malformed("not_json", "JSON에 쓸 수 없는 숫자가 있습니다(NaN, Infinity, 너무 긴 숫자).") from None
    if _has_too_much(tree):
        raise _malformed("too_many", "값이 너무 많습니다(목록 하나에 1,000개, 문서 전체에 20,000개까지).")
    if twice:
        steps, _ = walk(model, next(_to_twice_named(tree, ())))
        raise _malformed("duplicate_name", "같은 이름의 항목이 두 번 있습니다.", to_pointer(steps))
    return tree


def read_model(body: bytes, model: type[SomeModel]) -> tuple[SomeModel, str]:
    """Return the document, and its canonical text: equal for bodies that differ in nothing but layout.

    Raises:
        ProblemError: `malformed-json` or `invalid-document`.
    """
    tree = parse_json(body, model)
    try:
        document = model.model_validate_json(body)  # the types of `schemas.base` are exact by themselves
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        if errors[0]["type"] == "json_invalid":  # lone surrogates; nested deeper than it reads
            found = _LINE_AND_COLUMN.search(str(errors[0].get("ctx", {}).get("error")))
            where = _place(*found.groups()) if found else ""
            raise _malformed("not_json", f"JSON 문법에 맞지 않거나 너무 깊이 중첩되어 있습니다{where}.") from None
        raise ProblemError(INVALID_DOCUMENT, errors=faults_in(model, errors)) from None
    return document, json.dumps(tree, sort_keys=True, separators=(",", ":"))


def _has_too_much(tree: Any) -> bool:
    """Return whether one list or object, or the whole, holds more values than a document can."""
    values, level = 0, [tree]
    while level:
        values += len(level)
        groups = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        if values > _MOST_VALUES or any(len(group) > _MOST_IN_ONE for group in groups):
            return True
        level = [value for group in groups for value in group]
    return False


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _to_twice_named(tree: Any, steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if isinstance(tree, _TwiceNamed):
        yield steps
    elif isinstance(tree, dict):
        for name, inner in tree.items():
            yield from _to_twice_named(inner, (*steps, name))
    elif isinstance(tree, list):
        for position, inner in enumerate(tree):
            yield from _to_twice_named(inner, (*steps, position))


def _place(line: int | str, column: int | str) -> str:
    return f"({line}번째 줄, {column}번째 글자)"


def _malformed(code: str, detail: str, pointer: str = "") -> ProblemError:
    return ProblemError(MALFORMED_JSON, errors=[Fault(pointer=pointer, code=code, detail=detail)])
