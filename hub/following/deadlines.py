"""By when an agency should have answered, and a client may object (처리 기한, 이의신청 기간): dated entries. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from adapters.sdk.kst import kst_today
from hub.calendar import WorkingDays
from hub.configured import Dated
from hub.routing.rules import Mark
from schemas.base import Line, Whole
from schemas.services import ServiceCode

_INSTANT = timedelta(microseconds=1)
_Period = Annotated[Whole, Field(ge=1, le=3660)]


class DeadlineKind(StrEnum):
    """What has an end."""

    DECISION = "decision"
    """기관의 결정: runs from the agency's taking the referral."""
    OBJECTION = "objection"
    """이의신청: the client's time, from a negative decision."""
    OBJECTION_ANSWER = "objection_answer"
    """이의신청에 대한 결정: runs from the objection."""
    SUPPLEMENT = "supplement"
    """보완 제출: the centre's time, from the agency's 보완요청."""
    ATTENTION = "attention"
    """담당자 확인: the centre's time, from the moment at which a referral began to wait for a person."""


class Deadline(Dated):
    """One deadline of a programme: a period in calendar days, in Korean working days, or in hours.

    A period of calendar days that ends on a day off ends with the next working day.
    """

    services: Annotated[tuple[ServiceCode, ...], Field(min_length=1)]
    kind: DeadlineKind
    days: _Period | None = None
    working_days: _Period | None = None
    hours: _Period | None = None
    extension: Annotated[Whole, Field(ge=0, le=3660)] = 0
    """By how much it may be made longer, in the unit of the period."""
    words: Line
    """What staff read (Korean)."""
    source: Line
    mark: Mark

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if sum(period is not None for period in (self.days, self.working_days, self.hours)) != 1:
            raise ValueError("give one of days, working_days and hours")
        return self


@dataclass(frozen=True)
class Due:
    """When a period ends: `over_at` is the first moment past it, `last_day` the day in Korea on which it ends."""

    deadline: Deadline
    over_at: datetime
    extended_over_at: datetime | None
    """The first moment past it if it is made longer as far as it may be; None if it may not."""

    @property
    def extended_to(self) -> date | None:
        """The last day if it is made longer as far as it may be."""
        return None if self.extended_over_at is None else last_day_before(self.extended_over_at)

    @property
    def last_day(self) -> date:
        """The day in Korea on which the period ends."""
        return last_day_before(self.over_at)


def due(
    deadlines: Iterable[Deadline], service: ServiceCode, kind: DeadlineKind, start: datetime, calendar: WorkingDays
) -> Due | None:
    """Return when a period that began at `start` ends, by the deadline in force on that day in Korea; None: by none."""
    day = kst_today(start)
    for deadline in deadlines:
        if deadline.kind is kind and service in deadline.services and deadline.holds_on(day):
            longest = _end(deadline, start, deadline.extension, calendar) if deadline.extension else None
            return Due(deadline, _end(deadline, start, 0, calendar), longest)
    return None


def _end(deadline: Deadline, start: datetime, more: int, calendar: WorkingDays) -> datetime:
    day = kst_today(start)
    if deadline.hours is not None:
        return start + timedelta(hours=deadline.hours + more)
    if deadline.working_days is not None:
        return calendar.end_of(day, deadline.working_days + more)
    eve = day + timedelta(days=(deadline.days or 0) + more - 1)
    return calendar.end_of(eve, 1)


def last_day_before(over_at: datetime) -> date:
    """Return the day in Korea on which a period ends; `over_at` is the first moment past it."""
    return kst_today(over_at - _INSTANT)
