"""Verifying the chain: against itself, and against what checkpoints say of it. Pure; knows no store and no file.

One pass over the links, so that a chain of any length can be verified. Each finding names a kind and a place, and says
in words what was found there; several may tell of one act. What a verification cannot prove: `docs/audit.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from hub.audit.chain import BEGINNING, Link, digest_of
from hub.audit.checkpoints import Checkpoint, CheckpointFile
from hub.audit.signing import PublicKeys


class Kind(StrEnum):
    """What is wrong."""

    CHANGED = "changed"
    """An entry is not what its digest says, or does not stand on the one before it."""
    MISSING = "missing"
    """Places are left out."""
    OUT_OF_ORDER = "out_of_order"
    """An entry stands where it does not belong, or twice."""
    CUT = "cut"
    """The chain ends before the place that a checkpoint, or the export's own head, tells of."""
    DIFFERS = "differs_from_checkpoint"
    """The chain agrees with itself and not with a checkpoint: it was rewritten, or is another one."""
    UNREADABLE = "unreadable"
    """What should be an entry cannot be read as one."""
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    """Signed with a key of which no public key was given."""
    CHECKPOINTS_CHANGED = "checkpoints_changed"
    """A checkpoint file does not hang together: a line was changed, left out, put in or moved."""
    WENT_BACK = "went_back"
    """A later checkpoint tells of an earlier place: entries were gone when it was written."""
    NO_CHECKPOINT = "no_checkpoint"
    """Nothing outside the store vouches for the chain."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `where` is a place of the chain, or a checkpoint file and its line."""

    kind: Kind
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.where}: {self.what}"


@dataclass
class Report:
    """What a verification found."""

    first: int = 0
    last: int = 0
    digest: bytes = b""
    """At the last place."""
    count: int = 0
    covered_to: int = 0
    """The last place for which a checkpoint vouches; what comes after rests on the chain alone."""
    checkpoints: int = 0
    """How many vouched."""
    unsealed: int | None = None
    """Entries that have no place yet; None where nobody can say."""
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify_chain(
    chain: Iterable[Link | None],
    files: Sequence[CheckpointFile],
    keys: PublicKeys,
    *,
    first: int = 1,
    previous: bytes = BEGINNING,
    head: int | None = None,
) -> Report:
    """Verify links that should begin at place `first`, after the digest `previous`; one that is None is no link.

    `head`: the last place of the whole chain, if `chain` is a part of it; by default it ends where its links end.
    """
    report = Report(first=first, last=first - 1, digest=previous)
    vouched = _vouched(files, keys, report)
    _compare(vouched, first - 1, previous, report)
    standing: bytes | None = previous
    try:
        for link in chain:
            standing = _follow(link, standing, report)
            if link is not None:
                _compare(vouched, link.sequence, link.digest, report)
                report.digest = link.digest
    except (KeyError, TypeError, ValueError) as error:  # whatever was put where an entry should be
        what = f"no entry can be read there ({type(error).__name__}); what comes after was not verified"
        report.findings.append(Finding(Kind.UNREADABLE, f"place {report.last + 1}", what))
        return report
    _look_beyond(vouched, report.last if head is None else head, report)
    if report.last and not any(file.checkpoints for file in files):
        report.findings.append(Finding(Kind.NO_CHECKPOINT, "the chain", "there is no checkpoint to compare it with"))
    return report


def _follow(link: Link | None, previous: bytes | None, report: Report) -> bytes | None:
    """Verify one link after the one before; return what the next must stand on, None if nobody knows."""
    expected = report.last + 1
    report.count += 1
    if link is None:
        report.findings.append(Finding(Kind.UNREADABLE, f"place {expected}", "the line is not that of an entry"))
        report.last = expected
        return None
    where = f"place {link.sequence}"
    if link.sequence == expected:
        if _is_changed(link, previous):
            what = "the entry is not what its digest says, or the one before it is another"
            report.findings.append(Finding(Kind.CHANGED, where, what))
    elif link.sequence > expected:
        gone = f"{expected}" if link.sequence == expected + 1 else f"{expected} to {link.sequence - 1}"
        report.findings.append(Finding(Kind.MISSING, f"place {gone}", f"not there; place {link.sequence} follows"))
    else:
        report.findings.append(Finding(Kind.OUT_OF_ORDER, where, f"stands after place {report.last}"))
    report.last = max(report.last, link.sequence)
    return link.digest


def _is_changed(link: Link, previous: bytes | None) -> bool:
    claimed = link.previous
    if claimed is not None and previous is not None and claimed != previous:
        return True
    standing = previous or claimed
    return standing is not None and digest_of(link.sequence, link.entry, standing) != link.digest


def _vouched(
    files: Sequence[CheckpointFile], keys: PublicKeys, report: Report
) -> dict[int, list[tuple[str, Checkpoint]]]:
    """Return the checkpoints that are signed, by place; note what is wrong with the others, and with the files."""
    vouched: dict[int, list[tuple[str, Checkpoint]]] = defaultdict(list)
    for file in files:
        report.notes += [f"{file.name}: line {number} is no whole checkpoint" for number in file.unreadable]
        report.findings += _wrong_with(file)
        for number, checkpoint in enumerate(file.checkpoints, 1):
            where = f"{file.name}, checkpoint {number}"
            if checkpoint.key_id not in keys.ids:
                what = f"signed with the key {checkpoint.key_id}, of which no public key was given"
                report.findings.append(Finding(Kind.UNKNOWN_KEY, where, what))
            elif not checkpoint.is_signed_by(keys):
                report.findings.append(Finding(Kind.BAD_SIGNATURE, where, "the signature is not of what it says"))
            else:
                vouched[checkpoint.sequence].append((where, checkpoint))
    return vouched


def _wrong_with(file: CheckpointFile) -> Iterator[Finding]:
    if file.checkpoints and file.checkpoints[0].previous is not None:
        what = "names one before it: the beginning of the file is gone"
        yield Finding(Kind.CHECKPOINTS_CHANGED, f"{file.name}, checkpoint 1", what)
    for number, (before, after) in enumerate(pairwise(file.checkpoints), 2):
        where = f"{file.name}, checkpoint {number}"
        if after.previous != before.name:
            what = "does not name the one before it: one was changed, left out, put in or moved"
            yield Finding(Kind.CHECKPOINTS_CHANGED, where, what)
        if after.sequence < before.sequence:
            what = f"of {after.at} tells of place {after.sequence}, the one before of place {before.sequence}"
            yield Finding(Kind.WENT_BACK, where, what)


def _compare(vouched: dict[int, list[tuple[str, Checkpoint]]], sequence: int, digest: bytes, report: Report) -> None:
    """Compare a place with what checkpoints say of it."""
    for where, checkpoint in vouched.get(sequence, ()):
        if checkpoint.digest == digest.hex():
            report.checkpoints += 1
            report.covered_to = max(report.covered_to, sequence)
        else:
            what = (
                f"{where}, of {checkpoint.at}, says another digest: the chain up to here was rewritten, or is another"
            )
            report.findings.append(Finding(Kind.DIFFERS, f"place {sequence}", what))


def _look_beyond(vouched: dict[int, list[tuple[str, Checkpoint]]], head: int, report: Report) -> None:
    """Find checkpoints of places after the chain's end."""
    beyond = [(place, told) for place, told in vouched.items() if place > head]
    if beyond:
        place, told = max(beyond)
        where, checkpoint = told[0]
        what = f"the chain ends here, but {where}, of {checkpoint.at}, tells of place {place}: its tail is gone"
        report.findings.append(Finding(Kind.CUT, f"place {head}", what))
