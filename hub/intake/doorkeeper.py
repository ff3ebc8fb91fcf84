"""Whether anything more may be promised: past a backlog, or with too little room to store, the door is closed.

What was promised is kept: nothing here stops what is in the store already, consents for it, callbacks or commands.
The look is taken at most once a second in each process, so the limits may be passed by what one second brings.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from enum import StrEnum
from pathlib import Path

import structlog
from sqlalchemy import Connection, make_url

from hub.clock import Clock
from hub.settings import LimitsSettings
from hub.store.deliveries import count_due
from hub.store.size import size_of
from hub.store.store import Store

_log = structlog.get_logger("naru.intake")
_GOOD_FOR_SECONDS = 1.0


class Shortage(StrEnum):
    """Why the door is closed."""

    BACKLOG = "backlog"
    """So much is due already that the agencies cannot take it soon."""
    DISK = "disk"
    """The disk that holds the SQLite file is nearly full."""
    STORE = "store"
    """The store is as big as it may become."""


class OverloadedError(Exception):
    """Nothing more is taken over for now; nothing of the request was stored."""

    def __init__(self, shortage: Shortage, retry_after_seconds: int) -> None:
        super().__init__(shortage)
        self.retry_after_seconds = retry_after_seconds


class Doorkeeper:
    """Looks at the store before something is promised."""

    def __init__(self, store: Store, clock: Clock, limits: LimitsSettings) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._folder = None if store.is_shared else Path(make_url(store.url).database or "").parent
        self._looking = asyncio.Lock()
        self._good_until = 0.0
        self._shortage: Shortage | None = None

    async def shortage(self) -> Shortage | None:
        """Return why nothing more can be promised, None if it can."""
        async with self._looking:
            if time.monotonic() >= self._good_until:
                found = await self._store.read(self._look)
                if found is not self._shortage:
                    _tell(found)
                self._shortage, self._good_until = found, time.monotonic() + _GOOD_FOR_SECONDS
            return self._shortage

    async def refusal(self) -> OverloadedError | None:
        """Return what a caller with something new is to be told, None if it may come in."""
        shortage = await self.shortage()
        return None if shortage is None else OverloadedError(shortage, self._limits.retry_after_seconds)

    def _look(self, conn: Connection) -> Shortage | None:
        limits = self._limits
        if self._folder is not None and shutil.disk_usage(self._folder).free < limits.min_free_bytes:
            return Shortage.DISK
        if limits.max_store_bytes and size_of(conn) > limits.max_store_bytes:
            return Shortage.STORE
        most = limits.max_backlog
        return Shortage.BACKLOG if count_due(conn, self._clock.now(), most + 1) > most else None


def _tell(shortage: Shortage | None) -> None:
    if shortage is None:
        _log.warning("intake_open")
    else:
        _log.error("intake_closed", why=shortage.value)
