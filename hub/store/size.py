"""How big the store is on its disk."""

from __future__ import annotations

from sqlalchemy import Connection, text

_SIZE = {
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"),
    "postgresql": text("SELECT pg_database_size(current_database())"),
}


def size_of(conn: Connection) -> int:
    """Return the bytes that the database takes, without its journal."""
    return int(conn.execute(_SIZE[conn.dialect.name]).scalar_one())
