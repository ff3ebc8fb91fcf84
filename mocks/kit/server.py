"""Listeners of our own, on asyncio streams, because a framework cannot misbehave enough.

Here live the listening and its end; what happens on one connection lives in `connection` (HTTP/1.1, by h11) and
`telegram`. Knows no agency.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

from mocks.kit.connection import Application, Connection

_GRACE_SECONDS = 2.0


Working = Callable[[], AbstractContextManager[None]]
"""Marks the time during which a connection works, so that a stopping server waits for it."""


class Server(ABC):
    """Listens on one port. Bind first (so that the port is known), then start."""

    def __init__(self, ssl_context: ssl.SSLContext | None = None) -> None:
        self._ssl_context = ssl_context
        self._server: asyncio.Server | None = None
        self._is_stopping = False
        self._idle: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()

    async def bind(self, host: str, port: int) -> int:
        """Take the port (0: any free one) without listening yet, and return it.

        Raises:
            OSError: the port is in use, or not ours to take.
        """
        self._server = await asyncio.start_server(
            self._serve,
            host,
            port,
            ssl=self._ssl_context,
            start_serving=False,
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def bind_to(self, bound: socket.socket) -> None:
        """Take a socket that is bound already; it is closed with the server."""
        self._server = await asyncio.start_server(
            self._serve,
            sock=bound,
            ssl=self._ssl_context,
            start_serving=False,
        )

    async def start(self) -> None:
        """Begin to accept connections."""
        assert self._server is not None  # noqa: S101 - bind comes first
        await self._server.start_serving()

    async def stop(self) -> None:
        """Stop listening, let requests in work finish for two seconds, and close every connection."""
        self._is_stopping = True
        if self._server is not None:
            self._server.close()
        every = self._idle | self._busy
        for task in self._idle:
            task.cancel()
        if self._busy:
            await asyncio.wait(self._busy, timeout=_GRACE_SECONDS)
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*every, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - streams run every connection as a task
        self._idle.add(task)
        try:
            await self._converse(reader, writer, partial(self._working, task))
        except (OSError, asyncio.CancelledError, ssl.SSLError):
            pass  # the caller left, or the server stops
        finally:
            self._idle.discard(task)
            self._busy.discard(task)
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):  # over TLS both sides say goodbye first
                await asyncio.wait_for(writer.wait_closed(), _GRACE_SECONDS)

    @abstractmethod
    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, working: Working) -> None:
        """Serve one connection to its end."""

    @contextlib.contextmanager
    def _working(self, task: asyncio.Task[None]) -> Iterator[None]:
        """Count the connection of `task` among those that a stopping server waits for."""
        self._idle.discard(task)
        self._busy.add(task)
        try:
            yield
        finally:
            self._busy.discard(task)
            self._idle.add(task)
            if self._is_stopping:
                task.cancel()  # takes effect when it waits for the next request


class HttpServer(Server):
    """Serves one application over HTTP/1.1."""

    def __init__(self, ssl_context: ssl.SSLContext | None = None, application: Application | None = None) -> None:
        super().__init__(ssl_context)
        self._application = application

    async def serve(self, application: Application) -> None:
        """Begin to accept connections and answer them with `application`."""
        self._application = application
        await self.start()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, working: Working) -> None:
        assert self._application is not None  # noqa: S101 - nothing is accepted before serve
        await Connection(reader, writer, self._application, working).run()
