"""The exchange: the two drop folders, and the hours at which something happens in them. No record is read here."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from mocks.kamco.contract import ANSWERS_AT, COLLECTS_AT, REQUEST_NAME
from mocks.kit.kst import KST

_LARGEST_BYTES = 64 << 20


@dataclass
class Exchange:
    """`in/` and `out/` under one folder, and the names that were processed: none is processed twice."""

    folder: Path
    _processed: set[str] = field(default_factory=set)

    def arrivals(self) -> list[tuple[str, bytes]]:
        """Return the files in `in/` that nobody has processed, by name; plain files of a decent size only."""
        names = sorted(path.name for path in (self.folder / "in").iterdir() if REQUEST_NAME.fullmatch(path.name))
        return [(name, data) for name in names if name not in self._processed if (data := self._read(name))]

    def has_processed(self, name: str) -> None:
        """Never look at a file of this name again."""
        self._processed.add(name)

    def lay_down(self, name: str, data: bytes) -> None:
        """Write a file aside and give it its name when it is whole."""
        self.lay_aside(name, data)
        (self.folder / "out" / f".{name}.tmp").rename(self.folder / "out" / name)

    def lay_aside(self, name: str, data: bytes) -> None:
        """Write a file under a name that begins with a dot."""
        self._write(f".{name}.tmp", data)

    def lay_half(self, name: str, data: bytes) -> None:
        """Write half of a file under its final name, which the contract forbids."""
        self._write(name, data[: len(data) // 2])

    def _write(self, name: str, data: bytes) -> None:
        handle = os.open(self.folder / "out" / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)

    def _read(self, name: str) -> bytes:
        path = self.folder / "in" / name
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST_BYTES:
                return path.read_bytes()
        return b""


def next_hour(after: datetime) -> datetime:
    """Return the first 02:00 or 06:00 in Korea after a moment."""
    local = after.astimezone(KST)
    hours = [
        datetime.combine(local.date() + timedelta(days=days), hour, KST)
        for days in (0, 1)
        for hour in (COLLECTS_AT, ANSWERS_AT)
    ]
    return min(hour for hour in hours if hour > local)


def is_collecting(hour: datetime) -> bool:
    """Return whether files are collected at this hour; otherwise they are answered."""
    return hour.astimezone(KST).time() == COLLECTS_AT
