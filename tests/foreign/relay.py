"""A relay between an adapter and a mock: passes every exchange on as it is, over real sockets, and keeps it.

It judges nothing: what is kept is for tools that share no code with either side.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

Message = MutableMapping[str, Any]

_OF_ONE_HOP = {b"connection", b"content-length", b"date", b"host", b"server", b"transfer-encoding"}


@dataclass(frozen=True)
class Exchange:
    """One request and its reply, as they went over the wire."""

    method: str
    path: str
    query: str
    status: int
    asked: dict[str, str] = field(repr=False)
    """The request's headers, names in lower case."""
    request: bytes = field(repr=False)
    answered: dict[str, str] = field(repr=False)
    reply: bytes = field(repr=False)


class Relay:
    """`async with Relay(mock_url) as relay: …` and then call `relay.url` instead of the mock.

    With a `transport` there need not be a server behind it: a function answers.
    """

    def __init__(self, upstream: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._upstream = upstream
        self._client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=30)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn.Server(
            uvicorn.Config(self._relay, interface="asgi3", lifespan="off", proxy_headers=False, log_config=None)
        )
        self.exchanges: list[Exchange] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server.config.load()
        self._server.lifespan = self._server.config.lifespan_class(self._server.config)
        await self._server.startup(sockets=[self._socket])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.shutdown(sockets=[self._socket])
        await self._client.aclose()

    async def _relay(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        body = await _whole(receive)
        path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
        passed = [(name, value) for name, value in scope["headers"] if name not in _OF_ONE_HOP]
        url = self._upstream + path + (f"?{query}" if query else "")
        reply = await self._client.request(scope["method"], url, headers=passed, content=body)
        back = [(name.lower(), value) for name, value in reply.headers.raw if name.lower() not in _OF_ONE_HOP]
        self.exchanges.append(
            Exchange(scope["method"], path, query, reply.status_code, _text(passed), body, _text(back), reply.content)
        )
        length = (b"content-length", str(len(reply.content)).encode())
        await send({"type": "http.response.start", "status": reply.status_code, "headers": [*back, length]})
        await send({"type": "http.response.body", "body": reply.content})


async def _whole(receive: Callable[[], Awaitable[Message]]) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _text(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("ascii"): value.decode("latin-1") for name, value in headers}
