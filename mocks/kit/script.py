"""A script: what the server shall do with a connection, byte by byte, where an honest HTTP answer would be too good.

The server plays scripts; `breakage` writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    """How the connection ends after the last step."""

    CLOSE = "close"
    """Closed in an orderly way (FIN)."""
    RESET = "reset"
    """Reset (RST)."""
    SILENCE = "silence"
    """Left open, without a byte, until the caller leaves or the server stops."""


@dataclass(frozen=True)
class Script:
    """Steps on the raw connection. It is never used again afterwards."""

    ending: Ending
    steps: tuple[bytes | float, ...] = field(default=(), repr=False)
    """Bytes are sent as they are; a number is a pause, in seconds of wall time."""
    status: int | None = None
    """The HTTP status among the bytes, for the journal; None if there is none."""
    is_whole: bool = False
    """Whether the caller has the whole answer once all steps are done."""
