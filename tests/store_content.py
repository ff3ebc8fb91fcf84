"""Everything that a store holds, as bytes, to look for what must not be there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, text

from hub.store.store import Store


def bytes_in(store: Store) -> bytes:
    """Return every row of every table, and of a SQLite store its files with the journal too."""
    return store.read_now(_rows) + b"".join(path.read_bytes() for path in _files(store.url))


def _files(url: str) -> list[Path]:
    place = make_url(url)
    if place.drivername != "sqlite":
        return []
    file = Path(place.database or "")
    return sorted(file.parent.glob(f"{file.name}*"))


def _rows(conn: Connection) -> bytes:
    kept = b""
    for table in inspect(conn).get_table_names():
        for row in conn.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608 - a name that the database gave
            kept += b"".join(bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in row)
    return kept
