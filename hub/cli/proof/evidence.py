"""What the proof reads in the hub's store: whom a kill interrupted, and what is still to come. It writes nothing there.

It decides when to kill and how far to move the clock. The verdict never rests on it: that is the auditor's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, and_, exists, func, not_, or_, select, text
from sqlalchemy.exc import DBAPIError

from hub.store.store import Store
from hub.store.tables import attempts, deliveries, lanes, referrals
from schemas.status import DeliveryStatus

_D = DeliveryStatus
_OPEN = and_(  # by status first: there is an index
    deliveries.c.status.in_([_D.PENDING, _D.SENDING, _D.HANDED_OVER, _D.UNKNOWN]),
    or_(deliveries.c.status != _D.UNKNOWN, deliveries.c.due_at.is_not(None)),
)
_OPEN_SENDS = (
    select(attempts.c.id, attempts.c.referral_id)
    .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
    .where(deliveries.c.status == _D.SENDING, attempts.c.result.is_(None), attempts.c.decision != "reconcile")
)
_UNDECIDED = ("received", "supplement_requested", "reviewing", "investigating")
_OF_PROCESS = text("proof_process = :process")
_MARK = "ALTER TABLE attempts ADD COLUMN proof_process text DEFAULT current_setting('proof.process', true)"
"""In the proof's own database every attempt is marked by PostgreSQL itself with the process that made it."""


@dataclass(frozen=True)
class Standing:
    """What is still to come."""

    open: int
    """Deliveries that are not settled."""
    by_file: int
    """Those of them that wait for an hour of the agencies that take files."""
    due_at: datetime | None
    """When the next of the others may be worked on; business time."""
    sending: int
    """Writes that are under way, or that nobody has accounted for yet."""


@dataclass(frozen=True)
class Arrival:
    """A referral that an agency has taken, and that is not decided there."""

    id: str
    agency: str
    service_code: str
    receipt: str
    business: str | None


class Evidence:
    """A reader of the hub's store."""

    def __init__(self, store_url: str, batch_agencies: frozenset[str]) -> None:
        self.store_url = store_url
        self._store = Store(store_url)
        self._batch_agencies = batch_agencies
        self.marks_attempts = False
        """Whether each attempt is marked with its process."""

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    def mark_attempts(self) -> None:
        """Have PostgreSQL note the process of every attempt."""
        self._store.write_now(lambda conn: conn.exec_driver_sql(_MARK))
        self.marks_attempts = True

    async def open_sends(self, process: str | None = None) -> Mapping[str, str] | None:
        """Return the writes without an end, of one marked process or of all: attempt → referral; None if unreadable."""
        with suppress(DBAPIError):
            return await self._store.read(partial(_open_sends, process=process))
        return None

    async def standing(self) -> Standing | None:
        """Return what is still to come; None while the store cannot be read."""
        with suppress(DBAPIError):
            return await self._store.read(partial(_standing, batch=self._batch_agencies))
        return None

    async def fates(self, attempts: Collection[str]) -> Mapping[str, tuple[str | None, bool]]:
        """Return what became of attempts: their result, and whether another call has followed; {} if unreadable."""
        with suppress(DBAPIError):
            return await self._store.read(partial(_fates, ids=attempts))
        return {}

    async def settled(self) -> int:
        """Return how many deliveries are not open; 0 while the store cannot be read."""
        with suppress(DBAPIError):
            return await self._store.read(_settled)
        return 0

    async def arrivals(self) -> list[Arrival]:
        """Return what agencies took; nothing while the store cannot be read."""
        with suppress(DBAPIError):
            return await self._store.read(_arrivals)
        return []


def _open_sends(conn: Connection, process: str | None) -> dict[str, str]:
    if process is None:
        return dict(conn.execute(_OPEN_SENDS).all())
    return dict(conn.execute(_OPEN_SENDS.where(_OF_PROCESS), {"process": process}).all())


def _fates(conn: Connection, ids: Collection[str]) -> dict[str, tuple[str | None, bool]]:
    later = attempts.alias()
    follows = exists().where(later.c.delivery_id == attempts.c.delivery_id, later.c.token > attempts.c.token)
    query = select(attempts.c.id, attempts.c.result, follows).where(attempts.c.id.in_(ids))
    return {attempt: (result, bool(is_called_again)) for attempt, result, is_called_again in conn.execute(query)}


def _standing(conn: Connection, batch: frozenset[str]) -> Standing:
    counts = conn.execute(select(deliveries.c.agency, func.count()).where(_OPEN).group_by(deliveries.c.agency))
    by_agency: dict[str, int] = dict(counts.all())
    due = select(deliveries.c.agency, func.min(deliveries.c.due_at)).where(
        _OPEN, deliveries.c.due_at.is_not(None), deliveries.c.lease_until_wall.is_(None)
    )
    until = select(lanes.c.agency, lanes.c.closed_until)
    closed: dict[str, datetime | None] = dict(conn.execute(until).all())
    moments = [
        max(moment, closed.get(agency) or moment)
        for agency, moment in conn.execute(due.group_by(deliveries.c.agency))
        if agency not in batch
    ]
    sending = select(func.count()).select_from(_OPEN_SENDS.subquery())
    return Standing(
        open=sum(by_agency.values()),
        by_file=sum(count for agency, count in by_agency.items() if agency in batch),
        due_at=min(moments, default=None),
        sending=conn.execute(sending).scalar_one(),
    )


def _settled(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(deliveries).where(not_(_OPEN))).scalar_one()


def _arrivals(conn: Connection) -> list[Arrival]:
    query = (
        select(referrals.c.id, referrals.c.agency, referrals.c.service_code, referrals.c.receipt, referrals.c.business)
        .where(referrals.c.delivery == _D.DELIVERED, referrals.c.receipt.is_not(None))
        .where(or_(referrals.c.business.is_(None), referrals.c.business.in_(_UNDECIDED)))
    )
    return [Arrival(*row) for row in conn.execute(query)]
