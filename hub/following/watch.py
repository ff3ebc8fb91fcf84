"""The watch: finds terms that are over, and says so, once for each (기한 경과의 보고). It decides nothing else.

It also puts on the shelf what agencies told and nobody could place (`hub/following/shelf.py`).

Whatever happens to a referral has it looked at a little later (`referrals.watch_at`), and a term that runs has it
looked at when that ends; so what is looked for stands in the store, and a process that dies forgets nothing. Each
referral is a transaction of its own, by whichever process locks its row; that a term was told stands in the same row.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from adapters.sdk.kst import kst_today
from hub.delivery.lawful import held_for_law, release_if_lawful
from hub.delivery.room import Room
from hub.delivery.taking_back import ask_to_tell_by_hand
from hub.following.deadlines import Deadline
from hub.following.shelf import AT_ONCE, is_any_left, shelve_calls
from hub.following.terms import by_hand_at, look, look_for_result, running_term
from hub.logs import places
from hub.store.failures import failure_of
from hub.store.referrals import append_event, referral_to_watch, referrals_to_watch, set_watch, set_watch_at
from hub.store.store import Store
from hub.store.turning_points import TurningPoints, turning_points
from schemas.events import EventKind
from schemas.status import DeliveryStatus

_log = structlog.get_logger("naru.watch")
_AT_ONCE = 50
"""Referrals of one look."""
_LOOK_AGAIN_AFTER = timedelta(hours=1)
"""Business time: when one that broke is looked at again."""
_LOOK_EVERY_SECONDS = 5.0
"""Wall time: how late this process may hear that a term is over."""


class Watch:
    """Looks at what is to be looked at, until it is cancelled. `wake`: tells the engine that something may be due."""

    def __init__(self, store: Store, room: Room, deadlines: Sequence[Deadline], wake: Callable[[], None]) -> None:
        self._store = store
        self._room = room
        self._deadlines = deadlines
        self._wake = wake
        self._judged_on: date | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awake = asyncio.Event()

    async def run(self) -> None:
        """Look, rest, look again. A store that is away comes back; the loop lives to see it."""
        self._loop = asyncio.get_running_loop()
        self._room.clock.on_change(self._look_soon)
        while True:
            try:
                await self.judge_laws()
                looked = await self.look()
                shelved = await self.shelve()
            except Exception as error:  # noqa: BLE001 - the same
                _log.error("watch_rests", error=type(error).__name__, at=places(error))
                looked = shelved = 0
            if looked < _AT_ONCE and shelved < AT_ONCE:
                await self._rest()

    async def look(self) -> int:
        """Look at some of what is to be looked at; return how many referrals that were."""
        found = await self._store.read(lambda conn: referrals_to_watch(conn, self._room.clock.now(), _AT_ONCE))
        for referral_id in found:
            try:
                await self._store.write(partial(self._look_at, referral_id=referral_id))
            except Exception as error:
                if failure_of(error) is not None:
                    raise  # the store's trouble, not this one's
                _log.error("not_watched", what=referral_id, error=type(error).__name__, at=places(error))
                await self._store.write(partial(self._put_off, referral_id=referral_id))
        return len(found)

    async def shelve(self) -> int:
        """Shelve some of the calls that have waited too long, and log each once that holds; return how many."""
        if not await self._store.read(partial(is_any_left, room=self._room)):
            return 0
        shelved = await self._store.write(partial(shelve_calls, room=self._room))
        for call in shelved:
            _log.error("call_shelved", agency=call.agency, inbox=call.id)
        return len(shelved)

    async def judge_laws(self) -> None:
        """Judge anew what waits for a law, once a day and at every start: an entry began to hold, or was added."""
        today = kst_today(self._room.clock.now())
        if today == self._judged_on:
            return
        released = 0
        for referral_id in await self._store.read(held_for_law):
            work = partial(release_if_lawful, room=self._room, referral_id=referral_id)
            try:
                released += await self._store.write(work)
            except Exception as error:
                if failure_of(error) is not None:
                    raise
                _log.error("not_judged", what=referral_id, error=type(error).__name__, at=places(error))
        self._judged_on = today
        if released:
            self._wake()

    def _put_off(self, conn: Connection, referral_id: str) -> None:
        set_watch_at(conn, referral_id, self._room.clock.now() + _LOOK_AGAIN_AFTER)

    def _look_at(self, conn: Connection, referral_id: str) -> None:
        now = self._room.clock.now()
        referral = referral_to_watch(conn, referral_id, now)
        if referral is None:
            return
        points = turning_points(conn, referral.case_id).get(referral.id, TurningPoints())
        by_hand = by_hand_at(referral, points, timedelta(hours=self._room.settings.max_age_hours))
        if by_hand is not None and by_hand <= now:
            ask_to_tell_by_hand(conn, referral.id, now, reason="withdrawal_unanswered")  # and it is looked at again
            return
        calendar = self._room.working_days
        if referral.delivery is DeliveryStatus.HANDED_OVER:
            found = look_for_result(points.result_due_at, calendar, now)
        else:
            found = look(running_term(referral, points, self._deadlines, calendar), now)
        over = found.overdue
        if over is not None and (referral.overdue, referral.overdue_since) != (over.kind, over.since):
            append_event(conn, referral.id, EventKind.ESCALATED, now, "hub", reason=over.reason)
        kind, since = (None, None) if over is None else (over.kind, over.since)
        moments = [moment for moment in (found.again_at, by_hand) if moment is not None]
        set_watch(conn, referral.id, kind, since, min(moments, default=None))

    def _look_soon(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._awake.set)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                await self._awake.wait()
        self._awake.clear()
