"""Key-encryption keys: kept outside the store, they wrap every data key in it. No data is sealed here.

Whoever has the store and none of these keys has nothing; whoever loses them has lost the data. They stand in a file or
in the environment; a key service (KMS) fits in their place: it is a `KeyWrapper` too. Which of them wraps is the
store's to say (`hub/store/keks.py`), so that all processes say the same; how one follows another is
`hub/vault/rotation.py`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Protocol, Self

from hub.vault.boxes import KEY_BYTES, keyed_hash, new_key, seal, unseal

_LINE = re.compile(r"naru-kek-1 ([A-Za-z0-9+/]{43}=)", re.ASCII)


class KeyFileError(Exception):
    """A key is missing, or what should hold it is unreadable, open to others, or holds others. Never holds a key."""


class KeyWrapper(Protocol):
    """What the hub needs of whoever keeps the key-encryption keys; a key is known by its id of 16 hex characters."""

    name: str
    """Where the keys are kept, for people: a path, a variable, a service."""
    trouble: str | None
    """What is wrong with that place, if it was found out after the start; holds no key."""

    def kek_ids(self) -> tuple[str, ...]:
        """Look again, and return which keys are at hand now, oldest first. Never raises: what was there stays."""
        ...

    def wrap(self, key: bytes, context: str, kek_id: str) -> bytes:
        """Wrap a data key under `kek_id`; `context` says whose it is and must be given again to unwrap.

        Raises:
            KeyFileError: that key is not at hand.
        """
        ...

    def unwrap(self, wrapped: bytes, context: str, kek_id: str) -> bytes:
        """Unwrap what the key `kek_id` wrapped.

        Raises:
            KeyFileError: that key is not at hand.
            SealBrokenError: other context, or changed bytes.
        """
        ...


class KeyRing:
    """Keys in memory, oldest first."""

    def __init__(self, *keys: bytes, name: str = "key ring") -> None:
        self._keys: dict[str, bytes] = {}
        self._named: tuple[str, ...] = ()
        self._take(keys)
        self.name = name
        self.trouble: str | None = None

    @classmethod
    def of_text(cls, text: str, name: str) -> Self:
        """Read keys from lines, or parts with commas between them, `naru-kek-1 <base64>`.

        Raises:
            KeyFileError: it is something else.
        """
        return cls(*read_keys(text, name), name=name)

    def kek_ids(self) -> tuple[str, ...]:
        """Return which keys are at hand now, oldest first."""
        return self._named

    def wrap(self, key: bytes, context: str, kek_id: str) -> bytes:
        """Wrap a data key under `kek_id`; `context` says whose it is."""
        return seal(self._key(kek_id), key, context)

    def unwrap(self, wrapped: bytes, context: str, kek_id: str) -> bytes:
        """Unwrap a data key.

        Raises:
            KeyFileError: another key wrapped it.
            SealBrokenError: other context, or changed bytes.
        """
        return unseal(self._key(kek_id), wrapped, context)

    def _take(self, keys: Collection[bytes]) -> None:
        taken = {kek_id_of(key): key for key in keys}
        self._keys, self._named = self._keys | taken, tuple(taken)

    def _key(self, kek_id: str) -> bytes:
        if kek_id not in self._keys:
            self.kek_ids()  # somebody may have put it there since
        if kek_id not in self._keys:
            raise KeyFileError(lacking([kek_id], self))
        return self._keys[kek_id]


def lacking(missing: Sequence[str], ring: KeyWrapper) -> str:
    """Return in words that keys are not at hand, and what to do."""
    named, held = " and ".join(missing), ", ".join(ring.kek_ids()) or "none"
    what = f"the store was sealed with the key {named}, but {ring.name} holds the key {held}. "
    return what + "Put the right key beside it or in its place: without it, what it wrapped cannot be read."


def read_keys(text: str, name: str) -> list[bytes]:
    """Return the keys that a text of lines `naru-kek-1 <base64>` names; commas may stand for the line breaks.

    Raises:
        KeyFileError: it is something else, or names a key twice. The text shows nothing of it.
    """
    lines = [part.strip() for part in re.split(r"[\n,]", text)]
    keys = [_key_of(line) for line in lines if line]
    if not keys or None in keys:
        raise KeyFileError(f"{name} is no key file: it must be lines that begin with naru-kek-1, one for each key")
    found = [key for key in keys if key is not None]
    if len(set(found)) < len(found):
        raise KeyFileError(f"{name} holds a key twice")
    return found


def write_keys(keys: Sequence[bytes]) -> str:
    """Return the text that `read_keys` reads."""
    return "".join(f"naru-kek-1 {base64.b64encode(key).decode()}\n" for key in keys)


def new_key_line() -> str:
    """Return a new key as a line: for the environment, where no command can write it."""
    return write_keys([new_key()]).strip()


def kek_id_of(key: bytes) -> str:
    """Return the id of a key: 16 hex characters that tell nothing of it."""
    return keyed_hash(key, "kek id")[:16]


def _key_of(line: str) -> bytes | None:
    found = _LINE.fullmatch(line)
    with suppress(binascii.Error):
        if found is not None and len(key := base64.b64decode(found[1], validate=True)) == KEY_BYTES:
            return key
    return None
