"""Bringing a store to the newest schema. Migrations go forward only: back goes a backup.

The migrations themselves are in `hub/store/migrations/`.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from hub.store.schema import MIGRATIONS, newest, revision_of


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
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    config.attributes["connection"] = conn
    return config
