"""One HTTP/1.1 connection: frames its requests with h11 and plays what the application answers.

An honest `Reply` leaves through h11; a `Script` says byte by byte what happens to the connection. Keep-alive, chunked
bodies, `Expect: 100-continue` and the caps live here; listening and stopping live in `server`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol

import h11

from mocks.kit.agency import Reply, Request
from mocks.kit.playing import caller_leaves, play
from mocks.kit.script import Script

LARGEST_BODY = 1 << 20
"""Bytes of a request body; a larger one is answered with 413."""
LARGEST_HEAD = 32 << 10
"""Bytes of request line and headers; more is answered with 431."""

_CHUNK = 64 << 10
_LINGER_SECONDS = 2.0
_NO_BODY = frozenset({204, 304})


def _forget(_left_whole: bool) -> None:  # noqa: FBT001 - the shape of Answer.sent
    """Take no interest in whether the answer left."""


@dataclass(frozen=True)
class Answer:
    """What the application answers, and whom to tell whether the whole of it left."""

    content: Reply | Script
    sent: Callable[[bool], None] = _forget


class Application(Protocol):
    """What the server serves."""

    def at_head(self, method: str, path: str) -> Answer | None:
        """Answer before the body is read, or return None to wait for it."""
        ...

    async def answer(self, request: Request) -> Answer:
        """Answer a whole request; `request.path` is the whole path."""
        ...


class Connection:
    """One connection, from its first byte to its last."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        application: Application,
        working: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._application = application
        self._working = working
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)

    async def run(self) -> None:
        """Answer request after request until one side ends the connection.

        Raises:
            OSError: the caller is gone.
        """
        try:
            while await self._exchange():
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint)
        self._writer.close()
        await self._writer.wait_closed()

    async def _exchange(self) -> bool:
        """Read one request and answer it; return whether the connection may be used again."""
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return False
        if sum(len(name) + len(value) for name, value in head.headers) > LARGEST_HEAD:
            await self._refuse(431)  # h11 refuses only what does not come in one piece
            return False
        path, _, query = _origin_form(head.target.decode("latin-1")).partition("?")
        method = head.method.decode("ascii")
        early = self._application.at_head(method, path)
        if early is not None:
            await self._give(early)
            return False
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        body = await self._read_body(headers)
        if body is None:
            await self._refuse(413)
            return False
        with self._working():
            answer = await self._application.answer(Request(method, path, query, headers, body))
            if isinstance(answer.content, Reply):
                return await self._give(answer, with_body=method != "HEAD")
        return await self._give(answer)  # a script may take for ever: a stopping server does not wait for it

    async def _next_event(self) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._reader.read(_CHUNK))
        return event

    async def _read_body(self, headers: dict[str, str]) -> bytes | None:
        """Return the body, None if it is larger than allowed."""
        if int(headers.get("content-length", "0")) > LARGEST_BODY:
            return None
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > LARGEST_BODY:
                return None
        return bytes(body)

    async def _give(self, answer: Answer, *, with_body: bool = True) -> bool:
        left_whole = False
        try:
            if isinstance(answer.content, Script):
                left_whole = await play(answer.content, self._reader, self._writer)
                return False
            await self._reply(answer.content, with_body=with_body)
            left_whole = True
        finally:
            answer.sent(left_whole)
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _reply(self, reply: Reply, *, with_body: bool) -> None:
        headers = [("Date", formatdate(usegmt=True)), *reply.headers]
        body: list[h11.Event] = []
        if reply.status not in _NO_BODY:
            headers.append(("Content-Length", str(len(reply.body))))
            if reply.content_type:
                headers.append(("Content-Type", reply.content_type))
            if reply.body and with_body:
                body.append(h11.Data(data=reply.body))
        reason = HTTPStatus(reply.status).phrase.encode("ascii")
        head = h11.Response(status_code=reply.status, headers=headers, reason=reason)
        await self._send(head, *body, h11.EndOfMessage())

    async def _send(self, *events: h11.Event) -> None:
        self._writer.write(b"".join(self._http.send(event) or b"" for event in events))
        await self._writer.drain()

    async def _refuse(self, status: int) -> None:
        """Answer what cannot be read, and give the caller time to see the answer before the connection closes."""
        phrase = HTTPStatus(status).phrase
        self._writer.write(f"HTTP/1.1 {status} {phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        await self._writer.drain()
        if self._writer.can_write_eof():
            self._writer.write_eof()
        await caller_leaves(self._reader, _LINGER_SECONDS)


def _origin_form(target: str) -> str:
    """Cut scheme and host off a target that a caller sent as to a proxy."""
    if target.startswith(("http://", "https://")):
        return "/" + target.split("/", 3)[3] if target.count("/") > 2 else "/"  # noqa: PLR2004 - scheme://host/path
    return target
