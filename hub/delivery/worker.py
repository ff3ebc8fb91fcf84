"""Takes one delivery a step further: begin, call the adapter, finish. Three steps, two transactions, one call."""

from __future__ import annotations

import logging
from functools import partial

import structlog

from adapters.sdk import AdapterError, HostileReplyError
from hub.delivery.begin import Job, begin
from hub.delivery.finish import finish
from hub.delivery.lanes import Alert
from hub.delivery.results import Result
from hub.delivery.room import Room
from hub.store.store import Store

_log = structlog.get_logger("naru.delivery")


class Worker:
    """Works on deliveries. Safe to be woken for the same one again and again: the row says what is to be done."""

    def __init__(self, store: Store, room: Room) -> None:
        self._store = store
        self._room = room

    async def work(self, delivery_id: str) -> None:
        """Make the next call of a delivery, if there is one to make now, and store what became of it."""
        job = await self._store.write(partial(begin, room=self._room, delivery_id=delivery_id))
        if job is None:
            return
        result = await self._call(job)
        alert = await self._store.write(partial(finish, room=self._room, job=job, result=result))
        self._room.gate.forget(job.attempt_id)
        if alert is not None:  # once for each outage: an operator's alarm hangs on these two lines
            level = logging.ERROR if alert is Alert.OUTAGE_BEGAN else logging.WARNING
            _log.log(level, alert.value, agency=job.agency)

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
