"""Calls of the system that may hang, made beside the event loop without holding what others wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context, copy_context
from threading import Thread
from typing import Any, TypeVar

Result = TypeVar("Result")


class OwnThread:
    """Makes one call at a time, on a thread that nobody else waits for: neither other agencies nor the process's end.

    The event loop has few threads, and looks the names of all agencies up there.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._ended: Future[None] | None = None
        """Of the call that was begun last."""
        self._hangs = False
        """Whether that call's caller gave it up."""

    async def do(self, work: Callable[[], Result], seconds: float) -> Result:
        """Return what `work` returns, or raise what it raises. It is begun within the time, or never.

        Raises:
            TimeoutError: it did not end in time, or one that was given up has not ended yet.
        """
        async with asyncio.timeout(seconds):
            while self._ended is not None and not self._ended.done():
                if self._hangs:
                    raise TimeoutError
                await asyncio.wrap_future(self._ended)
            answer = self._begin(work)
            try:
                return await asyncio.wrap_future(answer)
            finally:
                self._hangs = not answer.done()

    def _begin(self, work: Callable[[], Result]) -> Future[Result]:
        answer, ended = Future[Result](), Future[None]()
        for future in (answer, ended):
            future.set_running_or_notify_cancel()  # nobody who waits for it in vain ends it
        Thread(target=_run, args=(work, copy_context(), answer, ended), name=self._name, daemon=True).start()
        self._ended, self._hangs = ended, False
        return answer


def _run(work: Callable[[], Any], context: Context, answer: Future[Any], ended: Future[None]) -> None:
    try:
        result = context.run(work)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's
        answer.set_exception(error)
    else:
        answer.set_result(result)
    finally:
        ended.set_result(None)
