from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sdk.kst import KST, kst_today
from hub.calendar import WorkingDays
from hub.following.deadlines import Deadline, DeadlineKind, Due, due
from schemas.services import ServiceCode

CALENDAR = WorkingDays()
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 2 March 2026, 10:00 in Korea: the day off for 1 March, a Sunday


def deadline(**period: Any) -> Deadline:
    """Make a deadline as configuration writes it."""
    written = {
        "kind": "decision", "services": ["WEL-BASIC"], "words": "30일", "source": "법", "mark": "S",
        "from": "2026-01-01",
    }  # fmt: skip
    return Deadline.model_validate(written | period)


def of(start: datetime = MONDAY, **period: Any) -> Due | None:
    """Return when it ends."""
    return due([deadline(**period)], ServiceCode.WEL_BASIC, DeadlineKind.DECISION, start, CALENDAR)


@pytest.mark.parametrize(
    ("period", "last_day", "extended_to"),
    [
        ({"days": 3}, date(2026, 3, 5), None),
        ({"days": 5}, date(2026, 3, 9), None),  # the 7th is a Saturday: the end moves to Monday
        ({"working_days": 1}, date(2026, 3, 3), None),
        ({"working_days": 5}, date(2026, 3, 9), None),
        ({"working_days": 4, "extension": 1}, date(2026, 3, 6), date(2026, 3, 9)),
        ({"days": 3, "extension": 2}, date(2026, 3, 5), date(2026, 3, 9)),
        ({"hours": 15}, date(2026, 3, 3), None),
        ({"hours": 14}, date(2026, 3, 2), None),
    ],
)
def test_a_period_ends_on_its_day(period: dict[str, int], last_day: date, extended_to: date | None) -> None:
    """Calendar days end on a working day, working days pass over days off, and hours are hours."""
    found = of(**period)
    assert found is not None
    assert (found.last_day, found.extended_to) == (last_day, extended_to)


def test_the_last_day_counts_to_its_end() -> None:
    """What comes on the last day, before midnight in Korea, is in time."""
    found = of(days=3)
    assert found is not None
    assert found.over_at == datetime(2026, 3, 6, tzinfo=KST)


@pytest.mark.parametrize(
    ("service", "kind", "start"),
    [
        (ServiceCode.WEL_CASE, DeadlineKind.DECISION, MONDAY),
        (ServiceCode.WEL_BASIC, DeadlineKind.OBJECTION, MONDAY),
        (ServiceCode.WEL_BASIC, DeadlineKind.DECISION, MONDAY.replace(year=2025)),
    ],
)
def test_a_deadline_is_for_its_services_kind_and_days(
    service: ServiceCode, kind: DeadlineKind, start: datetime
) -> None:
    """One for another service, another end, or another day says nothing."""
    assert due([deadline(days=3)], service, kind, start, CALENDAR) is None


starts = st.datetimes(datetime(2026, 1, 2), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them naive


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws moments slowly; that proves nothing
@given(starts, st.integers(1, 60), st.sampled_from(["days", "working_days"]))
def test_a_period_in_days_never_ends_on_a_day_off_nor_early(start: datetime, length: int, unit: str) -> None:
    """It ends on a working day, and gives at least the days that it says."""
    found = of(start, **{unit: length})
    assert found is not None
    assert CALENDAR.is_working(found.last_day)
    assert found.last_day - kst_today(start) >= timedelta(days=length)
