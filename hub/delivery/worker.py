"""Takes one delivery a step further: begin, call the adapter, finish. Three steps, two transactions, one call."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from adapters.sdk import AdapterError, HostileReplyError, MisconfiguredError
from adapters.sdk.decisions import steady_now
from hub.delivery.begin import Job, begin
from hub.delivery.finish import finish
from hub.delivery.giving_up import give_up_beginning, is_passing
from hub.delivery.lanes import Alert
from hub.delivery.outages import tell
from hub.delivery.results import Result
from hub.delivery.room import Room
from hub.logs import places
from hub.store.attempts import is_finished
from hub.store.failures import failure_of
from hub.store.store import Store

_log = structlog.get_logger("naru.delivery")
_AGAIN_SECONDS = 0.5


class Worker:
    """Works on deliveries. Safe to be woken for the same one again and again: the row says what is to be done."""

    def __init__(self, store: Store, room: Room) -> None:
        self._store = store
        self._room = room

    async def work(self, delivery_id: str) -> None:
        """Make the next call of a delivery, if there is one to make now, and store what became of it."""
        job = await self._begin(delivery_id)
        if job is None:
            return
        result = await self._call(job)
        try:
            alert = await self._keep_or_give_up(job, result)
        finally:
            self._room.gate.forget(job.attempt_id)
        tell(alert, job.agency)
        if isinstance(result, MisconfiguredError):
            _log.error("lane_paused", agency=job.agency, why=str(result))

    async def _begin(self, delivery_id: str) -> Job | None:
        """Prepare the next call. One that cannot be prepared is given up, in a transaction of its own, and told."""
        try:
            return await self._store.write(partial(begin, room=self._room, delivery_id=delivery_id))
        except Exception as error:
            if is_passing(error):
                raise
            _log.error("cannot_begin", delivery=delivery_id, error=type(error).__name__, at=places(error))
        await self._store.write(partial(give_up_beginning, room=self._room, delivery_id=delivery_id))
        return None

    async def _keep_or_give_up(self, job: Job, result: Result) -> Alert | None:
        """Store what became of a call. An answer that cannot be stored is a defect, and the referral a person's."""
        try:
            return await self._keep(job, result)
        except Exception as error:
            if is_passing(error):
                raise
            _log.error("answer_defect", agency=job.agency, verb=job.verb, delivery=job.delivery_id,
                       error=type(error).__name__, at=places(error))  # fmt: skip
            defect = error
        return await self._keep(job, defect)

    async def _keep(self, job: Job, result: Result) -> Alert | None:
        """Store what became of a call. A database that failed may soon be back, and an answer must not be lost for it.

        After half a lease it is given up: then the attempt is unknown, and is found out about.
        """
        until, work = steady_now() + self._room.settings.lease_seconds / 2, finish
        while True:
            try:
                return await self._store.write(partial(work, room=self._room, job=job, result=result))
            except DBAPIError as error:
                why = failure_of(error)
                if why is None or steady_now() >= until:
                    raise
                _log.error("answer_waits", agency=job.agency, verb=job.verb, delivery=job.delivery_id, why=why)
            work = _finish_unless_finished  # the connection may have been lost after the commit
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _call(self, job: Job) -> Result:
        """Call the verb; whatever it raises is a result too, for after a write an error is news like any other."""
        adapter = self._room.agencies.active[job.agency].adapter
        try:
            result: Result = await getattr(adapter, job.verb)(job.order)
        except AdapterError as error:
            hostile = isinstance(error, HostileReplyError)  # for whoever watches the log: not a line that failed
            level, event = (logging.ERROR, "hostile_reply") if hostile else (logging.WARNING, "call_failed")
            _log.log(level, event, agency=job.agency, verb=job.verb, delivery=job.delivery_id, why=str(error))
            return error
        except Exception as error:  # noqa: BLE001 - a defect of an adapter must not cost a referral; finish judges it
            _log.error("call_defect", agency=job.agency, verb=job.verb, delivery=job.delivery_id,
                       error=type(error).__name__)  # fmt: skip
            return error
        _log.info("call_done", agency=job.agency, verb=job.verb, delivery=job.delivery_id,
                  answer=type(result).__name__)  # fmt: skip
        return result


def _finish_unless_finished(conn: Connection, room: Room, job: Job, result: Result) -> Alert | None:
    return None if is_finished(conn, job.attempt_id) else finish(conn, room, job, result)
