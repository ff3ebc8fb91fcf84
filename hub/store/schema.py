"""The schema's version: a fresh store gets the newest one, an older one is refused until `naru migrate` was run.

Known here by the names of the migrations alone: who only looks, as every start and every `/readyz` does, need not load
what makes tables (`hub/store/migrating.py`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, column, inspect, select, table

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = table("alembic_version", column("version_num"))


class SchemaError(Exception):
    """The store's schema is not the one that this version works with; the text says what to do."""


@cache
def revisions() -> tuple[str, ...]:
    """Return every revision that this version of the hub knows, oldest first: `0001` of `r0001_the_first_tables.py`."""
    return tuple(sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("r*.py")))


def newest() -> str:
    """Return the revision that this version of the hub works with."""
    if not revisions():
        raise SchemaError("this installation has no migrations: install naru again")
    return revisions()[-1]


def revision_of(conn: Connection) -> str | None:
    """Return the store's revision, None for a store without tables.

    Raises:
        SchemaError: the store is of a newer version, or was not made by the hub; or its text is not in UTF-8.
    """
    _check_encoding(conn)
    tables = inspect(conn).get_table_names()
    revision = conn.scalar(select(_VERSION.c.version_num)) if _VERSION.name in tables else None
    if revision is None:
        if tables:
            raise SchemaError("the store holds tables that naru did not make: point NARU_STORE__URL at another file")
        return None
    if revision not in revisions():
        raise SchemaError(f"the store's schema {revision} is of a newer naru than this one: install that one")
    return str(revision)


def _check_encoding(conn: Connection) -> None:
    if conn.dialect.name != "postgresql":
        return
    driver: Any = conn.connection.driver_connection
    encoding = driver.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise SchemaError(
            f"the database holds text in {encoding}, names need UTF8: make another one "
            "(createdb --encoding UTF8 --template template0) and point NARU_STORE__URL at it"
        )


def make_or_check(conn: Connection) -> None:
    """Make the tables of a fresh store; leave any other as it is.

    Raises:
        SchemaError: the store is of another version; an older one wants `naru migrate`.
    """
    revision = revision_of(conn)
    if revision is None:
        from hub.store.migrating import migrate  # noqa: PLC0415 - a fifth of a start, and only a first start needs it

        migrate(conn)
    elif revision != newest():
        raise SchemaError(f"the store's schema is {revision}, this naru works with {newest()}: run `naru migrate`")
