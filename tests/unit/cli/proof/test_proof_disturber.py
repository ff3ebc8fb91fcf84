"""Which kills count: those that interrupted a write, as the store shows it once nothing can be committed any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hub.cli.proof import disturber
from hub.cli.proof.company import Member
from hub.cli.proof.disturber import Disturber


class Company:
    """One process; it only notes that it was killed."""

    def __init__(self) -> None:
        self.members = [Member("serve0", "serve", 1)]

    def kill(self, member: Member) -> None:
        """Kill."""
        member.ready.clear()

    def start(self, member: Member) -> None:
        """Start again."""
        member.lives += 1

    async def until_ready(self, member: Member) -> None:
        """Be ready at once."""
        member.ready.set()

    def check(self) -> None:
        """Find nothing wrong."""


class Evidence:
    """Shows one open write until it was looked at so often; then its end was committed after all."""

    def __init__(self, *, looks: int, marks_attempts: bool) -> None:
        self.left, self.marks_attempts = looks, marks_attempts
        self.asked: list[str | None] = []

    async def open_sends(self, process: str | None = None) -> Mapping[str, str]:
        """Return the open writes."""
        self.asked.append(process)
        self.left -= 1
        return {"att-1": "ref-1"} if self.left >= 0 else {}


class TakeOvers:
    """Hears of kills."""

    def __init__(self) -> None:
        self.heard: list[set[str]] = []

    def note(self, _at: float, attempts: set[str]) -> None:
        """Note one."""
        self.heard.append(attempts)


async def kill_once(evidence: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int, list[set[str]]]:
    """Kill the only process of a hub on a database that is not ours; return kills, landed kills, and what is noted."""
    monkeypatch.setattr(disturber, "_COMMITTED_AFTER_SECONDS", 0.0)
    company: Any = Company()
    watcher: Any = TakeOvers()
    killer = Disturber(company, evidence, watcher, None, 18.0, 1)
    await killer._disturb(company.members[0])
    await killer.calm()
    return killer.tally.kills, killer.tally.landed, watcher.heard


async def test_where_attempts_are_marked_a_kill_counts_at_the_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is open at both looks was interrupted, and only the writes of the life that was killed are looked at."""
    evidence = Evidence(looks=9, marks_attempts=True)
    assert await kill_once(evidence, monkeypatch) == (1, 1, [{"att-1"}])
    assert set(evidence.asked) == {"serve0.0"}


async def test_an_end_committed_after_the_death_interrupts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process alone, too, may have sent its end off before it died: on PostgreSQL that kill has not landed."""
    evidence = Evidence(looks=1, marks_attempts=True)
    assert await kill_once(evidence, monkeypatch) == (1, 0, [])


async def test_on_sqlite_one_look_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is committed there by who is dead, and all writes are the one process's."""
    evidence = Evidence(looks=1, marks_attempts=False)
    assert await kill_once(evidence, monkeypatch) == (1, 1, [{"att-1"}])
    assert evidence.asked == [None]
