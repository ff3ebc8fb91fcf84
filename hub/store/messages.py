"""SQL of webhooks' messages: written beside the event that they tell of, leased to be sent, gone when they arrived."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, or_, select, update

from hub.store.ids import new_id
from hub.store.tables import webhook_messages, webhook_paces, webhooks

WAITING, SHELVED = "waiting", "shelved"


@dataclass(frozen=True)
class Message:
    """What one webhook is told of one event: ids and codes."""

    id: str
    type: str
    """`referral.<kind of event>`, `agency.<alarm>`, `webhook.ping`."""
    at: datetime
    referral_id: str | None = None
    case_id: str | None = None
    sequence: int | None = None
    delivery: str | None = None
    business: str | None = None
    agency: str | None = None
    since: datetime | None = None
    """From when its age counts; None for one that is not kept."""
    tries: int = 0
    why: str | None = None
    """What the last try came to: a code."""
    lease_until_wall: float | None = None
    shelved_at: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """How many messages of a webhook are not delivered."""

    waiting: int = 0
    waiting_since: datetime | None = None
    shelved: int = 0


def post_event(conn: Connection, centre_id: str, at: datetime, **told: Any) -> None:
    """Write an event of a referral down for every webhook of its centre that wants to hear of referrals.

    A webhook that is switched off hears of it later. `told`: columns of the message.
    """
    _post(conn, (webhooks.c.centre_id == centre_id) & webhooks.c.wants_referrals, at, told)


def post_alarm(conn: Connection, at: datetime, **told: Any) -> None:
    """Write an alarm about an agency down for every webhook that wants to hear of agencies, whosever it is."""
    _post(conn, webhooks.c.wants_agencies, at, told)


def _post(conn: Connection, wanting: ColumnElement[bool], at: datetime, told: dict[str, Any]) -> None:
    ids = list(conn.execute(select(webhooks.c.id).where(wanting)).scalars())
    row = {"at": at, "since": at, "due_at": at, "state": WAITING, **told}
    if ids:
        rows = [{"id": new_id("msg"), "webhook_id": webhook_id, **row} for webhook_id in ids]
        conn.execute(insert(webhook_messages), rows)


def _is_free(now: datetime, wall: float) -> ColumnElement[bool]:
    lease = webhook_messages.c.lease_until_wall
    due = (webhook_messages.c.state == WAITING) & (webhook_messages.c.due_at <= now)
    return due & or_(lease.is_(None), lease <= wall)


def webhooks_with_due(conn: Connection, now: datetime, wall: float) -> list[str]:
    """Return the webhooks that are on, do not rest, and have messages to be sent that nobody sends."""
    due = exists().where(webhook_messages.c.webhook_id == webhooks.c.id, _is_free(now, wall))
    rests = webhook_paces.c.rest_until
    query = (
        select(webhooks.c.id)
        .join(webhook_paces, webhook_paces.c.webhook_id == webhooks.c.id)
        .where(webhooks.c.enabled, or_(rests.is_(None), rests <= now), due)
    )
    return list(conn.execute(query).scalars())


def in_flight(conn: Connection, webhook_id: str, wall: float) -> int:
    """Return how many messages of a webhook somebody sends."""
    query = select(func.count()).where(
        webhook_messages.c.webhook_id == webhook_id,
        webhook_messages.c.state == WAITING,
        webhook_messages.c.lease_until_wall > wall,
    )
    return int(conn.execute(query).scalar_one())


def lease_due(
    conn: Connection, webhook_id: str, now: datetime, wall: float, limit: int, until_wall: float
) -> list[Message]:
    """Take messages to send them, oldest first; nobody else is given them until the lease is over."""
    query = (
        select(webhook_messages)
        .where(webhook_messages.c.webhook_id == webhook_id, _is_free(now, wall))
        .order_by(webhook_messages.c.due_at, webhook_messages.c.sequence, webhook_messages.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = [row.id for row in conn.execute(query)]
    if not ids:
        return []
    taken = update(webhook_messages).where(webhook_messages.c.id.in_(ids))
    conn.execute(taken.values(tries=webhook_messages.c.tries + 1, lease_until_wall=until_wall))
    found = {
        row.id: _message(row) for row in conn.execute(select(webhook_messages).where(webhook_messages.c.id.in_(ids)))
    }
    return [found[one] for one in ids]


def forget_leases(conn: Connection) -> None:
    """Take every lease back: the one process that had them is gone."""
    held = webhook_messages.c.lease_until_wall.is_not(None)
    conn.execute(update(webhook_messages).where(held).values(lease_until_wall=None))


def delete_message(conn: Connection, message_id: str) -> None:
    """Remove a message that arrived."""
    conn.execute(delete(webhook_messages).where(webhook_messages.c.id == message_id))


def end_try(conn: Connection, message: Message, **values: Any) -> bool:
    """Store what a vain try leads to and give the lease back; False if the lease is another's by now."""
    mine = (webhook_messages.c.id == message.id) & (webhook_messages.c.lease_until_wall == message.lease_until_wall)
    done = conn.execute(update(webhook_messages).where(mine).values(lease_until_wall=None, **values))
    return done.rowcount == 1


