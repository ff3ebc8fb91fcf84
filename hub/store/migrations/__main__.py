"""`python -m hub.store.migrations "what changes"`: writes the next migration from what `hub/store/tables.py` says."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from hub.store.migrating import migrate, migrations_on
from hub.store.store import Store


def write_next(conn: Connection, what: str) -> Path:
    """Bring an empty store to the newest revision, compare it with the tables, and write the difference down."""
    home = Path(__file__).parent / "versions"
    number = len(list(home.glob("r*.py"))) + 1
    if number > 1:
        migrate(conn)
    command.revision(migrations_on(conn), what, autogenerate=True, rev_id=f"{number:04d}")
    (written,) = home.glob(f"r{number:04d}_*.py")
    text = written.read_text(encoding="utf-8")
    text = re.sub(r" *# ### .*\n", "", text)
    text = re.sub(r"(sa\.Boolean\(\), server_default=sa)\.text\('0'\)", r"\1.false()", text)  # as PostgreSQL wants it
    written.write_text(text, encoding="utf-8")
    return written


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/empty.db")
        path = store.write_now(lambda conn: write_next(conn, sys.argv[1]))
        store.close()
    sys.stdout.write(f"{path}: read it, then `make format`\n")
