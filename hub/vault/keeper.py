"""The keeper: a process's own word, in the store, which keys it has at hand; a rotation waits for it.

It looks at the key file again and again, so that a process takes a new key up by itself, and before anything that only
that key opens is written: `hub/vault/rotation.py` lets a key wrap when every process says that it holds it. And when
a case was purged, by whichever process, it lets go of the case keys in this one's memory.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Connection

from hub.logs import places
from hub.store.ids import new_id
from hub.store.keks import SILENT_SECONDS, Holder, forget_holders, hold_keys, leave, needed_keks
from hub.store.retention import last_purge
from hub.store.store import Store
from hub.store.wall import wall_of
from hub.vault.keyring import KeyFileError, KeyWrapper, lacking

_log = structlog.get_logger("naru.vault")
_LOOK_EVERY_SECONDS = 1.0
_SAY_EVERY_SECONDS = SILENT_SECONDS / 3


class Keeper:
    """Says which keys this process holds: at its start, whenever that changes, and that it is still there."""

    def __init__(self, store: Store, ring: KeyWrapper, forget: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._ring = ring
        self._forget = forget
        self._purged_at: datetime | None = None
        self._said = Holder(new_id("prc"), socket.gethostname()[:255], os.getpid(), ())
        self._say_at = 0.0
        self._trouble: str | None = None

    def join(self) -> None:
        """Say that this process is there.

        Raises:
            KeyFileError: it lacks a key that wrapped something in the store.
        """
        said = self._holding()

        def work(conn: Connection) -> list[str]:
            if not self._store.is_shared:
                forget_holders(conn)  # of one that was killed: only one process serves a file
            return _say(conn, said)

        missing = self._store.write_now(work)
        self._told(said)
        if missing:
            self.leave()
            raise KeyFileError(lacking(missing, self._ring))

    def leave(self) -> None:
        """Say that this process ends. If that cannot be written, its silence says it a minute later."""
        try:
            self._store.write_now(lambda conn: leave(conn, self._said.id))
        except Exception as error:  # noqa: BLE001 - the store may be what ended us
            _log.warning("keeper_left_unsaid", error=type(error).__name__)

    async def run(self) -> None:
        """Keep saying it until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - a store that is away comes back; the loop must live to see it
                _log.error("keeper_rests", error=type(error).__name__, at=places(error))
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """Look at the key file, and write down what is new."""
        said = self._holding()
        if self._ring.trouble != self._trouble:
            self._trouble = self._ring.trouble
            if self._trouble is not None:
                _log.error("key_file_trouble", why=self._trouble)
        changed = said != self._said
        if changed or time.monotonic() >= self._say_at:
            missing = await self._store.write(partial(_say, said=said))
            self._told(said)
            await self._forget_what_was_purged()
            if changed:
                _log.info("keys_taken_up", count=len(said.kek_ids))
            if missing:
                _log.error("keys_missing", why=lacking(missing, self._ring))

    async def _forget_what_was_purged(self) -> None:
        """Let go of the case keys in memory once some case was purged, by whichever process."""
        purged_at = await self._store.read(last_purge)
        if purged_at != self._purged_at:
            self._purged_at = purged_at
            self._forget()

    def _holding(self) -> Holder:
        return replace(self._said, kek_ids=self._ring.kek_ids())

    def _told(self, said: Holder) -> None:
        self._said, self._say_at = said, time.monotonic() + _SAY_EVERY_SECONDS


def _say(conn: Connection, said: Holder) -> list[str]:
    """Write which keys are at hand; return those that something in the store needs and that are not."""
    hold_keys(conn, said, wall_of(conn))
    return [kek_id for kek_id in needed_keks(conn) if kek_id not in said.kek_ids]
