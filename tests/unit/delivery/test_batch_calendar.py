from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk.kst import KST
from hub.calendar import WorkingDays

DAYS = WorkingDays()
FIVE = time(17, 0)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def seoul(day: str, at: str) -> datetime:
    """Return a moment in Korea."""
    return datetime.fromisoformat(f"2026-{day}T{at}:00").replace(tzinfo=KST)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 13), True),  # the Friday before 설날
        (date(2026, 2, 14), False),  # Saturday
        (date(2026, 2, 17), False),  # 설날
        (date(2026, 3, 2), False),  # 삼일절 대체공휴일
        (date(2026, 9, 25), False),  # 추석
        (date(2026, 11, 23), True),
    ],
)
def test_offices_rest_on_weekends_and_public_holidays(day: date, works: bool) -> None:
    """Substitute holidays (대체공휴일) among them."""
    assert DAYS.is_working(day) is works


def test_operators_know_better_than_the_library() -> None:
    """A holiday by decree is closed; a day that they name open is open, whatever day it is."""
    days = WorkingDays(closed=frozenset({date(2026, 11, 23)}), open_=frozenset({date(2026, 11, 22)}))
    assert [days.is_working(date(2026, 11, day)) for day in (21, 22, 23, 24)] == [False, True, False, True]


def test_a_cut_off_is_only_on_working_days() -> None:
    """On the eve of 설날 the next cut-off is the Thursday after."""
    eve = seoul("02-13", "17:00")
    assert DAYS.last_cut_off(eve, FIVE) == eve
    assert DAYS.next_cut_off(eve, FIVE) == seoul("02-19", "17:00")
    assert DAYS.last_cut_off(seoul("02-19", "16:59"), FIVE) == eve


def test_a_deadline_is_the_end_of_a_working_day() -> None:
    """Two working days after a Friday end with Tuesday; after a Saturday too."""
    tuesday_ends = seoul("11-25", "00:00")
    assert [DAYS.end_of(date(2026, 11, day), 2) for day in (20, 21)] == [tuesday_ends, tuesday_ends]


@given(now=MOMENTS, at=st.times(timezones=st.none()))
def test_cut_offs_enclose_every_moment(now: datetime, at: time) -> None:
    """The last one is now or before, the next one later, nothing is between, and both are on working days."""
    last, after = DAYS.last_cut_off(now, at), DAYS.next_cut_off(now, at)
    assert last <= now < after
    assert DAYS.last_cut_off(after, at) == after
    assert DAYS.last_cut_off(after - timedelta(microseconds=1), at) == last
    for moment in (last, after):
        assert DAYS.is_working(moment.astimezone(KST).date())
