"""The appointment book: when a branch has time, and what is taken. Business time; assumed [A].

Every working day (Monday to Friday) from 10:00 to 12:00 and from 13:30 to 17:00, half an hour each, one client at a
time for each branch and method. Public holidays are not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from mocks.kit.clock import BusinessClock
from mocks.kit.kst import KST

_TIMES = tuple(
    time(hour, minute)
    for hour in range(10, 17)
    for minute in (0, 30)
    if (hour, minute) not in {(12, 0), (12, 30), (13, 0)}
)
_SATURDAY = 5
_OFFERED = 5


@dataclass(frozen=True)
class Slot:
    """One half hour of one branch, by one method."""

    branch: str
    method: str
    at: datetime


class Slots:
    """What is taken, of all branches."""

    def __init__(self, clock: BusinessClock) -> None:
        self._clock = clock
        self._taken: set[Slot] = set()

    def is_offered(self, at: datetime) -> bool:
        """Tell whether a moment is the beginning of a slot that is still to come."""
        local = at.astimezone(KST)
        return local.weekday() < _SATURDAY and local.time() in _TIMES and at > self._clock.now()

    def is_free(self, slot: Slot) -> bool:
        """Tell whether nobody has it."""
        return slot not in self._taken

    def take(self, slot: Slot) -> None:
        """Give it to somebody."""
        self._taken.add(slot)

    def release(self, slot: Slot) -> None:
        """Let others have it."""
        self._taken.discard(slot)

    def first_free(self, branch: str, method: str) -> Slot:
        """Return the earliest free slot."""
        return next(self._free(branch, method, self._today()))

    def offers(self, branch: str, method: str) -> list[datetime]:
        """Return the five earliest free slots."""
        return [slot.at for slot in islice(self._free(branch, method, self._today()), _OFFERED)]

    def free_between(self, branch: str, method: str, start: date, end: date) -> list[Slot]:
        """Return the free slots of some days, both ends included."""
        return [slot for slot in self._of_days(branch, method, start, end) if self.is_free(slot)]

    def _free(self, branch: str, method: str, start: date) -> Iterator[Slot]:
        """Yield free slots without end."""
        day = start
        while True:
            yield from self.free_between(branch, method, day, day)
            day += timedelta(days=1)

    def _of_days(self, branch: str, method: str, start: date, end: date) -> Iterator[Slot]:
        for number in range((end - start).days + 1):
            for one in _TIMES:
                at = datetime.combine(start + timedelta(days=number), one, KST)
                if self.is_offered(at):
                    yield Slot(branch, method, at)

    def _today(self) -> date:
        return self._clock.now().astimezone(KST).date()
