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

from hub.access.caller import Caller
from hub.access.scopes import from_text
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
class RefusedKey:
    """A key that opens nothing: why, as a code, and which it was if all of it was right once."""

    why: str
    name: str | None = None


def new_key() -> NewKey:
    """Make a key of 256 random bits."""
    prefix = "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(12))
    text = f"naru_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(prefix=prefix, sha256=_sha256(text), text=text)


def find_caller(conn: Connection, text: str, now: datetime) -> Caller | RefusedKey:
    """Return whose key `text` is, or why it is nobody's: no key of ours, revoked, or over at `now` (wall time)."""
    form = _FORM.fullmatch(text)
    if form is None:
        return RefusedKey("key_malformed")
    row = conn.execute(select(api_keys).where(api_keys.c.prefix == form[1])).one_or_none()
    if row is None or not hmac.compare_digest(row.sha256, _sha256(text)):
        return RefusedKey("key_unknown")
    name = f"key:{row.id}"
    if row.revoked_at is not None:
        return RefusedKey("key_revoked", name)
    if row.expires_at is not None and row.expires_at <= now:
        return RefusedKey("key_expired", name)
    return Caller(name=name, centre_id=row.centre_id, scopes=from_text(row.scopes))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
