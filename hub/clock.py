"""Two clocks: the business clock, which a test may move, and the wall clock, which nobody may.

Due times, deadlines, settling and retention run on the business clock. Leases, time-outs, TLS, tokens and signatures
run on wall or monotonic time, always.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx
import structlog

from adapters.sdk.decisions import steady_now

_log = structlog.get_logger("naru.clock")
_FOLLOWED = 0.1
"""How much faster or slower than it should the business clock runs to meet a machine's clock that was set."""
_APART_SECONDS = 2.0


class Clock(Protocol):
    """What the hub asks about time."""

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        ...

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` (from any thread) whenever the business clock was moved."""
        ...

    def close(self) -> None:
        """Stop watching."""
        ...


def wall_now() -> datetime:
    """Wall time, aware, UTC."""
    return datetime.now(UTC)


class SystemClock:
    """Business time is wall time, but a machine's clock that is set while we run is only followed slowly.

    An hour that was skipped would be an hour that no agency had for settling. Business time never runs backwards, and
    gains or loses at most a tenth until it is right again; a restart takes the machine's time at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told, self._at = wall_now(), steady_now()
        self._is_apart = False

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        with self._lock:
            wall, steady = wall_now(), steady_now()
            passed = steady - self._at
            straight = self._told + timedelta(seconds=passed)
            gap = (wall - straight).total_seconds()
            most = passed * _FOLLOWED
            self._told, self._at = straight + timedelta(seconds=max(-most, min(most, gap))), steady
            self._tell(gap)
            return self._told

    def _tell(self, gap: float) -> None:
        """Log once when the two part, and once when they meet again. `count`: seconds."""
        if abs(gap) > _APART_SECONDS and not self._is_apart:
            _log.error("clock_jumped", count=round(gap))
        elif self._is_apart and abs(gap) <= _APART_SECONDS:
            _log.warning("clock_right_again")
        self._is_apart = abs(gap) > _APART_SECONDS

    def on_change(self, callback: Callable[[], None]) -> None:
        """Nobody moves this clock."""

    def close(self) -> None:
        """Nothing to stop."""


class VirtualClock:
    """Business time is wall time plus the offset of the mocks' clock (`/_mock/clock`), learnt by long polling.

    Only for `mode = "mock"` on loopback (`hub/settings.py` sees to that).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._offset = timedelta(0)
        self._version = 0  # theirs begin at 1, so the first answer comes at once
        self._callbacks: list[Callable[[], None]] = []
        self._stop = threading.Event()
        self._http = httpx.Client(trust_env=False)
        self._ask(wait_seconds=0)
        self._thread = threading.Thread(target=self._watch, name="virtual-clock", daemon=True)
        self._thread.start()

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        return wall_now() + self._offset

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` (from the watching thread) after every change."""
        self._callbacks.append(callback)

    def close(self) -> None:
        """Stop watching; a long poll under way ends by itself."""
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self._ask(wait_seconds=20)
            except httpx.HTTPError:
                self._stop.wait(0.2)  # the mocks are being restarted; time goes on meanwhile

    def _ask(self, wait_seconds: int) -> None:
        asked = {"after": self._version, "wait": wait_seconds}
        told = self._http.get(self._url, params=asked, timeout=wait_seconds + 5).raise_for_status().json()
        changed = told["version"] != self._version
        self._offset, self._version = timedelta(seconds=told["offset_seconds"]), told["version"]
        if changed:
            for callback in self._callbacks:
                callback()


class ManualClock:
    """Business time for tests: it stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._callbacks: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        return self._now

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every `advance`."""
        self._callbacks.append(callback)

    def advance(self, seconds: float) -> None:
        """Move time on."""
        self._now += timedelta(seconds=seconds)
        for callback in self._callbacks:
            callback()

    def close(self) -> None:
        """Nothing to stop."""


async def wait_until(clock: Clock, moment: datetime | None, wake: asyncio.Event) -> None:
    """Wait until the business clock reaches `moment`, or `wake` is set, whichever is first; then clear `wake`."""
    seconds = None if moment is None else max(0.0, (moment - clock.now()).total_seconds())
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass
    wake.clear()
