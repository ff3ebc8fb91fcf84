"""Keeps one thing that was read and knows its age: fresh, stale while its source fails, or gone. Knows no catalogue.

Ages are wall time: a source outside does not follow the business clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog

from adapters.sdk import AdapterError
from hub.catalogue.configured import KeepingSettings
from hub.delivery.waits import asked_seconds

_log = structlog.get_logger("naru.catalogue")

Thing = TypeVar("Thing")


class NothingKeptError(Exception):
    """Nothing that may be shown is there; `seconds` says when it is worth asking again."""

    def __init__(self, seconds: float) -> None:
        super().__init__("nothing of the catalogue is at hand")
        self.seconds = seconds


@dataclass(frozen=True)
class Kept(Generic[Thing]):
    """What was read, and how old it is."""

    thing: Thing = field(repr=False)
    read_at: datetime
    age_seconds: float
    is_stale: bool


class Keeper(Generic[Thing]):
    """Reads one thing from its source when that is due, once at a time, and keeps what was read.

    Args:
        slug: whose it is, for the log.
        read: reads it; raises an `AdapterError` if it cannot.
        now: the wall time.
        settings: how long it is fresh and kept.
    """

    def __init__(
        self, slug: str, read: Callable[[], Awaitable[Thing]], now: Callable[[], datetime], settings: KeepingSettings
    ) -> None:
        self._slug = slug
        self._read = read
        self._now = now
        self._fresh = timedelta(hours=settings.fresh_hours)
        self._keep = timedelta(days=settings.keep_days)
        self._pause = timedelta(minutes=settings.pause_minutes)
        self._reading: asyncio.Task[None] | None = None
        self._kept: tuple[Thing, datetime] | None = None
        self._next_try: datetime | None = None

    async def get(self) -> Kept[Thing]:
        """Return what is kept. If it is stale it is read anew in the background; if there is none, now.

        Raises:
            NothingKeptError: it cannot be read, and nothing that may be shown is kept.
        """
        kept = self._look()
        if kept is None:
            await self._wait_for_reading()
            kept = self._look()
        elif kept.is_stale:
            self._begin_reading()
        if kept is None:
            raise NothingKeptError(self._seconds_till_next_try())
        return kept

    def _look(self) -> Kept[Thing] | None:
        if self._kept is None:
            return None
        thing, read_at = self._kept
        age = max(self._now() - read_at, timedelta())
        return None if age > self._keep else Kept(thing, read_at, age.total_seconds(), age > self._fresh)

    async def _wait_for_reading(self) -> None:
        reading = self._begin_reading()
        if reading is not None:
            await asyncio.shield(reading)  # a caller who goes away takes nobody else's answer along

    def _begin_reading(self) -> asyncio.Task[None] | None:
        """Begin to read unless somebody does already; None while the source is left alone."""
        if self._reading is None or self._reading.done():
            if self._seconds_till_next_try() > 0:
                return None
            self._reading = asyncio.create_task(self._read_once())
        return self._reading

    async def _read_once(self) -> None:
        pause = self._pause
        try:
            self._kept = (await self._read(), self._now())
        except AdapterError as error:
            _log.warning("catalogue_failed", agency=self._slug, error=type(error).__name__, why=str(error))
            pause = max(pause, timedelta(seconds=asked_seconds(error) or 0.0))
        except Exception as error:  # noqa: BLE001 - a source's defect must not end what is shown of the others
            _log.error("catalogue_failed", agency=self._slug, error=type(error).__name__)
        else:
            self._next_try = None
            return
        self._next_try = self._now() + pause

    def _seconds_till_next_try(self) -> float:
        if self._next_try is None:
            return 0.0
        return max((self._next_try - self._now()).total_seconds(), 0.0)

    async def aclose(self) -> None:
        """End a reading that is under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
