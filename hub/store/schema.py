"""The schema's version: a fresh store gets the newest one, an older one is refused until `naru migrate` was run.

The migrations themselves are in `hub/store/migrations/`. They go forward only: back goes a backup.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

_HOME = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The store's schema is not the one that this version works with; the text says what to do."""


def newest() -> str:
    """Return the revision that this version of the hub works with."""
    head = ScriptDirectory(str(_HOME)).get_current_head()
    if head is None:
        raise SchemaError("this installation has no migrations")
    return head


def revision_of(conn: Connection) -> str | None:
    """Return the store's revision, None for a store without tables.

    Raises:
        SchemaError: the store is of a newer version, or was not made by the hub.
    """
    revision = MigrationContext.configure(conn).get_current_revision()
    if revision is None:
        if inspect(conn).get_table_names():
            raise SchemaError("the store holds tables that naru did not make: point NARU_STORE__URL at another file")
        return None
    if revision not in {script.revision for script in ScriptDirectory(str(_HOME)).walk_revisions()}:
        raise SchemaError(f"the store's schema {revision} is of a newer naru than this one: install that one")
    return revision


def migrate(conn: Connection) -> tuple[str | None, str]:
    """Bring the store to the newest revision, in the connection's transaction; return the revision before and after.

    Raises:
        SchemaError: as `revision_of`.
    """
    before = revision_of(conn)
    command.upgrade(migrations_on(conn), "head")
    return before, newest()


def migrations_on(conn: Connection) -> Config:
    """Return what Alembic's commands want to know: where the migrations are, and which connection to use."""
    config = Config()
    config.set_main_option("script_location", str(_HOME).replace("%", "%%"))
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    config.attributes["connection"] = conn
    return config


def make_or_check(conn: Connection) -> None:
    """Make the tables of a fresh store; leave any other as it is.

    Raises:
        SchemaError: the store is of another version; an older one wants `naru migrate`.
    """
    revision = revision_of(conn)
    if revision is None:
        migrate(conn)
    elif revision != newest():
        raise SchemaError(f"the store's schema is {revision}, this naru works with {newest()}: run `naru migrate`")
