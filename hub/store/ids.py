"""Opaque ids: sortable by time, so that new rows land beside each other, and unguessable."""

from __future__ import annotations

import secrets
import time
from threading import Lock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class _Numbers:
    """Numbers of 48 bits of milliseconds and 80 random bits that only grow.

    What one process makes is in the order in which it was made, within a millisecond and if the clock is set back too.
    """

    def __init__(self) -> None:
        self._lock, self._last = Lock(), 0

    def take(self) -> int:
        with self._lock:
            fresh = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
            self._last = max(fresh, self._last + 1 + secrets.randbits(64))
            return self._last


_numbers = _Numbers()


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 26 characters, later ones after earlier ones of this process. `prefix`: at most 5 letters.

    At least 64 bits of it are random, whatever ids somebody knows.
    """
    number = _numbers.take()
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
