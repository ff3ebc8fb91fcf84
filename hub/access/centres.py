"""Centres and the issuing of their API keys: the SQL of both tables. Recognising a key: `hub/access/api_keys.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select, update

from hub.access.api_keys import new_key
from hub.store.ids import new_id
from hub.store.tables import api_keys, centres


class CentreExistsError(Exception):
    """A centre of this name is there already."""


class UnknownCentreError(Exception):
    """There is no centre of this id."""


@dataclass(frozen=True)
class Centre:
    """A one-stop centre that calls the hub, with the prefixes of its keys that are not revoked."""

    id: str
    name: str
    created_at: datetime
    key_prefixes: tuple[str, ...]


@dataclass(frozen=True)
class IssuedKey:
    """A key that was just issued. `text` is shown to a person once; the store has its SHA-256 only."""

    id: str
    prefix: str
    text: str = field(repr=False)


def add_centre(conn: Connection, name: str, now: datetime) -> str:
    """Add a centre and return its id.

    Raises:
        CentreExistsError: the name is taken.
    """
    if conn.execute(select(centres.c.id).where(centres.c.name == name)).first() is not None:
        raise CentreExistsError(f"a centre named {name} exists already")
    centre_id = new_id("ctr")
    conn.execute(centres.insert().values(id=centre_id, name=name, created_at=now))
    return centre_id


def list_centres(conn: Connection) -> list[Centre]:
    """Return all centres in the order in which they were added."""
    prefixes: dict[str, list[str]] = {}
    live = select(api_keys.c.centre_id, api_keys.c.prefix).where(api_keys.c.revoked_at.is_(None))
    for row in conn.execute(live.order_by(api_keys.c.id)):
        prefixes.setdefault(row.centre_id, []).append(row.prefix)
    return [
        Centre(row.id, row.name, row.created_at, tuple(prefixes.get(row.id, ())))
        for row in conn.execute(select(centres).order_by(centres.c.id))
    ]


def add_key(conn: Connection, centre_id: str, now: datetime, expires_at: datetime | None = None) -> IssuedKey:
    """Issue a key to a centre.

    Raises:
        UnknownCentreError: there is no such centre.
    """
    if conn.execute(select(centres.c.id).where(centres.c.id == centre_id)).first() is None:
        raise UnknownCentreError(f"there is no centre {centre_id}")
    key_id, key = new_id("key"), new_key()
    conn.execute(
        api_keys.insert().values(
            id=key_id, centre_id=centre_id, prefix=key.prefix, sha256=key.sha256, created_at=now, expires_at=expires_at
        )
    )
    return IssuedKey(id=key_id, prefix=key.prefix, text=key.text)


def revoke_key(conn: Connection, prefix: str, now: datetime) -> bool:
    """Revoke the key of this prefix at once; False if there is none, or it was revoked before."""
    still = (api_keys.c.prefix == prefix) & api_keys.c.revoked_at.is_(None)
    return conn.execute(update(api_keys).where(still).values(revoked_at=now)).rowcount == 1
