"""SQL of batches and their members: which deliveries were frozen into which file, and what still waits on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from adapters.sdk import Verb
from hub.store.tables import batch_members, batches, deliveries
from schemas.status import DeliveryStatus


class BatchStatus(StrEnum):
    """How far a file came."""

    FROZEN = "frozen"
    """Its members are decided; whether it lies where the agency collects it is not known yet."""
    HANDED_OVER = "handed_over"
    """It lies there."""
    RELEASED = "released"
    """It surely never lay there: its members went free, and its name is never used again."""
    REJECTED = "rejected"
    """The agency took nothing of it (파일 반려)."""
    DOUBTFUL = "doubtful"
    """Nobody can tell whether it lay there: a person decides about each of its members."""


class MemberEnd(StrEnum):
    """Why a file no longer decides a member."""

    RELEASED = "released"
    """The file never left."""
    SETTLED = "settled"
    """The agency answered for it."""
    REJECTED = "rejected"
    """The agency took nothing of the file."""
    OVERDUE = "overdue"
    """No result came in time: a person decides, unless one comes late."""


@dataclass(frozen=True, kw_only=True)
class BatchRecord:
    """One row of `batches`: one file of ours. `day` is the KST day in its name."""

    id: str
    agency: str
    day: date
    number: int
    name: str
    status: BatchStatus
    cut_off_at: datetime
    frozen_at: datetime
    looks: int = 0
    look_at: datetime | None = None
    left_at: datetime | None = None
    result_due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MemberRecord:
    """One row of `batch_members`. `ended` is None while its file may decide it."""

    batch_id: str
    position: int
    delivery_id: str
    attempt_id: str
    ended: MemberEnd | None = None
    cancel_asked_at: datetime | None = None


def _batch(row: Row[Any]) -> BatchRecord:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns by name
    values["day"] = date.fromisoformat(values["day"])
    values["status"] = BatchStatus(values["status"])
    return BatchRecord(**values)


def _member(row: Row[Any]) -> MemberRecord:
    values = dict(row._mapping)  # noqa: SLF001 - the same
    values["ended"] = values["ended"] and MemberEnd(values["ended"])
    return MemberRecord(**values)


def due_for_file(conn: Connection, agency: str, by: datetime, limit: int, without: Collection[str]) -> list[str]:
    """Return the deliveries of an agency that were due `by` then and go by file, urgent first, then by due time."""
    query = (
        select(deliveries.c.id)
        .where(
            deliveries.c.agency == agency,
            deliveries.c.kind.in_([Verb.SUBMIT, Verb.WITHDRAW]),
            deliveries.c.status.in_([DeliveryStatus.PENDING, DeliveryStatus.HELD]),
            deliveries.c.due_at <= by,
            deliveries.c.paused.is_(False),
            deliveries.c.lease_until_wall.is_(None),
            deliveries.c.id.not_in(without),
        )
        .order_by(deliveries.c.urgent.desc(), deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def next_number(conn: Connection, agency: str, day: date) -> int:
    """Return the number of the next file of a day: those that never left keep theirs."""
    query = select(func.max(batches.c.number)).where(batches.c.agency == agency, batches.c.day == day.isoformat())
    return int(conn.execute(query).scalar_one() or 0) + 1


def insert_batch(conn: Connection, record: BatchRecord, members: Sequence[MemberRecord]) -> None:
    """Store a file with its members."""
    conn.execute(insert(batches).values(**vars(record) | {"day": record.day.isoformat()}))
    conn.execute(insert(batch_members), [vars(member) for member in members])


def batch_by_id(conn: Connection, batch_id: str) -> BatchRecord | None:
    """Return a file, locked for this transaction where the store can lock rows."""
    row = conn.execute(select(batches).where(batches.c.id == batch_id).with_for_update()).one_or_none()
    return None if row is None else _batch(row)


def batch_by_name(conn: Connection, agency: str, name: str) -> BatchRecord | None:
    """Return the file of a name, or None."""
    row = conn.execute(select(batches).where(batches.c.agency == agency, batches.c.name == name)).one_or_none()
    return None if row is None else _batch(row)


def frozen_batches(conn: Connection, agency: str) -> list[BatchRecord]:
    """Return the files of an agency of which nobody knows yet whether they lie there, oldest first."""
    query = select(batches).where(batches.c.agency == agency, batches.c.status == BatchStatus.FROZEN)
    return [_batch(row) for row in conn.execute(query.order_by(batches.c.id))]


def overdue_batches(conn: Connection, agency: str, now: datetime) -> list[BatchRecord]:
    """Return the files of an agency whose result should have been there by now."""
    query = select(batches).where(batches.c.agency == agency, batches.c.result_due_at <= now)
    return [_batch(row) for row in conn.execute(query.order_by(batches.c.id))]


def released_in_a_row(conn: Connection, agency: str, at_most: int = 16) -> list[BatchRecord]:
    """Return the newest files of an agency that never left, back to the last one that did, newest first."""
    query = (
        select(batches)
        .where(batches.c.agency == agency)
        .order_by(batches.c.day.desc(), batches.c.number.desc())
        .limit(at_most)
    )
    released = []
    for row in conn.execute(query):
        if (batch := _batch(row)).status is not BatchStatus.RELEASED:
            break
        released.append(batch)
    return released


def update_batch(conn: Connection, batch_id: str, **values: Any) -> None:
    """Change columns of a file."""
    conn.execute(update(batches).where(batches.c.id == batch_id).values(**values))


def members_of(conn: Connection, batch_id: str) -> list[MemberRecord]:
    """Return the members of a file in their order in it."""
    query = select(batch_members).where(batch_members.c.batch_id == batch_id).order_by(batch_members.c.position)
    return [_member(row) for row in conn.execute(query)]


def memberships_of(conn: Connection, delivery_id: str) -> list[MemberRecord]:
    """Return the files that a delivery was in, newest first."""
    query = (
        select(batch_members)
        .join(batches, batches.c.id == batch_members.c.batch_id)
        .where(batch_members.c.delivery_id == delivery_id)
        .order_by(batches.c.day.desc(), batches.c.number.desc())
    )
    return [_member(row) for row in conn.execute(query)]


def end_member(conn: Connection, member: MemberRecord, ended: MemberEnd) -> None:
    """Note that a file no longer decides a member, and why."""
    this = (batch_members.c.batch_id == member.batch_id) & (batch_members.c.position == member.position)
    conn.execute(update(batch_members).where(this).values(ended=ended))


def settle_member(conn: Connection, delivery_id: str) -> None:
    """Note that the agency answered for a delivery: whatever file it is in no longer decides it."""
    live = (batch_members.c.delivery_id == delivery_id) & batch_members.c.ended.is_(None)
    conn.execute(update(batch_members).where(live).values(ended=MemberEnd.SETTLED))


def ask_cancel(conn: Connection, delivery_id: str, at: datetime) -> None:
    """Note that somebody wants a delivery back that is in a file."""
    live = (batch_members.c.delivery_id == delivery_id) & batch_members.c.ended.is_(None)
    conn.execute(update(batch_members).where(live).values(cancel_asked_at=at))


def cancel_is_asked(conn: Connection, delivery_id: str) -> bool:
    """Return whether somebody wanted a delivery back while it was in a file."""
    asked = (batch_members.c.delivery_id == delivery_id) & batch_members.c.cancel_asked_at.is_not(None)
    return conn.execute(select(batch_members.c.batch_id).where(asked).limit(1)).first() is not None
