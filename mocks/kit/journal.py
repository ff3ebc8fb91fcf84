"""The journal: every request that reached one mock agency and every callback that it sent, accepted or not.

It keeps names and numbers only: never a body, a query, a header or a field's value. It lives in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mocks.kit.clock import BusinessClock

_RRN_LIKE = re.compile(r"(?<!\d)\d{6}-?\d{7}(?!\d)")

_open_entry: ContextVar[Entry | None] = ContextVar("open_entry", default=None)


@dataclass
class Entry:
    """One request (`direction` in) or one callback attempt (`direction` out)."""

    seq: int
    at: str
    direction: Literal["in", "out"]
    operation: str
    method: str
    path: str
    bytes: int
    """Size of the body that arrived (in) or was sent (out)."""
    key: str = ""
    fields: tuple[str, ...] = ()
    """Names of the agency's fields that arrived, as the agency's code noted them."""
    fault: str | None = None
    status: int | None = None
    """HTTP status that was answered (in) or received (out); None if there was none."""
    accepted: bool = False
    """In: a business act was written to the ledger. Out: the other side acknowledged."""
    reply_complete: bool = False
    """Whether the whole reply left; False also where a fault cut it."""


class Journal:
    """What reached one agency and what it sent, in order."""

    def __init__(self, clock: BusinessClock) -> None:
        self._clock = clock
        self._entries: list[Entry] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, oldest first."""
        return tuple(self._entries)

    def open(self, direction: Literal["in", "out"], operation: str, method: str, path: str, size: int) -> Entry:
        """Begin an entry; its other fields are filled in as the exchange goes on. What looks like an RRN is masked."""
        masked = _RRN_LIKE.sub("*" * 13, path.partition("?")[0])
        at = self._clock.now().isoformat()
        entry = Entry(len(self._entries) + 1, at, direction, operation, method, masked, size)
        self._entries.append(entry)
        return entry

    @staticmethod
    def note(key: str, fields: Iterable[str]) -> None:
        """Say of the request that is being handled which key and which fields (names only) it carried.

        Agencies call this as soon as they have read a request, also one that they then refuse: what was refused was
        disclosed all the same. Outside a request it does nothing.
        """
        entry = _open_entry.get()
        if entry is not None:
            entry.key, entry.fields = key, tuple(fields)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def as_json(self, slug: str) -> Mapping[str, Any]:
        """Return the body of `GET /_mock/<slug>/journal`."""
        return {"slug": slug, "entries": [asdict(entry) for entry in self._entries]}


@contextmanager
def handling(entry: Entry) -> Iterator[None]:
    """Make `entry` the one that `Journal.note` writes to."""
    token = _open_entry.set(entry)
    try:
        yield
    finally:
        _open_entry.reset(token)
