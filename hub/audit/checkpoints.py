"""Checkpoints: signed words about where the chain stood, in files outside the store that only ever grow.

A file belongs to one machine, named after it; its processes take turns with a lock on the file. Each line names the
line before it in the same file, so that none can be changed or taken out between two others. Machines that seal one
store in turn each tell of the same chain: whoever verifies reads the files together. When a checkpoint is due is
decided by the sealer.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.audit.chain import canonical, stamp
from hub.audit.signing import PublicKeys, SigningKey, sync_folder

_FORM = "naru-audit-checkpoint-1"
_ENDING = ".checkpoints.jsonl"


@dataclass(frozen=True)
class Standing:
    """Where the chain stands: its last place, the digest there, and when that was so: the store's wall time."""

    sequence: int
    digest: bytes
    at: datetime


@dataclass(frozen=True)
class Checkpoint:
    """What one line of a checkpoint file says."""

    form: str
    sequence: int
    """The last place that it covers."""
    digest: str
    """Of the entry there, 64 hex."""
    count: int
    """Entries since the line before in this file; from the beginning, in its first line."""
    at: str
    """Wall time of the store's own clock, UTC: after the entry there was committed."""
    key_id: str
    previous: str | None
    """SHA-256 of the line before in this file, 64 hex; None in its first line."""
    signature: str

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return canonical({name: value for name, value in asdict(self).items() if name != "signature"})

    @property
    def line(self) -> str:
        """The line, without its end."""
        return canonical(asdict(self)).decode()

    @property
    def name(self) -> str:
        """How the next line calls this one."""
        return hashlib.sha256(self.line.encode()).hexdigest()

    @classmethod
    def read(cls, line: str) -> Checkpoint | None:
        """Read a line; None if it is no whole checkpoint."""
        try:
            said = json.loads(line)
            found = cls(**said)
        except (ValueError, TypeError):
            return None
        whole = all(isinstance(getattr(found, name), kind) for name, kind in _KINDS.items())
        return found if whole and found.form == _FORM and found.line == line else None

    def is_signed_by(self, keys: PublicKeys) -> bool:
        """Return whether one of these keys signed it."""
        return keys.verify(self.key_id, self.signed, self.signature)


_KINDS: dict[str, Any] = {
    "form": str, "sequence": int, "digest": str, "count": int, "at": str, "key_id": str, "previous": str | None,
    "signature": str,
}  # fmt: skip


@dataclass(frozen=True)
class CheckpointFile:
    """What is read of one file: its checkpoints in their order, and the numbers of lines that are none."""

    name: str
    checkpoints: tuple[Checkpoint, ...]
    unreadable: tuple[int, ...] = ()

    @classmethod
    def from_text(cls, name: str, text: str) -> CheckpointFile:
        """Read a file's text. An empty line is what a death in the middle of writing may leave."""
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line]
        read = [(number, Checkpoint.read(line)) for number, line in lines]
        good = tuple(checkpoint for _, checkpoint in read if checkpoint is not None)
        return cls(name, good, tuple(number for number, checkpoint in read if checkpoint is None))


def read_checkpoints(place: Path) -> list[CheckpointFile]:
    """Read a checkpoint file, or all files of a folder; a folder that is not there holds none.

    Raises:
        OSError: one cannot be read.
    """
    paths = [place] if place.is_file() else sorted(place.glob(f"*{_ENDING}"))
    return [CheckpointFile.from_text(path.name, path.read_text(encoding="utf-8", errors="replace")) for path in paths]


class CheckpointBook:
    """This machine's checkpoint file, for writing.

    Raises:
        OSError: from everything, if the folder or the file cannot be made, read or written.
    """

    def __init__(self, folder: Path, key: SigningKey, machine: str | None = None) -> None:
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", machine or socket.gethostname()) or "machine"
        self._path = folder / f"{name.lstrip('.')}{_ENDING}"
        self._key = key

    def prepare(self) -> None:
        """Make the folder and the file, if they are not there."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._held():
            pass  # it is made by being opened

    def last(self) -> Checkpoint | None:
        """Return the file's last checkpoint."""
        if not self._path.exists():
            return None
        return _last_in(self._path.read_bytes()[-_TAIL_BYTES:])

    def write(self, standing: Callable[[], Standing | None]) -> Checkpoint | None:
        """Add a checkpoint of what `standing` says, durably; return the file's last one, None while another writes.

        `standing` is asked once nobody else writes: what it says is then never behind the line before, unless the chain
        itself went back, which must be written down too.
        """
        with self._held() as handle:
            if handle is None:
                return None
            size = os.fstat(handle).st_size
            tail = os.pread(handle, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
            before, now = _last_in(tail), standing()
            if now is None or (
                before is not None and (before.sequence, before.digest) == (now.sequence, now.digest.hex())
            ):
                return before
            made = self._made(now, before)
            torn = b"" if not tail or tail.endswith(b"\n") else b"\n"  # a death left half a line: it stays as it is
            os.write(handle, torn + made.line.encode() + b"\n")
            os.fsync(handle)
        return made

    def _made(self, now: Standing, before: Checkpoint | None) -> Checkpoint:
        unsigned = Checkpoint(
            form=_FORM,
            sequence=now.sequence,
            digest=now.digest.hex(),
            count=now.sequence - (before.sequence if before else 0),
            at=stamp(now.at),
            key_id=self._key.key_id,
            previous=before.name if before else None,
            signature="",
        )
        return Checkpoint(**asdict(unsigned) | {"signature": self._key.sign(unsigned.signed)})

    @contextmanager
    def _held(self) -> Iterator[int | None]:
        """Yield the file, for this process alone; None if another one has it: it may be stopped, so nobody waits."""
        is_new = not self._path.exists()
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield handle
        finally:
            os.close(handle)
        if is_new:
            sync_folder(self._path.parent)


_TAIL_BYTES = 64 * 1024
"""The last lines of a file lie within it: a checkpoint has less than one kilobyte."""


def _last_in(tail: bytes) -> Checkpoint | None:
    lines: Sequence[str] = tail.decode("utf-8", errors="replace").split("\n")
    return next((found for line in reversed(lines) if (found := Checkpoint.read(line)) is not None), None)
