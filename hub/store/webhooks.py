"""SQL of webhooks and of their paces. What is sent to them is in `hub/store/messages.py`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hub.store.tables import webhook_messages, webhook_paces, webhooks


@dataclass(frozen=True)
class WebhookRecord:
    """One row of `webhooks`."""

    id: str
    centre_id: str
    enabled: bool
    disabled_by: str | None
    """Who stopped it: centre, or gone (the receiver answered 410)."""
    wants_referrals: bool
    wants_agencies: bool
    sealed_target: bytes = field(repr=False)
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Pace:
    """How a webhook has answered lately, shared by all processes; `hub/notices/judging.py` decides what follows."""

    webhook_id: str
    failures: int = 0
    """Calls in a row that found no receiver, or none that could work."""
    failing_since: datetime | None = None
    rest_until: datetime | None = None
    last_failure: str | None = None
    last_delivered_at: datetime | None = None


def insert_webhook(conn: Connection, record: WebhookRecord) -> None:
    """Store a new webhook, with a pace of nothing yet."""
    conn.execute(insert(webhooks).values(**asdict(record)))
    conn.execute(insert(webhook_paces).values(webhook_id=record.id))


def webhook_by_id(conn: Connection, webhook_id: str, *, centre_id: str | None = None) -> WebhookRecord | None:
    """Return a webhook, or None; with `centre_id`, only if it is that centre's."""
    query = select(webhooks).where(webhooks.c.id == webhook_id)
    if centre_id is not None:
        query = query.where(webhooks.c.centre_id == centre_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else WebhookRecord(**row._mapping)  # noqa: SLF001 - the documented way to names


def webhooks_of(conn: Connection, centre_id: str) -> list[WebhookRecord]:
    """Return a centre's webhooks, oldest first."""
    query = select(webhooks).where(webhooks.c.centre_id == centre_id).order_by(webhooks.c.id)
    return [WebhookRecord(**row._mapping) for row in conn.execute(query)]  # noqa: SLF001 - as above


def update_webhook(conn: Connection, webhook_id: str, at: datetime, **values: Any) -> None:
    """Change columns of a webhook."""
    conn.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(changed_at=at, **values))


def delete_webhook(conn: Connection, webhook_id: str) -> None:
    """Remove a webhook with everything that was still to be sent to it."""
    conn.execute(delete(webhook_messages).where(webhook_messages.c.webhook_id == webhook_id))
    conn.execute(delete(webhook_paces).where(webhook_paces.c.webhook_id == webhook_id))
    conn.execute(delete(webhooks).where(webhooks.c.id == webhook_id))


def pace_of(conn: Connection, webhook_id: str, *, lock: bool = False) -> Pace:
    """Return a webhook's pace; `lock`: for this transaction alone, where the store can lock rows."""
    query = select(webhook_paces).where(webhook_paces.c.webhook_id == webhook_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return Pace(webhook_id) if row is None else Pace(**row._mapping)  # noqa: SLF001 - as above


def save_pace(conn: Connection, pace: Pace) -> None:
    """Store a pace, if its webhook is still there."""
    conn.execute(update(webhook_paces).where(webhook_paces.c.webhook_id == pace.webhook_id).values(**asdict(pace)))
