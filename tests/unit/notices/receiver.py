"""A centre's receiver on a real socket: answers as its script says, and keeps what arrived, as bytes."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Arrived:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """The body's JSON."""
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass
class Receiver:
    """What came, and what is answered next: bytes, or None for never."""

    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    script: deque[bytes | None] = field(default_factory=deque)
    connections: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it is, plain."""
        return f"http://127.0.0.1:{self.port}/naru?centre=1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request and answer it."""
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            headers = dict(_header(line) for line in head[1:] if line)
            body = await reader.readexactly(int(headers["content-length"]))
            self.arrived.append(Arrived(head[0].split(" ")[1], headers, body))
            self.came.set()
            answer = self.script.popleft() if self.script else NO_CONTENT
            if answer is None:
                await reader.read()  # until the caller gives up
            else:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _header(line: str) -> tuple[str, str]:
    name, value = line.split(": ", 1)
    return name.lower(), value


def status(code: int, *headers: str) -> bytes:
    """Return an empty answer."""
    lines = "".join(f"{line}\r\n" for line in headers)
    return f"HTTP/1.1 {code} X\r\ncontent-length: 0\r\n{lines}\r\n".encode()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Serve on a free port of this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
