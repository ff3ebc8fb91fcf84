"""Who kills and pauses: the hub's processes, and its database, at random moments, until enough kills have landed.

A kill has landed if it interrupted a write: its attempt stands in the store without an end, and its process is dead.
So that kills land, each waits until its victim is writing something, and a random moment longer. Some strike at another
moment, whether they land or not: as soon as the centre was promised something, whoever promised it dies.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from hub.cli.proof.company import Company, Member
from hub.cli.proof.evidence import Evidence
from hub.cli.proof.takeovers import TakeOvers
from hub.cli.stage.postgres import OwnServer
from hub.cli.stage.processes import ChildError

_PAUSE_AFTER = (0.1, 1.0)
"""Wall seconds between a kill and the look for the next victim, at least and at most."""
_AIM_SECONDS = 2.0
_LONGEST_TREMOR = 0.03
_LOOK_SECONDS = 0.01
_COMMITTED_AFTER_SECONDS = 2.0
_BETWEEN_LOOKS_SECONDS = 0.1
_LOOKS_AT_MOST = 600
_STARTS_AT_MOST = 4
_KILLS_FOR_A_STRIKE = 4
_PAUSED_LONGER_SECONDS = 14.0
"""Than a lease: until others have found out, asked and sent again."""
_KILLS_FOR_A_PAUSE = 12
_KILLS_FOR_A_PAUSE_ALONE = 50
_KILLS_FOR_A_DATABASE_KILL = 25


@dataclass
class Tally:
    """What was done."""

    kills: int = 0
    landed: int = 0
    pauses: int = 0
    database_kills: int = 0


class Disturber:
    """Kills and pauses the processes of one company.

    Args:
        company: the hub's processes.
        evidence: tells whom a kill interrupted.
        take_overs: hears of each kill that landed.
        server: the database server, if it is ours to kill.
        lease_seconds: a pause is longer than this.
        seed: of the dice.
    """

    def __init__(
        self,
        company: Company,
        evidence: Evidence,
        take_overs: TakeOvers,
        server: OwnServer | None,
        lease_seconds: float,
        seed: int,
    ) -> None:
        self._company, self._evidence, self._server = company, evidence, server
        self._take_overs = take_overs
        self._pause_seconds = lease_seconds + _PAUSED_LONGER_SECONDS
        self._pause_every = _KILLS_FOR_A_PAUSE if len(company.members) > 1 else _KILLS_FOR_A_PAUSE_ALONE
        self._next_pause = self._pause_every // 2
        self._next_database_kill = _KILLS_FOR_A_DATABASE_KILL - 1
        self._dice = random.Random(f"{seed}/kills")  # noqa: S311 - dice that can be thrown again
        self._seen: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._strikes_at_promise = False
        self.tally = Tally()
        self.disturbed: set[str] = set()
        """The referrals that were being sent when somebody was killed or paused."""
        self.work_is_over = asyncio.Event()
        """Set by whoever knows that nothing will be sent any more: then kills cannot land."""

    async def kill_until_landed(self, wanted: int, share_done: Callable[[], float]) -> None:
        """Kill until so many kills have landed, or nothing is sent any more; no faster than `share_done` grows."""
        self._strikes_at_promise = wanted > 0
        while self.tally.landed < wanted and not self.work_is_over.is_set():
            await asyncio.sleep(self._dice.uniform(*_PAUSE_AFTER))
            victim = await self._aim() if share_done() >= self.tally.landed / (wanted + 1) else None
            if victim is not None:
                await self._disturb(victim)
            self._raise_failures()
        self._strikes_at_promise = False

    async def _disturb(self, victim: Member) -> None:
        """Pause whoever is writing, if it is time for that; else kill it. Now and then the database dies too."""
        if self.tally.kills >= self._next_pause:
            self._next_pause += self._pause_every
            self._company.pause(victim)
            self._do(self._pause(victim))
        else:
            await self._kill(victim)
        if self._server is not None and self.tally.kills >= self._next_database_kill:
            self._next_database_kill += _KILLS_FOR_A_DATABASE_KILL
            await self._kill_database(self._server)

    async def calm(self) -> None:
        """Wait until everybody is back at work."""
        while self._tasks:
            await asyncio.wait(self._tasks)
            self._raise_failures()

    def _raise_failures(self) -> None:
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            task.result()
        self._company.check()

    async def _aim(self) -> Member | None:
        """Choose a victim, and wait until it writes; None if it does not."""
        able = [member for member in self._company.members if member.ready.is_set()]
        if not able:
            return None
        victim = self._dice.choice(able)
        deadline = asyncio.get_running_loop().time() + _AIM_SECONDS
        while victim.ready.is_set() and asyncio.get_running_loop().time() < deadline:
            sends = await self._evidence.open_sends(self._mark_of(victim))
            if sends is not None and sends.keys() - self._seen:
                await asyncio.sleep(self._dice.uniform(0.0, _LONGEST_TREMOR))
                return victim if victim.ready.is_set() else None
            await asyncio.sleep(_LOOK_SECONDS)
        return None

    def strike(self, hub: str) -> None:
        """Kill the hub that has promised something this very moment, if it is time for such a kill."""
        victim = next((m for m in self._company.members if m.url == hub and m.is_awake), None)
        if self._strikes_at_promise and victim is not None:
            self._strikes_at_promise = False
            was_ready, mark = victim.ready.is_set(), self._mark_of(victim)
            self._company.kill(victim)
            self._do(self._after_strike(victim, mark, was_ready=was_ready))

    async def _after_strike(self, victim: Member, mark: str | None, *, was_ready: bool) -> None:
        await self._count(mark)
        if was_ready:  # else whoever waits for it starts it again
            self._company.start(victim)
            await self._bring_up(victim)

    async def _kill(self, victim: Member) -> None:
        mark = self._mark_of(victim)
        self._company.kill(victim)
        await self._count(mark)
        self._company.start(victim)
        self._do(self._bring_up(victim))

    async def _count(self, mark: str | None) -> None:
        """Count the kill of this moment, and note what it interrupted."""
        at = time.monotonic()
        self.tally.kills += 1
        self._strikes_at_promise |= self.tally.kills % _KILLS_FOR_A_STRIKE == 0
        new = await self._note_interrupted(mark)
        if mark is None:
            self._land(at, new)
        else:
            self._do(self._count_late(mark, at, new))

    async def _count_late(self, mark: str, at: float, new: set[str]) -> None:
        """Look again: what a process sent off before it died may be committed after its death, a write or its end."""
        await asyncio.sleep(_COMMITTED_AFTER_SECONDS)
        late = await self._note_interrupted(mark)
        self._land(at, (new | late) & (await self._open_sends(mark)).keys())

    def _land(self, at: float, interrupted: set[str]) -> None:
        if interrupted:
            self.tally.landed += 1
            self._take_overs.note(at, interrupted)

    async def _note_interrupted(self, mark: str | None) -> set[str]:
        """Note the referrals of the writes that nobody will finish; return these writes, as far as they are new."""
        sends = await self._open_sends(mark)
        new = sends.keys() - self._seen
        self._seen |= new
        self.disturbed |= {sends[attempt] for attempt in new}
        return new

    async def _bring_up(self, member: Member) -> None:
        """Start a process again until it works, as whoever runs services does: it refuses while its database is dead.

        Raises:
            ChildError: it does not start, again and again.
        """
        for tried in range(1, _STARTS_AT_MOST + 1):
            try:
                await self._company.until_ready(member)
            except ChildError:
                if tried == _STARTS_AT_MOST:
                    raise
                mark = self._mark_of(member)
                self._company.kill(member)
                await self._note_interrupted(mark)
                self._company.start(member)
            else:
                break

    async def _pause(self, member: Member) -> None:
        self.tally.pauses += 1
        sends = await self._evidence.open_sends(self._mark_of(member)) or {}
        self.disturbed |= set(sends.values())
        await asyncio.sleep(self._pause_seconds)
        self._company.go_on(member)

    async def _kill_database(self, server: OwnServer) -> None:
        server.kill()
        self.tally.database_kills += 1
        await asyncio.to_thread(server.start)
        sends = await self._open_sends(None)
        self.disturbed |= set(sends.values())

    async def _open_sends(self, mark: str | None) -> Mapping[str, str]:
        """Read until the store can be read: a database that was killed comes back.

        Raises:
            ChildError: it does not.
        """
        for _ in range(_LOOKS_AT_MOST):
            sends = await self._evidence.open_sends(mark)
            if sends is not None:
                return sends
            await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
        raise ChildError("the store could not be read any more")

    def _mark_of(self, member: Member) -> str | None:
        """Return what marks a member's attempts; where nothing does, on SQLite, all are its own."""
        return member.mark if self._evidence.marks_attempts else None

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(work))
