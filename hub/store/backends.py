"""The two databases that a store can stand on, and what is different about them: connections, claims, second tries.

Both give every transaction the same promise: it is as if it had run alone, and once committed it stays. SQLite keeps
it with one writer at a time; PostgreSQL runs every write SERIALIZABLE and refuses one of two that would disturb each
other, which then is tried again (docs/decisions/0012).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000",
    "secure_delete=ON",  # what is deleted or replaced is overwritten in the file
)  # fmt: skip
_SCRUB_SECONDS = 10.0
READERS = 4
_POSTGRES_WRITERS = 3
"""Of one process. More of them disturb each other more often than they get on: see docs/decisions/0012."""
_POSTGRES_BESIDE = 2
_DISTURBED = frozenset({"40001", "40P01", "23505", "25P03", "55P03"})
"""serialization_failure, deadlock_detected, unique_violation, idle_in_transaction_session_timeout, lock_not_available:
surely rolled back. A unique violation too may be another's doing: two looked for a row, found none, and both made it;
whoever runs again finds it."""
_RIGHT_OF_WAY = "hashtextextended('naru:right of way', 0)"
_AMONG_OTHERS = f"SELECT pg_try_advisory_xact_lock_shared({_RIGHT_OF_WAY})"
_LET_PASS = f"SELECT pg_advisory_xact_lock_shared({_RIGHT_OF_WAY})"
_ALONE = f"SELECT pg_advisory_lock({_RIGHT_OF_WAY})"
_WAIT_SECONDS = 5.0
"""So long one that wants to be alone keeps the others waiting for those that are at it."""
_IDLE_SECONDS = 15.0
"""So long the server lets us hold a transaction open and say nothing: a process that was stopped (SIGSTOP, a machine
that sleeps) while it held locks must not stop all others."""


_PATIENCE = {
    "application_name": "naru",
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",  # milliseconds until what was said and never acknowledged counts as a lost connection
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "5",
}
"""How every connection to PostgreSQL is made: a server that vanished, and never said so, is noticed in 15 seconds."""


class StoreInUseError(Exception):
    """Another process serves this SQLite store; the text says what to do."""


class StoreBusyError(Exception):
    """Another process does on this store what only one may do at a time."""


class StoreUnreachableError(Exception):
    """No PostgreSQL server answers, or it refuses us; a SQLite file is another user's. The text says what to do."""


class Backend(Protocol):
    """What the store asks of a database."""

    writer: Engine
    reader: Engine
    beside: Engine
    """For transactions that those of the writer need not be serial with; the writer, where each is alone anyway."""
    writers: int
    """How many write transactions may run at once."""
    writers_beside: int
    """How many of the other kind; 0 if they take their turn with the rest."""

    def claim(self) -> None:
        """Claim the store for this process until `close`, where only one may have it."""
        ...

    def only_one(self, what: str) -> AbstractContextManager[None]:
        """Be the only process that does `what` on this store; the lock goes when the process does.

        Raises:
            StoreBusyError: another process does it.
        """
        ...

    def begin(self) -> AbstractContextManager[Connection]:
        """Begin a write transaction, committed at its end."""
        ...

    def begin_alone(self) -> AbstractContextManager[Connection]:
        """Begin one that none can disturb: the write transactions under way are waited for, others wait meanwhile."""
        ...

    def scrub(self) -> bool:
        """Let go of old versions of rows as far as that is ours to do; return whether none is left in the files."""
        ...

    def is_disturbed(self, error: BaseException) -> bool:
        """Return whether a transaction was surely rolled back because of another one, and may simply run again."""
        ...

    def close(self) -> None:
        """Close the connections and give the claim back."""
        ...


def shown(url: str) -> str:
    """Return a URL for people: without its password, and without what may follow a `?`, where one may stand too."""
    return make_url(url).set(query={}).render_as_string(hide_password=True)


def with_patience(url: str) -> str:
    """Return a PostgreSQL URL for connecting: with our patience, unless the URL says how much of it."""
    told = make_url(url).query
    more = "&".join(f"{name}={value}" for name, value in _PATIENCE.items() if name not in told)
    return f"{url}{'&' if '?' in url else '?'}{more}"


def backend_of(url: str) -> Backend:
    """Return the backend that a URL names: `sqlite:///…` or `postgresql://…`."""
    return SqliteFile(url) if make_url(url).get_backend_name() == "sqlite" else PostgresServer(url)


class SqliteFile:
    """A SQLite file: WAL, `synchronous=FULL` (what was committed survives a power cut), one writer.

    Raises:
        StoreInUseError: from `claim`, if another process has claimed the same file.
        StoreUnreachableError: the file, its folder or a lock beside it may not be written.
    """

    writers = 1
    writers_beside = 0

    def __init__(self, url: str) -> None:
        self._path = Path(make_url(url).database or "")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _not_ours(self._path.parent, error) from None
        if self._path.exists() and not os.access(self._path, os.R_OK | os.W_OK):
            raise _not_ours(self._path, PermissionError())
        self.writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE", size=1)
        self.reader = _sqlite_engine(url, begin="BEGIN", size=READERS)
        self.beside: Engine = self.writer
        self._lock: int | None = None

    def begin(self) -> AbstractContextManager[Connection]:
        """Begin a write transaction: each is alone."""
        return self.writer.begin()

    begin_alone = begin

    def claim(self) -> None:
        """Claim the file: the embedded engine allows one process."""
        self._lock = _lock_file(f"{self._path}.lock")
        if self._lock is None:
            raise StoreInUseError(
                f"another naru process already serves the store {self._path}. SQLite takes one process only: stop the "
                "other one, or point NARU_STORE__URL at another file, or at a PostgreSQL server for several processes."
            )

    @contextmanager
    def only_one(self, what: str) -> Iterator[None]:
        """Hold a lock on a file beside the store's."""
        lock = _lock_file(f"{self._path}.{what}.lock")
        if lock is None:
            raise StoreBusyError(what)
        try:
            yield
        finally:
            os.close(lock)

    def scrub(self) -> bool:
        """Move the journal into the file and empty it, as soon as nobody reads in it."""
        until = time.monotonic() + _SCRUB_SECONDS
        while True:
            with self.reader.connect() as conn:
                conn.rollback()
                raw = conn.connection.driver_connection
                if raw is not None and raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                    return True
            if time.monotonic() > until:
                return False
            time.sleep(0.1)

    def is_disturbed(self, error: BaseException) -> bool:  # noqa: ARG002 - the protocol's form
        """Never: writers wait for each other."""
        return False

    def close(self) -> None:
        """Close the connections and give the claim back."""
        self.writer.dispose()
        self.reader.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _not_ours(path: Path | str, error: OSError) -> StoreUnreachableError:
    return StoreUnreachableError(
        f"{path} cannot be written ({type(error).__name__}). If another user made it, root perhaps: give it to the "
        "user that serves (chown), and type naru commands as that user (docs/deploy.md)"
    )


