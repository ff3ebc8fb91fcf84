"""Answers 202 before what it promises is committed."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from itertools import chain, repeat
from typing import Any

from hub.cli.stage import leash
from hub.intake.intake import Intake

_BETWEEN_SECONDS = chain([5.0], repeat(0.3))
"""The first promise of a process waits so long that whoever kills at promises surely comes in time."""
_committing: set[asyncio.Task[Any]] = set()


async def promise(self: Any, asked: Any, **_: Any) -> Any:
    """Answer as soon as the answer is known."""
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    accept = partial(self._accept, asked=asked, refusal=None)

    def answer_then_commit(conn: Any) -> None:
        loop.call_soon_threadsafe(answer.set_result, accept(conn))
        time.sleep(next(_BETWEEN_SECONDS))

    commit = asyncio.create_task(self._store.write(answer_then_commit))
    _committing.add(commit)
    await asyncio.wait({answer, commit}, return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():  # it could not even be promised: say so, instead of never answering
        await commit
    accepted = await answer
    self._wake()
    return accepted


Intake._once = promise
leash.run()
