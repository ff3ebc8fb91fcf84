"""The drop folders of one batch agency, and the clerk who works on them by the business clock.

What the clerk does is the agency's (`BatchMock.work`); when is decided here: at the moments that it names, and
whenever the clock is moved, before the clock's other readers hear of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from mocks.kit.clock import BusinessClock

FOLDERS = ("in", "out")
_REST_AFTER_DEFECT = timedelta(minutes=1)
_log = logging.getLogger("naru.mocks")


class DropFolder:
    """`in/` and `out/` under one folder (0700 each): the place given, or a new one that goes with the server."""

    def __init__(self, slug: str, given: str | None) -> None:
        self._is_ours = given is None
        self.path = Path(given).resolve() if given else Path(tempfile.mkdtemp(prefix=f"naru-mock-{slug}-"))
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FOLDERS:
            (self.path / name).mkdir(mode=0o700, exist_ok=True)

    def clear(self) -> None:
        """Remove every file in the folders."""
        for name in FOLDERS:
            for file in (self.path / name).iterdir():
                file.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder, if it was made for this server."""
        if self._is_ours:
            shutil.rmtree(self.path, ignore_errors=True)


class Clerk:
    """Lets a batch agency work while its line is open. `work` is the agency's; a defect in it is told, not raised."""

    def __init__(self, folder: DropFolder, clock: BusinessClock, work: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self._work = work
        self._task: asyncio.Task[None] | None = None
        clock.follow(self._work_if_open)

    @property
    def url(self) -> str:
        """Where the folders are: `file:///…`, without a trailing slash."""
        return self._folder.path.as_uri()

    async def open(self) -> None:
        """Begin to work."""
        if self._task is None:
            self._task = asyncio.create_task(self._work_on())

    async def shut(self) -> None:
        """Stop working; files may still be laid down."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def remove(self) -> None:
        """Stop for good."""
        await self.shut()
        self._folder.remove()

    async def _work_on(self) -> None:
        while True:
            version, until = self._clock.version, self._work_safely()
            missing = (until - self._clock.now()).total_seconds()
            await self._clock.wait_change(version, max(missing, 0.05))

    def _work_if_open(self) -> None:
        if self._task is not None:
            self._work_safely()

    def _work_safely(self) -> datetime:
        try:
            return self._work()
        except Exception as error:  # noqa: BLE001 - a mock's bug must not end the server, whatever it is
            _log.error("a batch agency broke: %s", type(error).__name__)  # its text could hold what the file held
            return self._clock.now() + _REST_AFTER_DEFECT
