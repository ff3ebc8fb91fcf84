"""The key-encryption key: a file outside the store that wraps every data key in it. No data is sealed here.

Whoever has the store and not this file has nothing; whoever loses the file has lost the data. A key service (KMS)
fits in its place: it is a `KeyWrapper` too.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

from hub.vault.boxes import KEY_BYTES, keyed_hash, new_key, seal, unseal

_LINE = re.compile(r"naru-kek-1 ([A-Za-z0-9+/]{43}=)\n?", re.ASCII)


class KeyFileError(Exception):
    """The key file is missing, unreadable, open to others, or another one than the store was sealed with."""


class KeyWrapper(Protocol):
    """What the vault needs of whoever keeps the key-encryption key."""

    @property
    def kek_id(self) -> str:
        """Which key wraps now: 16 hex characters, kept beside whatever it wrapped."""
        ...

    def wrap(self, key: bytes, context: str) -> bytes:
        """Wrap a data key; `context` says whose it is and must be given again to unwrap."""
        ...

    def unwrap(self, wrapped: bytes, context: str, kek_id: str) -> bytes:
        """Unwrap what the key `kek_id` wrapped.

        Raises:
            KeyFileError: that key is not at hand.
            SealBrokenError: other context, or changed bytes.
        """
        ...


class KeyRing:
    """One key-encryption key, read from a file of one line: `naru-kek-1 <base64>`."""

    def __init__(self, key: bytes, name: str = "key ring") -> None:
        self._key, self._name = key, name
        self.kek_id = keyed_hash(key, "kek id")[:16]

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Read the key file; make it at first start (0600, in a folder 0700), unless `create` is false.

        Raises:
            KeyFileError: it is missing and may not be made, no key file, or open to others.
        """
        try:
            if create and not path.exists():
                _make(path)
            text, mode = path.read_text("ascii"), path.stat().st_mode
        except FileNotFoundError:
            raise KeyFileError(
                f"the key file {path} is missing, and the store was sealed with it. Put it back from your backup: "
                "without it, nothing that was stored about clients can be read again."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError(f"the key file {path} cannot be read or made ({type(error).__name__})") from None
        if mode & 0o077:
            raise KeyFileError(f"the key file {path} is open to others: chmod 600 it")
        return cls(_read(text, path), str(path))

    def wrap(self, key: bytes, context: str) -> bytes:
        """Wrap a data key; `context` says whose it is."""
        return seal(self._key, key, context)

    def unwrap(self, wrapped: bytes, context: str, kek_id: str) -> bytes:
        """Unwrap a data key.

        Raises:
            KeyFileError: another key wrapped it.
            SealBrokenError: other context, or changed bytes.
        """
        if kek_id != self.kek_id:
            raise KeyFileError(
                f"the store was sealed with the key {kek_id}, but {self._name} holds the key {self.kek_id}. "
                "Put the right key file in its place."
            )
        return unseal(self._key, wrapped, context)


def _read(text: str, path: Path) -> bytes:
    line = _LINE.fullmatch(text)
    with suppress(binascii.Error):
        if line is not None and len(key := base64.b64decode(line[1], validate=True)) == KEY_BYTES:
            return key
    raise KeyFileError(f"{path} is no key file: it must be one line that begins with naru-kek-1")


def _make(path: Path) -> None:
    """Write a new key beside `path` and link it there in one step; if another process was first, its key stays."""
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123 - a handle with its mode, not a path
            file.write(f"naru-kek-1 {base64.b64encode(new_key()).decode()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
