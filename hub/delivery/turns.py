"""Turns: one transaction that gives out what is due in a lane, as much as the lane takes, each to one worker.

Whoever is given a delivery begins it within its turn; a turn that nobody took is given again when it is over. This is
all that an engine has to ask: rate, concurrency, breaker, hours and urgency hold for all processes together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.agencies import ActiveAgency
from hub.delivery.lanes import Limits, admit, after_start
from hub.delivery.room import Room
from hub.store.deliveries import in_flight, next_free_due, next_return, pick_due, pick_trial, queue_again
from hub.store.lanes import LaneState, lane_of, save_lane
from hub.store.wall import wall_of

TURN_SECONDS = 30.0


@dataclass(frozen=True)
class Turns:
    """What was given out, and when to look again; without a moment somebody's act or answer wakes."""

    ids: tuple[str, ...]
    again_at: datetime | None = None
    """Business time."""
    again_in_seconds: float | None = None
    """Wall time from now."""


def limits_of(room: Room, agency: ActiveAgency) -> Limits:
    """Return what an agency's lane is held to."""
    settings = room.settings
    return Limits(
        agency.concurrency,
        agency.per_second,
        agency.open_hours,
        settings.breaker_failures,
        settings.breaker_first_seconds,
        settings.breaker_longest_seconds,
    )


def look(conn: Connection, room: Room, agency: ActiveAgency) -> Turns | None:
    """Return when to look again; None if something may begin now. For reading: it locks and writes nothing."""
    found = _look(conn, room, agency, lock=False)
    return found if isinstance(found, Turns) else None


def give_turns(conn: Connection, room: Room, agency: ActiveAgency) -> Turns:
    """Give out what is due and may begin now."""
    found = _look(conn, room, agency, lock=True)
    if isinstance(found, Turns):
        return found
    state, limits, slug = found.state, found.limits, agency.slug
    until = found.wall + TURN_SECONDS
    queue_again(conn, slug, found.now, found.wall)
    if limits.is_tripped(state):
        ids = pick_trial(conn, slug, found.now, found.wall, until, state.last_failed)
    else:
        ids = pick_due(conn, slug, found.now, found.wall, found.count, until)
    save_lane(conn, after_start(state, limits, len(ids), found.wall))
    return Turns(tuple(ids), again_in_seconds=0.0)


@dataclass(frozen=True)
class _Vacancy:
    """How many calls of a lane may begin at a moment."""

    state: LaneState
    limits: Limits
    count: int
    now: datetime
    wall: float


def _look(conn: Connection, room: Room, agency: ActiveAgency, *, lock: bool) -> Turns | _Vacancy:
    now, wall, limits = room.clock.now(), wall_of(conn), limits_of(room, agency)
    state = lane_of(conn, agency.slug, lock=lock)
    due = next_free_due(conn, agency.slug, wall)
    returned = next_return(conn, agency.slug, wall)
    again_in = None if returned is None else returned - wall
    if due is None or due > now:
        return Turns((), again_at=due, again_in_seconds=again_in)
    admission = admit(state, limits, in_flight(conn, agency.slug, wall), now, wall)
    if admission.count:
        return _Vacancy(state, limits, admission.count, now, wall)
    if admission.again_wall is not None:
        again_in = admission.again_wall - wall
    return Turns((), admission.again_at, again_in)
