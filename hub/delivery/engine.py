"""The engine port: wakes a worker for a delivery, at least once. Correctness never rests on it.

`deliveries.due_at` says what is due; an engine only watches it. The embedded one lives here; the port is what a second
one (several processes on PostgreSQL) must offer as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import structlog

from hub.agencies import ActiveAgency
from hub.clock import wait_until
from hub.delivery.batches.lane import BatchLane
from hub.delivery.orphans import reclaim_all, reclaim_expired
from hub.delivery.retrying import stop_where_retries_are_off
from hub.delivery.room import Room
from hub.delivery.turns import Turns, give_turns, look
from hub.store.store import Store

_log = structlog.get_logger("naru.engine")
_RECLAIM_EVERY_SECONDS = 15.0
_LOOK_EVERY_SECONDS = 60.0
"""How long a lane rests at most: a clock that was set wakes nobody."""

Work = Callable[[str], Awaitable[None]]


class Engine(Protocol):
    """What the hub asks of an engine."""

    running: bool
    """Whether it serves its lanes at present."""

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
        await stop_where_retries_are_off(self._store, self._room)
        store, room, agencies = self._store, self._room, self._room.agencies.active.values()
        self._lanes = [_Lane(store, room, agency) for agency in agencies if agency.profile.batching is None]
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
                lost = await reclaim_expired(self._store, self._room, busy)
            except Exception as error:  # noqa: BLE001 - a full disk passes; the loop must live on to try again
                _log.error("reclaim_failed", error=type(error).__name__)
                continue
            if lost:
                _log.warning("orphans_reclaimed", count=lost)
                self._wake_lanes()


class _Lane:
    """One agency's turns, taken one by one by tasks of this process."""

    def __init__(self, store: Store, room: Room, agency: ActiveAgency) -> None:
        self._store = store
        self._room = room
        self._agency = agency
        self._tasks: set[asyncio.Task[None]] = set()
        self.awake = asyncio.Event()
        self.busy: set[str] = set()

    async def serve(self, work: Work) -> None:
        """Take turns as they are given; wait for a change or the next moment to look again otherwise."""
        while True:
            try:
                turns = await self._turns()
            except Exception as error:  # noqa: BLE001 - an unreadable store passes; the lane must live on to try again
                _log.error("lane_failed", agency=self._agency.slug, error=type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            for delivery_id in turns.ids:
                self._start(work, delivery_id)
            if not turns.ids:
                await self._rest(turns)

    async def _turns(self) -> Turns:
        """Look first: most looks find nothing to give, and reading keeps nobody waiting."""
        looked = await self._store.read(partial(look, room=self._room, agency=self._agency))
        if looked is not None:
            return looked
        return await self._store.write(partial(give_turns, room=self._room, agency=self._agency))

    def _start(self, work: Work, delivery_id: str) -> None:
        self.busy.add(delivery_id)
        task = asyncio.create_task(self._work_on(work, delivery_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_on(self, work: Work, delivery_id: str) -> None:
        try:
            await work(delivery_id)
        except Exception as error:  # noqa: BLE001 - one poisoned delivery rests until its turn is over; others go on
            _log.error("work_failed", agency=self._agency.slug, delivery=delivery_id, error=type(error).__name__)
        finally:
            self.busy.discard(delivery_id)
            self.awake.set()

    async def _rest(self, turns: Turns) -> None:
        seconds = _LOOK_EVERY_SECONDS if turns.again_in_seconds is None else turns.again_in_seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, _LOOK_EVERY_SECONDS)):
                await wait_until(self._room.clock, turns.again_at, self.awake)

    async def drain(self) -> None:
        """Wait for the calls in flight: each has its own deadline."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
