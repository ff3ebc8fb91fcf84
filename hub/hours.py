"""When an agency takes calls: its service hours, and the maintenance that it announced. Pure; business time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from adapters.sdk import Maintenance, ServiceHours
from adapters.sdk.kst import KST, kst_today
from hub.calendar import WorkingDays

_DAY = timedelta(days=1)
_FURTHEST_DAYS = 60
"""How far ahead an opening is looked for; after that it is looked for again."""


@dataclass(frozen=True)
class OpenHours:
    """When one agency is open. Without `hours` it always is, but for its maintenance."""

    hours: ServiceHours | None = None
    maintenance: Sequence[Maintenance] = ()
    calendar: WorkingDays = field(default_factory=WorkingDays)

    def opens_again(self, now: datetime) -> datetime | None:
        """Return the first moment after `now` at which the agency is open, None if it is open now."""
        moment = now
        for _ in range(_FURTHEST_DAYS):
            later = self._after_maintenance(self._within_hours(moment))
            if later == moment:
                return None if moment == now else moment
            moment = later
        return moment

    def _within_hours(self, moment: datetime) -> datetime:
        """Return `moment` if it lies in the hours, else the next opening."""
        if self.hours is None:
            return moment
        today = kst_today(moment)
        if self._works(today):
            opens, closes = _at(today, self.hours.opens), _at(today, self.hours.closes)
            if moment < opens:
                return opens
            if moment < closes:
                return moment
        day = today + _DAY
        while not self._works(day):
            day += _DAY
        return _at(day, self.hours.opens)

    def _works(self, day: date) -> bool:
        return self.hours is None or not self.hours.working_days_only or self.calendar.is_working(day)

    def _after_maintenance(self, moment: datetime) -> datetime:
        ends = [window.ends for window in self.maintenance if window.begins <= moment < window.ends]
        return max(ends, default=moment)


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, KST).astimezone(UTC)
