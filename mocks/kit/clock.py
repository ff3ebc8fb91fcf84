"""The virtual business clock: wall time plus an offset that only goes forward, and who waits for it.

Only business time lives here (due times, settling, "next day"). Signatures, tokens and time-outs never use it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST_WAIT_SECONDS = 30.0
"""How long one long-polling request may be held."""

FURTHEST_YEAR = 9000
"""A clock set beyond this year would overflow the arithmetic of its readers."""


class BusinessClock:
    """Tells the business time of all mocks of one server, and wakes those who wait for a change."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._version = 1
        self._changed = asyncio.Event()
        self._is_closed = False
        self._followers: list[Callable[[], object]] = []

    @property
    def version(self) -> int:
        """A number that grows with every change, also with a reset."""
        return self._version

    def now(self) -> datetime:
        """Return the business time, an aware datetime in UTC."""
        return datetime.now(UTC) + self._offset

    def follow(self, work: Callable[[], object]) -> None:
        """Have `work` called after every move of the clock, before anybody else hears of it."""
        self._followers.append(work)

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            ValueError: `seconds` is negative, not finite, or leads beyond the year 9000.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError("advance_seconds must be a number of seconds from 0 up: the clock never goes back")
        try:
            offset = self._offset + timedelta(seconds=seconds)
            too_far = (datetime.now(UTC) + offset).year > FURTHEST_YEAR
        except OverflowError:
            too_far = True
        if too_far:
            raise ValueError(f"advance_seconds leads beyond the year {FURTHEST_YEAR}")
        self._offset = offset
        self._tell()

    def set(self, moment: datetime) -> None:
        """Move the clock forward to `moment`, an aware datetime.

        Raises:
            ValueError: `moment` has no offset, or lies before the present business time.
        """
        if moment.tzinfo is None:
            raise ValueError("set needs a UTC offset, such as 2025-01-15T09:00:00+09:00")
        ahead = (moment - self.now()).total_seconds()
        if ahead < 0:
            raise ValueError("set lies before the present business time: the clock goes back only by a reset")
        self.advance(ahead)

    def reset(self) -> None:
        """Return to wall time: the only way back."""
        self._offset = timedelta()
        self._tell()

    def as_json(self) -> Mapping[str, Any]:
        """Return the body of `GET /_mock/clock`: `now` (ISO 8601, UTC), `offset_seconds`, `version`."""
        return {
            "now": self.now().isoformat(timespec="microseconds"),
            "offset_seconds": self._offset.total_seconds(),
            "version": self._version,
        }

    async def wait_change(self, after: int, seconds: float) -> None:
        """Return as soon as the version is another than `after`, at the latest after `seconds` of wall time."""
        if self._is_closed:
            await asyncio.sleep(0)  # whoever goes on asking must let others run, also the one who ends it
        try:
            async with asyncio.timeout(min(seconds, LONGEST_WAIT_SECONDS)):
                while self._version == after and not self._is_closed:
                    await self._changed.wait()
        except TimeoutError:
            return

    def close(self) -> None:
        """Let nobody wait for a change any longer: the server stops."""
        self._is_closed = True
        self._changed.set()

    async def wait_until(self, moment: datetime) -> None:
        """Return when the business time has reached `moment`, by itself or because somebody moved the clock."""
        while (missing := (moment - self.now()).total_seconds()) > 0:
            await self.wait_change(self._version, missing)

    def _tell(self) -> None:
        for work in self._followers:
            work()
        self._version += 1
        self._changed.set()
        self._changed = asyncio.Event()
