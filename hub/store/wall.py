"""The wall clock that all processes on one store share: leases and turns are told by it, never by a machine's own.

Business time on a shared store follows it too (`hub/clock.py`).
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, text

from adapters.sdk.decisions import steady_now

_ASK = text("SELECT extract(epoch FROM clock_timestamp())")


def wall_of(conn: Connection) -> float:
    """Return epoch seconds: the database's where it is a server, this machine's where it is a file on it."""
    if conn.dialect.name == "sqlite":
        return time.time()
    return float(conn.execute(_ASK).scalar_one())


def ahead_of_steady(conn: Connection) -> tuple[float, float]:
    """Return by how much `wall_of` is ahead of `steady_now`, at least and at most, in seconds: it was asked between."""
    before = steady_now()
    wall = wall_of(conn)
    return wall - steady_now(), wall - before
