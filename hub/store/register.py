"""SQL of the register of provisions (제3자 제공 내역): what left about a client, and what is told of it since.

Nothing here writes. It reads ids, codes, field paths and moments, and no sealed column: it stays when the client's
data is destroyed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Subquery,
    and_,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
)

from adapters.sdk import Verb
from hub.store.attempts import AttemptRecord, attempts_where
from hub.store.deliveries import DeliveryRecord, deliveries_where
from hub.store.referrals import ReferralRecord, referrals_where
from hub.store.tables import attempts, batch_members, cases, clients, consents, deliveries, events, facts, referrals
from schemas.events import Event, EventKind

_SURELY_NOT_SENT = ("not_sent", "held")
_AT_THE_DOOR = "MisconfiguredError"
"""An agency that does not know us took nothing, but our message may have stood before its door."""
_TELLS = ("disclose", "withdraw")
"""The decisions by which an agency is told something about the client; a look-up says our key and no more."""
BY_HAND = frozenset({
    "tell_agency_by_hand", "tell_agency_of_partial_withdrawal",
    "withdrawal_refused", "withdrawal_unanswered", "withdrawal_failed",
})  # fmt: skip
"""Reasons of the events that ask a person to tell an agency of a withdrawal."""
_FIRST = 10_000_000
"""Added to an event's sequence, so that sequences compare as texts, too."""


class EntryKind(StrEnum):
    """구분: what an entry of the register tells."""

    SENT = "sent"
    """보냄: something left for an agency, or may have."""
    CONSENT_WITHDRAWN = "consent_withdrawn"
    """동의 철회."""
    BY_HAND = "by_hand"
    """A person was asked to tell an agency of a withdrawal."""
    ACKNOWLEDGED = "acknowledged"
    """철회 확인: an agency confirmed a withdrawal."""
    TRANSFERRED = "transferred"
    """이송: the agency handed the referral to another of its offices; we sent nothing."""


@dataclass(frozen=True)
class Place:
    """Where an entry stands in the register: in order of time, then of its key."""

    at: datetime
    key: str


@dataclass(frozen=True)
class Entry:
    """One entry. `id`: of the attempt or the consent; None for what is an event of a referral."""

    place: Place
    kind: EntryKind
    id: str | None
    referral_id: str | None
    sequence: int | None


def client_is_of(conn: Connection, client_id: str, centre_id: str) -> bool:
    """Return whether this is a client of the centre."""
    query = select(clients.c.id).where(clients.c.id == client_id, clients.c.centre_id == centre_id)
    return conn.execute(query).first() is not None


def register_of(
    conn: Connection, centre_id: str, client_id: str, *, after: Place | None = None, limit: int = 50
) -> list[Entry]:
    """Return entries of a client's register at one centre, oldest first, beginning after a place."""
    whole = _whole(centre_id, client_id)
    query = select(whole).order_by(whole.c.at, whole.c.key).limit(limit)
    if after is not None:
        later = and_(whole.c.at == after.at, whole.c.key > after.key)
        query = query.where(or_(whole.c.at > after.at, later))
    return [
        Entry(Place(row.at, row.key), EntryKind(row.kind), row.id, row.referral_id, row.sequence)
        for row in conn.execute(query)
    ]


def _whole(centre_id: str, client_id: str) -> Subquery:
    ours = and_(referrals.c.client_id == client_id, referrals.c.centre_id == centre_id)
    sent = (
        select(
            attempts.c.started_at.label("at"), attempts.c.id.label("key"), literal(EntryKind.SENT).label("kind"),
            attempts.c.id.label("id"), attempts.c.referral_id.label("referral_id"),
            cast(null(), events.c.sequence.type).label("sequence"),
        )
        .join(referrals, referrals.c.id == attempts.c.referral_id)
        .where(ours, may_have_left())
    )  # fmt: skip
    withdrawn = (
        select(
            consents.c.withdrawn_at, consents.c.id, literal(EntryKind.CONSENT_WITHDRAWN), consents.c.id,
            cast(null(), String(32)), cast(null(), events.c.sequence.type),
        )
        .join(cases, cases.c.id == consents.c.case_id)
        .where(cases.c.client_id == client_id, cases.c.centre_id == centre_id, consents.c.withdrawn_at.is_not(None))
    )  # fmt: skip
    by_hand = and_(events.c.kind == EventKind.CONSENT_CHANGED, events.c.reason.in_(sorted(BY_HAND)))
    told = [
        _events(EntryKind.BY_HAND, ours, by_hand),
        _events(EntryKind.ACKNOWLEDGED, ours, events.c.kind == EventKind.WITHDRAWAL_ACKNOWLEDGED),
        _events(EntryKind.TRANSFERRED, ours, events.c.kind == EventKind.OFFICE_CHANGED),
    ]
    return union_all(sent, withdrawn, *told).subquery()


