"""The key file: `naru-kek-1 <base64>` a line, oldest first; made at first start, read again when it was changed.

Every change is a new file that takes the old one's name in one step: whoever reads it sees all of one or all of the
other, and a power cut leaves one of them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from hub.vault.boxes import new_key
from hub.vault.keyring import KeyFileError, KeyRing, kek_id_of, read_keys, write_keys

_Stamp = tuple[int, int, int, int]


class KeyFile(KeyRing):
    """The keys in a file. What was read stays at hand when the file goes away or goes bad: `trouble` says so.

    A key that was moved out of the file still opens what was read while it stood there, and is not named any more.

    Raises:
        KeyFileError: from `open`, `add` and `set_apart`.
    """

    def __init__(self, path: Path, keys: Collection[bytes], stamp: _Stamp) -> None:
        super().__init__(*keys, name=f"the key file {path}")
        self.path = path
        self._stamp: _Stamp | None = stamp

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Read the key file; make it at first start (0600, in a folder 0700), unless `create` is false.

        Raises:
            KeyFileError: it is missing and may not be made, no key file, or open to others.
        """
        try:
            if create and not path.exists():
                _make(path)
        except OSError as error:
            raise _unreadable(path, error) from None
        return cls(path, *_read(path))

    def kek_ids(self) -> tuple[str, ...]:
        """Read the file again if it was changed, and return which keys are at hand now."""
        try:
            if _stamp_of(self.path.stat()) != self._stamp:
                keys, self._stamp = _read(self.path)
                self._take(keys)
            self.trouble = None
        except FileNotFoundError:
            self._stamp, self.trouble = None, f"{self.name} is gone; its keys are still in this process's memory only"
        except OSError as error:
            self.trouble = f"{self.name} cannot be read ({type(error).__name__})"
        except KeyFileError as error:
            self.trouble = str(error)
        return super().kek_ids()

    def add(self) -> str:
        """Make another key, write it into the file, and return its id. It is at hand then, and wraps nothing yet."""
        keys, _ = _read(self.path)
        key = new_key()
        _write(self.path, [*keys, key])
        self.kek_ids()
        return kek_id_of(key)

    def set_apart(self, kek_ids: Collection[str]) -> list[Path]:
        """Move keys out of the file, each into a file beside it that the hub does not read; return those files."""
        keys, _ = _read(self.path)
        apart = [key for key in keys if kek_id_of(key) in kek_ids]
        left = [key for key in keys if kek_id_of(key) not in kek_ids]
        if not left:
            raise KeyFileError(f"{self.name} would be empty")
        places = [self.path.with_name(f"{self.path.name}.retired-{kek_id_of(key)}") for key in apart]
        for place, key in zip(places, apart, strict=True):
            _write(place, [key])
        if apart:
            _write(self.path, left)
            self.kek_ids()
        return places


def _read(path: Path) -> tuple[list[bytes], _Stamp]:
    try:
        with path.open(encoding="ascii") as file:
            found = os.fstat(file.fileno())
            text = file.read()
    except FileNotFoundError:
        raise KeyFileError(
            f"the key file {path} is missing, and the store was sealed with it. Put it back from your backup: "
            "without it, nothing that was stored about clients can be read again."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None
    if found.st_mode & 0o077:
        raise KeyFileError(f"the key file {path} is open to others: chmod 600 it")
    return read_keys(text, f"the key file {path}"), _stamp_of(found)


def _unreadable(path: Path, error: Exception) -> KeyFileError:
    said = f"the key file {path} cannot be read or made ({type(error).__name__})"
    if isinstance(error, PermissionError):
        said += (
            ". If another user made it, root perhaps: give it to the user that serves (chown), and type naru commands "
            "as that user (docs/deploy.md)"
        )
    return KeyFileError(said)


def _stamp_of(found: os.stat_result) -> _Stamp:
    return found.st_mtime_ns, found.st_ino, found.st_size, found.st_mode


def _make(path: Path) -> None:
    """Write a new key beside `path` and link it there in one step; if another process was first, its key stays."""
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _draft(path, [new_key()]) as draft, suppress(FileExistsError):
        os.link(draft, path)


def _write(path: Path, keys: Collection[bytes]) -> None:
    with _draft(path, keys) as draft:
        draft.replace(path)


@contextmanager
def _draft(path: Path, keys: Collection[bytes]) -> Iterator[Path]:
    """Write keys into a file beside `path`, to be put in its place; afterwards the name itself survives a power cut."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123 - a handle with its mode, not a path
            file.write(write_keys(list(keys)))
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
