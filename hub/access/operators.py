"""Operators of the hub as a whole: who they are, and giving them keys. They have no centre and no clients."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.access.keys import IssuedKey, LiveKey, issue_key, live_keys
from hub.access.scopes import OF_THE_HUB, Scope
from hub.store.ids import new_id
from hub.store.tables import operators


class OperatorExistsError(Exception):
    """An operator of this name is there already."""


class UnknownOperatorError(Exception):
    """There is no operator of this id."""


class UnfitScopeError(Exception):
    """The scopes are none that a caller without a centre can have."""


@dataclass(frozen=True)
class Operator:
    """An office or a system that runs the hub, with its live keys. `name` names no person."""

    id: str
    name: str
    created_at: datetime
    keys: tuple[LiveKey, ...]


def add_operator(conn: Connection, name: str, now: datetime) -> str:
    """Add an operator and return its id.

    Raises:
        OperatorExistsError: the name is taken.
    """
    if conn.execute(select(operators.c.id).where(operators.c.name == name)).first() is not None:
        raise OperatorExistsError(f"an operator named {name} exists already")
    operator_id = new_id("opr")
    conn.execute(operators.insert().values(id=operator_id, name=name, created_at=now))
    return operator_id


def list_operators(conn: Connection, now: datetime) -> list[Operator]:
    """Return all operators in the order in which they were added, with the keys that open something at `now`."""
    keys: dict[str, list[LiveKey]] = {}
    for key in live_keys(conn, now):
        keys.setdefault(key.holder, []).append(key)
    return [
        Operator(row.id, row.name, row.created_at, tuple(keys.get(row.id, ())))
        for row in conn.execute(select(operators).order_by(operators.c.id))
    ]


def add_operator_key(
    conn: Connection, operator_id: str, scopes: Collection[Scope], now: datetime, expires_at: datetime | None = None
) -> IssuedKey:
    """Issue a key to an operator.

    Raises:
        UnknownOperatorError: there is no such operator.
        UnfitScopeError: a scope is about clients' cases, or there is none.
    """
    if conn.execute(select(operators.c.id).where(operators.c.id == operator_id)).first() is None:
        raise UnknownOperatorError(f"there is no operator {operator_id}")
    if not scopes or not OF_THE_HUB.issuperset(scopes):
        raise UnfitScopeError(f"an operator's scopes are of: {', '.join(sorted(OF_THE_HUB))}")
    return issue_key(conn, operator_id, scopes, now, expires_at)
