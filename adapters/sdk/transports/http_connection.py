"""One HTTP/1.1 connection over asyncio and h11. It sees every byte that comes, so it knows when none is left over.

Why not a library's: `docs/decisions/0010`. Which request goes over which connection is decided in `http_pool`.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator, Callable

import h11
import httpx

from adapters.sdk.errors import BadReplyError

LARGEST_HEAD = 64 << 10
"""Bytes of a status line with its headers, of a chunk's size line, of trailers."""
MOST_INTERIM = 8
"""Interim answers (1xx) before the answer; nobody who means well sends more."""
_LARGEST_BACKLOG = 1 << 20
_ROUNDS_TO_HEAR = 3
"""Of the event loop: one to be told that bytes are there, one to read them, one to spare."""


class HttpConnection(asyncio.Protocol):
    """One connection, for one exchange at a time: `ask`, then `body` to its end, then `finish`.

    Between two exchanges nothing may arrive: whatever does, a byte or an end, ends the connection.
    """

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        self._transport: asyncio.Transport | None = None
        self._broken_by: Exception | None = None
        self._is_asking = False
        self._news: asyncio.Future[None] | None = None
        self._backlog = 0

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's promise, in words for mypy
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came in; it is for the exchange under way, or for nobody."""
        if not self._is_asking:
            self.end()
            return
        self._http.receive_data(data)
        self._backlog += len(data)
        if self._backlog > _LARGEST_BACKLOG and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Hear that no more will come."""
        if not self._is_asking:
            self.end()  # asyncio's TLS would call itself open while it says goodbye
            return
        self._http.receive_data(b"")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hear that the connection is gone, and why: over TLS 1.3 a server refuses our certificate only now."""
        self._transport, self._broken_by = None, exc
        self._wake()

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    # What a pool asks of it.

    @property
    def is_open(self) -> bool:
        """Whether neither side has ended it, as far as is known here."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: httpx.Request, body: bytes, first_byte: Callable[[], None]) -> h11.Response:
        """Send a whole request and return the head of its answer; `first_byte` is called immediately before the write.

        Raises:
            httpx.LocalProtocolError: no request can be made of this; `first_byte` was not called.
            httpx.ConnectError: the connection is gone, or the agency spoke before it was asked; likewise.
            httpx.ReadError, httpx.RemoteProtocolError: it broke afterwards, or what came is no HTTP.
            BadReplyError: interim answers without end.
        """
        data = self._written(request, body)
        if self._transport is None or not self._may_be_asked():
            raise httpx.ConnectError("it was over, or the agency spoke before it was asked") from self._broken_by
        first_byte()
        self._is_asking = True
        self._transport.write(data)
        for _ in range(MOST_INTERIM + 1):
            event = await self._next_event()
            if isinstance(event, h11.Response):
                return event
        raise BadReplyError(f"more than {MOST_INTERIM} interim answers (1xx), and no answer")

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the answer's body as it comes. Raises as `ask`."""
        while isinstance(event := await self._next_event(), h11.Data):
            yield bytes(event.data)

    def finish(self) -> bool:
        """End the exchange; return whether another may follow, which needs proof that nothing is left of this one.

        Both sides must be done by HTTP's own rules, the request wholly handed to the system, and not one byte be here
        that the answer did not use.
        """
        self._is_asking = False
        states, left_over = {self._http.our_state, self._http.their_state}, self._http.trailing_data
        sent = self._transport is not None and self._transport.get_write_buffer_size() == 0
        if states != {h11.DONE} or left_over != (b"", False) or not sent or not self.is_open:
            self.end()
            return False
        self._http.start_next_cycle()
        self._backlog = 0
        return True

    async def hear_out(self) -> None:
        """Let asyncio take in what TLS holds ready on a new connection: until then nobody can tell tickets from words.

        What of it is for us ends the connection (`data_received`); without TLS the system itself is asked, in `ask`.
        """
        for _ in range(_ROUNDS_TO_HEAR):
            await asyncio.sleep(0)

    def _may_be_asked(self) -> bool:
        """Return whether nothing was said yet that a first question could not have caused."""
        if self._transport is None or self._transport.get_extra_info("ssl_object") is not None:
            return self.is_open
        return self.is_quiet()

    def is_quiet(self) -> bool:
        """Return whether the connection is there and the system holds nothing for it: no byte, no end, no error."""
        if self._transport is None or not self.is_open:
            return False
        number = self._transport.get_extra_info("socket").fileno()
        poller = select.poll()
        poller.register(number, select.POLLIN | select.POLLPRI)
        return not poller.poll(0)

    def end(self) -> None:
        """Close at once; what was not read is dropped."""
        if self._transport is not None:
            self._transport.abort()

    async def _next_event(self) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                if self._transport is None:
                    raise httpx.ReadError("the connection broke") from self._broken_by
                self._backlog = 0
                self._transport.resume_reading()
                self._news = asyncio.get_running_loop().create_future()
                await self._news
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(type(error).__name__) from None  # its text may hold what came
        return event

    def _written(self, request: httpx.Request, body: bytes) -> bytes:
        """Return the bytes of a request."""
        url = request.url
        try:
            head = h11.Request(method=request.method, target=url.raw_path, headers=request.headers.raw)
            events = (head, *([h11.Data(data=body)] if body else []), h11.EndOfMessage())
            return b"".join(self._http.send(event) or b"" for event in events)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(type(error).__name__) from None  # its text may hold the header
