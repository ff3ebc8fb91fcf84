"""Who holds API keys: the centres that call for their clients, and the operators of the hub, who have no client.

Adding and listing them, and giving them keys; the keys themselves: `hub/access/keys.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, select

from hub.access.keys import IssuedKey, LiveKey, issue_key, live_keys
from hub.access.scopes import APPLICATION, OF_THE_HUB, ROLES, Role, Scope
from hub.store.ids import new_id
from hub.store.tables import centres, operators


class HolderExistsError(Exception):
    """One of this kind and name is there already."""


class UnknownHolderError(Exception):
    """There is none of this kind and id."""


class UnfitScopeError(Exception):
    """The scopes are none that this kind of caller can have."""


@dataclass(frozen=True)
class Kind:
    """One of the two kinds of holders. `word`: what it is called, with its article."""

    word: str
    prefix: str
    """How its ids begin."""
    allowed: frozenset[Scope]
    """What its keys may open."""
    usual: frozenset[Scope]
    """What a key opens of which nothing else was said."""
    table: Table


CENTRE = Kind("a centre", "ctr", frozenset(Scope), APPLICATION, centres)
OPERATOR = Kind("an operator", "opr", OF_THE_HUB, ROLES[Role.OPERATOR] & OF_THE_HUB, operators)


@dataclass(frozen=True)
class Holder:
    """A centre, or an office or a system that runs the hub, with its live keys. `name` names no person."""

    id: str
    name: str
    created_at: datetime
    keys: tuple[LiveKey, ...]


def add_holder(conn: Connection, kind: Kind, name: str, now: datetime) -> str:
    """Add a centre or an operator and return its id.

    Raises:
        HolderExistsError: the name is taken.
    """
    if conn.execute(select(kind.table.c.id).where(kind.table.c.name == name)).first() is not None:
        raise HolderExistsError(f"{kind.word} named {name} exists already")
    holder_id = new_id(kind.prefix)
    conn.execute(kind.table.insert().values(id=holder_id, name=name, created_at=now))
    return holder_id


def list_holders(conn: Connection, kind: Kind, now: datetime) -> list[Holder]:
    """Return all of a kind in the order in which they were added, with the keys that open something at `now`."""
    keys: dict[str, list[LiveKey]] = {}
    for key in live_keys(conn, now):
        keys.setdefault(key.holder, []).append(key)
    return [
        Holder(row.id, row.name, row.created_at, tuple(keys.get(row.id, ())))
        for row in conn.execute(select(kind.table).order_by(kind.table.c.id))
    ]


def name_of(conn: Connection, kind: Kind, holder_id: str) -> str:
    """Return a holder's name.

    Raises:
        UnknownHolderError: there is none of this id.
    """
    asked = select(kind.table.c.name).where(kind.table.c.id == holder_id)
    name: str | None = conn.execute(asked).scalar_one_or_none()
    if name is None:
        raise UnknownHolderError(f"there is no {kind.word.split()[-1]} {holder_id}")
    return name


def is_centre(conn: Connection, centre_id: str) -> bool:
    """Return whether there is a centre of this id."""
    return conn.execute(select(centres.c.id).where(centres.c.id == centre_id)).first() is not None


def add_key(
    conn: Connection,
    kind: Kind,
    holder_id: str,
    now: datetime,
    expires_at: datetime | None = None,
    scopes: Collection[Scope] | None = None,
) -> IssuedKey:
    """Issue a key; without `scopes` it opens what is usual.

    Raises:
        UnknownHolderError: there is no such holder.
        UnfitScopeError: a scope is none that this kind can have, or there is none.
    """
    name_of(conn, kind, holder_id)
    wanted = kind.usual if scopes is None else frozenset(scopes)
    if not wanted or not wanted <= kind.allowed:
        raise UnfitScopeError(f"{kind.word}'s scopes are of: {', '.join(sorted(kind.allowed))}")
    return issue_key(conn, holder_id, wanted, now, expires_at)
