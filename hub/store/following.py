"""SQL of what agencies told us: facts, and the inbox of their callbacks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, String, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from hub.store.tables import facts, inbox

_WAITING, _SHELVED = "unmatched", "shelved"
_LEFT = (_WAITING, _SHELVED)
_OTHER_OFFICE = "other_office"


def fact_is_known(conn: Connection, referral_id: str, digest: str) -> bool:
    """Return whether the same fact was stored before."""
    query = select(facts.c.id).where(facts.c.referral_id == referral_id, facts.c.digest == digest)
    return conn.execute(query).first() is not None


def insert_fact(conn: Connection, **values: Any) -> None:
    """Store a fact."""
    conn.execute(insert(facts).values(**values))


def latest_applied(conn: Connection, referral_id: str) -> datetime | None:
    """Return when the fact that was applied last happened, as the agency says; None if it did not say."""
    query = select(facts.c.occurred_at).where(facts.c.referral_id == referral_id, facts.c.applied.is_(True))
    return conn.execute(query.order_by(facts.c.learnt_at.desc(), facts.c.id.desc()).limit(1)).scalar_one_or_none()


@dataclass(frozen=True)
class InboxRecord:
    """A stored callback that waits for its referral, or for its office to have it."""

    id: str
    sealed_call: bytes = field(repr=False)


def insert_inbox(conn: Connection, **values: Any) -> bool:
    """Store a callback; return False if one with the same nonce was stored before."""
    try:
        with conn.begin_nested():
            conn.execute(insert(inbox).values(**values))
    except IntegrityError:
        return False
    return True


def held_name(column: Literal["wire_key", "receipt"], text: str | None) -> str | None:
    """Return a name as the inbox holds it: None for one that no column holds, and so no referral has."""
    return text if _fits(column, text) else None


def held_nonce(nonce: str | None) -> str | None:
    """Return what makes a call unique as the inbox holds it: its SHA-256 in hexadecimal if it is too long."""
    return nonce if nonce is None or _fits("nonce", nonce) else hashlib.sha256(nonce.encode()).hexdigest()


def _fits(column: str, text: str | None) -> bool:
    kind = inbox.c[column].type
    return text is None or ("\0" not in text and isinstance(kind, String) and len(text) <= (kind.length or 0))


def unmatched_calls(conn: Connection, agency: str, wire_key: str, receipt: str | None) -> list[InboxRecord]:
    """Return the stored callbacks, shelved ones too, that name this referral and came before it could be found."""
    named = inbox.c.wire_key == wire_key
    if receipt is not None:
        named = or_(named, inbox.c.receipt == receipt)
    query = (
        select(inbox.c.id, inbox.c.sealed_call)
        .where(inbox.c.agency == agency, inbox.c.state.in_(_LEFT), named)
        .order_by(inbox.c.received_at, inbox.c.id)
    )
    return [InboxRecord(row.id, row.sealed_call) for row in conn.execute(query)]


def calls_of_other_offices(conn: Connection, referral_id: str) -> list[InboxRecord]:
    """Return the stored callbacks about a referral of offices that did not have it, oldest first."""
    named = (inbox.c.referral_id == referral_id) & (inbox.c.state == _OTHER_OFFICE)
    query = select(inbox.c.id, inbox.c.sealed_call).where(named).order_by(inbox.c.received_at, inbox.c.id)
    return [InboxRecord(row.id, row.sealed_call) for row in conn.execute(query)]


def mark_matched(conn: Connection, inbox_id: str, referral_id: str) -> None:
    """Note which referral a stored callback was about."""
    conn.execute(update(inbox).where(inbox.c.id == inbox_id).values(state="matched", referral_id=referral_id))


def mark_of_other_office(conn: Connection, inbox_id: str, referral_id: str) -> None:
    """Note which referral a stored callback was about, and that its office did not have it."""
    conn.execute(update(inbox).where(inbox.c.id == inbox_id).values(state=_OTHER_OFFICE, referral_id=referral_id))


@dataclass(frozen=True)
class LeftCall:
    """A stored callback that has waited for its referral in vain: what it may be told by."""

    id: str
    agency: str
    wire_key: str | None
    receipt: str | None


def is_any_waiting_since(conn: Connection, before: datetime) -> bool:
    """Return whether there is a callback that has waited since before that."""
    return conn.execute(select(inbox.c.id).where(_waits_since(before)).limit(1)).first() is not None


def calls_waiting_since(conn: Connection, before: datetime, limit: int) -> list[LeftCall]:
    """Return callbacks that have waited since before that, oldest first; not what another process looks at."""
    query = select(inbox.c.id, inbox.c.agency, inbox.c.wire_key, inbox.c.receipt).where(_waits_since(before))
    query = query.order_by(inbox.c.received_at, inbox.c.id).limit(limit).with_for_update(skip_locked=True)
    return [LeftCall(row.id, row.agency, row.wire_key, row.receipt) for row in conn.execute(query)]


def _waits_since(before: datetime) -> ColumnElement[bool]:
    return (inbox.c.state == _WAITING) & (inbox.c.received_at <= before)


def still_waits(conn: Connection, inbox_id: str) -> bool:
    """Return whether a stored callback waits for its referral, and is not on the shelf."""
    query = select(inbox.c.id).where(inbox.c.id == inbox_id, inbox.c.state == _WAITING)
    return conn.execute(query).first() is not None


def mark_shelved(conn: Connection, inbox_id: str) -> None:
    """Put a stored callback on the shelf."""
    conn.execute(update(inbox).where(inbox.c.id == inbox_id).values(state=_SHELVED))


@dataclass(frozen=True)
class Unmatched:
    """How many calls of an agency, and lines of its result files, name no referral that we know."""

    waiting: int = 0
    shelved: int = 0
    since: datetime | None = None
    """When the oldest of them came; None for none."""


def unmatched_of_agencies(conn: Connection) -> Mapping[str, Unmatched]:
    """Return the agencies of which calls are unmatched, each with how many."""
    shelved = func.sum(case((inbox.c.state == _SHELVED, 1), else_=0)).label("shelved")
    left = select(
        inbox.c.agency, func.count().label("calls"), shelved, func.min(inbox.c.received_at).label("since")
    ).where(inbox.c.state.in_(_LEFT))
    rows = conn.execute(left.group_by(inbox.c.agency))
    return {row.agency: Unmatched(row.calls - row.shelved, row.shelved, row.since) for row in rows}
