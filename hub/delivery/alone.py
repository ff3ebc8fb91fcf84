"""Being the only one of several processes that does something: a lock that PostgreSQL holds while we are connected."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import psycopg

_ASK_AGAIN_SECONDS = 5.0
_SILENT_SECONDS = 30.0
"""So long the server lets the one who does it be silent: a process that was stopped, or a machine that vanished, has
its turn taken. What it still does when it goes on, the store, `send_by` and the folder's own lock must stop."""
_END_THE_SILENT = "SELECT set_config('idle_session_timeout', %s, false)"
_CLAIM = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_GIVE_BACK = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


async def do_alone(
    address: str, what: str, work: Callable[[], Awaitable[None]], rest_seconds: float = _ASK_AGAIN_SECONDS
) -> None:
    """Do `work` while no other process does what is called `what`; return when it ended.

    While somebody else does it, this returns after `rest_seconds`, with nothing done.

    When the connection is lost, so is the lock: `work` is cancelled, and this raises what the connection raised.

    Raises:
        psycopg.Error: the server cannot be reached, or went away.
    """
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as conn:
        await conn.execute(_END_THE_SILENT, (f"{round(_SILENT_SECONDS * 1000)}ms",))
        found = await (await conn.execute(_CLAIM, (f"naru:{what}",))).fetchone()
        if found != (True,):
            await asyncio.sleep(rest_seconds)
            return
        task = asyncio.ensure_future(work())
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_ASK_AGAIN_SECONDS)
                await conn.execute("SELECT 1")
            await task
            await conn.execute(_GIVE_BACK, (f"naru:{what}",))  # the server notices a closed connection only later
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
