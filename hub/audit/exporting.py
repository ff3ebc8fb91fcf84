"""Exports: entries with their places and digests as JSON Lines, and reading them back. What is verified: `verifying`.

The first line is signed and says what the export holds: the places, the digests at both ends, and how far the chain
went when it was written. Each further line is one entry in canonical form, with its place, the digest before it and
its own. So the file proves itself with a public key alone, and the chain behind it with the checkpoints.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from hub.audit.chain import BEGINNING, Link, canonical, stamp
from hub.audit.checkpoints import CheckpointFile
from hub.audit.signing import PublicKeys, SigningKey
from hub.audit.verifying import Finding, Kind, Report, verify_chain
from hub.store.audit_chain import (
    count_unsealed,
    digest_at,
    head_of,
    links,
    outside_the_chain,
    places_of_period,
    respelt,
)

_FORM = "naru-audit-export-1"
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class NoExportError(Exception):
    """What was given is no export of the audit, or holds no line of one."""


@dataclass(frozen=True)
class Period:
    """From a moment up to, not including, another; None: from the beginning, to the end."""

    begin: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Head:
    """The first line. Digests are hex; `last` is `first` - 1 if there is no entry."""

    form: str
    begin: str | None
    end: str | None
    first: int
    last: int
    previous: str
    digest: str
    head: int
    """The chain's last place when this was written."""
    exported_at: str
    """Wall time."""
    key_id: str
    signature: str

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return canonical({name: value for name, value in asdict(self).items() if name != "signature"})


def export(conn: Connection, period: Period, key: SigningKey, at: datetime) -> Iterator[str]:
    """Yield the lines of an export, without their ends; `at` is wall time.

    An export has no gaps: it holds every place from the first to the last entry of the period. Entries are sealed
    within seconds of their moment and not exactly in its order, so that some at its edges may lie just outside.
    """
    head = head_of(conn)
    places = places_of_period(conn, period.begin, period.end)
    first, last = places or (1, 0)
    yield canonical(asdict(_head(conn, period, (first, last), head[0] if head else 0, key, at))).decode()
    previous = digest_at(conn, first - 1) or BEGINNING
    for row in links(conn, first, last):
        link = replace(Link.from_row(row), previous=previous)
        yield link.line
        previous = link.digest


def _head(conn: Connection, period: Period, places: tuple[int, int], head: int, key: SigningKey, at: datetime) -> Head:
    first, last = places
    unsigned = Head(
        form=_FORM,
        begin=None if period.begin is None else stamp(period.begin),
        end=None if period.end is None else stamp(period.end),
        first=first,
        last=last,
        previous=(digest_at(conn, first - 1) or BEGINNING).hex(),
        digest=(digest_at(conn, last) or BEGINNING).hex(),
        head=head,
        exported_at=stamp(at),
        key_id=key.key_id,
        signature="",
    )
    return Head(**asdict(unsigned) | {"signature": key.sign(unsigned.signed)})


def verify_export(lines: Iterable[str], files: Sequence[CheckpointFile], keys: PublicKeys) -> Report:
    """Verify an export's lines, offline.

    Raises:
        NoExportError: it does not begin as one.
    """
    rest = iter(lines)
    head = _read_head(next(rest, ""))
    known = [_until(file, head.exported_at) for file in files]
    report = verify_chain(
        (Link.read(line.rstrip("\n")) for line in rest),
        known,
        keys,
        first=head.first,
        previous=bytes.fromhex(head.previous),
        head=head.head,
    )
    later = sum(len(file.checkpoints) for file in files) - sum(len(file.checkpoints) for file in known)
    if later:
        report.notes.append(f"{later} checkpoints are of after the export ({head.exported_at}) and say nothing of it")
    report.findings += _wrong_with(head, report, keys)
    return report


def _wrong_with(head: Head, report: Report, keys: PublicKeys) -> Iterator[Finding]:
    if head.key_id not in keys.ids:
        what = f"signed with the key {head.key_id}, of which no public key was given"
        yield Finding(Kind.UNKNOWN_KEY, "the export's first line", what)
    elif not keys.verify(head.key_id, head.signed, head.signature):
        yield Finding(Kind.BAD_SIGNATURE, "the export's first line", "the signature is not of what it says")
    if report.last < head.last:
        yield Finding(Kind.CUT, f"place {report.last}", f"the export ends here, and should go to place {head.last}")
    elif report.last > head.last:
        what = f"the export goes on, and should end at place {head.last}"
        yield Finding(Kind.OUT_OF_ORDER, f"place {head.last}", what)
    elif report.digest.hex() != head.digest:
        what = "the last entry is another than the one that was exported"
        yield Finding(Kind.CHANGED, f"place {head.last}", what)


def verify_store(conn: Connection, files: Sequence[CheckpointFile], keys: PublicKeys) -> Report:
    """Verify the whole chain of a store. `files` must have been read before the transaction began."""
    report = verify_chain(map(Link.from_row, links(conn)), files, keys)
    report.unsealed = count_unsealed(conn)
    report.findings += _beside_the_chain(conn)
    return report


def _beside_the_chain(conn: Connection) -> Iterator[Finding]:
    """Find what the chain's links cannot show, and what reads the store by days would show, or not."""
    for place in outside_the_chain(conn):
        yield Finding(Kind.OUT_OF_ORDER, f"place {place}", "an entry stands before the first place, in no chain")
    for place in respelt(conn):
        what = "its time is not written as the hub writes it: no search by days finds the entry"
        yield Finding(Kind.CHANGED, f"place {place}", what)


def _until(file: CheckpointFile, at: str) -> CheckpointFile:
    kept = tuple(checkpoint for checkpoint in file.checkpoints if checkpoint.at <= at)
    return CheckpointFile(file.name, kept, file.unreadable)


def _read_head(line: str) -> Head:
    try:
        head = Head(**json.loads(line))
    except (TypeError, ValueError):
        head = None
    if head is None or not _is_fit(head):
        raise NoExportError("this is no export of the audit: its first line says something else")
    return head


def _is_fit(head: Head) -> bool:
    texts = (head.form, head.previous, head.digest, head.exported_at, head.key_id, head.signature)
    numbers = (head.first, head.last, head.head)
    if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in numbers):
        return False
    return head.form == _FORM and _DIGEST.fullmatch(head.previous) is not None
