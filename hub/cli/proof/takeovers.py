"""How long what a killed process was sending waits until another one takes it over: measured, in wall seconds.

Two moments count: the attempt is taken as unknown, and the next call about it begins (a look-up, or the same key sent
again). What a person decides has no second one. A kill counts by the last of the writes that it interrupted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from hub.cli.proof.evidence import Evidence

_LOOK_SECONDS = 0.1


@dataclass
class Death:
    """One process that was killed, and what it was sending."""

    at: float
    """Monotonic seconds, as all moments here."""
    attempts: set[str]
    unknown_at: dict[str, float] = field(default_factory=dict)
    next_call_at: dict[str, float] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    """What was finished after all: the database had its end before the process died."""

    @property
    def awaited(self) -> set[str]:
        """What is not taken over yet, or has no next call yet."""
        return self.attempts - self.finished - self.next_call_at.keys()

    @property
    def unknown_after(self) -> float | None:
        """How long it took until all of it was unknown; None if some is not, or there was nothing."""
        left = self.attempts - self.finished
        return max(self.unknown_at.values()) - self.at if left and self.unknown_at.keys() == left else None

    @property
    def next_call_after(self) -> float | None:
        """How long it took until the last next call began; None if there was none."""
        return max(self.next_call_at.values()) - self.at if self.next_call_at else None


class TakeOvers:
    """Watches what killed processes left behind."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.deaths: list[Death] = []

    def note(self, at: float, attempts: Iterable[str]) -> None:
        """Note a kill that interrupted something."""
        self.deaths.append(Death(at, set(attempts)))

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Note what has happened since the last look."""
        watched = {attempt: death for death in self.deaths for attempt in death.awaited}
        if not watched:
            return
        fates = await self._evidence.fates(watched)
        now = time.monotonic()
        for attempt, (result, is_called_again) in fates.items():
            death = watched[attempt]
            if result is not None and result != "interrupted":
                death.finished.add(attempt)
            elif result is not None:
                death.unknown_at.setdefault(attempt, now)
                if is_called_again:
                    death.next_call_at[attempt] = now

    def as_json(self) -> Mapping[str, Any]:
        """Return the figures: how many kills, median and longest."""
        return {
            "to_unknown": _figures(death.unknown_after for death in self.deaths),
            "to_next_call": _figures(death.next_call_after for death in self.deaths),
        }


def _figures(taken: Iterable[float | None]) -> dict[str, float | int | None]:
    known = [seconds for seconds in taken if seconds is not None]
    return {
        "kills": len(known),
        "median": round(median(known), 1) if known else None,
        "longest": round(max(known), 1) if known else None,
    }
