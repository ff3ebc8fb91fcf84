"""Lanes: how many calls an agency may be given now, and when to look again. Pure decisions on one lane's row.

The row is shared by all processes, so concurrency, rate and breaker hold across them. Business time says when a lane
opens again; only the spacing of calls is on the wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.sdk import BadReplyError, BusyError, NotSentError, UncertainError
from hub.delivery.acts import Act
from hub.delivery.waits import doubling_seconds
from hub.hours import OpenHours
from hub.store.lanes import LaneState

_BURST_SECONDS = 0.5
"""How much of its rate a lane that was idle may spend at once."""


@dataclass(frozen=True)
class Limits:
    """What a lane is held to."""

    concurrency: int
    per_second: float
    open_hours: OpenHours
    breaker_failures: int
    breaker_first_seconds: float
    breaker_longest_seconds: float

    @property
    def burst(self) -> int:
        """Calls that may begin at once after a rest."""
        return max(1, int(self.per_second * _BURST_SECONDS))

    def is_tripped(self, state: LaneState) -> bool:
        """Return whether the breaker is open, or lets one call through to see whether the agency is back."""
        return state.failures >= self.breaker_failures


@dataclass(frozen=True)
class Admission:
    """How many calls may begin now. If none, when to look again; without a moment somebody's act or answer wakes."""

    count: int
    again_at: datetime | None = None
    """Business time."""
    again_wall: float | None = None
    """Epoch seconds."""


def admit(state: LaneState, limits: Limits, in_flight: int, now: datetime, wall: float) -> Admission:
    """Return how many calls may begin in a lane of which `in_flight` are under way."""
    if state.is_paused:
        return Admission(0)
    opens = limits.open_hours.opens_again(now)
    if opens is not None:
        return Admission(0, again_at=opens)
    if state.closed_until is not None and now < state.closed_until:
        return Admission(0, again_at=state.closed_until)
    free = (1 if limits.is_tripped(state) else limits.concurrency) - in_flight
    if free <= 0:
        return Admission(0)
    next_start = _next_start(state, limits, wall)
    if wall < next_start:
        return Admission(0, again_wall=next_start)
    saved = int((wall - next_start) * limits.per_second) + 1
    return Admission(min(free, saved, limits.burst))


def after_start(state: LaneState, limits: Limits, count: int, wall: float) -> LaneState:
    """Return the lane after `count` calls were begun."""
    if not count:
        return state
    saved_from = wall - (limits.burst - 1) / limits.per_second
    next_start = max(_next_start(state, limits, wall), saved_from) + count / limits.per_second
    return replace(state, next_start_wall=next_start)


def _next_start(state: LaneState, limits: Limits, wall: float) -> float:
    """Return when the next call may begin; one that no rate can have set is of a clock that was set back since."""
    is_possible = state.next_start_wall <= wall + 2 / limits.per_second
    return state.next_start_wall if is_possible else wall


class Verdict(StrEnum):
    """What a call says of its lane."""

    ANSWERED = "answered"
    """The agency spoke by its contract, whatever it said."""
    UNREACHED = "unreached"
    """No connection, no answer, or no answer of the contract."""
    NOTHING = "nothing"
    """The call ended for a reason of ours; it says nothing of the agency."""
    OUTSIDE = "outside"
    """A poll was answered outside the contract: nothing of the agency either, but something else should try next."""


def verdict_of(result: object, act: Act | None = None) -> Verdict:
    """Return what the result of a call says of its agency's lane; `act`: what the call was to do for a delivery.

    A poll that is answered outside the contract neither opens the breaker nor heals it: it may be one referral that the
    agency does not know any more, or a status with a new code; and it may be a page that tells of maintenance.
    """
    match result:
        case BusyError():
            return Verdict.ANSWERED
        case BadReplyError() if act is Act.POLL:
            return Verdict.OUTSIDE
        case NotSentError() | UncertainError():
            return Verdict.UNREACHED
        case Exception():
            return Verdict.NOTHING
        case _:
            return Verdict.ANSWERED


class Alert(StrEnum):
    """What the operators are told once an outage: when it began, and when it was over."""

    OUTAGE_BEGAN = "outage_began"
    OUTAGE_ENDED = "outage_ended"


def after_call(
    state: LaneState,
    limits: Limits,
    about: str | None,
    verdict: Verdict,
    now: datetime,
    wait_seconds: float | None = None,
) -> tuple[LaneState, Alert | None]:
    """Return the lane after a call, and what is to be told. `wait_seconds`: how long the agency asked us all to wait.

    `about`: the delivery that was sent. One that is poisoned and fails again and again never opens the breaker by
    itself; a call about nobody (None) always counts.
    """
    if verdict is Verdict.NOTHING:
        return state, None
    if verdict is Verdict.OUTSIDE:
        return (replace(state, last_failed=about) if limits.is_tripped(state) else state), None
    if verdict is Verdict.ANSWERED:
        asked = None if limits.is_tripped(state) else state.closed_until  # holds, whatever other calls come to
        until = asked if wait_seconds is None else _later(asked, now + timedelta(seconds=wait_seconds))
        alert = Alert.OUTAGE_ENDED if state.outage_since is not None else None
        healthy = replace(state, failures=0, last_failed=None, openings=0, closed_until=until, outage_since=None)
        return healthy, alert
    is_same = about is not None and about == state.last_failed
    if is_same and not limits.is_tripped(state):
        return state, None
    failures = state.failures + 1
    if failures < limits.breaker_failures:
        return replace(state, failures=failures, last_failed=about), None
    rest = doubling_seconds(state.openings, limits.breaker_first_seconds, limits.breaker_longest_seconds)
    opened = replace(
        state,
        failures=limits.breaker_failures,
        last_failed=about,
        openings=state.openings + 1,
        closed_until=_later(state.closed_until, now + timedelta(seconds=rest)),
        outage_since=state.outage_since or now,
    )
    return opened, Alert.OUTAGE_BEGAN if state.outage_since is None else None


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
