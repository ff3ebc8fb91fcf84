"""One call of `naru keys rotate`: takes up whatever was begun, begins a rotation if nothing was, and tells what it did.

The steps themselves, and why each may be taken again, are in `hub/vault/rotation.py`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from hub.store.keks import Holder, KekState
from hub.vault.key_file import KeyFile
from hub.vault.keyring import KeyFileError, KeyWrapper, lacking
from hub.vault.rotation import Rewrapped, Rotation

_LOOK_EVERY_SECONDS = 0.5


class NeverSealedError(Exception):
    """The store has no key yet: there is nothing to rotate."""


@dataclass
class Report:
    """What a call did."""

    new: str | None = None
    did: Rewrapped = field(default_factory=Rewrapped)
    retired: list[str] = field(default_factory=list)
    still_needed: list[str] = field(default_factory=list)
    apart: list[Path] = field(default_factory=list)
    waits_for: list[Holder] = field(default_factory=list)

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to do."""
        return not self.waits_for and not self.still_needed


def carry_out(rotation: Rotation, ring: KeyWrapper, *, finish: bool = False, wait: float = 0.0) -> Report:
    """Go as far as possible; with `finish`, begin nothing. Wait so many seconds for processes to take the key up.

    Raises:
        NeverSealedError, KeyFileError
    """
    report = Report()
    _begin(rotation, ring, report, finish=finish)
    if rotation.in_state(KekState.NEXT):
        report.waits_for = _switch(rotation, wait)
    if not report.waits_for and rotation.in_state(KekState.OLD):
        report.did = rotation.rewrap()
        report.retired, report.still_needed = rotation.retire(report.did)
    if isinstance(ring, KeyFile) and (gone := _retired_here(rotation, ring)):
        report.apart = ring.set_apart(gone)
    return report


def _begin(rotation: Rotation, ring: KeyWrapper, report: Report, *, finish: bool) -> None:
    """Make or find the next key, unless something that was begun must be finished first."""
    states = rotation.states()
    if not states:
        raise NeverSealedError("the store was never sealed: there is no key to rotate")
    held = ring.kek_ids()
    lacks = [kek_id for kek_id, state in states.items() if state is not KekState.RETIRED and kek_id not in held]
    if lacks:
        raise KeyFileError(lacking(lacks, ring))
    begun = rotation.in_state(KekState.NEXT, KekState.OLD)
    untidy = isinstance(ring, KeyFile) and _retired_here(rotation, ring)
    if begun or untidy or finish:
        return
    report.new = _next_key(rotation, ring)
    rotation.announce(report.new)


def _next_key(rotation: Rotation, ring: KeyWrapper) -> str:
    """Return a key that the store has not heard of: one that is at hand already, or a new one in the key file."""
    unknown = rotation.unknown()
    if unknown:
        return unknown[-1]
    if isinstance(ring, KeyFile):
        return ring.add()
    raise KeyFileError(
        f"the keys stand in {ring.name}, which no command can change. Add one that `naru keys new` prints, behind "
        "the others, on every machine, restart the processes one after the other, and run this again."
    )


def _switch(rotation: Rotation, wait: float) -> list[Holder]:
    """Let the next key wrap as soon as every process has it; return those that have not, when the time is over."""
    until = time.monotonic() + wait
    while (without := rotation.switch()) and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_SECONDS)
    return without


def _retired_here(rotation: Rotation, ring: KeyFile) -> set[str]:
    return set(rotation.in_state(KekState.RETIRED)).intersection(ring.kek_ids())
