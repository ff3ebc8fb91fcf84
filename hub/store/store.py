"""The store: one place where transactions begin and end. Work is a plain function of a connection.

`write` runs functions one after another on one connection of one thread (SQLite has one writer anyway), `read` runs
them on a few threads beside it. An async caller pays one thread hop for a transaction, not one for a statement, and
a transaction function is an ordinary function that a test can call.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

T = TypeVar("T")
_READERS = 4


class StoreInUseError(Exception):
    """Another process serves this SQLite store; the text says what to do."""


class Store:
    """A SQLite store: WAL, `synchronous=FULL` (what was committed survives a power cut), foreign keys on.

    Raises:
        StoreInUseError: from `claim`, if another process has claimed the same file.
    """

    def __init__(self, url: str) -> None:
        self._path = Path(make_url(url).database or "")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self.url = url
        self._writer = _engine(url, begin="BEGIN IMMEDIATE", size=1)
        self._reader = _engine(url, begin="BEGIN", size=_READERS)
        self._write_thread = ThreadPoolExecutor(1, "store-write")
        self._read_threads = ThreadPoolExecutor(_READERS, "store-read")
        self._lock: int | None = None

    def claim(self) -> None:
        """Claim the store for this process until it ends or closes: the embedded engine allows one."""
        lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise StoreInUseError(
                f"another naru process already serves the store {self._path}. SQLite takes one process only: stop the "
                "other one, or point NARU_STORE__URL at another file."
            ) from None
        self._lock = lock

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one durable transaction: all of it is committed, or nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._write_thread, self.write_now, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent snapshot; it must not write."""
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self.read_now, work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Do what `write` does, in the calling thread."""
        with self._writer.begin() as conn:
            return work(conn)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Do what `read` does, in the calling thread."""
        with self._reader.connect() as conn:
            return work(conn)

    def close(self) -> None:
        """Wait for running transactions, close the connections, give the claim back."""
        self._write_thread.shutdown()
        self._read_threads.shutdown()
        self._writer.dispose()
        self._reader.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _engine(url: str, *, begin: str, size: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": 30},
        hide_parameters=True,  # an error's text must not show what a row holds
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # transactions are begun below, not guessed by the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine
