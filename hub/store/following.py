"""SQL of what agencies told us: facts, and the inbox of their callbacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from hub.store.tables import facts, inbox


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
    return conn.execute(query.order_by(facts.c.id.desc()).limit(1)).scalar_one_or_none()


@dataclass(frozen=True)
class InboxRecord:
    """A stored callback that waits for its referral."""

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


def unmatched_calls(conn: Connection, agency: str, wire_key: str, receipt: str | None) -> list[InboxRecord]:
    """Return the stored callbacks that name this referral and came before it could be found."""
    named = inbox.c.wire_key == wire_key
    if receipt is not None:
        named = or_(named, inbox.c.receipt == receipt)
    query = (
        select(inbox.c.id, inbox.c.sealed_call)
        .where(inbox.c.agency == agency, inbox.c.state == "unmatched", named)
        .order_by(inbox.c.id)
    )
    return [InboxRecord(row.id, row.sealed_call) for row in conn.execute(query)]


def mark_matched(conn: Connection, inbox_id: str, referral_id: str) -> None:
    """Note which referral a stored callback was about."""
    conn.execute(update(inbox).where(inbox.c.id == inbox_id).values(state="matched", referral_id=referral_id))
