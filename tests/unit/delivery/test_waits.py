"""How long is waited: exponential with jitter within its bounds, what the agency asks for, and polls that grow rare."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk import BusyError, NotSentError, Polling, Repeat, StatusReport
from hub.delivery.acts import Act
from hub.delivery.results import Before, change_after, wait_after
from hub.delivery.waits import asked_seconds, backoff_seconds, doubling_seconds
from hub.settings import DeliverySettings
from schemas.status import DeliveryStatus

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@given(st.integers(1, 500), st.floats(0.1, 60), st.floats(60, 3600))
def test_a_wait_grows_within_its_bounds(times: int, first: float, longest: float) -> None:
    """At least the doubled first wait, at most that and a jitter of one more; never beyond the longest."""
    wait, grown = backoff_seconds(times, first, longest), min(longest, first * 2.0 ** min(times - 1, 60))
    assert grown <= wait <= min(longest, grown + first)


def test_waits_differ_by_chance() -> None:
    """A thousand referrals that failed together do not come back together."""
    assert len({backoff_seconds(3, 5.0, 900.0) for _ in range(50)}) > 40


@given(st.floats(0, 10 * 24 * 3600.0))
def test_what_the_agency_asks_for_is_obeyed_up_to_a_day(asked: float) -> None:
    """Retry-After is waited for in full; a slip of the agency's clock parks a referral for a day at most."""
    wait = wait_after(BusyError("-", asked), 1, 1.0, 2.0)
    assert min(asked, 24 * 3600.0) <= wait <= max(min(asked, 24 * 3600.0), 2.0)
    assert wait_after(NotSentError("-"), 1, 1.0, 2.0) <= 2.0


@pytest.mark.parametrize(
    ("wished", "obeyed"), [(None, None), (-1.0, 0.0), (7.5, 7.5), (1e12, 86400.0), (math.inf, 86400.0), (math.nan, 0.0)]
)
def test_what_no_clock_can_mean_is_no_wait_or_a_day(wished: float | None, obeyed: float | None) -> None:
    """Whatever an adapter read out of an answer, a moment can be made of it."""
    assert asked_seconds(BusyError("-", wished)) == obeyed


def test_polls_back_off_by_age_to_the_agencys_limit() -> None:
    """Each poll without news waits twice as long as the one before, from the agency's first interval to its longest."""
    polling, waits = Polling(first_seconds=60.0, longest_seconds=600.0), []
    for lookups in range(1, 8):
        before = Before(
            act=Act.POLL, status=DeliveryStatus.DELIVERED, tries=1, may_give_up=True, lookups=lookups, tried_since=NOW,
            unknown_since=None, started_at=NOW, byte_left=True, repeat=Repeat.KEYED, settling_seconds=0.0,
            polling=polling, followed=True,
        )  # fmt: skip
        due = change_after(StatusReport(()), before, NOW, DeliverySettings()).due_at
        assert due is not None
        waits.append((due - NOW) / timedelta(seconds=1))
    assert waits == [120.0, 240.0, 480.0, 600.0, 600.0, 600.0, 600.0]
    assert doubling_seconds(10**6, 60.0, 600.0) == 600.0