def _lock_file(path: str) -> int | None:
    """Lock a file, which is made if need be; return its handle, None if another process has the lock.

    Raises:
        StoreUnreachableError: it may not be written.
    """
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_ours(path, error) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _sqlite_engine(url: str, *, begin: str, size: int) -> Engine:
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
        for pragma in _PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine


class PostgresServer:
    """A PostgreSQL database, through psycopg 3: any number of processes, on any number of machines.

    Raises:
        StoreUnreachableError: from `claim`, if it cannot be reached.
    """

    writers = _POSTGRES_WRITERS
    writers_beside = _POSTGRES_BESIDE

    def __init__(self, url: str) -> None:
        self._address = with_patience(url)
        driven = make_url(self._address).set(drivername="postgresql+psycopg")
        self._shown = shown(url)
        self.writer = _postgres_engine(driven, isolation="SERIALIZABLE", size=self.writers)
        self.reader = _postgres_engine(driven, isolation="REPEATABLE READ", size=READERS)
        self.beside: Engine = _postgres_engine(driven, isolation="READ COMMITTED", size=self.writers_beside)

    def claim(self) -> None:
        """Make sure that the server is there; there is nothing to claim, for processes share it."""
        try:
            self.reader.connect().close()
            self.reader.dispose()  # whoever asks next who is connected is told of others only
        except OperationalError as error:
            raise StoreUnreachableError(
                f"the store {self._shown} cannot be reached ({type(error.orig).__name__}): is the server up, and are "
                "user, password and database right?"
            ) from None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Begin a transaction among others; one that wants to be alone goes first.

        It is waited for in a transaction of its own: what began before the wait would not see what was done meanwhile,
        and be refused for it.
        """
        with self.writer.connect() as conn:
            while not conn.exec_driver_sql(_AMONG_OTHERS).scalar():
                conn.rollback()
                conn.exec_driver_sql(_LET_PASS)
                conn.rollback()
            yield conn
            conn.commit()

    @contextmanager
    def begin_alone(self) -> Iterator[Connection]:
        """Begin a transaction before which all others have ended, in every process, and that they wait for.

        The lock is the session's, for a transaction that waited in itself would see what was before it waited. It goes
        with the session, which is closed afterwards, or ended by the server if we are stopped.
        """
        with self.writer.connect() as conn:
            try:
                conn.execution_options(isolation_level="AUTOCOMMIT")
                conn.exec_driver_sql(f"SET lock_timeout = '{round(_WAIT_SECONDS * 1000)}ms'")
                conn.exec_driver_sql(f"SET idle_session_timeout = '{round(_IDLE_SECONDS * 1000)}ms'")
                conn.exec_driver_sql(_ALONE)
                conn.commit()
                conn.execution_options(isolation_level="SERIALIZABLE")
                with conn.begin():
                    yield conn
            finally:
                conn.invalidate()

    @contextmanager
    def only_one(self, what: str) -> Iterator[None]:
        """Hold a lock of the server's on a connection of its own."""
        with psycopg.connect(self._address, autocommit=True) as conn:
            found = conn.execute(_TRY_LOCK, (f"naru:{what}",)).fetchone()
            if found != (True,):
                raise StoreBusyError(what)
            yield

    def scrub(self) -> bool:
        """Do nothing: VACUUM, the WAL archive and backups are the server's."""
        return False

    def is_disturbed(self, error: BaseException) -> bool:
        """Return whether PostgreSQL refused the transaction for another one's sake.

        A library that works on our connection (procrastinate) wraps what it says in an error of its own.
        """
        cause: BaseException | None = error
        while cause is not None:
            said = cause.orig if isinstance(cause, DBAPIError) else cause
            if getattr(said, "sqlstate", None) in _DISTURBED:
                return True
            cause = cause.__cause__
        return False

    def close(self) -> None:
        """Close the connections."""
        self.writer.dispose()
        self.beside.dispose()
        self.reader.dispose()


def _postgres_engine(url: Any, *, isolation: Any, size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=True,  # a connection that the server dropped meanwhile is replaced before a transaction begins
        isolation_level=isolation,
        hide_parameters=True,  # an error's text must not show what a row holds
        connect_args={"client_encoding": "utf8"},  # whatever the environment, or the database, says
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        raw.execute(f"SET idle_in_transaction_session_timeout = '{round(_IDLE_SECONDS * 1000)}ms'")
        raw.commit()

    return engine
