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
from hub.store.deliveries import in_flight, next_free_due, next_return, pick_due
from hub.store.lanes import lane_of, save_lane
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


def give_turns(conn: Connection, room: Room, agency: ActiveAgency) -> Turns:
    """Give out what is due and may begin now."""
    now, wall, limits = room.clock.now(), wall_of(conn), limits_of(room, agency)
    due = next_free_due(conn, agency.slug, wall)
    returned = next_return(conn, agency.slug, wall)
    again_in = None if returned is None else returned - wall
    if due is None or due > now:
        return Turns((), again_at=due, again_in_seconds=again_in)
    state = lane_of(conn, agency.slug, lock=True)
    admission = admit(state, limits, in_flight(conn, agency.slug, wall), now, wall)
    if not admission.count:
        if admission.again_wall is not None:
            again_in = admission.again_wall - wall
        return Turns((), admission.again_at, again_in)
    fairly = limits.is_tripped(state)  # one that fails whenever it is tried must not be the one that tries each time
    ids = pick_due(conn, agency.slug, now, wall, admission.count, wall + TURN_SECONDS, fairly=fairly)
    save_lane(conn, after_start(state, limits, len(ids), wall))
    return Turns(tuple(ids), again_in_seconds=0.0)
