"""What checks look at: texts that may show a document, all that is logged, and documents changed at one field path."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from schemas.disclosure import Disclosure
from schemas.privacy import present_paths, prune


def changed_at(document: Disclosure, other: Disclosure, path: str) -> Disclosure:
    """Return `document` with what `other` holds at one field path."""
    kept = prune(document, present_paths(document) - {path})
    merged = _merged(kept.model_dump(), prune(other, frozenset({path})).model_dump())
    return Disclosure.model_validate(merged)


def _merged(one: object, two: object) -> object:
    if isinstance(one, dict) and isinstance(two, dict):
        return {name: _merged(one.get(name), two.get(name)) for name in one.keys() | two.keys()}
    if isinstance(one, (list, tuple)) and isinstance(two, (list, tuple)) and one and two:
        return tuple(_merged(a, b) for a, b in zip(one, two, strict=True))
    return two if one is None or one == () else one


def shown(text: str, marks: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the field paths of which a mark stands in the text."""
    return [path for path, forms in marks.items() if any(form in text for form in forms)]


def record_text(record: logging.LogRecord) -> str:
    """Return all that a log record says."""
    return logging.Formatter("%(message)s").format(record) + repr(record.__dict__.get("args"))


class _Collector(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(0)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@contextmanager
def heard() -> Iterator[list[logging.LogRecord]]:
    """Hear every log record of every logger, at every level."""
    records: list[logging.LogRecord] = []
    handler = _Collector(records)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def told_at(document: Disclosure, path: str, value: str) -> Disclosure | None:
    """Return the document with this text at a field path; None if no such text can stand there."""
    told: Any = value
    for name in reversed(path.split(".")):
        told = {name: told}
    for shape in (told, _in_lists(document, told)):
        try:
            return changed_at(document, Disclosure.model_validate(shape), path)
        except ValidationError:
            continue
    return None


def _in_lists(document: Any, told: dict[str, Any]) -> dict[str, Any]:
    """Put what stands where the document has a list into one: `{"debts": {…}}` becomes `{"debts": [{…}]}`."""
    shaped: dict[str, Any] = {}
    for name, inner in told.items():
        there = getattr(document, name, None)
        if isinstance(there, tuple) and isinstance(inner, dict):
            shaped[name] = [inner]
        else:
            shaped[name] = _in_lists(there, inner) if isinstance(inner, dict) else inner
    return shaped


@contextmanager
def breaking(step: str, nth: int) -> Iterator[None]:
    """Let the `nth` call of `os.<step>` fail, as a full or a broken disk does."""
    real, calls = getattr(os, step), iter(range(1, 1 << 30))

    def broken(*args: Any, **more: Any) -> Any:
        if next(calls) == nth:
            raise OSError(5, "Input/output error")
        return real(*args, **more)

    setattr(os, step, broken)
    try:
        yield
    finally:
        setattr(os, step, real)
