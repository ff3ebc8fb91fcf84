"""SQL of a case's turning points: from when the periods of its referrals run, and what is due. Read, never written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from adapters.sdk import Verb
from hub.store.tables import batch_members, batches, deliveries, events, referrals
from schemas.events import EventKind
from schemas.status import BusinessStatus, DeliveryStatus


@dataclass(frozen=True)
class TurningPoints:
    """When a referral was first taken by its agency, and when each business status was last told."""

    taken_at: datetime | None = None
    told_at: Mapping[BusinessStatus, datetime] = field(default_factory=dict)
    result_due_at: datetime | None = None
    """While it lies in a batch file: the first moment past the term of the file's result."""
    moved_at: datetime | None = None
    """When its delivery last came to the status, or the reason, that it has, or somebody decided about it; while the
    hub itself tries and looks up (pending, sending, unknown): when that began."""
    paused_at: datetime | None = None
    taken_back_at: datetime | None = None
    """When a consent, or how its agency hears of that, last changed."""
    told_since: datetime | None = None
    """Since when its agency is being told of a withdrawal that it has not acknowledged; None if it is told of none."""
    sends_at: datetime | None = None
    """When the hub looks next at what it has not settled yet; None if it waits for somebody."""


_MOMENTS: Mapping[str, str] = {
    EventKind.ACCEPTED: "moved_at",
    EventKind.DELIVERY_CHANGED: "moved_at",
    EventKind.RESUMED: "moved_at",
    EventKind.PAUSED: "paused_at",
    EventKind.CONSENT_CHANGED: "taken_back_at",
}
"""Kind of event → the turning point that the last of them is."""
_TRIED = frozenset({DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN})
"""The hub's own tries and look-ups go to and fro between these."""

_ON_ITS_WAY = (
    DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.HANDED_OVER, DeliveryStatus.UNKNOWN,
)  # fmt: skip


def turning_points(conn: Connection, case_id: str) -> dict[str, TurningPoints]:
    """Return the turning points of a case's referrals, by referral; a fact that could not apply is none."""
    found: dict[str, TurningPoints] = {}
    stood: dict[str, str | None] = {}
    seen = [events.c.referral_id, events.c.kind, events.c.actor, events.c.delivery, events.c.business, events.c.at]
    query = (
        select(*seen)
        .join(referrals, referrals.c.id == events.c.referral_id)
        .where(
            referrals.c.case_id == case_id,
            events.c.kind != EventKind.FACT_FLAGGED,
            events.c.business.is_not(None) | events.c.kind.in_(list(_MOMENTS)),
        )
        .order_by(events.c.referral_id, events.c.sequence)
    )
    for row in conn.execute(query):
        before = found.get(row.referral_id, TurningPoints())
        taken = row.at if row.delivery == DeliveryStatus.DELIVERED else None
        told = {} if row.business is None else {BusinessStatus(row.business): row.at}
        moments = {_MOMENTS[row.kind]: row.at} if _is_turn(row, stood.get(row.referral_id)) else {}
        if row.delivery is not None:
            stood[row.referral_id] = row.delivery
        found[row.referral_id] = replace(
            before, taken_at=before.taken_at or taken, told_at={**before.told_at, **told}, **moments
        )
    for referral_id, moment in _results_due(conn, case_id):
        found[referral_id] = replace(found.get(referral_id, TurningPoints()), result_due_at=moment)
    for referral_id, moment in _sent_next(conn, case_id):
        found[referral_id] = replace(found.get(referral_id, TurningPoints()), sends_at=moment)
    for referral_id, moment in _being_told(conn, case_id):
        found[referral_id] = replace(found.get(referral_id, TurningPoints()), told_since=moment)
    return found


def _is_turn(event: Row[Any], stood: str | None) -> bool:
    """Return whether an event is one of the moments; `stood`: how the delivery stood before it."""
    by_hub = event.kind == EventKind.DELIVERY_CHANGED and event.actor == "hub"
    return event.kind in _MOMENTS and not (by_hub and event.delivery in _TRIED and stood in _TRIED)


def _results_due(conn: Connection, case_id: str) -> list[tuple[str, datetime]]:
    query = (
        select(deliveries.c.referral_id, batches.c.result_due_at)
        .join(batch_members, batch_members.c.delivery_id == deliveries.c.id)
        .join(batches, batches.c.id == batch_members.c.batch_id)
        .join(referrals, referrals.c.id == deliveries.c.referral_id)
        .where(referrals.c.case_id == case_id, batch_members.c.ended.is_(None), batches.c.result_due_at.is_not(None))
    )
    return [(row.referral_id, row.result_due_at) for row in conn.execute(query)]


def _being_told(conn: Connection, case_id: str) -> list[tuple[str, datetime]]:
    query = (
        select(deliveries.c.referral_id, deliveries.c.created_at)
        .join(referrals, referrals.c.id == deliveries.c.referral_id)
        .where(referrals.c.case_id == case_id, deliveries.c.kind == Verb.WITHDRAW, deliveries.c.status.in_(_ON_ITS_WAY))
    )
    return [(row.referral_id, row.created_at) for row in conn.execute(query)]


def _sent_next(conn: Connection, case_id: str) -> list[tuple[str, datetime]]:
    open_ = (DeliveryStatus.PENDING, DeliveryStatus.UNKNOWN)
    query = (
        select(deliveries.c.referral_id, func.min(deliveries.c.due_at).label("moment"))
        .join(referrals, referrals.c.id == deliveries.c.referral_id)
        .where(referrals.c.case_id == case_id, deliveries.c.status.in_(open_), deliveries.c.due_at.is_not(None))
        .group_by(deliveries.c.referral_id)
    )
    return [(row.referral_id, row.moment) for row in conn.execute(query)]
