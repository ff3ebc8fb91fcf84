"""The key that signs checkpoints and exports (Ed25519), and the public keys that they are verified with.

The secret key is a file of one line beside the store's key file, or comes from the environment; it opens nothing. The
public key is a PEM file that an auditor is given. What is signed is decided elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

_LINE = re.compile(r"naru-audit-key-1 ([A-Za-z0-9+/]{43}=)\n?", re.ASCII)


class AuditKeyError(Exception):
    """A key of the audit is missing, unfit or open to others; the text says what to do and shows nothing of it."""


class SigningKey:
    """The secret key. Its line: `naru-audit-key-1 <base64 of 32 bytes>`."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKeys([key.public_key()])
        self.key_id = _id_of(key.public_key())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the line.

        Raises:
            AuditKeyError: it is none.
        """
        line = _LINE.fullmatch(text)
        with suppress(binascii.Error, ValueError):
            if line is not None:
                return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(line[1], validate=True)))
        raise AuditKeyError("a signing key of the audit must be one line that begins with naru-audit-key-1")

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Read the key file; make it at first start (0600, in a folder 0700), unless `create` is false.

        Raises:
            AuditKeyError: it is missing and may not be made, no key file, or open to others.
        """
        try:
            if create and not path.exists():
                _make(path)
            text, mode = path.read_text("ascii"), path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            advice = ". If another user made it, give it to the user that serves (chown)"
            raise AuditKeyError(
                f"the audit's key file {path} cannot be read or made ({type(error).__name__})"
                f"{advice if isinstance(error, PermissionError) else ''}"
            ) from None
        if mode & 0o077:
            raise AuditKeyError(f"the audit's key file {path} is open to others: chmod 600 it")
        try:
            return cls.from_text(text)
        except AuditKeyError:
            raise AuditKeyError(
                f"{path} is no key file of the audit: it must be one line that begins with naru-audit-key-1"
            ) from None

    def sign(self, said: bytes) -> str:
        """Return the signature, base64."""
        return base64.b64encode(self._key.sign(said)).decode()


class PublicKeys:
    """Public keys by their ids (16 hex characters of the key's SHA-256)."""

    def __init__(self, keys: Iterable[Ed25519PublicKey]) -> None:
        self._keys: Mapping[str, Ed25519PublicKey] = {_id_of(key): key for key in keys}

    @classmethod
    def from_files(cls, paths: Iterable[Path]) -> Self:
        """Read PEM files.

        Raises:
            AuditKeyError: one cannot be read, or holds no Ed25519 public key.
        """
        return cls([_read_public(path) for path in paths])

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys."""
        return tuple(self._keys)

    @property
    def pem(self) -> str:
        """The keys as PEM."""
        kept = (key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in self._keys.values())
        return b"".join(kept).decode()

    def verify(self, key_id: str, said: bytes, signature: str) -> bool:
        """Return whether the key `key_id` is one of these and signed this."""
        key = self._keys.get(key_id)
        if key is None:
            return False
        try:
            given = base64.b64decode(signature, validate=True)
            key.verify(given, said)
        except (InvalidSignature, ValueError):
            return False
        return base64.b64encode(given).decode() == signature  # base64 has several spellings for the same bytes


def _read_public(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AuditKeyError(f"the public key {path} cannot be read ({type(error).__name__})") from None
    if not isinstance(key, Ed25519PublicKey):
        raise AuditKeyError(f"{path} holds no Ed25519 public key")
    return key


def _id_of(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _make(path: Path) -> None:
    """Write a new key beside `path` and link it there in one step; if another process was first, its key stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123 - a handle with its mode, not a path
            file.write(f"naru-audit-key-1 {base64.b64encode(secrets.token_bytes(32)).decode()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
