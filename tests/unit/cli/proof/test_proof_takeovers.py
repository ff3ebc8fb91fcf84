"""Take-over times: from the kill to the moment when all that it interrupted is unknown, and is asked about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from hub.cli.proof import takeovers
from hub.cli.proof.takeovers import TakeOvers

Fates = Mapping[str, tuple[str | None, bool]]


class Evidence:
    """Says at each look what a test wants."""

    def __init__(self) -> None:
        self.told: Fates = {}
        self.asked: set[str] = set()

    async def fates(self, attempts: Collection[str]) -> Fates:
        """Return what became of attempts."""
        self.asked = set(attempts)
        return {attempt: fate for attempt, fate in self.told.items() if attempt in attempts}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = 100.0

    def monotonic(self) -> float:
        """Return the moment."""
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the take-overs be measured by a clock of the test's."""
    made = Clock()
    monkeypatch.setattr(takeovers, "time", made)
    return made


async def look(watcher: TakeOvers, evidence: Evidence, clock: Clock, at: float, told: Fates) -> None:
    """Look once, at a moment."""
    evidence.told, clock.at = told, at
    await watcher.look()


async def test_a_kill_counts_by_the_last_of_its_writes(clock: Clock) -> None:
    """Each moment is noted once, and a kill is over when the last write is taken over."""
    evidence: Any = Evidence()
    watcher = TakeOvers(evidence)
    watcher.note(100.0, ["a", "b"])
    await look(watcher, evidence, clock, 110.0, {"a": ("interrupted", False), "b": (None, False)})
    await look(watcher, evidence, clock, 116.0, {"a": ("interrupted", True), "b": ("interrupted", True)})
    assert watcher.as_json() == {
        "to_unknown": {"kills": 1, "median": 16.0, "longest": 16.0},
        "to_next_call": {"kills": 1, "median": 16.0, "longest": 16.0},
    }
    await watcher.look()
    assert evidence.asked == {"a", "b"}, "nothing is asked about again that is taken over"


async def test_what_was_finished_after_all_is_no_take_over(clock: Clock) -> None:
    """A write that had its end before the process died was not taken over by anybody."""
    evidence: Any = Evidence()
    watcher = TakeOvers(evidence)
    watcher.note(100.0, ["a"])
    watcher.note(100.0, ["b", "c"])
    await look(watcher, evidence, clock, 105.0, {"a": ("delivered", False), "b": ("delivered", True)})
    await look(watcher, evidence, clock, 109.0, {"c": ("interrupted", False)})
    assert watcher.as_json() == {
        "to_unknown": {"kills": 1, "median": 9.0, "longest": 9.0},
        "to_next_call": {"kills": 0, "median": None, "longest": None},
    }
