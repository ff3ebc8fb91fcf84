"""Being the only one of several processes that does something: a lock that PostgreSQL holds while we are connected."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import psycopg

_ASK_AGAIN_SECONDS = 5.0
_CLAIM = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"


async def do_alone(address: str, what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` while no other process does what is called `what`; return when somebody else does it, or it ended.

    When the connection is lost, so is the lock: `work` is cancelled, and this raises what the connection raised.

    Raises:
        psycopg.Error: the server cannot be reached, or went away.
    """
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as conn:
        found = await (await conn.execute(_CLAIM, (f"naru:{what}",))).fetchone()
        if found != (True,):
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
            return
        task = asyncio.ensure_future(work())
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_ASK_AGAIN_SECONDS)
                await conn.execute("SELECT 1")
            await task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
