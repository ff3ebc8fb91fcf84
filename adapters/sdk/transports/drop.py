"""The drop transport: files laid down whole for an agency, or not at all, and files of its that are read whole.

A file appears under its name in one step, after every decision behind it has passed the gate. What stands in a file,
and when one of the agency's is complete, is the adapter's to judge. Folders are on this machine, or mounted on it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from adapters.sdk.decisions import Decision, Gate
from adapters.sdk.errors import (
    AdapterError,
    MisconfiguredError,
    NameTakenError,
    NotSentError,
    UncertainError,
    UndecidedError,
)
from adapters.sdk.transports.own_thread import OwnThread

OURS, THEIRS = "in", "out"
"""The subfolders, as the agency calls them: `in` takes our files, `out` holds theirs."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.[A-Za-z0-9]{1,8}", re.ASCII)
_UNFINISHED = ".part"
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Result = TypeVar("Result")


@dataclass(frozen=True)
class DropEndpoint:
    """Where the folders are (`file:///absolute/folder`), the deadline of a call (seconds), the cap of a file read."""

    base_url: str
    timeout_seconds: float
    max_file_bytes: int


@dataclass(frozen=True)
class DropFile:
    """A file that the agency laid down: its bytes, or why they were not read."""

    name: str
    data: bytes = field(default=b"", repr=False)
    problem: str | None = None
    """Why it was not read, without values: no regular file, or longer than the cap."""

    @property
    def digest(self) -> str:
        """What tells two contents of one name apart; of what was not read, the empty text. Not to be stored."""
        return "" if self.problem else hashlib.sha256(self.data).hexdigest()


