"""A fresh SQLite store gets the newest schema as a copy of the first one that this test process migrated.

Sixteen migrations take a quarter of a second, and thousands of tests want a store. What is copied is what the
migrations made: `tests/unit/store/test_store_schema.py` runs them themselves, and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from hub.store.schema import newest, revision_of

Migrate = Callable[[Connection], tuple[str | None, str]]
_TRANSACTION = {"BEGIN TRANSACTION;", "COMMIT;"}


def once(migrate: Migrate) -> Migrate:
    """Return `migrate` that migrates one fresh SQLite store, and copies its schema into every other."""
    schema: list[str] = []

    def copy_or_migrate(conn: Connection) -> tuple[str | None, str]:
        before = revision_of(conn)
        if conn.dialect.name != "sqlite" or before is not None:
            return migrate(conn)
        if not schema:
            migrate(conn)
            driver: Any = conn.connection.driver_connection
            schema.extend(line for line in driver.iterdump() if line not in _TRANSACTION)
        else:
            for statement in schema:
                conn.exec_driver_sql(statement)
        return before, newest()

    return copy_or_migrate
