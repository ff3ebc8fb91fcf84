"""Runs a `naru` command that ends when whoever started it is gone, however that happened: no orphans.

The starter holds the other end of our standard input; when it closes, even by SIGKILL, we stop as on SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading
import time

from hub.cli import main

_GRACE_SECONDS = 10.0


def _end_with_starter() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(1)  # it did not stop in order


def run() -> None:
    """Run the command line on a leash."""
    threading.Thread(target=_end_with_starter, name="leash", daemon=True).start()
    main()


if __name__ == "__main__":
    run()
