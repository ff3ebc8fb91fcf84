"""Whether others are connected to a PostgreSQL store that is to be changed, or copied, as a whole."""

from __future__ import annotations

from time import sleep

from sqlalchemy import Connection, text

from adapters.sdk.decisions import steady_now
from hub.store.store import StoreInUseError

_LOOK_ANEW = text("SELECT pg_stat_clear_snapshot()")
"""What a transaction once saw of the others, it sees until its end."""
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_LEAVE_WITHIN_SECONDS = 3.0
_LOOK_EVERY_SECONDS = 0.05


def check_no_others(conn: Connection, what: str) -> None:
    """Make sure that nobody else is connected; a SQLite file is claimed already. `what`: of the store, for the text.

    A session whose connection was closed stays a moment longer on the server, and is waited for.

    Raises:
        StoreInUseError: somebody is, and stays.
    """
    if conn.dialect.name == "sqlite":
        return
    until = steady_now() + _LEAVE_WITHIN_SECONDS
    while _others(conn):
        if steady_now() >= until:
            raise StoreInUseError(f"others are connected to {what}: stop every `naru serve` and `naru worker`")
        sleep(_LOOK_EVERY_SECONDS)


def _others(conn: Connection) -> int:
    conn.execute(_LOOK_ANEW)
    return int(conn.execute(_OTHERS).scalar_one())