def shelve_older(conn: Connection, since: datetime, now: datetime, wall: float, why: str) -> int:
    """Put what has waited since before `since` on the shelf, unless somebody sends it; return how many."""
    lease = webhook_messages.c.lease_until_wall
    old = (webhook_messages.c.state == WAITING) & (webhook_messages.c.since < since)
    shelve = update(webhook_messages).where(old, or_(lease.is_(None), lease <= wall))
    return conn.execute(
        shelve.values(state=SHELVED, shelved_at=now, why=func.coalesce(webhook_messages.c.why, why))
    ).rowcount


def delete_shelved_before(conn: Connection, moment: datetime) -> int:
    """Forget what has lain on the shelf since before a moment; return how many."""
    old = (webhook_messages.c.state == SHELVED) & (webhook_messages.c.shelved_at < moment)
    return conn.execute(delete(webhook_messages).where(old)).rowcount


def shelf_of(conn: Connection, webhook_id: str, *, after: str | None = None, limit: int = 50) -> list[Message]:
    """Return what lies on a webhook's shelf in the order of the ids, beginning after the id `after`."""
    query = _shelved(select(webhook_messages), webhook_id).order_by(webhook_messages.c.id).limit(limit)
    if after is not None:
        query = query.where(webhook_messages.c.id > after)
    return [_message(row) for row in conn.execute(query)]


def take_from_shelf(conn: Connection, webhook_id: str, now: datetime, ids: Collection[str] | None = None) -> int:
    """Let shelved messages, all or these, be sent as if they were new; return how many."""
    again = _shelved(update(webhook_messages), webhook_id)
    if ids is not None:
        again = again.where(webhook_messages.c.id.in_(ids))
    fresh = {"state": WAITING, "since": now, "due_at": now, "tries": 0, "why": None, "shelved_at": None}
    return int(conn.execute(again.values(**fresh)).rowcount)


def standing_of(conn: Connection, webhook_id: str) -> Standing:
    """Return how many messages of a webhook wait, and how many lie on its shelf."""
    query = (
        select(
            webhook_messages.c.state, func.count().label("messages"), func.min(webhook_messages.c.at).label("oldest")
        )
        .where(webhook_messages.c.webhook_id == webhook_id)
        .group_by(webhook_messages.c.state)
    )
    found = {row.state: row for row in conn.execute(query)}
    waiting, shelved = found.get(WAITING), found.get(SHELVED)
    return Standing(
        waiting=waiting.messages if waiting else 0,
        waiting_since=waiting.oldest if waiting else None,
        shelved=shelved.messages if shelved else 0,
    )


def _shelved(statement: Any, webhook_id: str) -> Any:
    return statement.where(webhook_messages.c.webhook_id == webhook_id, webhook_messages.c.state == SHELVED)


def _message(row: Row[Any]) -> Message:
    return Message(**{name: row._mapping[name] for name in Message.__dataclass_fields__})  # noqa: SLF001 - as in webhooks.py
