"""Whether others are connected to a PostgreSQL store that is to be changed, or copied, as a whole."""

from __future__ import annotations

from sqlalchemy import Connection, text

from hub.store.store import StoreInUseError

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def check_no_others(conn: Connection, what: str) -> None:
    """Make sure that nobody else is connected; a SQLite file is claimed already. `what`: of the store, for the text.

    Raises:
        StoreInUseError: somebody is.
    """
    if conn.dialect.name != "sqlite" and conn.execute(_OTHERS).scalar_one():
        raise StoreInUseError(f"others are connected to {what}: stop every `naru serve` and `naru worker`")
