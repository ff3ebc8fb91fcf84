"""A sealer that is killed with SIGKILL at a point: run as a process, with the store's address, a folder, the point."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from trail import Trail

from hub.audit import sealer
from hub.audit.checkpoints import CheckpointBook

POINTS = ("in the transaction", "before the checkpoint", "in the checkpoint's line", "after the checkpoint")


def die(*_: Any) -> None:
    """Be gone at once, like a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Die at a point."""
    write, seal, os_write = CheckpointBook.write, sealer.seal, os.write
    if point == "in the transaction":
        sealer.seal = lambda *given: (seal(*given), die())
    elif point == "before the checkpoint":
        CheckpointBook.write = die
    elif point == "in the checkpoint's line":
        os.write = lambda handle, text: (os_write(handle, text[: len(text) // 2]), die())
    elif point == "after the checkpoint":
        CheckpointBook.write = lambda *given: (write(*given), die())


def main() -> None:
    """Seal and write a checkpoint, and die on the way."""
    url, folder, point = sys.argv[1:]
    trail = Trail(url, Path(folder))
    arm(point)
    asyncio.run(trail.sealer.finish())


if __name__ == "__main__":
    main()
