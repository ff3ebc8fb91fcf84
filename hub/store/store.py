"""The store: one place where transactions begin and end. Work is a plain function of a connection.

`write` and `read` run functions on threads of the store. An async caller pays one thread hop for a transaction, not
one for a statement, and a transaction function is an ordinary function that a test can call. A write may be run more
than once before it is committed (`backends`), so it changes nothing but the store.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection, Engine

from hub.store.backends import (
    READERS,
    StoreBusyError,
    StoreInUseError,
    StoreUnreachableError,
    backend_of,
    with_patience,
)

__all__ = ["Store", "StoreBusyError", "StoreInUseError", "StoreUnreachableError"]

T = TypeVar("T")
_TRIES = 30
_TRIES_AMONG_OTHERS = 6
"""A transaction that others disturbed so often is long, and would never come to its end among many short ones."""
_LONGEST_REST_SECONDS = 0.25


class Store:
    """The hub's store, on SQLite or PostgreSQL.

    Raises:
        StoreInUseError: from `claim`, if another process has claimed the same SQLite file.
        StoreUnreachableError: from `claim`, if no PostgreSQL server answers; at once, if a SQLite file is not ours.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._backend = backend_of(url)
        self._write_threads = ThreadPoolExecutor(self._backend.writers, "store-write")
        self._beside_threads = self._write_threads
        if self._backend.writers_beside:
            self._beside_threads = ThreadPoolExecutor(self._backend.writers_beside, "store-beside")
        self._read_threads = ThreadPoolExecutor(READERS, "store-read")

    def claim(self) -> None:
        """Make sure that the store is there, and claim it for this process where only one may have it."""
        self._backend.claim()

    def only_one(self, what: str) -> AbstractContextManager[None]:
        """Be the only process that does `what` on this store, whoever else serves it.

        Raises:
            StoreBusyError: another process does it.
        """
        return self._backend.only_one(what)

    def scrub(self) -> bool:
        """Let go of old versions of rows as far as that is ours to do; return whether none is left in the files."""
        return self._backend.scrub()

    @property
    def is_shared(self) -> bool:
        """Whether several processes may work on it at once."""
        return self._backend.writers > 1

    @property
    def address(self) -> str:
        """The URL as PostgreSQL's own library shall read it. Holds the password: for connecting, not for showing."""
        return with_patience(self.url)

    @property
    def writer(self) -> Engine:
        """SQLAlchemy's engine of the writing connections."""
        return self._backend.writer

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one durable transaction: all of it is committed, or nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._write_threads, self.write_now, work)

    async def write_beside(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one durable transaction that the others need not be serial with; each query sees what is there.

        For work that has one doer at a time by a lock that it takes first, and by whose rows no other decides: tries of
        a webhook, the sealing of the audit trail. It waits for its lock on threads of its own, and keeps no other.
        """
        return await asyncio.get_running_loop().run_in_executor(self._beside_threads, self.write_beside_now, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent snapshot; it must not write."""
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self.read_now, work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Do what `write` does, in the calling thread."""
        among, alone = self._backend.begin, self._backend.begin_alone
        return self._until_undisturbed(work, lambda tried: among() if tried <= _TRIES_AMONG_OTHERS else alone())

    def write_beside_now(self, work: Callable[[Connection], T]) -> T:
        """Do what `write_beside` does, in the calling thread."""
        return self._until_undisturbed(work, lambda _: self._backend.beside.begin())

    def _until_undisturbed(
        self, work: Callable[[Connection], T], begin: Callable[[int], AbstractContextManager[Connection]]
    ) -> T:
        for tried in range(1, _TRIES):
            try:
                with begin(tried) as conn:
                    return work(conn)
            except Exception as error:
                if not self._backend.is_disturbed(error):
                    raise
            time.sleep(random.uniform(0, min(_LONGEST_REST_SECONDS, 0.002 * 2**tried)))  # noqa: S311 - only to part them
        with begin(_TRIES) as conn:
            return work(conn)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Do what `read` does, in the calling thread."""
        with self._backend.reader.connect() as conn:
            return work(conn)

    def close(self) -> None:
        """Wait for running transactions, close the connections, give the claim back."""
        self._write_threads.shutdown()
        self._beside_threads.shutdown()
        self._read_threads.shutdown()
        self._backend.close()
