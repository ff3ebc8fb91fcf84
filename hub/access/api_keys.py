"""API keys: how they look, how one is made, and whose a presented one is. Issuing them is in `hub/access/keys.py`.

`naru_<prefix>_<secret>`: 12 characters to find the row by, and 256 random bits. Only the SHA-256 of the whole key is
stored; that is enough for a secret that nobody can guess. Expiry runs on the wall clock, like everything about access.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from hub.access.scopes import Scope, from_text
from hub.store.tables import api_keys

_PREFIX_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_FORM = re.compile(r"naru_([a-z0-9]{12})_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True)
class NewKey:
    """A key just made. `text` is shown to a person once and kept nowhere."""

    prefix: str
    sha256: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True)
class Caller:
    """Whose key it was, and what it opens."""

    key_id: str
    centre_id: str | None
    """None: a key of the hub's own operator."""
    scopes: frozenset[Scope]


def new_key() -> NewKey:
    """Make a key of 256 random bits."""
    prefix = "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(12))
    text = f"naru_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(prefix=prefix, sha256=_sha256(text), text=text)


def find_caller(conn: Connection, text: str, now: datetime) -> Caller | None:
    """Return whose key `text` is; None if it is no key of ours, revoked, or expired at `now` (wall time)."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    row = conn.execute(select(api_keys).where(api_keys.c.prefix == form[1])).one_or_none()
    if row is None or not hmac.compare_digest(row.sha256, _sha256(text)):
        return None
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return Caller(key_id=row.id, centre_id=row.centre_id, scopes=from_text(row.scopes))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
