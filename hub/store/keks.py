"""SQL of the key-encryption keys: which of them wraps, what each has wrapped, and which processes hold which.

The keys themselves never enter the store; here are their ids.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from hub.store.tables import cases, keks, key_holders, vault_keys

SILENT_SECONDS = 60.0
"""A process that said nothing for so long is gone."""


class KekState(StrEnum):
    """What a key is for."""

    NEXT = "next"
    """Processes take it up; it wraps nothing yet. At most one."""
    CURRENT = "current"
    """It wraps whatever is wrapped now. Exactly one, once the store was sealed."""
    OLD = "old"
    """It wraps nothing more, and still opens what it wrapped."""
    RETIRED = "retired"
    """Nothing in the store is wrapped by it."""


@dataclass(frozen=True)
class Holder:
    """A process that serves or works on this store, and the keys that it has at hand."""

    id: str
    host: str
    pid: int
    kek_ids: tuple[str, ...]


class Wrapped(NamedTuple):
    """A data key in the store: the case's id or the hub key's name, the wrapped bytes, and what wrapped them."""

    name: str
    wrapped: bytes
    kek_id: str


def states_of_keks(conn: Connection) -> dict[str, KekState]:
    """Return every key that the store knows of, oldest first."""
    query = select(keks.c.id, keks.c.state).order_by(keks.c.since, keks.c.id)
    return {row.id: KekState(row.state) for row in conn.execute(query)}


def current_kek(conn: Connection) -> str | None:
    """Return which key wraps, in the transaction that wraps; None for a store that was never sealed."""
    return conn.execute(select(keks.c.id).where(keks.c.state == KekState.CURRENT)).scalar_one_or_none()


def add_kek(conn: Connection, kek_id: str, state: KekState, at: datetime) -> None:
    """Let the store know of a key."""
    conn.execute(insert(keks).values(id=kek_id, state=state, since=at))


def set_kek(conn: Connection, kek_id: str, state: KekState) -> None:
    """Change what a key is for."""
    conn.execute(update(keks).where(keks.c.id == kek_id).values(state=state))


def needed_keks(conn: Connection) -> list[str]:
    """Return the keys without which something in the store does not open, oldest first."""
    needed = {KekState.CURRENT, KekState.OLD}
    return [kek_id for kek_id, state in states_of_keks(conn).items() if state in needed]


def wraps_anything(conn: Connection, kek_id: str) -> bool:
    """Return whether a data key in the store is wrapped by this key."""
    queries = (select(table.c.kek_id).where(table.c.kek_id == kek_id).limit(1) for table in (cases, vault_keys))
    return any(conn.execute(query).first() is not None for query in queries)


def count_wrapped(conn: Connection, kek_id: str) -> tuple[int, int]:
    """Return how many case keys and how many of the hub's own are wrapped by this key."""
    found = [
        conn.execute(select(func.count()).select_from(table).where(table.c.kek_id == kek_id)).scalar_one()
        for table in (cases, vault_keys)
    ]
    return found[0], found[1]


def hub_keys_under(conn: Connection, kek_ids: Collection[str]) -> list[Wrapped]:
    """Return the hub's own keys that these keys wrapped."""
    query = select(vault_keys).where(vault_keys.c.kek_id.in_(kek_ids)).order_by(vault_keys.c.name)
    return [Wrapped(row.name, row.wrapped, row.kek_id) for row in conn.execute(query)]


def case_keys_under(conn: Connection, kek_ids: Collection[str], after: str, most: int) -> list[Wrapped]:
    """Return the next case keys that these keys wrapped, by case id from `after` on."""
    query = (
        select(cases.c.id, cases.c.wrapped_key, cases.c.kek_id)
        .where(cases.c.kek_id.in_(kek_ids), cases.c.id > after)
        .order_by(cases.c.id)
        .limit(most)
    )
    return [Wrapped(row.id, row.wrapped_key, row.kek_id) for row in conn.execute(query)]


def put_case_key(conn: Connection, before: Wrapped, after: Wrapped) -> bool:
    """Replace a case's wrapped key, if it is still the one that was read."""
    still = (cases.c.id == before.name) & (cases.c.wrapped_key == before.wrapped)
    return conn.execute(update(cases).where(still).values(wrapped_key=after.wrapped, kek_id=after.kek_id)).rowcount == 1


def put_hub_key(conn: Connection, before: Wrapped, after: Wrapped) -> bool:
    """Replace one of the hub's own wrapped keys, if it is still the one that was read."""
    still = (vault_keys.c.name == before.name) & (vault_keys.c.wrapped == before.wrapped)
    values = {"wrapped": after.wrapped, "kek_id": after.kek_id}
    return conn.execute(update(vault_keys).where(still).values(values)).rowcount == 1


def hold_keys(conn: Connection, holder: Holder, wall: float) -> None:
    """Write down that a process is there, and which keys it holds; forget those that fell silent."""
    conn.execute(delete(key_holders).where(key_holders.c.seen_wall < wall - SILENT_SECONDS))
    values = {"host": holder.host, "pid": holder.pid, "kek_ids": list(holder.kek_ids), "seen_wall": wall}
    known = conn.execute(update(key_holders).where(key_holders.c.id == holder.id).values(values)).rowcount
    if not known:
        conn.execute(insert(key_holders).values(id=holder.id, **values))


def leave(conn: Connection, holder_id: str) -> None:
    """Write down that a process ended."""
    conn.execute(delete(key_holders).where(key_holders.c.id == holder_id))


def holders(conn: Connection, wall: float) -> list[Holder]:
    """Return the processes that are there."""
    query = select(key_holders).where(key_holders.c.seen_wall >= wall - SILENT_SECONDS).order_by(key_holders.c.id)
    return [Holder(row.id, row.host, row.pid, tuple(row.kek_ids)) for row in conn.execute(query)]


def forget_holders(conn: Connection) -> None:
    """Forget every process: in a copy of the store, none of them is there."""
    conn.execute(delete(key_holders))
