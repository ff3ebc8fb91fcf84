"""SQL of forgetting: what decides about a case, what is destroyed of it, and how long the rest is kept apart.

Every column that holds something sealed, or a hash of somebody's data, is named in `destroy_case`; a test holds this
against the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, or_, select, update

from adapters.sdk import Verb
from hub.retention.judging import CaseState, DeliveryState, ReferralState
from hub.store.tables import (
    attempts,
    batch_members,
    blind_indexes,
    cases,
    clients,
    consents,
    deliveries,
    events,
    facts,
    idempotency_keys,
    inbox,
    kept_cases,
    referrals,
    supplements,
    webhook_messages,
)
from hub.store.wall import wall_of
from schemas.status import BusinessStatus, DeliveryStatus

HOLD, REGISTER = "hold", "register"
"""What `kept_cases` says of a case: nothing may be destroyed; or it was, and what is left is kept apart."""


@dataclass(frozen=True)
class Destroyed:
    """What was destroyed, in counts."""

    keys: int = 0
    boxes: int = 0
    """Sealed boxes: the client, requests, consents, supplements, and texts of events and facts."""
    calls: int = 0
    """What agencies had told, as it came."""
    answers: int = 0
    """Hashes of what was asked under Idempotency-Keys."""
    blind_indexes: int = 0

    def __add__(self, other: Destroyed) -> Destroyed:
        """Add them up."""
        return Destroyed(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def as_counts(self) -> Mapping[str, int]:
        """Return the counts by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def quiet_since(conn: Connection, before: datetime, after: str, most: int) -> list[str]:
    """Return the next cases that still hold something and to which nothing happened from `before` on, by id."""
    last = select(referrals.c.case_id, func.max(referrals.c.updated_at).label("at")).group_by(referrals.c.case_id)
    latest = last.subquery()
    query = (
        select(cases.c.id)
        .outerjoin(latest, latest.c.case_id == cases.c.id)
        .where(cases.c.purged_at.is_(None), cases.c.id > after)
        .where(func.coalesce(latest.c.at, cases.c.created_at) < before)
        .order_by(cases.c.id)
        .limit(most)
    )
    return list(conn.execute(query).scalars())


def state_of_case(conn: Connection, case_id: str, now: datetime) -> CaseState | None:
    """Return what decides about a case; None if there is no such case."""
    case = conn.execute(select(cases).where(cases.c.id == case_id)).one_or_none()
    if case is None:
        return None
    held = conn.execute(select(kept_cases).where(_mark(case_id, HOLD))).one_or_none()
    live = consents.c.withdrawn_at.is_(None) & or_(consents.c.expires_at.is_(None), consents.c.expires_at > now)
    asked = select(func.count()).where(consents.c.case_id == case_id, consents.c.basis == "consent", live)
    of_case = select(referrals).where(referrals.c.case_id == case_id)
    return CaseState(
        id=case.id,
        client_id=case.client_id,
        centre_id=case.centre_id,
        created_at=case.created_at,
        purged_at=case.purged_at,
        is_held=held is not None,
        held_until=None if held is None or held.until is None else date.fromisoformat(held.until),
        referrals=[
            ReferralState(
                DeliveryStatus(row.delivery), row.business and BusinessStatus(row.business), row.reason, row.updated_at
            )
            for row in conn.execute(of_case)
        ],
        deliveries=_delivery_states(conn, case_id),
        consents_in_force=int(conn.execute(asked).scalar_one()),
    )


def _delivery_states(conn: Connection, case_id: str) -> list[DeliveryState]:
    in_file = select(batch_members.c.delivery_id).where(batch_members.c.ended.is_(None))
    wall = wall_of(conn)
    query = select(deliveries, deliveries.c.id.in_(in_file).label("in_file")).where(
        deliveries.c.referral_id.in_(_referral_ids(case_id))
    )
    return [
        DeliveryState(
            Verb(row.kind),
            DeliveryStatus(row.status),
            is_taken=bool(row.in_file) or row.lease_until_wall is not None or (row.picked_until_wall or 0.0) > wall,
        )
        for row in conn.execute(query)
    ]


def destroy_case(conn: Connection, case_id: str, at: datetime) -> Destroyed:
    """Destroy a case's key and everything about a person; what is left says which, to whom, when and on what basis."""
    boxes = _cleared(conn, cases.c.id == case_id, cases, "sealed_client")
    keys = _cleared(conn, cases.c.id == case_id, cases, "wrapped_key", kek_id="", reference=None, purged_at=at)
    boxes += _cleared(conn, referrals.c.case_id == case_id, referrals, "sealed_request")
    boxes += _cleared(conn, consents.c.case_id == case_id, consents, "sealed_record")
    boxes += _cleared(conn, events.c.referral_id.in_(_referral_ids(case_id)), events, "sealed_text")
    boxes += _cleared(conn, facts.c.referral_id.in_(_referral_ids(case_id)), facts, "sealed_text")
    boxes += _cleared(conn, supplements.c.delivery_id.in_(_delivery_ids(case_id)), supplements, "sealed_content")
    conn.execute(update(attempts).where(attempts.c.case_id == case_id).values(fields_hmac=None))
    conn.execute(update(deliveries).where(deliveries.c.id.in_(_delivery_ids(case_id))).values(due_at=None))
    return Destroyed(
        keys=keys,
        boxes=boxes,
        calls=_delete_calls(conn, case_id),
        answers=_blank_answers(conn, case_id),
        blind_indexes=_forget_client(conn, case_id),
    )


def _cleared(conn: Connection, which: ColumnElement[bool], table: Table, column: str, **more: Any) -> int:
    """Empty a column of these rows, where it holds something, and set the others; return of how many."""
    empty = None if table.c[column].nullable else b""
    there = which & table.c[column].is_not(None) & (table.c[column] != b"")
    return conn.execute(update(table).where(there).values({column: empty, **more})).rowcount


