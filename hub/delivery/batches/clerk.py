"""The clerk of one agency that takes files: lays ours down, looks for those in doubt, reads what lies there for us.

Between two transactions there is one call of the adapter. Wherever the clerk dies, the next one goes on from the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import cast

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from adapters.sdk import (
    AdapterError,
    FoldOrder,
    MisconfiguredError,
    NameTakenError,
    NotSentError,
    ResultFile,
    UncertainError,
)
from adapters.sdk.decisions import steady_now
from adapters.sdk.verbs import LooksForFiles, Unfolds
from hub.agencies import ActiveAgency
from hub.delivery.batches.freezing import batching_of, folding, freeze, order_as_frozen
from hub.delivery.batches.parting import expire, give_up, hand_over, postpone, release
from hub.delivery.batches.taking_in import take_in
from hub.delivery.giving_up import is_passing
from hub.delivery.outages import note_call, tell
from hub.delivery.room import Room
from hub.delivery.waits import doubling_seconds
from hub.notices.alarms import pause_misconfigured
from hub.store.batches import BatchRecord, due_for_file, frozen_batches, overdue_batches, released_in_a_row
from hub.store.lanes import lane_of
from hub.store.result_files import mark_cleared
from hub.store.store import Store

_log = structlog.get_logger("naru.batches")
LOOK_EVERY = timedelta(minutes=5)
"""How often the agency's folder is read, on the business clock: when an office lays its files down, nobody promises."""

LOOKS_AT_MOST = 5
"""Looks for a file that cannot be made again and whose adapter cannot look for its name; then a person decides."""

_PASSING = (UncertainError, MisconfiguredError, DBAPIError)
"""What says nothing of the file itself: a folder that does not answer, a set-up that pauses the lane, the store."""


