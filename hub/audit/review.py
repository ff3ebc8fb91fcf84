"""The monthly review of accesses (월별 접속기록 점검): who read or changed whose data, when, and what stands out. Pure.

개인정보의 안전성 확보조치 기준 8조 has the records looked through at least once a month. The hub's own acts and those
of agencies are left out: they are no accesses, and stand in the export. What a file of it looks like: `review_csv`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from adapters.sdk.kst import KST
from hub.audit.chain import Entry
from hub.audit.entries import Action
from hub.calendar import WorkingDays

_MACHINES = ("hub", "agency:")


@dataclass(frozen=True)
class Access:
    """One access, with the persons that it was about and the last place that it can be found at."""

    entry: Entry
    sequence: int | None
    persons: frozenset[str]
    """Client ids."""

    @property
    def is_read(self) -> bool:
        """Whether nothing was changed."""
        return self.entry.action in set(Action) and Action(self.entry.action).is_read

    @property
    def local(self) -> datetime:
        """When, in Korea."""
        return self.entry.at.astimezone(KST)


@dataclass(frozen=True)
class OfficeHours:
    """When accesses are expected: on working days, from `opens` up to, not including, `closes`; KST."""

    opens: time
    closes: time
    calendar: WorkingDays = field(default_factory=WorkingDays)

    def hold_at(self, local: datetime) -> bool:
        """Return whether a moment in Korea lies within them."""
        return self.calendar.is_working(local.date()) and self.opens <= local.time() < self.closes


@dataclass
class Tally:
    """Accesses, counted."""

    reads: int = 0
    changes: int = 0
    off_hours: int = 0
    persons: set[str] = field(default_factory=set)
    origins: set[str] = field(default_factory=set)
    centres: set[str] = field(default_factory=set)
    begin: datetime | None = None
    end: datetime | None = None

    def add(self, access: Access, *, off_hours: bool) -> None:
        """Count one more."""
        self.reads += access.is_read
        self.changes += not access.is_read
        self.off_hours += off_hours
        self.persons |= access.persons
        self.origins |= {access.entry.origin} if access.entry.origin else set()
        self.centres |= {access.entry.centre_id} if access.entry.centre_id else set()
        self.begin = min(self.begin or access.local, access.local)
        self.end = max(self.end or access.local, access.local)


@dataclass(frozen=True)
class BulkRead:
    """An hour in which one actor read the data of many persons."""

    actor: str
    hour: datetime
    """Its beginning, in Korea."""
    persons: int
    reads: int


@dataclass(frozen=True)
class Review:
    """What a month's accesses were."""

    actors: Mapping[str, Tally]
    subjects: Mapping[tuple[str, str], Tally]
    """By actor and client id."""
    off_hours: Sequence[Access]
    bulk: Sequence[BulkRead]


def review(accesses: Iterable[Access], hours: OfficeHours, bulk_persons: int) -> Review:
    """Review accesses in their order. `bulk_persons`: so many persons in an hour of one actor stand out."""
    actors: dict[str, Tally] = defaultdict(Tally)
    subjects: dict[tuple[str, str], Tally] = defaultdict(Tally)
    by_hour: dict[tuple[str, datetime], Tally] = defaultdict(Tally)
    off: list[Access] = []
    for access in accesses:
        actor = access.entry.actor
        if actor.startswith(_MACHINES):
            continue
        outside = not hours.hold_at(access.local)
        off += [access] if outside else []
        actors[actor].add(access, off_hours=outside)
        for person in access.persons:
            subjects[actor, person].add(access, off_hours=outside)
        if access.is_read:
            by_hour[actor, access.local.replace(minute=0, second=0, microsecond=0)].add(access, off_hours=outside)
    bulk = [
        BulkRead(actor, hour, len(tally.persons), tally.reads)
        for (actor, hour), tally in sorted(by_hour.items())
        if len(tally.persons) >= bulk_persons
    ]
    return Review(dict(sorted(actors.items())), dict(sorted(subjects.items())), off, bulk)
