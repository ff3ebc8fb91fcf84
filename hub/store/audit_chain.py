"""SQL of the audit's chain: what is not sealed yet, sealing it, and reading what is. What a seal is: `hub/audit`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Result, Text, bindparam, func, select, text, type_coerce, update

from hub.store.tables import audit_entries, referrals

Row = Mapping[str, Any]
_TURN = text(
    "SELECT pg_try_advisory_xact_lock(7236842501), set_config('idle_in_transaction_session_timeout', '10s', true)"
)
"""One number for all processes on one database; a process that is stopped in its turn loses it after ten seconds."""
_READ_AT_ONCE = 500
_WRITTEN = "????-??-?? ??:??:??.??????".replace("?", "[0-9]")
"""How SQLAlchemy writes a moment into SQLite, as its GLOB."""
_SEALED = audit_entries.c.sequence.is_not(None)
_UNSEALED = audit_entries.c.sequence.is_(None)
_SEAL = (
    update(audit_entries)
    .where(audit_entries.c.id == bindparam("entry"), _UNSEALED)
    .values(sequence=bindparam("place"), digest=bindparam("seal"))
)


class SealedTwiceError(RuntimeError):
    """An entry had been sealed meanwhile, though the turn was ours: a defect, and the transaction is undone."""


def take_turn(conn: Connection) -> bool:
    """Return whether this transaction alone may seal, until it ends; on SQLite it always may."""
    return conn.dialect.name == "sqlite" or bool(conn.execute(_TURN).one()[0])


def unsealed(conn: Connection, limit: int) -> Sequence[Row]:
    """Return committed entries that are not sealed yet, in the order of their ids."""
    query = select(audit_entries).where(_UNSEALED).order_by(audit_entries.c.id).limit(limit)
    return _rows(conn.execute(query))


def seal(conn: Connection, seals: Sequence[tuple[int, int, bytes]]) -> None:
    """Give entries their place and digest: (id, sequence, digest) each.

    Raises:
        SealedTwiceError: one of them has a place already, or is gone.
    """
    done = conn.execute(_SEAL, [{"entry": id_, "place": place, "seal": digest} for id_, place, digest in seals])
    if done.rowcount != len(seals):
        raise SealedTwiceError(f"{done.rowcount} of {len(seals)} entries could be sealed")


def head_of(conn: Connection) -> tuple[int, bytes] | None:
    """Return the last place and its digest; None if nothing is sealed yet."""
    place = audit_entries.c.sequence
    row = conn.execute(select(place, audit_entries.c.digest).where(_SEALED).order_by(place.desc()).limit(1)).first()
    return None if row is None else (row.sequence, row.digest)


def digest_at(conn: Connection, sequence: int) -> bytes | None:
    """Return the digest at a place; None if nothing is sealed there."""
    query = select(audit_entries.c.digest).where(audit_entries.c.sequence == sequence)
    found: bytes | None = conn.execute(query).scalar_one_or_none()
    return found


def count_unsealed(conn: Connection) -> int:
    """Return how many entries wait to be sealed."""
    counted: int = conn.execute(select(func.count()).select_from(audit_entries).where(_UNSEALED)).scalar_one()
    return counted


def links(conn: Connection, first: int = 1, last: int | None = None) -> Iterator[Row]:
    """Yield sealed entries in the chain's order, from `first` to `last`, both included, a few at a time."""
    place = audit_entries.c.sequence
    query = select(audit_entries).where(_SEALED, place >= first).order_by(place)
    if last is not None:
        query = query.where(place <= last)
    for part in conn.execute(query.execution_options(yield_per=_READ_AT_ONCE)).mappings().partitions():
        yield from (dict(row) for row in part)


def outside_the_chain(conn: Connection) -> list[int]:
    """Return places before the first: no chain holds what stands there, though it would show in a review."""
    place = audit_entries.c.sequence
    return list(conn.execute(select(place).where(place < 1).order_by(place)).scalars())


def respelt(conn: Connection) -> list[int]:
    """Return the places whose time is not written as the hub writes it: SQLite compares moments as texts.

    Python reads `2026-W10-1T01:30` as the same moment, and no search by days would find it.
    """
    if conn.dialect.name != "sqlite":
        return []
    at, place = audit_entries.c.at, audit_entries.c.sequence
    otherwise = type_coerce(at, Text).bool_op("NOT GLOB")(_WRITTEN)
    return list(conn.execute(select(place).where(_SEALED, otherwise).order_by(place)).scalars())


def places_of_period(conn: Connection, begin: datetime | None, end: datetime | None) -> tuple[int, int] | None:
    """Return the first and last place of the entries from `begin` up to, not including, `end`; None without any."""
    at, place = audit_entries.c.at, audit_entries.c.sequence
    query = select(func.min(place), func.max(place)).where(_SEALED)
    query = query if begin is None else query.where(at >= begin)
    query = query if end is None else query.where(at < end)
    row = conn.execute(query).one()
    return None if row[0] is None else (row[0], row[1])


def entries_between(conn: Connection, begin: datetime, end: datetime) -> Iterator[Row]:
    """Yield entries from `begin` up to, not including, `end`, sealed or not, in the order of their ids."""
    query = select(audit_entries).where(audit_entries.c.at >= begin, audit_entries.c.at < end)
    query = query.order_by(audit_entries.c.id).execution_options(yield_per=_READ_AT_ONCE)
    for part in conn.execute(query).mappings().partitions():
        yield from (dict(row) for row in part)


def clients_of(conn: Connection, referral_ids: Collection[str]) -> dict[str, str]:
    """Return the clients of referrals, by referral; one that is not there any more has none."""
    found: dict[str, str] = {}
    wanted = sorted(referral_ids)
    for begin in range(0, len(wanted), _READ_AT_ONCE):
        some = wanted[begin : begin + _READ_AT_ONCE]
        query = select(referrals.c.id, referrals.c.client_id).where(referrals.c.id.in_(some))
        found |= {row.id: row.client_id for row in conn.execute(query)}
    return found


def entries_of(
    conn: Connection,
    centre_id: str | None,
    *,
    after: int,
    limit: int,
    begin: datetime | None = None,
    end: datetime | None = None,
    **equal: str | None,
) -> list[Row]:
    """Return sealed entries after a place, of one centre or (None) of all; `equal`: columns that have this value."""
    place, at = audit_entries.c.sequence, audit_entries.c.at
    query = select(audit_entries).where(place > after)
    for name, value in {"centre_id": centre_id, **equal}.items():
        if value is not None:
            query = query.where(audit_entries.c[name] == value)
    query = query if begin is None else query.where(at >= begin)
    query = query if end is None else query.where(at < end)
    return _rows(conn.execute(query.order_by(place).limit(limit)))


def _rows(found: Result[Any]) -> list[Row]:
    return [dict(row) for row in found.mappings()]