class DropWire:
    """Exchanges files with one agency. Build it through `Wires.drop`.

    Folders must be there, ours, and closed to everybody else (0700); files are written 0600. Nothing is ever
    overwritten. One process at a time writes: the folder is locked meanwhile.

    Raises:
        MisconfiguredError: `base_url` is no `file:///absolute/folder`.
    """

    def __init__(self, slug: str, gate: Gate, endpoint: DropEndpoint) -> None:
        self._slug = slug
        self._gate = gate
        self._endpoint = endpoint
        self._folder = _folder_of(slug, endpoint.base_url)
        self._thread = OwnThread(f"folder-{slug}")

    async def hand_over(self, name: str, data: bytes, decisions: Sequence[Decision]) -> bool:
        """Lay down one file that rests on these decisions; return whether it lay there already, with these very bytes.

        What lies there is left as it is, and no decision is spent.

        Raises:
            UndecidedError: there is no decision, or one is not the policy's, or spent; no file became visible.
            NotSentError: no file of this name is visible.
            NameTakenError: another content lies there, or what is no regular file; this call added nothing to it.
            UncertainError: one may be; doing it again tells.
            MisconfiguredError: no name for a file, or the folder is not there or not ours alone.
        """
        self._check_name(name)
        if not decisions:
            raise UndecidedError(f"{self._slug}: a file without a decision of the policy was stopped")
        return await self._within_time(lambda: self._write(name, data, tuple(decisions)), UncertainError)

    async def lies_there(self, name: str) -> bool:
        """Return whether a regular file of ours lies there under its name; its content is not looked at.

        Raises:
            NameTakenError: what lies there is no regular file.
            UncertainError: it cannot be told now, or somebody writes.
            MisconfiguredError: no name for a file, or the folder is not there or not ours alone.
        """
        self._check_name(name)
        return await self._within_time(lambda: self._look(name), UncertainError)

    async def collect(self, names: re.Pattern[str]) -> tuple[DropFile, ...]:
        """Read every file of the agency whose whole name matches, in the order of names. Changes nothing.

        Raises:
            NotSentError: the folder cannot be read now.
            MisconfiguredError: it is not there, or not ours alone.
        """
        return await self._within_time(lambda: self._read_all(names), NotSentError)

    async def clear(self, folder: str, name: str, digest: str | None = None) -> bool:
        """Remove one file from `OURS` or `THEIRS`; return whether it is gone. One that is not there is no error.

        `digest`: of what was read. Another content is left where it is. Agencies that keep their contract never change
        a file that has its name; one that is exchanged between this look and the removal, some microseconds, is lost.

        Raises:
            NotSentError: it cannot be removed now.
            MisconfiguredError: no name for a file, or the folder is not there or not ours alone.
        """
        self._check_name(name)
        return await self._within_time(lambda: self._remove(folder, name, digest), NotSentError)

    async def aclose(self) -> None:
        """Close nothing: folders are opened for each call, and one that hangs is nobody's to wait for."""

    async def _within_time(self, work: Callable[[], Result], failure: type[AdapterError]) -> Result:
        """Work beside the event loop, since a mounted folder may keep its caller waiting for ever.

        While it does, nothing else is begun there, and what was not begun in time never is.
        """
        try:
            return await self._thread.do(work, self._endpoint.timeout_seconds)
        except TimeoutError:
            raise failure(f"{self._slug}: the folder did not answer in time") from None
        except OSError as error:
            raise failure(f"{self._slug}: the folder failed ({type(error).__name__})") from None

    def _write(self, name: str, data: bytes, decisions: Sequence[Decision]) -> bool:
        with self._locked() as folder:
            _sweep(folder)
            if self._is_there(folder, name, data):
                return True
            for decision in decisions:
                self._gate.check(decision, self._slug)
            unfinished = f".{name}{_UNFINISHED}"
            try:
                _write_whole(folder, unfinished, data)
                if self._show(folder, unfinished, name, decisions):
                    return False
                if self._is_there(folder, name, data):
                    return True
                raise NotSentError(f"{self._slug}: a file of this name came and went")
            except OSError as error:
                raise NotSentError(f"{self._slug}: no file could be written ({type(error).__name__})") from None
            finally:
                _sweep(folder)

    def _show(self, folder: int, unfinished: str, name: str, decisions: Sequence[Decision]) -> bool:
        """Give the file its name, if every decision behind it still stands now; return whether the name was free."""
        passed: list[Decision] = []
        try:
            for decision in decisions:
                self._gate.let_first_byte_pass(decision, self._slug)
                passed.append(decision)
            # A link, not a rename, which could overwrite. Either way the file is there whole, or not at all.
            os.link(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            os.fsync(folder)
        except FileExistsError:
            self._forget(passed)
            return False
        except Exception as error:
            if self._may_lie_there(folder, name):
                raise UncertainError(f"{self._slug}: a file that may be lost again ({type(error).__name__})") from None
            self._forget(passed)
            raise
        return True

    def _look(self, name: str) -> bool:
        with self._locked() as folder:
            return self._is_there(folder, name, None)

    def _is_there(self, folder: int, name: str, data: bytes | None) -> bool:
        """Return whether our file lies there: a regular one, and of this content if it is given."""
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            is_ours = stat.S_ISREG(found.st_mode) and (data is None or _content(folder, name, len(data)) == data)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise UncertainError(f"{self._slug}: a file that cannot be read ({type(error).__name__})") from None
        if not is_ours:
            raise NameTakenError(f"{self._slug}: something else lies under the name of our file")
        return True

    def _may_lie_there(self, folder: int, name: str) -> bool:
        try:
            return _lies_there(folder, name)
        except OSError:
            return True

    def _forget(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            self._gate.nothing_left(decision.attempt_id)

    def _read_all(self, names: re.Pattern[str]) -> tuple[DropFile, ...]:
        with self._opened(THEIRS) as folder:
            found = sorted(name for name in _listed(folder) if names.fullmatch(name))
            return tuple(file for file in map(self._reader(folder), found) if file is not None)

    def _reader(self, folder: int) -> Callable[[str], DropFile | None]:
        def read(name: str) -> DropFile | None:
            try:
                handle = os.open(name, _READ, dir_fd=folder)
            except FileNotFoundError:  # it went while we looked
                return None
            except OSError:  # a symbolic link, or nothing that opens
                return DropFile(name, problem="no regular file")
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                os.close(handle)
                return DropFile(name, problem="no regular file")
            with os.fdopen(handle, "rb") as file:
                data = file.read(self._endpoint.max_file_bytes + 1)
            if len(data) > self._endpoint.max_file_bytes:
                return DropFile(name, problem=f"longer than {self._endpoint.max_file_bytes} bytes")
            return DropFile(name, data)

        return read

    def _remove(self, where: str, name: str, digest: str | None) -> bool:
        with self._opened(where) as folder:
            lying = None if digest is None else self._reader(folder)(name)
            if lying is not None and lying.digest != digest:
                return False
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            os.fsync(folder)
        return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """Open the folder of our files to the only one who writes there: an earlier call that hangs may yet finish."""
        with self._opened(OURS) as folder:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder

    @contextlib.contextmanager
    def _opened(self, where: str) -> Iterator[int]:
        """Open a subfolder that is ours alone; a lock on it goes when it is closed."""
        try:
            folder = os.open(self._folder / where, _FOLDER)
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            raise MisconfiguredError(f"{self._slug}: no folder `{where}` ({type(error).__name__})") from None
        try:
            found = os.fstat(folder)
            if found.st_uid != os.geteuid() or found.st_mode & _OPEN_TO_OTHERS:
                raise MisconfiguredError(f"{self._slug}: the folder `{where}` must be ours and closed to others (0700)")
            yield folder
        finally:
            os.close(folder)

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise MisconfiguredError(f"{self._slug}: no name for a file in a drop folder")


def _folder_of(slug: str, base_url: str) -> Path:
    url = urlsplit(base_url)
    folder = Path(unquote(url.path))
    if url.scheme != "file" or url.netloc or url.query or url.fragment or not folder.is_absolute():
        raise MisconfiguredError(f"{slug}: base_url must be file:///absolute/folder")
    return folder


def _lies_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _content(folder: int, name: str, size: int) -> bytes:
    """Read one byte more than `size` at most: a longer file is another one."""
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
        return file.read(size + 1)


def _listed(folder: int) -> list[str]:
    return os.listdir(folder)


def _sweep(folder: int) -> None:
    """Remove what is unfinished, also of a process that died while it wrote: only the holder of the lock writes here.

    What cannot be removed is left for the next sweep: whether a file may be written, its exclusive creation tells.
    """
    with contextlib.suppress(OSError):
        for name in _listed(folder):
            if name.startswith(".") and name.endswith(_UNFINISHED):
                os.unlink(name, dir_fd=folder)


def _write_whole(folder: int, name: str, data: bytes) -> None:
    handle = os.open(name, _NEW, 0o600, dir_fd=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
