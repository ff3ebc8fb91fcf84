"""Copies a store that nobody serves into an empty one, from SQLite to PostgreSQL or back: all of it, or nothing.

Rows are read and written as the tables describe them (`tables/`), so that neither database's own types matter. Both
sides are counted and summed up afterwards, before anything is committed. Turns and leases belong to processes that are
gone and are not taken along: an attempt that was under way is unknown when the copy is first served.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from hub.store.deliveries import forget_turns
from hub.store.keks import forget_holders
from hub.store.messages import forget_leases
from hub.store.others import check_no_others
from hub.store.schema import SchemaError, make_or_check, newest, revision_of
from hub.store.store import Store
from hub.store.tables import deliveries, lanes, metadata

_AT_ONCE = 500
_OVER = 0.0
"""A lease's end (epoch seconds) that is long past on anybody's clock."""


class CopyRefusedError(Exception):
    """Nothing was copied; the text says why, and nothing of what the store holds."""


@dataclass(frozen=True)
class Copied:
    """What a copy did: the rows of each table, and the attempts that were under way when the source was stopped."""

    rows: dict[str, int]
    interrupted: int


@dataclass(frozen=True)
class _Sum:
    """A table's rows in short, whatever order they come in."""

    rows: int
    checksum: int


def copy_store(source: Store, target: Store) -> Copied:
    """Copy everything from `source` into `target`, in one transaction of the target.

    Raises:
        CopyRefusedError: the target is not empty, a row does not fit it, or the two differ afterwards.
        SchemaError: one of the two is of another version.
        StoreInUseError: the source is being served, or the target is and is a SQLite file.
        StoreUnreachableError: no PostgreSQL server answers.
    """
    source.claim()
    target.claim()

    def copy(into: Connection) -> Copied:
        _may_idle(into)
        make_or_check(into)
        _check_empty(into)
        return source.read_now(lambda out_of: _copy(out_of, into))

    return target.write_now(copy)


def _copy(source: Connection, target: Connection) -> Copied:
    _hold_still(source)
    revision = revision_of(source)
    if revision != newest():
        raise SchemaError(
            f"the store to be copied is of schema {revision}, this naru works with {newest()}: migrate it"
        )
    rows = {}
    for table in metadata.sorted_tables:
        there, here = _copy_table(source, target, table), _sum_of(_rows(target, table))
        if here != there:
            raise CopyRefusedError(f"{table.name}: {there.rows} rows were read, and what arrived is not the same")
        rows[table.name] = here.rows
    interrupted = _forget_processes(target)
    _move_sequences(target)
    return Copied(rows, interrupted)


def _check_empty(conn: Connection) -> None:
    for table in metadata.sorted_tables:
        if conn.execute(select(table).limit(1)).first() is not None:
            raise CopyRefusedError(
                f"the target is not empty (table {table.name}): a copy goes into an empty store only"
            )


def _hold_still(conn: Connection) -> None:
    """Make sure that nobody writes to the source meanwhile; a SQLite file is claimed already."""
    if conn.dialect.name == "sqlite":
        return
    names = ", ".join(conn.dialect.identifier_preparer.format_table(table) for table in metadata.sorted_tables)
    conn.rollback()  # the lock comes before the first query, which fixes what a transaction sees
    _may_idle(conn)
    conn.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
    check_no_others(conn, "the store to be copied")


def _may_idle(conn: Connection) -> None:
    """Let this transaction be silent for as long as the other side's work takes: nobody waits for what it locks."""
    if conn.dialect.name != "sqlite":
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _rows(conn: Connection, table: Table) -> Iterable[Sequence[dict[str, Any]]]:
    """Yield a table's rows, some at a time."""
    query = select(table).execution_options(yield_per=_AT_ONCE)
    for part in conn.execute(query).mappings().partitions():
        yield [dict(row) for row in part]


def _copy_table(source: Connection, target: Connection, table: Table) -> _Sum:
    total = _Sum(0, 0)
    for part in _rows(source, table):
        try:
            target.execute(insert(table), part)
        except (DataError, IntegrityError) as error:
            raise CopyRefusedError(
                f"{table.name}: a row does not fit the target ({type(error.orig).__name__})"
            ) from None
        total = _added(total, part)
    return total


def _sum_of(parts: Iterable[Sequence[dict[str, Any]]]) -> _Sum:
    total = _Sum(0, 0)
    for part in parts:
        total = _added(total, part)
    return total


def _added(total: _Sum, rows: Sequence[dict[str, Any]]) -> _Sum:
    checksum = total.checksum
    for row in rows:
        plain = json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True)
        checksum += int.from_bytes(hashlib.sha256(plain.encode()).digest())
    return _Sum(total.rows + len(rows), checksum % 2**256)


def _plain(value: object) -> object:
    match value:
        case bytes():
            return value.hex()
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return value


def _forget_processes(conn: Connection) -> int:
    """End what only meant something to the processes that served the source; return how many attempts that ends."""
    forget_turns(conn)
    forget_leases(conn)
    forget_holders(conn)
    conn.execute(update(lanes).values(next_start_wall=_OVER))
    held = deliveries.c.lease_until_wall.is_not(None)
    return conn.execute(update(deliveries).where(held).values(lease_until_wall=_OVER)).rowcount


def _move_sequences(conn: Connection) -> None:
    """Let the numbers that PostgreSQL gives go on after those that were copied; SQLite sees to that by itself."""
    if conn.dialect.name == "sqlite":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            last = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            conn.execute(select(func.setval(sequence, last, False)))  # noqa: FBT003 - SQL's own positional argument
