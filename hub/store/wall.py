"""The wall clock that all processes on one store share: leases and turns are told by it, never by a machine's own."""

from __future__ import annotations

import time

from sqlalchemy import Connection, text

_ASK = text("SELECT extract(epoch FROM clock_timestamp())")


def wall_of(conn: Connection) -> float:
    """Return epoch seconds: the database's where it is a server, this machine's where it is a file on it."""
    if conn.dialect.name == "sqlite":
        return time.time()
    return float(conn.execute(_ASK).scalar_one())
