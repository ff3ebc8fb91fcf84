"""The lane of an agency that takes files: wakes its clerk when something was committed, and when the time comes."""

from __future__ import annotations

import asyncio

import structlog

from hub.agencies import ActiveAgency
from hub.clock import wait_until
from hub.delivery.batches.clerk import Clerk
from hub.delivery.room import Room
from hub.store.store import Store

_log = structlog.get_logger("naru.engine")


class BatchLane:
    """One clerk, one task: files go one after the other."""

    def __init__(self, store: Store, room: Room, agency: ActiveAgency) -> None:
        self._clock = room.clock
        self._slug = agency.slug
        self._clerk = Clerk(store, room, agency)
        self._work: asyncio.Task[None] | None = None
        self.awake = asyncio.Event()

    async def serve(self) -> None:
        """Let the clerk work, and wait for a change or the next moment; until cancelled."""
        while True:
            try:
                self._work = asyncio.create_task(self._clerk.work())
                await asyncio.shield(self._work)  # a file that was begun is ended, also when we are told to stop
                moment = await self._clerk.next_moment()
            except Exception as error:  # noqa: BLE001 - an unreadable store passes; the lane must live on to try again
                _log.error("lane_failed", agency=self._slug, error=type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            await wait_until(self._clock, moment, self.awake)

    async def drain(self) -> None:
        """Wait for what the clerk has begun."""
        if self._work is not None:
            await asyncio.gather(self._work, return_exceptions=True)