def _delete_calls(conn: Connection, case_id: str) -> int:
    """Delete what agencies told about these referrals, matched or not."""
    done = 0
    for row in conn.execute(select(referrals).where(referrals.c.case_id == case_id)).all():
        named = (inbox.c.agency == row.agency) & or_(
            inbox.c.wire_key == row.wire_key,
            inbox.c.receipt == row.receipt if row.receipt is not None else inbox.c.referral_id == row.id,
        )
        done += conn.execute(delete(inbox).where(or_(inbox.c.referral_id == row.id, named))).rowcount
    return done


def _blank_answers(conn: Connection, case_id: str) -> int:
    """Forget what was asked under the case's Idempotency-Keys; the keys stay, or they would promise a new case."""
    asked = _answers_of(conn, case_id) & (idempotency_keys.c.body_hmac != "")
    return conn.execute(update(idempotency_keys).where(asked).values(body_hmac="")).rowcount


def _answers_of(conn: Connection, case_id: str) -> ColumnElement[bool]:
    case = conn.execute(select(cases.c.centre_id, cases.c.created_at).where(cases.c.id == case_id)).one()
    keys = idempotency_keys.c
    of_case: ColumnElement[bool] = keys.answer["case_id"].as_string() == case_id
    return and_(keys.centre_id == case.centre_id, keys.created_at >= case.created_at, of_case)


def _forget_client(conn: Connection, case_id: str) -> int:
    """Let a client be found no more when none of their cases holds anything."""
    client = select(cases.c.client_id).where(cases.c.id == case_id).scalar_subquery()
    others = select(cases.c.id).where(cases.c.client_id == client, cases.c.purged_at.is_(None)).limit(1)
    if conn.execute(others).first() is not None:
        return 0
    return conn.execute(delete(blind_indexes).where(blind_indexes.c.client_id == client)).rowcount


def delete_calls_before(conn: Connection, before: datetime) -> int:
    """Delete what agencies told that no referral was found for, if it came before that."""
    old = inbox.c.state.in_(("unmatched", "shelved")) & (inbox.c.received_at < before)
    return conn.execute(delete(inbox).where(old)).rowcount


def keep_apart(conn: Connection, case_id: str, what: str, ground: str, until: date | None, at: datetime) -> None:
    """Say of a case that it is kept, why, and until which day in Korea; in the place of what was said before."""
    conn.execute(delete(kept_cases).where(_mark(case_id, what)))
    day = until and until.isoformat()
    conn.execute(insert(kept_cases).values(case_id=case_id, what=what, ground=ground, until=day, since=at))


def release(conn: Connection, case_id: str, what: str) -> bool:
    """Take that back; False if it was not said."""
    return conn.execute(delete(kept_cases).where(_mark(case_id, what))).rowcount == 1


def kept_till_before(conn: Connection, today: date) -> list[str]:
    """Return the cases whose rest was to be kept till a day that is over, and that no hold keeps today."""
    over = kept_cases.c.until.is_not(None) & (kept_cases.c.until < today.isoformat())
    holds = (kept_cases.c.what == HOLD) & (kept_cases.c.until.is_(None) | (kept_cases.c.until >= today.isoformat()))
    held = select(kept_cases.c.case_id).where(holds)
    query = select(kept_cases.c.case_id).where(kept_cases.c.what == REGISTER, over, kept_cases.c.case_id.not_in(held))
    return list(conn.execute(query.order_by(kept_cases.c.case_id)).scalars())


def delete_case(conn: Connection, case_id: str) -> None:
    """Delete what is left of a case. The audit's entries are not part of it."""
    client = conn.execute(select(cases.c.client_id).where(cases.c.id == case_id)).scalar_one()
    by_delivery, by_referral = _delivery_ids(case_id), _referral_ids(case_id)
    for query in (
        delete(idempotency_keys).where(_answers_of(conn, case_id)),
        delete(batch_members).where(batch_members.c.delivery_id.in_(by_delivery)),
        delete(supplements).where(supplements.c.delivery_id.in_(by_delivery)),
        delete(attempts).where(attempts.c.case_id == case_id),
        delete(deliveries).where(deliveries.c.referral_id.in_(by_referral)),
        delete(events).where(events.c.referral_id.in_(by_referral)),
        delete(facts).where(facts.c.referral_id.in_(by_referral)),
        delete(webhook_messages).where(webhook_messages.c.case_id == case_id),
        delete(referrals).where(referrals.c.case_id == case_id),
        delete(consents).where(consents.c.case_id == case_id),
        delete(kept_cases).where(kept_cases.c.case_id == case_id),
        delete(cases).where(cases.c.id == case_id),
    ):
        conn.execute(query)
    if conn.execute(select(cases.c.id).where(cases.c.client_id == client).limit(1)).first() is None:
        conn.execute(delete(blind_indexes).where(blind_indexes.c.client_id == client))
        conn.execute(delete(clients).where(clients.c.id == client))


def last_purge(conn: Connection) -> datetime | None:
    """Return when a case was last forgotten."""
    found: datetime | None = conn.execute(select(func.max(cases.c.purged_at))).scalar_one()
    return found


def _mark(case_id: str, what: str) -> ColumnElement[bool]:
    return (kept_cases.c.case_id == case_id) & (kept_cases.c.what == what)


def _referral_ids(case_id: str) -> Any:
    return select(referrals.c.id).where(referrals.c.case_id == case_id)


def _delivery_ids(case_id: str) -> Any:
    return select(deliveries.c.id).where(deliveries.c.referral_id.in_(_referral_ids(case_id)))
