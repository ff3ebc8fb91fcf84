"""Centres: adding and listing them, and giving them keys. The keys themselves: `hub/access/keys.py`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.access.keys import IssuedKey, LiveKey, issue_key, live_keys
from hub.access.scopes import APPLICATION, Scope
from hub.store.ids import new_id
from hub.store.tables import centres


class CentreExistsError(Exception):
    """A centre of this name is there already."""


class UnknownCentreError(Exception):
    """There is no centre of this id."""


@dataclass(frozen=True)
class Centre:
    """A one-stop centre that calls the hub, with its live keys."""

    id: str
    name: str
    created_at: datetime
    keys: tuple[LiveKey, ...]


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


def name_of(conn: Connection, centre_id: str) -> str:
    """Return a centre's name.

    Raises:
        UnknownCentreError: there is no such centre.
    """
    name: str | None = conn.execute(select(centres.c.name).where(centres.c.id == centre_id)).scalar_one_or_none()
    if name is None:
        raise UnknownCentreError(f"there is no centre {centre_id}")
    return name


def list_centres(conn: Connection, now: datetime) -> list[Centre]:
    """Return all centres in the order in which they were added, with the keys that open something at `now`."""
    keys: dict[str, list[LiveKey]] = {}
    for key in live_keys(conn, now):
        keys.setdefault(key.holder, []).append(key)
    return [
        Centre(row.id, row.name, row.created_at, tuple(keys.get(row.id, ())))
        for row in conn.execute(select(centres).order_by(centres.c.id))
    ]


def is_centre(conn: Connection, centre_id: str) -> bool:
    """Return whether there is a centre of this id."""
    return conn.execute(select(centres.c.id).where(centres.c.id == centre_id)).first() is not None


def add_key(
    conn: Connection,
    centre_id: str,
    now: datetime,
    expires_at: datetime | None = None,
    scopes: Collection[Scope] = APPLICATION,
) -> IssuedKey:
    """Issue a key to a centre.

    Raises:
        UnknownCentreError: there is no such centre.
    """
    if not is_centre(conn, centre_id):
        raise UnknownCentreError(f"there is no centre {centre_id}")
    return issue_key(conn, centre_id, scopes, now, expires_at)
