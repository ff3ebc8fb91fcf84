"""The engine for several processes on one PostgreSQL: procrastinate hands the turns of all lanes to whoever is free.

Every process gives turns (`turns.py`) and takes them; which one does either makes no difference. Jobs hold a
delivery's id and nothing else, and wait for nothing: what is not due yet waits in its row. A job that is lost with its
process costs a turn, not a referral: the row is given out again. Correctness never rests on what is here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import procrastinate
import structlog
from procrastinate.jobs import Status
from sqlalchemy import Connection

from hub.agencies import ActiveAgency
from hub.delivery.alone import do_alone
from hub.delivery.batches.lane import BatchLane
from hub.delivery.orphans import reclaim_expired
from hub.delivery.retrying import stop_where_retries_are_off
from hub.delivery.room import Room
from hub.delivery.turns import TURN_SECONDS, Turns, give_turns, look
from hub.logs import places
from hub.store.store import Store

_log = structlog.get_logger("naru.engine")
_TASK = "naru.work"
_LOOK_EVERY_SECONDS = 1.0
"""How late this process may hear of what another one committed."""
_RECLAIM_EVERY_SECONDS = 5.0
_REST_AFTER_DEFECT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 5.0
"""For a connection: a process that is told to stop while the database is away must not wait for it."""

Work = Callable[[str], Awaitable[None]]


class SharedEngine:
    """One process of several. `concurrency`: calls that this process makes at once, over all agencies."""

    def __init__(self, store: Store, room: Room, concurrency: int) -> None:
        self._store = store
        self._room = room
        self._concurrency = concurrency
        connector = procrastinate.PsycopgConnector(conninfo=store.address, timeout=_LONGEST_WAIT_SECONDS)
        self._app = procrastinate.App(connector=connector)
        self._jobs = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=store.address))
        self._awake = asyncio.Event()
        self._file_lanes: list[BatchLane] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.running = False

    def wake(self) -> None:
        """Look again; from any thread, at any time."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        self._awake.set()
        for lane in self._file_lanes:
            lane.awake.set()

    async def run(self, work: Work) -> None:
        """Give and take turns until cancelled; running calls are given time to end."""
        self._loop = asyncio.get_running_loop()
        self._room.clock.on_change(self.wake)

        @self._app.task(name=_TASK)
        async def take_turn(delivery_id: str) -> None:
            await self._take(work, delivery_id)

        async with self._app.open_async():
            self.running = True
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._keep_doing("turns", self._give_all))
                    tasks.create_task(self._keep_doing("orphans", self._reclaim))
                    tasks.create_task(self._keep_doing("jobs", self._take_jobs))
                    for agency in self._room.agencies.active.values():
                        if agency.profile.batching is not None and agency.is_here:
                            tasks.create_task(self._keep_doing("files", partial(self._serve_files, agency)))
            finally:
                self.running = False

    async def _keep_doing(self, what: str, step: Callable[[], Awaitable[None]]) -> None:
        """Repeat a step for ever. A database that is away comes back; the loop must live on to see it."""
        while True:
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - the same
                _end_if_told_to()
                _log.error("engine_rests", what=what, error=type(error).__name__, at=places(error))
                await asyncio.sleep(_REST_AFTER_DEFECT_SECONDS)

    async def _give_all(self) -> None:
        """Give the turns of every lane, then wait until one may have more."""
        self._awake.clear()
        rest = _LOOK_EVERY_SECONDS
        for agency, looked in await self._store.read(self._look_at_all):
            turns = await self._store.write(partial(self._give, agency=agency)) if looked is None else looked
            rest = min(rest, *self._seconds_until(turns))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest):
                await self._awake.wait()

    def _look_at_all(self, conn: Connection) -> list[tuple[ActiveAgency, Turns | None]]:
        """Look at every lane first: most looks find nothing to give, and reading disturbs nobody."""
        lanes = [agency for agency in self._room.agencies.active.values() if agency.profile.batching is None]
        return [(agency, look(conn, self._room, agency)) for agency in lanes]

    def _give(self, conn: Connection, agency: ActiveAgency) -> Turns:
        """Give out turns and their jobs on one connection: both are committed, or neither."""
        turns = give_turns(conn, self._room, agency)
        driver: Any = conn.connection.driver_connection
        for delivery_id in turns.ids:
            self._jobs.configure_task(_TASK, connection=driver).defer(delivery_id=delivery_id)
        return turns

    async def _serve_files(self, agency: ActiveAgency) -> None:
        """Serve an agency that takes files as the one process that does; wait and ask again if another is that."""
        lane = BatchLane(self._store, self._room, agency)
        self._file_lanes.append(lane)
        try:
            await do_alone(self._store.address, f"files:{agency.slug}", lane.serve)
        finally:
            self._file_lanes.remove(lane)
            await lane.drain()

    def _seconds_until(self, turns: Turns) -> list[float]:
        """Return how long each reason to look again is away, in seconds of wall time."""
        waits = [] if turns.again_in_seconds is None else [turns.again_in_seconds]
        if turns.again_at is not None:
            waits.append((turns.again_at - self._room.clock.now()).total_seconds())
        return [max(0.0, wait) for wait in [_LOOK_EVERY_SECONDS, *waits]]

    async def _reclaim(self) -> None:
        lost = await reclaim_expired(self._store, self._room)
        if lost:
            _log.warning("orphans_reclaimed", count=lost)
            self._awake.set()
        await stop_where_retries_are_off(self._store, self._room)
        for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=TURN_SECONDS):
            if job.id is not None:  # its process died; the delivery's own turn runs out and is given anew
                with contextlib.suppress(procrastinate.exceptions.ConnectorException):  # another process was quicker
                    await self._app.job_manager.finish_job_by_id_async(job.id, Status.ABORTED, delete_job=True)
        await asyncio.sleep(_RECLAIM_EVERY_SECONDS)

    async def _take_jobs(self) -> None:
        await self._app.run_worker_async(
            concurrency=self._concurrency,
            fetch_job_polling_interval=_LOOK_EVERY_SECONDS,
            delete_jobs="always",
            install_signal_handlers=False,
        )

    async def _take(self, work: Work, delivery_id: str) -> None:
        try:
            await work(delivery_id)
        except Exception as error:  # noqa: BLE001 - one poisoned delivery rests until its turn is over; others go on
            _log.error("work_failed", delivery=delivery_id, error=type(error).__name__)
        finally:
            self._awake.set()


def _end_if_told_to() -> None:
    """Go on with a cancellation that was swallowed: a library that cannot tidy up raises that instead."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
