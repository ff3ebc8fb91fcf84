"""What checks look at: texts that may show a document, all that is logged, and documents changed at one field path."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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
