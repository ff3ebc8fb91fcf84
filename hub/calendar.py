"""Which days Korean offices work (근무일), and what follows: cut-offs, and deadlines in working days. Pure.

Public holidays with their substitutes (대체공휴일) come from the `holidays` library; operators may add to them and take
away, since a government makes a day off by decree (임시공휴일) faster than a library is released.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from adapters.sdk.kst import KST, kst_today

_SATURDAY = 5
_DAY = timedelta(days=1)


@cache
def _public_holidays(year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 - a twentieth of a start, and most of them ask for no day

    return frozenset(country_holidays("KR", years=year))


@dataclass(frozen=True)
class WorkingDays:
    """The calendar of Korean offices. `closed` and `open_` are what operators know better than the library."""

    closed: frozenset[date] = frozenset()
    open_: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Return whether offices work on a day."""
        if day in self.open_ or day in self.closed:
            return day in self.open_
        return day.weekday() < _SATURDAY and day not in _public_holidays(day.year)

    def end_of(self, day: date, working_days: int) -> datetime:
        """Return the end (UTC) of the `working_days`-th working day after `day`: the first moment past it."""
        coming = self._from(day + _DAY, _DAY)
        for _ in range(working_days):
            day = next(coming)
        return _moment(day + _DAY, time.min)

    def last_cut_off(self, now: datetime, at: time) -> datetime:
        """Return the latest moment, `now` or before, at which it was `at` (KST) on a working day."""
        today = kst_today(now)
        return max(
            moment for day in (today, today - _DAY)
            if (moment := _moment(next(self._from(day, -_DAY)), at)) <= now
        )  # fmt: skip

    def next_cut_off(self, now: datetime, at: time) -> datetime:
        """Return the first moment after `now` at which it is `at` (KST) on a working day."""
        today = kst_today(now)
        return min(
            moment for day in (today, today + _DAY)
            if (moment := _moment(next(self._from(day, _DAY)), at)) > now
        )  # fmt: skip

    def _from(self, day: date, step: timedelta) -> Iterator[date]:
        """Yield the working days from `day` on, forward or back."""
        while True:
            if self.is_working(day):
                yield day
            day += step


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, KST).astimezone(UTC)
