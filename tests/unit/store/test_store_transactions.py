"""What a transaction promises on either database: whole or not at all, and as if it had run alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import cycle

import pytest
from psycopg.errors import SerializationFailure
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from hub.store import backends
from hub.store.backends import PostgresServer
from hub.store.store import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store with one number in it."""
    opened = Store(store_url)
    opened.write_now(lambda conn: conn.execute(text("CREATE TABLE tally (name VARCHAR(10), count INTEGER)")))
    opened.write_now(lambda conn: conn.execute(text("INSERT INTO tally VALUES ('a', 0), ('b', 0)")))
    yield opened
    opened.close()


def counted(conn: Connection, name: str) -> int:
    return int(conn.execute(text("SELECT count FROM tally WHERE name = :name"), {"name": name}).scalar_one())


def put(conn: Connection, name: str, count: int) -> None:
    conn.execute(text("UPDATE tally SET count = :count WHERE name = :name"), {"name": name, "count": count})


async def test_transactions_that_disturb_each_other_both_count(store: Store) -> None:
    """Read, add one, write: fifty at once make fifty, whatever the database has to run again."""

    def add_one(conn: Connection) -> None:
        put(conn, "a", counted(conn, "a") + 1)

    await asyncio.gather(*(store.write(add_one) for _ in range(50)))
    assert await store.read(lambda conn: counted(conn, "a")) == 50


async def test_two_rules_over_two_rows_hold_together(store: Store) -> None:
    """Each takes from its own row only while both together are zero: never both of them (no write skew)."""

    def take(conn: Connection, name: str) -> bool:
        free = counted(conn, "a") + counted(conn, "b") == 0
        if free:
            put(conn, name, 1)
        return free

    for _ in range(20):
        took = await asyncio.gather(
            store.write(lambda conn: take(conn, "a")), store.write(lambda conn: take(conn, "b"))
        )
        assert sorted(took) == [False, True]
        await store.write(lambda conn: [put(conn, name, 0) for name in "ab"])


async def test_a_long_transaction_comes_to_its_end_among_many_short_ones(postgres_url: str) -> None:
    """Short ones that read and write what it reads and writes disturb it whenever it runs: then it runs alone."""
    store, other, is_over = Store(postgres_url), Store(postgres_url), asyncio.Event()
    rows = range(200)
    await store.write(lambda conn: conn.execute(text("CREATE TABLE many (id int PRIMARY KEY, count int)")))
    await store.write(lambda conn: conn.execute(text("INSERT INTO many SELECT g, 0 FROM generate_series(0, 200) g")))
    tries: list[int] = []

    def count_all(conn: Connection) -> None:
        tries.append(len(tries))
        found = [conn.execute(text("SELECT count FROM many WHERE id = :id"), {"id": row}).scalar() for row in rows]
        conn.execute(text("UPDATE many SET count = :sum WHERE id = 200"), {"sum": sum(found)})

    def add_one(conn: Connection, row: int) -> None:
        conn.execute(text("SELECT count FROM many WHERE id = 200"))
        conn.execute(text("UPDATE many SET count = count + 1 WHERE id = :id"), {"id": row})

    async def disturb(of: Store, first: int) -> None:
        for row in cycle(range(first, 200, 6)):
            await of.write(partial(add_one, row=row))
            if is_over.is_set():
                return

    disturbers = [asyncio.create_task(disturb(one, first)) for one in (store, other) for first in range(3)]
    await store.write(count_all)
    is_over.set()
    await asyncio.gather(*disturbers)
    assert 1 < len(tries) <= 7, tries
    store.close()
    other.close()


def test_whoever_wants_to_be_alone_keeps_nobody_waiting_for_one_that_does_not_end(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its wait is short, and counts as a disturbance; it leaves no lock behind, whether it came to it or not."""
    monkeypatch.setattr(backends, "_WAIT_SECONDS", 0.05)
    server = PostgresServer(postgres_url)
    with server.begin(), pytest.raises(OperationalError) as refused, server.begin_alone():
        pass
    assert server.is_disturbed(refused.value)
    with server.begin_alone() as conn:
        conn.execute(text("SELECT 1"))
    with server.begin() as conn:
        assert conn.execute(text("SHOW transaction_isolation")).scalar() == "serializable"
        assert conn.execute(text("SHOW lock_timeout")).scalar() == "0"
        locks = text("SELECT mode FROM pg_locks WHERE locktype = 'advisory'")
        assert conn.execute(locks).scalars().all() == ["ShareLock"]
    server.close()


async def test_what_fails_leaves_nothing(store: Store) -> None:
    """An error of the work itself is raised at once, and nothing of it stays."""

    def fail(conn: Connection) -> None:
        put(conn, "a", 7)
        raise KeyError("work")

    with pytest.raises(KeyError):
        await store.write(fail)
    assert await store.read(lambda conn: counted(conn, "a")) == 0


async def test_a_reader_sees_one_moment(store: Store) -> None:
    """What is committed between two reads of one transaction is not seen by the second."""

    def read_twice(conn: Connection) -> tuple[int, int]:
        first = counted(conn, "a")
        store.write_now(lambda other: put(other, "a", 9))
        return first, counted(conn, "a")

    assert await store.read(read_twice) == (0, 0)


def test_a_disturbance_is_known_through_another_librarys_error() -> None:
    """Procrastinate, on our connection, wraps what PostgreSQL said: it is the same disturbance, and is run again."""
    wrapped = RuntimeError("Database error.")
    wrapped.__cause__ = SerializationFailure("could not serialize access")
    other = RuntimeError("Database error.")
    server = PostgresServer("postgresql://nobody@127.0.0.1:1/nothing")
    assert [server.is_disturbed(wrapped), server.is_disturbed(other)] == [True, False]
    server.close()


def test_whoever_stops_with_a_transaction_open_holds_nobody_up(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends a session that says nothing in a transaction; its locks are free, and its work is run again."""
    monkeypatch.setattr(backends, "_IDLE_SECONDS", 1.0)
    store, watcher = Store(postgres_url), Store(postgres_url)
    store.write_now(lambda conn: conn.execute(text("CREATE TABLE one (number int)")))
    tries: list[int] = []

    def stop_once(conn: Connection) -> None:
        tries.append(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())
        is_there = partial(is_alive, pid=tries[0])
        while len(tries) == 1 and watcher.read_now(is_there):
            pass
        conn.execute(text("INSERT INTO one VALUES (1)"))

    store.write_now(stop_once)
    assert tries[0] != tries[-1]
    assert store.read_now(lambda conn: conn.execute(text("SELECT count(*) FROM one")).scalar()) == 1
    store.close()
    watcher.close()


def is_alive(conn: Connection, pid: int) -> bool:
    """Return whether a session of the server is there."""
    return conn.execute(text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid}).first() is not None
