"""The sealer: gives committed entries their places in the chain, and has checkpoints written of it.

It runs in every process that delivers, beside the engine. Business transactions write their entries without a place
and never wait for it; what commits late, with a lower id than others, is sealed when it is there. On PostgreSQL one
process seals at a time (an advisory lock that ends with the transaction, whoever is killed), in a transaction that
takes no part in the others' serialisation. A place is given in the transaction that writes it, so that no death can
leave an entry with two or none. A checkpoint tells of what is committed: a death before it costs a later checkpoint.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog
from sqlalchemy import Connection

from hub.audit.chain import BEGINNING, Entry, digest_of
from hub.audit.checkpoints import Checkpoint, CheckpointBook, Standing
from hub.audit.configured import AuditSettings
from hub.audit.signing import AuditKeyError
from hub.logs import places
from hub.store.audit_chain import digest_at, head_of, seal, take_turn, unsealed
from hub.store.store import Store
from hub.store.wall import wall_of

_log = structlog.get_logger("naru.audit")
_AT_ONCE = 500
"""Entries in one transaction: some milliseconds, for which SQLite's other writers wait."""
_LAST_SECONDS = 20.0
_BUSY_SECONDS = 0.05


@dataclass(frozen=True)
class Sealed:
    """What one transaction sealed; `more`: there may be more to seal, now."""

    count: int
    more: bool = False
    busy: bool = False
    """Another process is sealing: what there is may be sealed by it, or later."""


class Sealer:
    """Seals until it is cancelled. `machine` names its checkpoint file; by default this machine's name does."""

    def __init__(self, store: Store, settings: AuditSettings, machine: str | None = None) -> None:
        self._store = store
        self._settings = settings
        self._machine = machine
        self._book: CheckpointBook | None = None
        self._last: Checkpoint | None = None
        self._checked_at = 0.0

    def prepare(self) -> None:
        """Open the signing key and the checkpoint file; both are made at first start. Blocks; before anything serves.

        Raises:
            AuditKeyError: the key or the folder is unfit.
        """
        book = CheckpointBook(self._settings.folder, self._settings.open_key(), self._machine)
        try:
            book.prepare()
            self._last = book.last()
        except OSError as error:
            raise AuditKeyError(
                f"the audit's checkpoints cannot be kept in {self._settings.folder} ({type(error).__name__}): "
                "NARU_AUDIT__FOLDER names another folder"
            ) from None
        self._book = book
        self._checked_at = time.monotonic() if self._last else -math.inf  # the first one at once: so far none vouches

    async def run(self) -> None:
        """Seal what was committed, again and again; a store that is away is waited for."""
        agreed = False
        while True:
            try:
                agreed = agreed or await self._agrees()
                while (await self.seal_some()).more:
                    pass
                await self._checkpoint_if_due()
            except Exception as error:  # noqa: BLE001 - a store or disk that is away comes back; the loop must live to see it
                _log.error("sealer_rests", error=type(error).__name__, at=places(error))
            await asyncio.sleep(self._settings.seal_seconds)

    async def finish(self) -> None:
        """Seal the last entries of this process and write a checkpoint: everything else has ended."""
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                while (sealed := await self.seal_some()).more or sealed.busy:  # noqa: ASYNC110 - no event tells of another process
                    await asyncio.sleep(_BUSY_SECONDS if sealed.busy else 0)
                await self.checkpoint()
        except Exception as error:  # noqa: BLE001 - what is left is sealed at the next start
            _log.error("sealer_unfinished", error=type(error).__name__, at=places(error))

    async def seal_some(self) -> Sealed:
        """Seal as many entries as one transaction takes."""
        return await self._store.write_beside(seal_some)

    async def checkpoint(self) -> None:
        """Write a checkpoint of what is sealed, if there is anything new."""
        if self._book is not None:
            standing = partial(self._store.read_now, _standing)
            self._last = await asyncio.to_thread(self._book.write, standing) or self._last

    async def _checkpoint_if_due(self) -> None:
        head = await self._store.read(head_of)
        new = abs((head[0] if head else 0) - (self._last.sequence if self._last else 0))
        waited = time.monotonic() - self._checked_at
        if new and (new >= self._settings.checkpoint_entries or waited >= self._settings.checkpoint_seconds):
            await self.checkpoint()
            self._checked_at = time.monotonic()

    async def _agrees(self) -> bool:
        """Look once whether the chain still says what the last checkpoint said; if not, tell and go on."""
        last = self._last
        if last is None:
            return True
        digest = await self._store.read(partial(digest_at, sequence=last.sequence))
        if digest is None or digest.hex() != last.digest:
            _log.error("audit_chain_differs", why="not what the last checkpoint says: run naru audit verify")
        return True


def _standing(conn: Connection) -> Standing | None:
    head = head_of(conn)
    return None if head is None else Standing(*head, datetime.fromtimestamp(wall_of(conn), UTC))


def seal_some(conn: Connection, most: int = _AT_ONCE) -> Sealed:
    """Seal committed entries in one transaction, unless another process is doing it."""
    if not take_turn(conn):
        return Sealed(0, busy=True)
    waiting = unsealed(conn, most)
    if not waiting:
        return Sealed(0)
    sequence, digest = head_of(conn) or (0, BEGINNING)
    seals = []
    for row in waiting:
        sequence += 1
        digest = digest_of(sequence, Entry.from_row(row), digest)
        seals.append((row["id"], sequence, digest))
    seal(conn, seals)
    return Sealed(len(seals), more=len(seals) == most)
