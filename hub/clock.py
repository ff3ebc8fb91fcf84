"""Two clocks: the business clock, which a test may move, and the wall clock, which nobody may.

Due times, deadlines, settling and retention run on the business clock. Leases, time-outs, TLS, tokens and signatures
run on wall or monotonic time, always.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx
import structlog

from adapters.sdk.decisions import steady_now

_log = structlog.get_logger("naru.clock")
_FOLLOWED = 0.1
"""How much faster or slower than it should the business clock runs to meet a machine's clock that was set."""
_APART_SECONDS = 2.0
_LOOK_EVERY_SECONDS = 10.0
_FIRST_LOOKS = 3
_EVER = datetime.min.replace(tzinfo=UTC)

Look = Callable[[], tuple[float, float]]
"""Asks the store by how much its wall clock is ahead of `steady_now`: at least and at most, in seconds."""


class Clock(Protocol):
    """What the hub asks about time."""

    since: datetime
    """From when on this process saw business time pass; how much passed between an earlier moment and then, it cannot
    tell, for a clock may have been set."""

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
        self._told, self._at = self._followed(), steady_now()
        self._is_apart = False
        self.since = self._told

    def now(self) -> datetime:
        """Business time, aware, UTC."""
        with self._lock:
            followed, steady = self._followed(), steady_now()
            passed = steady - self._at
            straight = self._told + timedelta(seconds=passed)
            gap = (followed - straight).total_seconds()
            most = passed * _FOLLOWED
            self._told, self._at = straight + timedelta(seconds=max(-most, min(most, gap))), steady
            self._tell(gap)
            return self._told

    def _followed(self) -> datetime:
        """Return the time that this clock keeps to."""
        return wall_now()

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


class SharedClock(SystemClock):
    """Business time of processes that share a store: the store's wall time, whatever their machines say.

    Between two looks at the store's clock it goes on by this machine's steady one. So processes agree within the time
    that a look takes; a store's clock that is set is followed as slowly as a machine's own (decision 0021).
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        least, most = min((look() for _ in range(_FIRST_LOOKS)), key=lambda found: found[1] - found[0])
        self._ahead = (least + most) / 2
        self._is_machine_apart = False
        super().__init__()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="shared-clock", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Look at the store's clock, and believe no more than the look proves: one that took long proves little."""
        least, most = self._look()
        self._ahead = min(max(self._ahead, least), most)
        gap = (wall_now() - self._followed()).total_seconds()
        if abs(gap) > _APART_SECONDS and not self._is_machine_apart:
            _log.error("clock_apart", count=round(gap))
        self._is_machine_apart = abs(gap) > _APART_SECONDS

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(_LOOK_EVERY_SECONDS)

    def _followed(self) -> datetime:
        return datetime.fromtimestamp(steady_now() + self._ahead, UTC)

    def _watch(self) -> None:
        while not self._stop.is_set():
            with suppress(Exception):  # a store that is away comes back, and whoever works with it says so
                self.look()
            self._stop.wait(_LOOK_EVERY_SECONDS)


class VirtualClock:
    """Business time is wall time plus the offset of the mocks' clock (`/_mock/clock`), learnt by long polling.

    Only for `mode = "mock"` on loopback (`hub/settings.py` sees to that).
    """

    since = _EVER

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
        told = self._http.get(self._url, params=asked, timeout=wait_seconds + 30).raise_for_status().json()
        changed = told["version"] != self._version
        self._offset, self._version = timedelta(seconds=told["offset_seconds"]), told["version"]
        if changed:
            for callback in self._callbacks:
                callback()


class ManualClock:
    """Business time for tests: it stands still until it is moved."""

    since = _EVER

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
