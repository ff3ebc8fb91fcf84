"""The engine port: wakes a worker for a delivery, at least once. Correctness never rests on it.

`deliveries.due_at` says what is due; an engine only watches it. The embedded one lives here; the port is what a second
one (several processes on PostgreSQL) must offer as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import Connection

from hub.agencies import ActiveAgency
from hub.clock import Clock, wait_until
from hub.delivery.batches.lane import BatchLane
from hub.delivery.orphans import reclaim_all, reclaim_expired
from hub.delivery.room import Room
from hub.store.deliveries import due_ids, next_due
from hub.store.lanes import paused_lanes
from hub.store.store import Store

_log = structlog.get_logger("naru.engine")
_REST_AFTER_DEFECT_SECONDS = 30.0
_RECLAIM_EVERY_SECONDS = 15.0

Work = Callable[[str], Awaitable[None]]


class Engine(Protocol):
    """What the hub asks of an engine."""

    def wake(self) -> None:
        """Look at the deliveries again: something was committed that may be due. From any thread."""
        ...

    async def run(self, work: Work) -> None:
        """Wake `work` for every delivery that falls due, until cancelled; then let running work end."""
        ...


class EmbeddedEngine:
    """One process, one task for each agency's lane; nothing to install. A lane that is stuck never holds another up."""

    def __init__(self, store: Store, room: Room) -> None:
        self._store = store
        self._room = room
        self._lanes: list[_Lane] = []
        self._batch_lanes: list[BatchLane] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.running = False

    def wake(self) -> None:
        """Look again; from any thread, at any time."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake_lanes)

    def _wake_lanes(self) -> None:
        every: list[_Lane | BatchLane] = [*self._lanes, *self._batch_lanes]
        for lane in every:
            lane.awake.set()

    async def run(self, work: Work) -> None:
        """Take orphans back, then serve every lane until cancelled; running calls are given time to end."""
        self._loop = asyncio.get_running_loop()
        lost = await self._store.write(partial(reclaim_all, room=self._room))
        if lost:
            _log.warning("orphans_reclaimed", count=lost)
        store, room, agencies = self._store, self._room, self._room.agencies.active.values()
        self._lanes = [_Lane(store, room.clock, agency) for agency in agencies if agency.profile.batching is None]
        self._batch_lanes = [BatchLane(store, room, agency) for agency in agencies if agency.profile.batching]
        self._room.clock.on_change(self.wake)
        self.running = True
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._reclaim_forever())
                for lane in self._lanes:
                    tasks.create_task(lane.serve(work))
                for batch_lane in self._batch_lanes:
                    tasks.create_task(batch_lane.serve())
        finally:
            self.running = False
            drains = [lane.drain() for lane in self._lanes] + [lane.drain() for lane in self._batch_lanes]
            await asyncio.gather(*drains)

    async def _reclaim_forever(self) -> None:
        while True:
            await asyncio.sleep(_RECLAIM_EVERY_SECONDS)
            busy = {delivery_id for lane in self._lanes for delivery_id in lane.busy}
            try:
                lost = await self._store.write(partial(reclaim_expired, room=self._room, busy=busy))
            except Exception as error:  # noqa: BLE001 - a full disk passes; the loop must live on to try again
                _log.error("reclaim_failed", error=type(error).__name__)
                continue
            if lost:
                _log.warning("orphans_reclaimed", count=lost)
                self._wake_lanes()


class _Lane:
    """The work of one agency: at most `concurrency` calls in flight, at most `per_second` begun in a second."""

    def __init__(self, store: Store, clock: Clock, agency: ActiveAgency) -> None:
        self._store = store
        self._clock = clock
        self._agency = agency
        self._spacing = 1.0 / agency.per_second
        self._free_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self.awake = asyncio.Event()
        self.busy: set[str] = set()

    async def serve(self, work: Work) -> None:
        """Start what is due while there is room; wait for a change or the next due time otherwise."""
        while True:
            try:
                started = await self._start_due(work)
                moment = None if started else await self._next_moment()
            except Exception as error:  # noqa: BLE001 - an unreadable store passes; the lane must live on to try again
                _log.error("lane_failed", agency=self._agency.slug, error=type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            if not started:
                await wait_until(self._clock, moment, self.awake)

    async def _start_due(self, work: Work) -> int:
        free = self._agency.concurrency - len(self._tasks)
        if free <= 0:
            return 0
        ids = await self._store.read(partial(self._due, free=free))
        for delivery_id in ids:
            await self._keep_pace()
            self.busy.add(delivery_id)
            task = asyncio.create_task(self._work_on(work, delivery_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(ids)

    def _due(self, conn: Connection, free: int) -> list[str]:
        if self._agency.slug in paused_lanes(conn):
            return []
        return due_ids(conn, self._agency.slug, self._clock.now(), free, self.busy)

    async def _next_moment(self) -> datetime | None:
        """Return when to look again by ourselves; None while the lane is full or paused: something wakes us."""
        if len(self._tasks) >= self._agency.concurrency:
            return None
        return await self._store.read(self._earliest)

    def _earliest(self, conn: Connection) -> datetime | None:
        if self._agency.slug in paused_lanes(conn):
            return None
        return next_due(conn, self._agency.slug, self.busy)

    async def _keep_pace(self) -> None:
        loop = asyncio.get_running_loop()
        if (wait := self._free_at - loop.time()) > 0:
            await asyncio.sleep(wait)
        self._free_at = max(self._free_at, loop.time()) + self._spacing

    async def _work_on(self, work: Work, delivery_id: str) -> None:
        try:
            await work(delivery_id)
        except Exception as error:  # noqa: BLE001 - one poisoned delivery rests; the lane goes on with the others
            _log.error("work_failed", agency=self._agency.slug, delivery=delivery_id, error=type(error).__name__)
            asyncio.get_running_loop().call_later(_REST_AFTER_DEFECT_SECONDS, self._release, delivery_id)
            return
        finally:
            self.awake.set()
        self._release(delivery_id)

    def _release(self, delivery_id: str) -> None:
        self.busy.discard(delivery_id)
        self.awake.set()

    async def drain(self) -> None:
        """Wait for the calls in flight: each has its own deadline."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
