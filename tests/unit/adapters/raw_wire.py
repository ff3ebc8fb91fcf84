"""A server that misbehaves below HTTP, and stamped decisions: what tests of the transports stand on."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET

from adapters.sdk import Disclose, Gate, Impersonal
from adapters.sdk.decisions import AnyDecision, steady_now

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """What a raw server saw: every byte of every connection, and which connections the client has ended."""

    port: int = 0
    scheme: str = "http"
    connections: list[bytearray] = field(default_factory=list)
    ended: list[asyncio.Event] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def received(self) -> int:
        """All bytes that reached this server."""
        return sum(map(len, self.connections))


async def read_request(reader: asyncio.StreamReader, seen: bytearray) -> None:
    """Read one whole request; `seen` grows with it."""
    start = len(seen)
    while b"\r\n\r\n" not in seen[start:]:
        chunk = await reader.read(65536)
        if not chunk:
            raise EOFError
        seen += chunk
    head, _, rest = bytes(seen[start:]).partition(b"\r\n\r\n")
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(rest) if lengths else 0
    if missing > 0:
        seen += await reader.readexactly(missing)


@asynccontextmanager
async def raw_server(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Serve on a free port: read a request, then let `answer` do what it likes, on every connection."""
    state = RawServer(scheme="https" if tls else "http")
    tasks = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        seen, over = bytearray(), asyncio.Event()
        state.connections.append(seen)
        state.ended.append(over)
        try:
            while True:
                await read_request(reader, seen)
                await answer(reader, writer)
        except (EOFError, OSError):
            over.set()
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*[t for t in tasks if t is not None], return_exceptions=True)
        await server.wait_closed()


def reply_bytes(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """Write an answer by hand."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answering(data: bytes, *, close: bool = False) -> Answer:
    """Answer every request with these bytes, and close afterwards if asked to."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            writer.close()
            raise EOFError

    return answer


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read the request, then reset the connection (RST)."""
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()
    raise EOFError


async def silence(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Read the request, and never answer."""
    await asyncio.Event().wait()


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one byte every few milliseconds, for ever: no single read ever takes long."""
    writer.write(reply_bytes(200, b"", length=4000))
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.005)


class Decisions:
    """Stamps decisions for one gate."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._number = 0

    def _next(self) -> str:
        self._number += 1
        return f"attempt-{self._number}"

    def disclose(
        self, recipient: str = "haengbok", seconds: float = 60, fields: frozenset[str] = frozenset()
    ) -> Disclose:
        decision = Disclose(
            attempt_id=self._next(),
            recipient=recipient,
            send_by=steady_now() + seconds,
            fields=fields,
            bases={},
            fields_hmac="",
        )
        return self.gate.stamp(decision)

    def other(self, kind: type[AnyDecision], recipient: str = "haengbok") -> AnyDecision:
        return self.gate.stamp(kind(attempt_id=self._next(), recipient=recipient, send_by=steady_now() + 60))

    def impersonal(self) -> Impersonal:
        return self.other(Impersonal)
