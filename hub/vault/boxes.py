"""Boxes: bytes sealed with AES-256-GCM and bound to the place where they are kept. Pure; keys come from the vault.

A box is one version byte, a nonce of 12 bytes, the ciphertext and its tag of 16. The place (table, column, row) is
authenticated beside it, so that a box which is moved to another row or column does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12


class SealBrokenError(Exception):
    """A box does not open: another key, another place, or changed bytes. The text names the place only."""


def new_key() -> bytes:
    """Return 256 random bits."""
    return os.urandom(KEY_BYTES)


def place(table: str, column: str, row_id: str) -> str:
    """Name where a box is kept: `table.column:row_id`."""
    return f"{table}.{column}:{row_id}"


def event_text_place(referral_id: str, sequence: int) -> str:
    """Return the place of an event's text: a person's reason, or an agency's words."""
    return place("events", "sealed_text", f"{referral_id}:{sequence}")


def seal(key: bytes, plaintext: bytes, place: str) -> bytes:
    """Seal bytes under a 32-byte key for one place. A key is good for 2³² boxes: the nonce is random."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, _bound(place))


def unseal(key: bytes, box: bytes, place: str) -> bytes:
    """Open a box.

    Raises:
        SealBrokenError: it was not sealed under this key for this place, or it was changed.
    """
    if not box.startswith(_VERSION):
        raise SealBrokenError(f"{place}: not a box of this version")
    nonce, sealed = box[1 : 1 + _NONCE_BYTES], box[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, sealed, _bound(place))
    except (InvalidTag, ValueError):  # a cut box has too short a nonce, which is a ValueError
        raise SealBrokenError(f"{place}: the seal is broken") from None


def keyed_hash(key: bytes, text: str) -> str:
    """Return an HMAC-SHA256 (64 hex) of a text, under a key derived from `key`: a sealing key does not sign, too."""
    signing_key = hmac.digest(key, b"naru keyed hash 1", hashlib.sha256)
    return hmac.digest(signing_key, text.encode(), hashlib.sha256).hex()


def _bound(place: str) -> bytes:
    return _VERSION + place.encode()