def _events(kind: EntryKind, ours: ColumnElement[bool], which: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    number = cast(events.c.sequence + _FIRST, String(10))
    return (
        select(
            events.c.at, (events.c.referral_id + "_" + number), literal(kind), cast(null(), String(32)),
            events.c.referral_id, events.c.sequence,
        )
        .join(referrals, referrals.c.id == events.c.referral_id)
        .where(ours, which)
    )  # fmt: skip


def may_have_left() -> ColumnElement[bool]:
    """Say which attempts belong in the register: those that tell something, but for those of which no byte left."""
    result, error = attempts.c.result, attempts.c.error
    left = or_(result.is_(None), result.not_in(_SURELY_NOT_SENT), error == _AT_THE_DOOR)
    return and_(attempts.c.decision.in_(_TELLS), left)


@dataclass(frozen=True)
class Sending:
    """A send: its attempt, its delivery as it is now, and how its place in a batch file ended."""

    attempt: AttemptRecord
    delivery: DeliveryRecord
    member_ended: str | None
    is_only: bool
    """No other attempt of the delivery may have been taken: what became of the delivery came of this one."""


def sendings(conn: Connection, attempt_ids: Collection[str]) -> Mapping[str, Sending]:
    """Return sends by the ids of their attempts."""
    found = {one.id: one for one in attempts_where(conn, attempts.c.id.in_(attempt_ids))}
    of = {one.delivery_id for one in found.values()}
    sent = {one.id: one for one in deliveries_where(conn, deliveries.c.id.in_(of))}
    ended = select(batch_members.c.attempt_id, batch_members.c.ended).where(batch_members.c.attempt_id.in_(found))
    ends = {row.attempt_id: row.ended for row in conn.execute(ended)}
    takable = _takable(conn, of)
    return {
        one.id: Sending(one, sent[one.delivery_id], ends.get(one.id), takable.get(one.delivery_id, set()) <= {one.id})
        for one in found.values()
    }


def _takable(conn: Connection, delivery_ids: Collection[str]) -> Mapping[str, set[str]]:
    """Return which attempts of each delivery its agency may have taken: those that it did not turn away."""
    query = (
        select(attempts.c.delivery_id, attempts.c.id)
        .join(batch_members, batch_members.c.attempt_id == attempts.c.id, isouter=True)
        .where(
            attempts.c.delivery_id.in_(delivery_ids), may_have_left(),
            or_(attempts.c.result.is_(None), attempts.c.result.not_in(["busy", "refused", *_SURELY_NOT_SENT])),
            or_(batch_members.c.ended.is_(None), batch_members.c.ended != "rejected"),
        )
    )  # fmt: skip
    found: dict[str, set[str]] = {}
    for row in conn.execute(query):
        found.setdefault(row.delivery_id, set()).add(row.id)
    return found


@dataclass(frozen=True)
class Withdrawal:
    """What became of the withdrawal of one referral at its agency."""

    delivery: DeliveryRecord
    acknowledged_at: datetime | None = None
    acknowledged_to: str | None = None
    """The actor of the acknowledgement: `agency:<slug>`, or the key of whoever recorded it."""


def referrals_by_id(conn: Connection, ids: Collection[str]) -> list[ReferralRecord]:
    """Return these referrals, oldest first."""
    return referrals_where(conn, referrals.c.id.in_(ids))


def withdrawals_of(conn: Connection, referral_ids: Collection[str]) -> Mapping[str, Withdrawal]:
    """Return the withdrawals that the agencies of these referrals are told, or were told, by referral."""
    told = deliveries_where(conn, deliveries.c.referral_id.in_(referral_ids) & (deliveries.c.kind == Verb.WITHDRAW))
    query = (
        select(events.c.referral_id, events.c.at, events.c.actor)
        .where(events.c.referral_id.in_(referral_ids), events.c.kind == EventKind.WITHDRAWAL_ACKNOWLEDGED)
        .order_by(events.c.referral_id, events.c.sequence)
    )
    heard = {row.referral_id: (row.at, row.actor) for row in conn.execute(query)}
    return {one.referral_id: Withdrawal(one, *heard.get(one.referral_id, ())) for one in told}


def office_after(conn: Connection, referral_id: str, moved: Event) -> str | None:
    """Return the 기관코드 of the office that a referral was transferred to by this event, if the agency named it."""
    query = (
        select(facts.c.office)
        .where(
            facts.c.referral_id == referral_id, facts.c.learnt_at == moved.at, facts.c.applied.is_(True),
            facts.c.office.is_not(None), facts.c.raw_code == moved.raw_code,
        )
        .order_by(facts.c.id.desc())
        .limit(1)
    )  # fmt: skip
    found: str | None = conn.execute(query).scalar_one_or_none()
    return found
