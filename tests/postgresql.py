"""A real PostgreSQL for the tests: the server that `NARU_TEST_POSTGRES_URL` names, or one of our own from a wheel.

Ours is started once for each test process, in a folder of its own, on a free port of this machine, and ends with it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.cli.stage.postgres import OwnServer, database

__all__ = ["GIVEN", "STORES", "OwnServer", "database", "serving"]

STORES = ("sqlite", "postgresql")
"""What a store can stand on; the fixture `store_url` gives an empty one of each."""
GIVEN = "NARU_TEST_POSTGRES_URL"
_HASTY = {"fsync": "off", "full_page_writes": "off"}
"""For tests that do not cut the power: what is committed outlives the server's own death all the same."""


@contextmanager
def serving() -> Iterator[str]:
    """Yield the address of a server, without a database: `postgresql://user@127.0.0.1:port/postgres`."""
    if os.environ.get(GIVEN):
        yield os.environ[GIVEN]
        return
    home = Path(tempfile.mkdtemp(prefix="naru-postgres-"))
    server = OwnServer(home, _HASTY)
    try:
        server.make()
        server.start()
        yield server.url
    finally:
        server.kill()
        shutil.rmtree(home, ignore_errors=True)
