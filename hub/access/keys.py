"""Issuing, rotating and revoking API keys, whoever holds them: a centre, or an operator of the hub. SQL of one table.

What a key looks like, and whose a presented one is: `hub/access/api_keys.py`. All moments are of the wall clock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, or_, select, update

from hub.access.api_keys import new_key
from hub.access.scopes import Scope, from_text, in_text
from hub.store.ids import new_id
from hub.store.tables import api_keys


class UnknownKeyError(Exception):
    """The holder has no live key of this prefix."""


@dataclass(frozen=True)
class IssuedKey:
    """A key that was just issued. `text` is shown to a person once; the store has its SHA-256 only."""

    id: str
    prefix: str
    text: str = field(repr=False)
    scopes: frozenset[Scope]
    expires_at: datetime | None


@dataclass(frozen=True)
class LiveKey:
    """A key that opens something today, without its secret."""

    id: str
    prefix: str
    holder: str
    """The id of the centre or the operator."""
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None


def issue_key(
    conn: Connection, holder: str, scopes: Collection[Scope], now: datetime, expires_at: datetime | None = None
) -> IssuedKey:
    """Issue a key to a centre (`ctr_…`) or an operator (`opr_…`) that the caller has made sure of."""
    key_id, key = new_id("key"), new_key()
    conn.execute(
        api_keys.insert().values(
            id=key_id,
            centre_id=None if _is_operator(holder) else holder,
            operator_id=holder if _is_operator(holder) else None,
            prefix=key.prefix,
            sha256=key.sha256,
            scopes=in_text(scopes),
            created_at=now,
            expires_at=expires_at,
        )
    )
    return IssuedKey(key_id, key.prefix, key.text, frozenset(scopes), expires_at)


def rotate_key(
    conn: Connection, holder: str, prefix: str, now: datetime, overlap: timedelta, expires_at: datetime | None = None
) -> tuple[IssuedKey, datetime]:
    """Issue a key of the same scopes; the old one ends by itself after `overlap`, or before if it was to.

    Without `expires_at` the new key lives as long as the old one was meant to. Returns the new key, and when the old
    one ends.

    Raises:
        UnknownKeyError: the holder has no live key of this prefix.
    """
    old = next((key for key in live_keys(conn, now, holder) if key.prefix == prefix), None)
    if old is None:
        raise UnknownKeyError(f"{holder} has no live key {prefix}")
    ends = min(now + overlap, old.expires_at or now + overlap)
    conn.execute(update(api_keys).where(api_keys.c.id == old.id).values(expires_at=ends))
    if expires_at is None and old.expires_at is not None:
        expires_at = now + (old.expires_at - old.created_at)
    return issue_key(conn, holder, old.scopes, now, expires_at), ends


def revoke_key(conn: Connection, prefix: str, now: datetime, holder: str | None = None) -> bool:
    """Revoke the key of this prefix at once; False if there is none (of this holder), or it was revoked before."""
    still = (api_keys.c.prefix == prefix) & api_keys.c.revoked_at.is_(None)
    if holder is not None:
        still &= _held_by(holder)
    return conn.execute(update(api_keys).where(still).values(revoked_at=now)).rowcount == 1


def live_keys(conn: Connection, now: datetime, holder: str | None = None) -> list[LiveKey]:
    """Return the keys (of one holder) that are neither revoked nor over at `now`, in the order of their making."""
    lives = api_keys.c.revoked_at.is_(None) & or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now)
    if holder is not None:
        lives &= _held_by(holder)
    return [
        LiveKey(
            row.id, row.prefix, row.centre_id or row.operator_id, from_text(row.scopes), row.created_at, row.expires_at
        )
        for row in conn.execute(select(api_keys).where(lives).order_by(api_keys.c.id))
    ]


def endless_keys(conn: Connection, now: datetime) -> list[LiveKey]:
    """Return the live keys that never end by themselves: each works for whoever finds it, until somebody notices."""
    return [key for key in live_keys(conn, now) if key.expires_at is None]


def _is_operator(holder: str) -> bool:
    return holder.startswith("opr_")


def _held_by(holder: str) -> ColumnElement[bool]:
    return (api_keys.c.operator_id if _is_operator(holder) else api_keys.c.centre_id) == holder
