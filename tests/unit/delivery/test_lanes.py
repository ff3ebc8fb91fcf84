"""How many calls a lane takes, and when: rate, concurrency, breaker, hours. Pure, so the clock is a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk import (
    BadReplyError,
    BusyError,
    Maintenance,
    NotSentError,
    ServiceHours,
    StatusReport,
    UncertainError,
)
from adapters.sdk.kst import KST
from hub.delivery.acts import Act
from hub.delivery.lanes import Admission, Alert, Limits, Verdict, admit, after_call, after_start, verdict_of
from hub.hours import OpenHours
from hub.store.lanes import LaneState

NOW = datetime(2025, 1, 15, 3, 0, tzinfo=UTC)  # a Wednesday, noon in Korea
LIMITS = Limits(4, 10.0, OpenHours(), 5, 30.0, 900.0)
LANE = LaneState("ferry")


@given(
    concurrency=st.integers(1, 10),
    per_second=st.floats(0.2, 200),
    arrivals=st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_no_second_sees_more_calls_than_the_rate_and_one_burst(
    concurrency: int, per_second: float, arrivals: list[float]
) -> None:
    """Whenever workers look, and however many: calls begun within any window stay within rate x window + burst."""
    limits = replace(LIMITS, concurrency=concurrency, per_second=per_second)
    state, wall, begun = LANE, 1000.0, []
    for step in arrivals:
        wall += step
        count = admit(state, limits, 0, NOW, wall).count
        assert 0 <= count <= concurrency
        state = after_start(state, limits, count, wall)
        begun += [wall] * count
    for index, first in enumerate(begun):
        for later in range(index, len(begun)):
            assert later - index + 1 <= (begun[later] - first) * per_second + limits.burst + 1


def test_calls_in_flight_take_their_room() -> None:
    """A full lane waits for an answer, not for a time."""
    assert [admit(LANE, LIMITS, busy, NOW, 1.0).count for busy in (0, 3, 4, 9)] == [4, 1, 0, 0]
    assert admit(LANE, LIMITS, 4, NOW, 1.0) == Admission(0)


def test_a_lane_at_its_rate_says_when_to_look_again() -> None:
    """By the wall clock, which nobody moves."""
    state = after_start(LANE, LIMITS, 5, 100.0)
    assert admit(state, LIMITS, 0, NOW, 100.0) == Admission(0, again_wall=pytest.approx(100.1))
    assert admit(state, LIMITS, 0, NOW, 100.11).count == 1


def failed(state: LaneState, *ids: str) -> LaneState:
    for name in ids:
        state, _ = after_call(state, LIMITS, name, Verdict.UNREACHED, NOW)
    return state


def test_the_breaker_opens_after_so_many_different_failures_and_is_told_once() -> None:
    """One alert when the outage begins, none while it lasts, one when it is over."""
    state, alerts = LANE, []
    for name in ("a", "b", "c", "d", "e", "f"):
        state, alert = after_call(state, LIMITS, name, Verdict.UNREACHED, NOW)
        alerts.append(alert)
    state, recovered = after_call(state, LIMITS, "g", Verdict.ANSWERED, NOW)
    assert ([*alerts, recovered], state) == (
        [None, None, None, None, Alert.OUTAGE_BEGAN, None, Alert.OUTAGE_ENDED],
        LANE,
    )


def test_an_open_breaker_lets_nothing_through_and_then_one() -> None:
    """The one that tries first may take its time: no second one beside it."""
    state = failed(LANE, *"abcde")
    later = NOW + timedelta(seconds=30)
    assert admit(state, LIMITS, 0, NOW, 1.0) == Admission(0, again_at=later)
    assert [admit(state, LIMITS, busy, later, 1.0).count for busy in (0, 1)] == [1, 0]


def test_each_vain_trial_doubles_the_rest() -> None:
    """30, 60, 120 … and never more than the longest."""
    state, rests = failed(LANE, *"abcd"), []
    for name in "efghijkl":
        state = failed(state, name)
        rests.append(((state.closed_until or NOW) - NOW).total_seconds())
    assert rests == [30, 60, 120, 240, 480, 900, 900, 900]


@given(st.integers(1, 200))
def test_one_poisoned_referral_never_stops_its_lane(times: int) -> None:
    """The same delivery may fail as often as it likes."""
    assert admit(failed(LANE, *["poison"] * times), LIMITS, 0, NOW, 1.0).count > 0


def test_what_ended_for_a_reason_of_ours_says_nothing() -> None:
    """A field that the wire cannot carry is no outage, and heals none."""
    state = failed(LANE, *"abc")
    assert after_call(state, LIMITS, "x", Verdict.NOTHING, NOW) == (state, None)


@pytest.mark.parametrize(
    ("result", "act", "verdict"),
    [
        (BadReplyError("no such referral"), Act.POLL, Verdict.OUTSIDE),
        (BadReplyError("no such referral"), Act.LOOK_UP, Verdict.UNREACHED),
        (BadReplyError("no such referral"), Act.SEND, Verdict.UNREACHED),
        (UncertainError("broke down"), Act.POLL, Verdict.UNREACHED),
        (NotSentError("no connection"), Act.POLL, Verdict.UNREACHED),
        (BusyError("later"), Act.POLL, Verdict.ANSWERED),
        (StatusReport(()), Act.POLL, Verdict.ANSWERED),
    ],
)
def test_a_poll_that_is_answered_outside_the_contract_says_nothing(result: object, act: Act, verdict: Verdict) -> None:
    """It may be about that one referral; a send or a look-up that is answered so is as good as lost."""
    assert verdict_of(result, act) is verdict


def test_after_a_poll_outside_the_contract_something_else_tries() -> None:
    """In an outage such a poll was the trial: the next one is a send. Without an outage it changes nothing."""
    shut = replace(LANE, failures=LIMITS.breaker_failures, last_failed="a send", outage_since=NOW, closed_until=NOW)
    assert after_call(shut, LIMITS, "a poll", Verdict.OUTSIDE, NOW) == (replace(shut, last_failed="a poll"), None)
    assert after_call(LANE, LIMITS, "a poll", Verdict.OUTSIDE, NOW) == (LANE, None)


def test_an_agency_that_asks_to_wait_is_left_alone_that_long() -> None:
    """It answered, so it is no outage; but nobody calls before its time."""
    state, alert = after_call(LANE, LIMITS, "a", Verdict.ANSWERED, NOW, wait_seconds=90)
    until = NOW + timedelta(seconds=90)
    assert (alert, admit(state, LIMITS, 0, NOW, 1.0), admit(state, LIMITS, 0, until, 1.0).count) == (
        None,
        Admission(0, again_at=until),
        4,
    )


@pytest.mark.parametrize("wait", [None, 30])
def test_what_an_agency_asked_for_holds_though_another_call_is_answered(wait: float | None) -> None:
    """Calls that were in flight say nothing against it; an open breaker does, and waits no shorter for it."""
    asked, _ = after_call(LANE, LIMITS, "a", Verdict.ANSWERED, NOW, wait_seconds=60)
    answered, _ = after_call(asked, LIMITS, "b", Verdict.ANSWERED, NOW, wait_seconds=wait)
    later, _ = after_call(answered, LIMITS, "c", Verdict.ANSWERED, NOW, wait_seconds=90)
    until = [state.closed_until for state in (answered, later, failed(asked, *"abcde"))]
    assert until == [NOW + timedelta(seconds=seconds) for seconds in (60, 90, 60)]


def test_a_paused_lane_waits_for_a_person() -> None:
    """No time opens it again."""
    assert admit(replace(LANE, paused_at=NOW), LIMITS, 0, NOW, 1.0) == Admission(0)


OFFICE = ServiceHours(time(9), time(18))


def kst(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 1, day, hour, minute, tzinfo=KST).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        pytest.param(kst(15, 12), None, id="open"),
        pytest.param(kst(15, 9), None, id="the first moment is open"),
        pytest.param(kst(15, 18), kst(16, 9), id="the last one is not"),
        pytest.param(kst(15, 8, 59), kst(15, 9), id="this morning"),
        pytest.param(kst(24, 19), kst(31, 9), id="설날: the 27th is a substitute holiday, 28 to 30 are 설날"),
    ],
)
def test_an_office_opens_on_its_next_working_day(now: datetime, opens: datetime | None) -> None:
    """Korean public holidays and weekends do not count."""
    assert OpenHours(OFFICE).opens_again(now) == opens


def test_maintenance_is_waited_for_and_hours_after_it() -> None:
    """A window that ends at night opens with the office in the morning; two that meet are one."""
    windows = (Maintenance(kst(15, 12), kst(15, 17)), Maintenance(kst(15, 17), kst(15, 23)))
    assert OpenHours(OFFICE, windows).opens_again(kst(15, 13)) == kst(16, 9)
    assert OpenHours(None, windows).opens_again(kst(15, 13)) == kst(15, 23)
    assert OpenHours(None, windows).opens_again(kst(15, 23)) is None


@given(minutes=st.integers(0, 60 * 24 * 400))
def test_the_opening_that_is_named_is_one(minutes: int) -> None:
    """Whatever the moment: the next opening lies ahead, and then it is open."""
    hours = OpenHours(OFFICE, (Maintenance(kst(20, 9), kst(22, 15)),))
    now = kst(1, 0) + timedelta(minutes=minutes)
    opens = hours.opens_again(now)
    assert opens is None or (opens > now and hours.opens_again(opens) is None)
