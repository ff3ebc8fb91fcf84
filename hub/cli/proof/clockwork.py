"""The hand on the business clock: small steps and whole days while cases come in, then from due time to due time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta

from adapters.sdk.kst import KST
from hub.cli.proof.evidence import Evidence, Standing
from hub.cli.stage.control import Control

_HOURS = (time(2, 1), time(6, 1), time(6, 8), time(7, 12), time(17, 1))
"""When something happens to files (KST): they are collected, answered, read, answered late, and laid down."""
_TICK_SECONDS = 0.5
_STEP_SECONDS = 8.0
_LOOK_SECONDS = 0.2
_STUCK_SECONDS = 4.0
_NUDGE_SECONDS = 15.0
_BETWEEN_POLLS_SECONDS = 300.0


class Clockwork:
    """Moves the business clock of one server of mocks."""

    def __init__(self, control: Control, evidence: Evidence) -> None:
        self._control, self._evidence = control, evidence

    async def run(self, hour_every_seconds: float) -> None:
        """Let time pass, until cancelled; every so many wall seconds go to the next hour at which files move."""
        loop = asyncio.get_running_loop()
        next_hour_at = loop.time() + hour_every_seconds
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            if loop.time() < next_hour_at:
                await self._control.move_clock(_STEP_SECONDS)
            else:
                next_hour_at = loop.time() + hour_every_seconds
                await self._go_to(next_hour(await self._control.now()))

    async def settle(self, patience_seconds: float, waiting: Callable[[], int] = lambda: 0) -> bool:
        """Go on from due time to due time until nothing is open; return whether that was reached.

        What nobody moves for so much wall time is given up: then the verdict finds it unsettled. `waiting` counts what
        the hub has not heard of yet, and will when it asks the next time.
        """
        loop = asyncio.get_running_loop()
        changed_at, before = loop.time(), (-1, -1)
        while loop.time() - changed_at < patience_seconds:
            standing = await self._evidence.standing()
            if standing is not None:
                now = standing.open, waiting()
                if now == (0, 0):
                    return True
                if now != before:
                    changed_at, before = loop.time(), now
                if standing.open:
                    await self._go_on(standing, stuck=loop.time() - changed_at > _STUCK_SECONDS)
                else:
                    await self._control.move_clock(_BETWEEN_POLLS_SECONDS)
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def _go_on(self, standing: Standing, *, stuck: bool) -> None:
        now = await self._control.now()
        moments = [next_hour(now)] if standing.by_file else []
        if standing.due_at is not None:
            if standing.due_at <= now and not stuck:
                return  # somebody is at it
            moments.append(max(standing.due_at, now + timedelta(seconds=_NUDGE_SECONDS if stuck else 0.0)))
        if standing.sending and not stuck:
            return
        if moments:
            await self._go_to(min(moments))

    async def _go_to(self, moment: datetime) -> None:
        ahead = (moment - await self._control.now()).total_seconds()
        if ahead > 0:
            await self._control.move_clock(ahead + 0.05)


def next_hour(now: datetime) -> datetime:
    """Return the next moment at which something happens to files."""
    local = now.astimezone(KST)
    hours = [datetime.combine(local.date() + timedelta(days=days), hour, KST) for days in (0, 1) for hour in _HOURS]
    return min(hour for hour in hours if hour > now)
