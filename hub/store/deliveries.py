"""SQL of deliveries: the truth about what must still be sent, asked, or followed, and of the leases on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from adapters.sdk import Verb
from hub.store.tables import IS_TAKEN, deliveries, referrals
from schemas.status import DeliveryStatus


@dataclass(frozen=True)
class DeliveryRecord:
    """One row of `deliveries`. `kind` is one of verify, submit, supplement, withdraw."""

    id: str
    referral_id: str
    agency: str
    kind: Verb
    status: DeliveryStatus
    wire_key: str
    urgent: bool
    due_at: datetime | None
    created_at: datetime
    tries: int = 0
    lookups: int = 0
    tried_since: datetime | None = None
    token: int = 0
    picked_until_wall: float | None = None
    lease_until_wall: float | None = None
    paused: bool = False
    unknown_since: datetime | None = None


def _record(row: Row[Any]) -> DeliveryRecord:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns by name
    values["kind"] = Verb(values["kind"])
    values["status"] = DeliveryStatus(values["status"])
    return DeliveryRecord(**values)


def insert_delivery(conn: Connection, record: DeliveryRecord) -> None:
    """Store a new delivery."""
    values = {column.name: getattr(record, column.name) for column in deliveries.columns}
    conn.execute(insert(deliveries).values(**values))


def delivery_by_id(conn: Connection, delivery_id: str) -> DeliveryRecord | None:
    """Return a delivery, locked for this transaction where the store can lock rows."""
    row = conn.execute(select(deliveries).where(deliveries.c.id == delivery_id).with_for_update()).one_or_none()
    return None if row is None else _record(row)


def deliveries_where(conn: Connection, which: ColumnElement[bool]) -> list[DeliveryRecord]:
    """Return the deliveries of which this holds, oldest first."""
    query = select(deliveries).where(which).order_by(deliveries.c.created_at, deliveries.c.id)
    return [_record(row) for row in conn.execute(query)]


def deliveries_of(conn: Connection, referral_id: str) -> list[DeliveryRecord]:
    """Return the deliveries of a referral, oldest first."""
    return deliveries_where(conn, deliveries.c.referral_id == referral_id)


def delivery_of_kind(conn: Connection, referral_id: str, kind: Verb) -> DeliveryRecord | None:
    """Return the latest delivery of one kind, or None."""
    found = [record for record in deliveries_of(conn, referral_id) if record.kind is kind]
    return found[-1] if found else None


def withdrawals_of_case(conn: Connection, case_id: str) -> dict[str, DeliveryRecord]:
    """Return the withdrawals that a case's agencies are told, or were told, by referral."""
    query = select(deliveries).join(referrals, referrals.c.id == deliveries.c.referral_id)
    rows = conn.execute(query.where(referrals.c.case_id == case_id, deliveries.c.kind == Verb.WITHDRAW))
    return {row.referral_id: _record(row) for row in rows}


def update_delivery(conn: Connection, delivery_id: str, **values: Any) -> None:
    """Change columns of a delivery."""
    conn.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(**values))


def stop_unbegun(conn: Connection, referral_id: str, kind: Verb) -> None:
    """Cancel what waits to be sent for a referral, of one kind; what somebody works on is left to its end."""
    waiting = (
        deliveries.c.referral_id == referral_id,
        deliveries.c.kind == kind,
        deliveries.c.status == DeliveryStatus.PENDING,
        deliveries.c.lease_until_wall.is_(None),
    )
    conn.execute(update(deliveries).where(*waiting).values(status=DeliveryStatus.CANCELLED, due_at=None))


def _awaits_worker(agency: str) -> ColumnElement[bool]:
    return and_(
        deliveries.c.agency == agency,
        deliveries.c.due_at.is_not(None),
        deliveries.c.lease_until_wall.is_(None),
        deliveries.c.paused.is_(False),
    )


def waiting_again(conn: Connection, agency: str) -> list[str]:
    """Return what waits for its next call in a lane and was sent before, whenever it is due; not what somebody paused.

    What was delivered is only polled, and not among them.
    """
    open_ = deliveries.c.status.in_([DeliveryStatus.PENDING, DeliveryStatus.UNKNOWN])
    query = select(deliveries.c.id).where(_awaits_worker(agency), open_, deliveries.c.tries > 0)
    return list(conn.execute(query).scalars())


def in_flight(conn: Connection, agency: str, wall: float) -> int:
    """Return how many deliveries of a lane somebody works on, or was just given to work on."""
    taken = or_(deliveries.c.lease_until_wall.is_not(None), deliveries.c.picked_until_wall > wall)
    query = select(func.count()).select_from(deliveries).where(deliveries.c.agency == agency, IS_TAKEN, taken)
    return int(conn.execute(query).scalar_one())


