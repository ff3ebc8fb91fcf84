"""SQL of lanes: one row an agency, shared by all processes; `hub/delivery/lanes.py` decides what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.store.tables import lanes


@dataclass(frozen=True)
class LaneState:
    """What is known of one agency's lane."""

    agency: str
    paused_at: datetime | None = None
    paused_by: str | None = None
    reason: str | None = None
    """Why it is paused: by_person, misconfigured."""
    next_start_wall: float = 0.0
    """Epoch seconds: when the next call may begin, by the rate."""
    failures: int = 0
    """Calls in a row that did not reach the agency; the same delivery again counts once."""
    last_failed: str | None = None
    """The delivery, or our file, of the last of them; None if it was about nobody."""
    openings: int = 0
    """How often the breaker opened during this outage."""
    closed_until: datetime | None = None
    """Business time before which nothing is sent: the breaker is open, or the agency asked to wait."""
    outage_since: datetime | None = None

    @property
    def is_paused(self) -> bool:
        """Whether somebody, or a wrong set-up, stopped everything outbound."""
        return self.paused_at is not None


def lane_of(conn: Connection, agency: str, *, lock: bool = False) -> LaneState:
    """Return an agency's lane; `lock`: for this transaction alone, where the store can lock rows."""
    query = select(lanes).where(lanes.c.agency == agency)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return LaneState(agency) if row is None else LaneState(**row._mapping)  # noqa: SLF001 - the documented way to names


def save_lane(conn: Connection, state: LaneState) -> None:
    """Store a lane."""
    values = asdict(state)
    if conn.execute(update(lanes).where(lanes.c.agency == state.agency).values(**values)).rowcount == 0:
        conn.execute(insert(lanes).values(**values))


def paused_lanes(conn: Connection) -> Mapping[str, str]:
    """Return the paused agencies, each with the reason (by_person, misconfigured)."""
    rows = conn.execute(select(lanes.c.agency, lanes.c.reason).where(lanes.c.paused_at.is_not(None)))
    return {row.agency: row.reason for row in rows}


def all_lanes(conn: Connection) -> Mapping[str, LaneState]:
    """Return what is known of every lane that was ever called or paused, by agency."""
    return {row.agency: LaneState(**row._mapping) for row in conn.execute(select(lanes))}  # noqa: SLF001 - the same


def pause_lane(conn: Connection, agency: str, at: datetime, by: str, reason: str) -> None:
    """Stop everything outbound to an agency until `resume_lane`."""
    _change(conn, agency, paused_at=at, paused_by=by, reason=reason)


def resume_lane(conn: Connection, agency: str) -> None:
    """Let a paused agency's work go on, and forget what its breaker remembers: somebody has looked."""
    _change(
        conn, agency, paused_at=None, paused_by=None, reason=None, failures=0, last_failed=None, openings=0,
        closed_until=None,
    )  # fmt: skip


def _change(conn: Connection, agency: str, **values: Any) -> None:
    if conn.execute(update(lanes).where(lanes.c.agency == agency).values(**values)).rowcount == 0:
        conn.execute(insert(lanes).values(agency=agency, **values))
