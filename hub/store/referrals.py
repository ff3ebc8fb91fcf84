"""SQL of referrals and their events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from hub.routing.grounds import Grounds
from hub.store.messages import post_event
from hub.store.tables import events, referrals
from schemas.events import Event, EventKind
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode, Verification

_LOOK_AFTER = timedelta(minutes=1)
"""How long after an event the watch looks: what happens in a row is looked at once. No term is nearly as short."""


@dataclass(frozen=True)
class ReferralRecord:
    """One row of `referrals`."""

    id: str
    case_id: str
    centre_id: str
    client_id: str
    agency: str
    office: str | None
    service_code: str
    urgent: bool
    delivery: DeliveryStatus
    business: BusinessStatus | None
    raw_code: str | None
    reason: str | None
    reason_paths: tuple[str, ...]
    receipt: str | None
    wire_key: str
    possible_duplicate_of: str | None
    overridden: tuple[str, ...]
    outcome: OutcomeCode | None
    due_on: str | None
    events: int
    sealed_request: bytes = field(repr=False)
    created_at: datetime
    updated_at: datetime
    grounds: Grounds | None = None
    verification: Verification | None = None
    watch_at: datetime | None = None
    overdue: str | None = None
    overdue_since: datetime | None = None


def _record(row: Row[Any]) -> ReferralRecord:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns by name
    values["delivery"] = DeliveryStatus(values["delivery"])
    values["business"] = values["business"] and BusinessStatus(values["business"])
    values["outcome"] = values["outcome"] and OutcomeCode(values["outcome"])
    values["verification"] = values["verification"] and Verification(values["verification"])
    values["reason_paths"] = tuple(values["reason_paths"])
    values["overridden"] = tuple(values["overridden"])
    values["grounds"] = values["grounds"] and Grounds.model_validate(values["grounds"])
    return ReferralRecord(**values)


def insert_referral(conn: Connection, record: ReferralRecord) -> None:
    """Store a new referral."""
    values = {column.name: getattr(record, column.name) for column in referrals.columns}
    conn.execute(
        insert(referrals).values(**values | {
            "reason_paths": list(record.reason_paths), "overridden": list(record.overridden),
            "grounds": record.grounds and record.grounds.model_dump(mode="json"),
        })
    )  # fmt: skip


def referral_by_id(conn: Connection, referral_id: str, *, centre_id: str | None = None) -> ReferralRecord | None:
    """Return a referral, or None; with `centre_id`, only if it is that centre's."""
    query = select(referrals).where(referrals.c.id == referral_id)
    if centre_id is not None:
        query = query.where(referrals.c.centre_id == centre_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else _record(row)


def referrals_where(conn: Connection, which: ColumnElement[bool]) -> list[ReferralRecord]:
    """Return the referrals of which this holds, oldest first."""
    return [_record(row) for row in conn.execute(select(referrals).where(which).order_by(referrals.c.id))]


def referrals_of_case(conn: Connection, case_id: str) -> list[ReferralRecord]:
    """Return all referrals of a case, oldest first."""
    return referrals_where(conn, referrals.c.case_id == case_id)


def referral_by_key(conn: Connection, agency: str, wire_key: str | None, receipt: str | None) -> ReferralRecord | None:
    """Return the referral that an agency means: by our key first, else by its receipt."""
    for column, value in ((referrals.c.wire_key, wire_key), (referrals.c.receipt, receipt)):
        if value is not None:
            row = conn.execute(select(referrals).where(referrals.c.agency == agency, column == value)).first()
            if row is not None:
                return _record(row)
    return None


def open_duplicate(conn: Connection, client_id: str, service_code: str, agency: str) -> str | None:
    """Return the id of a referral of this client for the same service and agency that is still open."""
    over = [DeliveryStatus.CANCELLED, DeliveryStatus.REFUSED]
    ended = [BusinessStatus.CLOSED, BusinessStatus.WITHDRAWN]
    query = (
        select(referrals.c.id)
        .where(
            referrals.c.client_id == client_id,
            referrals.c.service_code == service_code,
            referrals.c.agency == agency,
            referrals.c.delivery.not_in(over),
            referrals.c.business.is_(None) | referrals.c.business.not_in(ended),
        )
        .order_by(referrals.c.id)
        .limit(1)
    )
    return conn.execute(query).scalar_one_or_none()


def list_referrals(
    conn: Connection,
    centre_id: str,
    *,
    delivery: DeliveryStatus | None = None,
    business: BusinessStatus | None = None,
    agency: str | None = None,
    reason: str | None = None,
    created_before: datetime | None = None,
    overdue: bool | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[ReferralRecord]:
    """Return a centre's referrals in the order of their ids, beginning after the id `after`."""
    query = select(referrals).where(referrals.c.centre_id == centre_id).order_by(referrals.c.id).limit(limit)
    wanted = (
        (referrals.c.delivery, delivery), (referrals.c.business, business), (referrals.c.agency, agency),
        (referrals.c.reason, reason),
    )  # fmt: skip
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    if overdue is not None:
        query = query.where(referrals.c.overdue.is_not(None) if overdue else referrals.c.overdue.is_(None))
    if created_before is not None:
        query = query.where(referrals.c.created_at < created_before)
    if after is not None:
        query = query.where(referrals.c.id > after)
    return [_record(row) for row in conn.execute(query)]


def referrals_to_watch(conn: Connection, now: datetime, limit: int) -> list[str]:
    """Return the referrals whose terms are to be looked at, longest due first."""
    query = select(referrals.c.id).where(referrals.c.watch_at <= now).order_by(referrals.c.watch_at).limit(limit)
    return list(conn.execute(query).scalars())


def referral_to_watch(conn: Connection, referral_id: str, now: datetime) -> ReferralRecord | None:
    """Return a referral, locked, if it is to be looked at; None if another process looks at it, or has by now."""
    query = select(referrals).where(referrals.c.id == referral_id).with_for_update(skip_locked=True)
    row = conn.execute(query).one_or_none()
    found = None if row is None else _record(row)
    return found if found is not None and found.watch_at is not None and found.watch_at <= now else None


def set_watch(
    conn: Connection, referral_id: str, overdue: str | None, since: datetime | None, again_at: datetime | None
) -> None:
    """Note what the watch found: which term is over and since when, if one is, and when to look again."""
    values = {"overdue": overdue, "overdue_since": since, "watch_at": again_at}
    conn.execute(update(referrals).where(referrals.c.id == referral_id).values(values))


def set_watch_at(conn: Connection, referral_id: str, moment: datetime) -> None:
    """Note when the watch looks next, and nothing else."""
    conn.execute(update(referrals).where(referrals.c.id == referral_id).values(watch_at=moment))


def referrals_held_for(conn: Connection, reasons: Collection[str]) -> list[str]:
    """Return the ids of the referrals, of all centres, that are held for one of these reasons."""
    held = referrals.c.delivery == DeliveryStatus.HELD
    return list(conn.execute(select(referrals.c.id).where(held, referrals.c.reason.in_(reasons))).scalars())


def update_referral(conn: Connection, referral_id: str, at: datetime, **values: Any) -> None:
    """Change columns of a referral."""
    conn.execute(update(referrals).where(referrals.c.id == referral_id).values(updated_at=at, **values))


def append_event(
    conn: Connection,
    referral_id: str,
    kind: EventKind,
    at: datetime,
    actor: str,
    *,
    seal_text: Callable[[int], bytes] | None = None,
    **values: Any,
) -> int:
    """Append an event, write it down for the centre's webhooks, and return its sequence.

    `values`: delivery, business, raw_code, reason, outcome, offers.

    `seal_text` is given the sequence and returns the box of the event's text, bound to that place.
    """
    changes = {"events": referrals.c.events + 1, "updated_at": at, "watch_at": at + _LOOK_AFTER}
    number = update(referrals).where(referrals.c.id == referral_id).values(changes)
    numbered = conn.execute(number.returning(referrals.c.events, referrals.c.centre_id, referrals.c.case_id)).one()
    sequence = int(numbered.events)
    offers = [moment.isoformat() for moment in values.pop("offers", ())] or None
    row = {"referral_id": referral_id, "sequence": sequence, "kind": kind, "at": at, "actor": actor, "offers": offers}
    conn.execute(insert(events).values(sealed_text=seal_text and seal_text(sequence), **row, **values))
    post_event(
        conn, numbered.centre_id, at, type=f"referral.{kind}", referral_id=referral_id, case_id=numbered.case_id,
        sequence=sequence, delivery=values.get("delivery"), business=values.get("business"),
    )  # fmt: skip
    return sequence


def events_of(conn: Connection, referral_id: str, *, after: int = 0, limit: int = 100) -> Sequence[Event]:
    """Return the events of a referral in order, beginning after the sequence `after`."""
    query = (
        select(events)
        .where(events.c.referral_id == referral_id, events.c.sequence > after)
        .order_by(events.c.sequence)
        .limit(limit)
    )
    return [_event(row) for row in conn.execute(query)]


def events_of_kind(conn: Connection, referral_id: str, kind: EventKind) -> Sequence[Event]:
    """Return all events of one kind of a referral, in order."""
    query = select(events).where(events.c.referral_id == referral_id, events.c.kind == kind)
    return [_event(row) for row in conn.execute(query.order_by(events.c.sequence))]


def sealed_texts_of(conn: Connection, referral_id: str, sequences: Collection[int]) -> Mapping[int, bytes]:
    """Return the sealed texts of these events, by sequence, of those that have one."""
    query = select(events.c.sequence, events.c.sealed_text).where(
        events.c.referral_id == referral_id, events.c.sequence.in_(sequences), events.c.sealed_text.is_not(None)
    )
    return {row.sequence: row.sealed_text for row in conn.execute(query)}


def _event(row: Row[Any]) -> Event:
    hidden = {"referral_id", "sealed_text", "offers"}
    told = {name: value for name, value in row._mapping.items() if name not in hidden}  # noqa: SLF001 - as above
    return Event(**told, offers=tuple(row.offers or ()))