def queue_again(conn: Connection, agency: str, now: datetime, wall: float) -> None:
    """Put what was given out and not begun in time behind what is due by now: whoever has it may fail each time."""
    run_out = (_awaits_worker(agency), IS_TAKEN, deliveries.c.picked_until_wall <= wall)
    conn.execute(update(deliveries).where(*run_out).values(picked_until_wall=None, due_at=now))


_IS_POLL = deliveries.c.status == DeliveryStatus.DELIVERED


def pick_due(conn: Connection, agency: str, now: datetime, wall: float, limit: int, until_wall: float) -> list[str]:
    """Give out what is due in a lane, urgent first, polls last, then by due time; nobody else is given it till then."""
    return _pick(conn, agency, now, wall, limit, until_wall, [deliveries.c.urgent.desc(), _IS_POLL])


def pick_trial(
    conn: Connection, agency: str, now: datetime, wall: float, until_wall: float, last_failed: str | None
) -> list[str]:
    """Give out, as `pick_due`, the one that tries whether an agency is back; `last_failed`: the one that tried last.

    None that fails whenever it is tried may be the one that tries each time: only urgent ones that were never tried go
    first, and what failed falls due behind what waits. Polls go last, but after a send whatever is due longest goes.
    """
    was_send = select(deliveries.c.id).where(deliveries.c.id == last_failed, ~_IS_POLL)
    kinds = [] if conn.execute(was_send).first() else [_IS_POLL]
    never_tried = and_(deliveries.c.urgent, deliveries.c.tries == 0)
    return _pick(conn, agency, now, wall, 1, until_wall, [never_tried.desc(), *kinds])


def _pick(
    conn: Connection,
    agency: str,
    now: datetime,
    wall: float,
    limit: int,
    until_wall: float,
    before_due: Sequence[ColumnElement[Any]],
) -> list[str]:
    query = (
        select(deliveries.c.id)
        .where(_awaits_worker(agency), _is_free(wall), deliveries.c.due_at <= now)
        .order_by(*before_due, deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
    )
    ids = list(conn.execute(query).scalars())
    if ids:
        conn.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(picked_until_wall=until_wall))
    return ids


def count_due(conn: Connection, now: datetime, most: int) -> int:
    """Return how many deliveries are due and not begun, over all agencies; at most `most`: nobody counts on."""
    waiting = (
        select(deliveries.c.id)
        .where(
            deliveries.c.status == DeliveryStatus.PENDING,
            deliveries.c.due_at <= now,
            deliveries.c.lease_until_wall.is_(None),
        )
        .limit(most)
    )
    return int(conn.execute(select(func.count()).select_from(waiting.subquery())).scalar_one())


def forget_turns(conn: Connection) -> None:
    """Take every turn back that was given out: the process that had them is gone."""
    conn.execute(update(deliveries).where(deliveries.c.picked_until_wall.is_not(None)).values(picked_until_wall=None))


def _is_free(wall: float) -> ColumnElement[bool]:
    return or_(deliveries.c.picked_until_wall.is_(None), deliveries.c.picked_until_wall <= wall)


def next_free_due(conn: Connection, agency: str, wall: float) -> datetime | None:
    """Return when the next delivery of a lane falls due that nobody was given, or None."""
    query = select(func.min(deliveries.c.due_at)).where(_awaits_worker(agency), _is_free(wall))
    earliest: datetime | None = conn.execute(query).scalar_one()
    return earliest


def next_return(conn: Connection, agency: str, wall: float) -> float | None:
    """Return when (epoch seconds) the next delivery that was given out and not begun may be given to another."""
    given = deliveries.c.lease_until_wall.is_(None) & (deliveries.c.picked_until_wall > wall)
    query = select(func.min(deliveries.c.picked_until_wall)).where(deliveries.c.agency == agency, IS_TAKEN, given)
    earliest: float | None = conn.execute(query).scalar_one()
    return earliest


def leased(conn: Connection) -> list[DeliveryRecord]:
    """Return the deliveries that somebody works on."""
    query = select(deliveries).where(deliveries.c.lease_until_wall.is_not(None))
    return [_record(row) for row in conn.execute(query)]


def leased_before(conn: Connection, wall: float) -> list[str]:
    """Return the deliveries whose lease was over at a moment (epoch seconds)."""
    return list(conn.execute(select(deliveries.c.id).where(deliveries.c.lease_until_wall < wall)).scalars())


def lock_leased(conn: Connection, delivery_id: str, wall: float) -> DeliveryRecord | None:
    """Return a delivery whose lease was over then, for this transaction alone; None if another one has it."""
    query = select(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.lease_until_wall < wall)
    row = conn.execute(query.with_for_update(skip_locked=True)).one_or_none()
    return None if row is None else _record(row)