class Clerk:
    """Works on the files of one agency. Safe to be woken again and again, but by one at a time."""

    def __init__(self, store: Store, room: Room, agency: ActiveAgency) -> None:
        self._store = store
        self._room = room
        self._agency = agency
        self._slug = agency.slug
        self._read_at: datetime | None = None
        self._resting: tuple[datetime | None, set[str]] = (None, set())
        self._may_write_until: dict[str, float] = {}

    async def work(self) -> None:
        """Do all that can be done now: look for files in doubt, read results, hand out what is due.

        While the agency is closed its folders are left alone.
        """
        if self._agency.open_hours.opens_again(self._room.clock.now()) is not None:
            return
        if not await self._store.read(self._is_paused):
            await self._look_for_files()
        await self._read_results()
        while (cut_off := await self._store.read(self._due_cut_off)) is not None:
            if not await self._hand_out(cut_off):
                return

    async def next_moment(self) -> datetime:
        """Return when to look again by ourselves, on the business clock."""
        return await self._store.read(self._next_moment)

    def _is_paused(self, conn: Connection) -> bool:
        return lane_of(conn, self._slug).is_paused

    def _next_moment(self, conn: Connection) -> datetime:
        now = self._room.clock.now()
        opens = self._agency.open_hours.opens_again(now)
        if opens is not None:
            return opens
        moments = [(self._read_at or now) + LOOK_EVERY]
        if not self._is_paused(conn):
            moments.append(self._room.working_days.next_cut_off(now, batching_of(self._agency).cut_off))
            moments += [self._look_at(batch, now) for batch in frozen_batches(conn, self._slug)]
            again = self._may_try_at(conn)
            moments += [again] if again is not None and again > now else []
        return min(moments)

    def _due_cut_off(self, conn: Connection) -> datetime | None:
        """Return the cut-off for which a file must be made now, or None: one after the other, none beside a doubt."""
        now = self._room.clock.now()
        again = self._may_try_at(conn)
        waits = again is not None and again > now
        if waits or self._is_paused(conn) or frozen_batches(conn, self._slug):
            return None
        cut_off = self._room.working_days.last_cut_off(now, batching_of(self._agency).cut_off)
        return cut_off if due_for_file(conn, self._slug, cut_off, 1, self._at_rest(cut_off)) else None

    def _at_rest(self, cut_off: datetime) -> set[str]:
        """Return what could not be looked at since this cut-off: it is tried again at the next one."""
        if self._resting[0] != cut_off:
            self._resting = (cut_off, set())
        return self._resting[1]

    def _may_try_at(self, conn: Connection) -> datetime | None:
        """Return when a file may be tried: after those that never left, if the last one did not, and by the breaker."""
        closed_until, released = lane_of(conn, self._slug).closed_until, released_in_a_row(conn, self._slug)
        moments = [] if closed_until is None else [closed_until]
        if released and released[0].left_at is not None:
            settings = self._room.settings
            wait = doubling_seconds(len(released) - 1, settings.retry_first_seconds, settings.retry_longest_seconds)
            moments.append(released[0].left_at + timedelta(seconds=wait))
        return max(moments, default=None)

    def _look_at(self, batch: BatchRecord, now: datetime) -> datetime:
        """Return when to look for a file: not while one that was begun may still become visible."""
        rest = self._may_write_until.get(batch.id, 0.0) - steady_now()
        return max(batch.look_at or now, now + timedelta(seconds=max(0.0, rest)))

    async def _hand_out(self, cut_off: datetime) -> bool:
        """Freeze one file and write it; return whether to go on with the next."""
        resting = self._at_rest(cut_off)
        work = partial(freeze, room=self._room, slug=self._slug, cut_off=cut_off, without=resting)
        frozen = await self._store.write(work)
        resting.update(frozen.broken)
        if frozen.order is None or frozen.batch_id is None:
            return frozen.seen > 0
        return await self._fold(frozen.batch_id, frozen.order)

    async def _fold(self, batch_id: str, order: FoldOrder) -> bool:
        try:
            told = await folding(self._agency).fold(order)
        except Exception as error:  # noqa: BLE001 - whatever it is: what is not known must be looked for
            await self._note_failure("fold_failed", order.name, error)
            if isinstance(error, NotSentError | NameTakenError) and not self._may_have_left(order):
                why = type(error).__name__
                await self._store.write(partial(release, room=self._room, batch_id=batch_id, error=why))
            else:
                self._may_write_until[batch_id] = max(member.decision.send_by for member in order.members)
            await self._note_call(batch_id, error)
            return False
        await self._store.write(partial(hand_over, room=self._room, batch_id=batch_id))
        self._forget(order)
        if told.was_there:  # nobody but us can have laid it there: a restored store, or a second hub on this folder
            _log.error("file_was_there_already", agency=self._slug, file=order.name, members=len(order.members))
        else:
            _log.info("file_handed_over", agency=self._slug, file=order.name, members=len(order.members))
        await self._note_call(batch_id, told)
        return True

    def _may_have_left(self, order: FoldOrder) -> bool:
        return any(self._room.gate.has_left(member.decision.attempt_id) for member in order.members)

    def _forget(self, order: FoldOrder) -> None:
        for member in order.members:
            self._room.gate.forget(member.decision.attempt_id)

    async def _look_for_files(self) -> None:
        now = self._room.clock.now()
        for batch in await self._store.read(partial(frozen_batches, agency=self._slug)):
            if self._look_at(batch, now) <= now:
                await self._look_for(batch)

    async def _look_for(self, batch: BatchRecord) -> None:
        """Look whether a file in doubt lies there: then it was handed over, else its members go free."""
        try:
            lies_there = await self._lies_there(batch)
        except NameTakenError as error:  # ours may have lain there before it: only a person can tell
            await self._give_up(batch, error)
        except Exception as error:  # noqa: BLE001 - still in doubt, whatever it is: look again later
            if batch.looks + 1 >= LOOKS_AT_MOST and not isinstance(error, _PASSING):
                await self._give_up(batch, error)
                return
            await self._note_failure("look_failed", batch.name, error)
            await self._store.write(partial(postpone, room=self._room, batch_id=batch.id))
            return
        else:
            _log.warning("file_found" if lies_there else "file_not_there", agency=self._slug, file=batch.name)
            if lies_there:
                await self._store.write(partial(hand_over, room=self._room, batch_id=batch.id))
            else:
                await self._store.write(partial(release, room=self._room, batch_id=batch.id, error=None))
        self._may_write_until.pop(batch.id, None)

    async def _lies_there(self, batch: BatchRecord) -> bool:
        """Look by name, which needs no content; what lies there is compared if its content can be made again.

        Raises:
            NameTakenError: something else lies there.
            Exception: it cannot be told.
        """
        by_name = folding(self._agency)
        looked = isinstance(by_name, LooksForFiles)
        if isinstance(by_name, LooksForFiles) and not await by_name.lies_there(batch.name):
            return False
        try:
            order = await self._store.write(partial(order_as_frozen, room=self._room, batch=batch))
            self._forget(order)  # no byte of these attempts can leave any more: their time is over
            told = await folding(self._agency).fold(order)
        except NotSentError:
            return looked  # the agency may have collected it between the two looks
        except Exception as error:
            if not looked or isinstance(error, NameTakenError | UncertainError | DBAPIError):
                raise
            _log.error("file_not_compared", agency=self._slug, file=batch.name, error=type(error).__name__)
            return True
        if not told.was_there:
            _log.error("look_wrote", agency=self._slug, file=batch.name)  # a defect of the adapter
        return True

    async def _give_up(self, batch: BatchRecord, error: Exception) -> None:
        why = str(error) if isinstance(error, AdapterError) else None
        name = type(error).__name__
        _log.error("file_in_doubt", agency=self._slug, file=batch.name, error=name, why=why, looks=batch.looks + 1)
        await self._store.write(partial(give_up, room=self._room, batch_id=batch.id, error=name))
        self._may_write_until.pop(batch.id, None)

    async def _read_results(self) -> None:
        """Take in what lies there, if it is time to look; then give to a person what no result came for."""
        now = self._room.clock.now()
        if self._read_at is not None and self._read_at <= now < self._read_at + LOOK_EVERY:
            return
        self._read_at = now
        try:
            files: Sequence[ResultFile] = await self._unfolding.unfold()
        except Exception as error:  # noqa: BLE001 - it is tried again at the next look; nothing expires unread
            await self._note_failure("unfold_failed", None, error)
            await self._note_call(None, error)
            return
        await self._note_call(None, files)
        taken = [await self._take(file) for file in files]
        if not all(taken):
            return  # the store was away: what lies there unread may be what is overdue
        if await self._store.read(partial(overdue_batches, agency=self._slug, now=now)):
            given = await self._store.write(partial(expire, room=self._room, slug=self._slug, by=now))
            _log.warning("results_overdue", agency=self._slug, members=given)

    @property
    def _unfolding(self) -> Unfolds:
        return cast("Unfolds", self._agency.adapter)

    async def _take(self, file: ResultFile) -> bool:
        """Take one file in; return False only if the store could not, so that the file is as good as unread."""
        try:
            may_go = await self._store.write(partial(take_in, room=self._room, slug=self._slug, file=file))
            if may_go and await self._unfolding.clear(file):
                now = self._room.clock.now()
                await self._store.write(partial(mark_cleared, agency=self._slug, name=file.name, at=now))
        except Exception as error:  # noqa: BLE001 - one file must not keep the others out; it is read again
            await self._note_failure("take_in_failed", file.name, error)
            return not is_passing(error)
        return True

    async def _note_failure(self, event: str, name: str | None, error: Exception) -> None:
        """Log what went wrong, and pause the lane if a person must mend the set-up. Foreign texts are not logged."""
        why = str(error) if isinstance(error, AdapterError) else None
        _log.error(event, agency=self._slug, file=name, error=type(error).__name__, why=why)
        if isinstance(error, MisconfiguredError):
            await self._store.write(self._pause)
            _log.error("lane_paused", agency=self._slug, why=why)

    async def _note_call(self, batch_id: str | None, result: object) -> None:
        """Note what laying down a file, or reading the folder (None), says of the lane."""
        if isinstance(result, Exception) or await self._store.read(partial(self._heals, batch_id=batch_id)):
            now = self._room.clock.now()
            call = partial(note_call, room=self._room, agency=self._agency, about=batch_id, result=result, now=now)
            tell(await self._store.write(call), self._slug)

    def _heals(self, conn: Connection, batch_id: str | None) -> bool:
        """Return whether success is news. That a folder can be read does not say that files can be laid down again."""
        lane = lane_of(conn, self._slug)
        is_ill = lane.failures > 0 or lane.outage_since is not None
        return is_ill and (batch_id is not None or lane.last_failed is None)

    def _pause(self, conn: Connection) -> None:
        if not self._is_paused(conn):
            pause_misconfigured(conn, self._slug, self._room.clock.now())
