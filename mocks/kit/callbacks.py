"""Callbacks: what an agency sends to the hub by itself, in the background, in order, and badly where a fault says so.

The message and its signature are the agency's; when, how often and in which order it leaves is decided here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from mocks.kit.clock import BusinessClock
from mocks.kit.journal import Journal

PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 20.0)
"""Seconds of wall time between the attempts of one callback: about a minute in all."""

_TIMEOUT = httpx.Timeout(10.0)


@dataclass(frozen=True)
class Callback:
    """One message to the hub's callback address: the exact body and headers of a POST."""

    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


class CallbackFault(Protocol):
    """What callbacks need to know of a fault that struck: its name, and how many business seconds it lasts."""

    @property
    def name(self) -> str: ...  # noqa: D102 - said above
    @property
    def seconds(self) -> float: ...  # noqa: D102 - said above


def was_acknowledged(status: int, _body: bytes) -> bool:
    """Take any 2xx for an acknowledgement, whatever the body says."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True)
class _Letter:
    name: str
    build: Callable[[], Callback]
    is_acknowledged: Callable[[int, bytes], bool]
    fault: str | None


class Callbacks:
    """The outgoing post of one agency.

    One task sends in the order of queueing. A `late_callback` leaves when its business seconds have passed, an
    `out_of_order_callback` after the next one (or after its seconds, if none comes), a `duplicate_callback` twice.
    """

    def __init__(
        self,
        clock: BusinessClock,
        journal: Journal,
        strike: Callable[[str], CallbackFault | None] = lambda _name: None,
    ) -> None:
        self.url = ""
        """Where callbacks are posted to; may be changed at any time. Empty: they are dropped."""
        self._clock = clock
        self._journal = journal
        self._strike = strike
        self._waiting: deque[_Letter] = deque()
        self._held: list[_Letter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._sender: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in the post: everything was acknowledged, or given up."""
        return not self._tasks

    def queue(self, name: str, build: Callable[[], Callback], is_acknowledged: Callable[[int, bytes], bool]) -> None:
        """Put one callback into the post; dropped if no address is set. See `Desk.call_back`."""
        if not self.url:
            return
        fault = self._strike(name)
        due = self._clock.now() + timedelta(seconds=fault.seconds if fault else 0)
        letter = _Letter(name, build, is_acknowledged, fault.name if fault else None)
        if fault is None:
            self._post(letter)
        elif fault.name == "duplicate_callback":
            self._post(letter, letter)
        elif fault.name == "late_callback":
            self._start(self._post_later(letter, due))
        else:
            self._held.append(letter)
            self._start(self._release_later(letter, due))

    async def stop(self) -> None:
        """Drop what was not sent and end the background tasks; the post can be used again afterwards."""
        self._waiting.clear()
        self._held.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _post(self, *letters: _Letter) -> None:
        self._waiting.extend((*letters, *self._held))
        self._held.clear()
        if self._sender is None or self._sender.done():
            self._sender = self._start(self._send_all())

    async def _post_later(self, letter: _Letter, due: datetime) -> None:
        await self._clock.wait_until(due)
        self._post(letter)

    async def _release_later(self, letter: _Letter, due: datetime) -> None:
        await self._clock.wait_until(due)
        if letter in self._held:
            self._held.remove(letter)
            self._post(letter)

    async def _send_all(self) -> None:
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            while self._waiting:
                await self._send(client, self._waiting.popleft())

    async def _send(self, client: httpx.AsyncClient, letter: _Letter) -> None:
        for pause in (*PAUSES, None):
            if await self._attempt(client, letter) or pause is None:
                return
            await asyncio.sleep(pause)

    async def _attempt(self, client: httpx.AsyncClient, letter: _Letter) -> bool:
        message = letter.build()
        entry = self._journal.open("out", letter.name, "POST", urlsplit(self.url).path, len(message.body))
        entry.fault = letter.fault
        headers = [("Content-Type", message.content_type), *message.headers]
        try:
            answer = await client.post(self.url, content=message.body, headers=headers)
        except httpx.HTTPError:
            return False  # nobody there, or no whole answer: the next attempt follows
        entry.status, entry.reply_complete = answer.status_code, True
        entry.accepted = letter.is_acknowledged(answer.status_code, answer.content)
        return entry.accepted

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
