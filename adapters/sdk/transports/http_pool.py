"""The connections to one agency: at most ten; which of them a request goes over, and when one may be used again.

A write has a connection of its own: whatever else an agency, or what stands before it, has sent on an older one cannot
be taken for the write's answer. Look-ups, polls and tokens use a connection again once it is proven empty.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from functools import cache, lru_cache, partial
from typing import NamedTuple

import httpx

from adapters.sdk.transports.http_connection import HttpConnection

MOST_CONNECTIONS = 10
MOST_RESTING = 4
"""Connections that wait for a next read: as many as an agency is commonly read from at once."""
IDLE_SECONDS = 4.0
"""Agencies' servers often close idle connections after 5 s; one that closes while we write costs an unknown."""

FIRST_BYTE = "naru_first_byte"
"""The request's extension with what is called immediately before its first byte: without it nothing is sent."""
ALONE = "naru_alone"
"""The request's extension that says whether it must have a connection of its own."""


_Origin = tuple[str, str, int | None]


class _Resting(NamedTuple):
    origin: _Origin
    connection: HttpConnection
    over: asyncio.TimerHandle


class HttpPool(httpx.AsyncBaseTransport):
    """Takes requests to an agency. No redirects, no cookies, no proxies, and no patience of its own.

    The caller sets the deadline, and puts `FIRST_BYTE` and `ALONE` into a request's extensions. Whatever breaks is an
    httpx error, or what `FIRST_BYTE` raises.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)
        self._taken = 0
        self._busy: set[HttpConnection] = set()
        self._resting: list[_Resting] = []

    @property
    def connections(self) -> int:
        """How many there are: busy, resting, being made."""
        return self._taken + sum(one.connection.is_open for one in self._resting)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; return its answer, whose body is not read yet. Closing it gives the connection back."""
        url, body = request.url, await request.aread()
        origin = url.scheme, url.host, url.port
        first_byte, alone = request.extensions[FIRST_BYTE], request.extensions[ALONE]
        await self._places.acquire()
        self._taken += 1
        connection = None
        try:
            # From `_take` to the first byte on a connection that is used again, nobody else runs.
            connection = (None if alone else self._take(origin)) or await self._connect(origin)
            self._busy.add(connection)
            head = await connection.ask(request, body, first_byte)
        except BaseException:
            self._give_up(connection)
            raise
        stream = _Body(connection, partial(self._give_back, origin, connection))
        return httpx.Response(head.status_code, headers=head.headers.raw_items(), stream=stream, request=request)

    def _take(self, origin: _Origin) -> HttpConnection | None:
        """Return a resting connection on which nothing has come up to this moment; end those on which something has."""
        for one in [one for one in reversed(self._resting) if one.origin == origin]:
            self._forget(one)
            if one.connection.is_quiet():
                return one.connection
            one.connection.end()
        return None

    async def _connect(self, origin: _Origin) -> HttpConnection:
        scheme, host, port = origin
        if scheme not in {"http", "https"} or not host:
            raise httpx.UnsupportedProtocol("the address is not http:// or https:// with a host")
        while self.connections > MOST_CONNECTIONS and self._resting:
            self._forget(self._resting[0]).end()
        tls = (self._tls or _system_trust()) if scheme == "https" else None
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                HttpConnection, host, port or (443 if tls else 80), ssl=tls, happy_eyeballs_delay=_head_start(host)
            )
        except OSError as error:
            raise httpx.ConnectError(type(error).__name__) from error
        if tls is not None:
            await connection.hear_out()
        return connection

    def _give_back(self, origin: _Origin, connection: HttpConnection) -> None:
        """Let a connection rest whose exchange is over, if it may and there is room; end it otherwise."""
        self._busy.discard(connection)
        self._taken -= 1
        self._places.release()
        self._resting = [one for one in self._resting if one.connection.is_open]
        if connection.finish() and len(self._resting) < MOST_RESTING:
            over = asyncio.get_running_loop().call_later(IDLE_SECONDS, connection.end)
            self._resting.append(_Resting(origin, connection, over))
        else:
            connection.end()

    def _give_up(self, connection: HttpConnection | None) -> None:
        """Free the place of a request that failed; end its connection, if there is one."""
        self._taken -= 1
        self._places.release()
        if connection is not None:
            self._busy.discard(connection)
            connection.end()

    def _forget(self, one: _Resting) -> HttpConnection:
        one.over.cancel()
        self._resting.remove(one)
        return one.connection

    async def aclose(self) -> None:
        """End every connection."""
        while self._resting:
            self._forget(self._resting[0]).end()
        for connection in self._busy:
            connection.end()
        await asyncio.sleep(0)  # asyncio closes a socket in its next round


class _Body(httpx.AsyncByteStream):
    """An answer's body. Closing it ends the exchange."""

    def __init__(self, connection: HttpConnection, give_back: Callable[[], None]) -> None:
        self._connection = connection
        self._give_back: Callable[[], None] | None = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._connection.body():
            yield chunk

    async def aclose(self) -> None:
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()


@lru_cache(maxsize=64)
def _head_start(host: str) -> float | None:
    """Return how long an address of a host is tried before the next one too; None for a host that is one address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return 0.25
    return None


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()
