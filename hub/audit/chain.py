"""The chain's form: an entry in its one way of being written, and the digest that binds it to all before it. Pure.

digest(n) = SHA-256(`naru-audit-1` newline, digest(n-1), entry n as canonical JSON with its sequence in it); the first
one stands on 32 zero bytes. Whoever changes this form makes every chain that exists unverifiable: a new form gets a
new first line, and begins at a checkpoint (docs/decisions/0015).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

_FORM = b"naru-audit-1\n"
BEGINNING = bytes(32)
"""What the first entry stands on."""

ENTRY_FIELDS = (
    "id", "at", "at_wall", "actor", "origin", "action", "centre_id", "client_id", "case_id", "referral_id", "data",
)  # fmt: skip
"""Everything that an entry says, in the order in which it is shown."""


@dataclass(frozen=True)
class Entry:
    """An entry as it was written. `at` is business time, `at_wall` wall time; both UTC."""

    id: int
    at: datetime
    at_wall: datetime | None
    """None only for what was written before there was a chain."""
    actor: str
    origin: str | None
    action: str
    centre_id: str | None
    client_id: str | None
    case_id: str | None
    referral_id: str | None
    data: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Build from a row of `audit_entries`."""
        return cls(**{name: row[name] for name in ENTRY_FIELDS})

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Build from a line of an export.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        values = {name: said[name] for name in ENTRY_FIELDS}
        wall = values["at_wall"]
        return cls(**values | {"at": _moment(values["at"]), "at_wall": None if wall is None else _moment(wall)})

    def as_json(self) -> dict[str, Any]:
        """Return what it says, as an export shows it and the digest takes it."""
        said = {name: getattr(self, name) for name in ENTRY_FIELDS}
        wall = None if self.at_wall is None else stamp(self.at_wall)
        return said | {"at": stamp(self.at), "at_wall": wall, "data": dict(self.data)}


@dataclass(frozen=True)
class Link:
    """An entry in its place: `digest` (32 bytes) is what the store or the export claims it to be."""

    sequence: int
    entry: Entry
    digest: bytes
    previous: bytes | None = None
    """What an export claims that it stands on; a store claims nothing."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Build from a row of `audit_entries` that has a place."""
        return cls(row["sequence"], Entry.from_row(row), bytes(row["digest"] or b""))

    @classmethod
    def read(cls, line: str) -> Self | None:
        """Read a line of an export, without its end; None if it is none, or is not written in the one way."""
        try:
            said = json.loads(line)
            found = cls(
                said["sequence"], Entry.from_json(said), bytes.fromhex(said["digest"]), bytes.fromhex(said["previous"])
            )
        except (KeyError, TypeError, ValueError):
            return None
        return found if type(found.sequence) is int and found.line == line else None

    @property
    def line(self) -> str:
        """The line of an export."""
        chained = {"sequence": self.sequence, "previous": (self.previous or b"").hex(), "digest": self.digest.hex()}
        return canonical(chained | self.entry.as_json()).decode()


def digest_of(sequence: int, entry: Entry, previous: bytes) -> bytes:
    """Return the digest of an entry at a place, after the one with the digest `previous`."""
    written = canonical({"sequence": sequence, **entry.as_json()})
    return hashlib.sha256(_FORM + previous + written).digest()


def canonical(said: Mapping[str, Any]) -> bytes:
    """Return JSON in its one way of being written: keys in order, no spaces, ASCII.

    Raises:
        ValueError: it holds a number that is none (NaN, infinity).
    """
    return json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def stamp(moment: datetime) -> str:
    """Return a moment in its one way of being written: UTC, microseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
