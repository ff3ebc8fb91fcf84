"""What comes back on an HTTP socket, byte by byte: heads, chunks, lengths, endings that nobody should send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import strategies as st

from adapters.sdk import Gate, HttpEndpoint, Impersonal, NotSentError, Reconcile
from adapters.sdk.decisions import steady_now
from adapters.sdk.errors import AdapterError
from adapters.sdk.testing.fuzzing import fuzz_calls, grows_by_at_most
from adapters.sdk.testing.spoilt import MARKS, bodies
from adapters.sdk.transports.http import HttpWire
from adapters.sdk.transports.telegram import TelegramEndpoint, TelegramWire

pytestmark = pytest.mark.slow
CAP = 1 << 20
Read = Callable[[asyncio.StreamReader], Awaitable[object]]
GOOD = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: z\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxyz",
]
TOKENS = [
    b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: +2\r\n", b"Content-Length: 2, 2\r\n",
    b"Content-Length: " + b"9" * 5000 + b"\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"ffffffffffffffff\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"\r\n\r\n", b"\n\n", b"\x00", b" : \r\n",
    b" x\r\n", b"Connection: close\r\n", "X: 답변속이름나루\r\n".encode(), b"X: 8002022000000\r\n", b"HTTP/9.9 ",
]  # fmt: skip
WIRES = {
    "head of lists": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300_000 + b"\r\n",
    "head without end": b"HTTP/1.1 200 OK\r\nX: " + b"y" * (8 << 20),
    "interim without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
    "chunks without end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 1_000_000,
    "a chunk without measure": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n" + b"x" * (16 << 20),
    "a chunk's extension": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * (8 << 20),
    "trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 1_000_000 + b"\r\n",
    "a body without measure": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (16 << 20),
}


@st.composite
def _heads(draw: st.DrawFn) -> bytes:
    """Draw what comes back: a good answer with lines put in, out of order or cut; or spoilt bytes."""
    lines = draw(st.sampled_from(GOOD)).split(b"\r\n")
    for _ in range(draw(st.integers(0, 3))):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(TOKENS)).rstrip(b"\r\n"))
    return b"\r\n".join(lines)[: draw(st.sampled_from([10**6, 10**6, 5, 40])) or None]


@asynccontextmanager
async def _peer(
    read: Callable[[asyncio.StreamReader], Awaitable[object]],
) -> AsyncIterator[tuple[int, dict[str, bytes]]]:
    """Serve a port that reads a request, writes whatever `answer` holds by then, and closes."""
    state: dict[str, bytes] = {"answer": b""}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await read(reader)
            writer.write(state["answer"])
            await writer.drain()
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], state
    finally:
        server.close()
        await server.wait_closed()


def _decision(gate: Gate, kind: Any, number: list[int]) -> Any:
    number[0] += 1
    return gate.stamp(kind(attempt_id=f"attempt-{number[0]}", recipient="haengbok", send_by=steady_now() + 60))


def _expect_declared(error: BaseException) -> None:
    assert isinstance(error, AdapterError), type(error)
    text = f"{error} {error!r}"
    assert not any(mark in text for marks in MARKS.values() for mark in marks)


@asynccontextmanager
async def _http() -> AsyncIterator[tuple[Callable[[bytes], Awaitable[None]], dict[str, bytes]]]:
    gate, number = Gate(), [0]
    async with _peer(lambda reader: reader.readuntil(b"\r\n\r\n")) as (port, state):
        wire = HttpWire("haengbok", gate, HttpEndpoint(f"http://127.0.0.1:{port}", 8.0, CAP))

        async def call(answer: bytes) -> None:
            state["answer"] = answer
            kind = Reconcile if number[0] % 2 else Impersonal
            try:
                reply = await wire.send(_decision(gate, kind, number), "GET", "/x")
            except NotSentError:
                raise AssertionError("the bytes had left") from None
            except AdapterError as error:
                _expect_declared(error)
            else:
                assert (100 <= reply.status < 1000, len(reply.body) <= CAP) == (True, True)

        yield call, state
        await wire.aclose()


async def test_any_http_answer_is_read_or_classified() -> None:
    """Whatever bytes answer a request: a whole answer within its cap, or a declared error; and nothing of it told."""
    async with _http() as (call, _):
        await fuzz_calls("HTTP/1.1 answers", _heads() | _heads() | bodies(GOOD), call)


@pytest.mark.parametrize("name", WIRES)
async def test_an_http_answer_without_measure_is_cut_off(name: str) -> None:
    """An answer that goes on and on ends the call at its cap: memory stays bounded."""
    async with _http() as (call, state):
        state["answer"] = WIRES[name]
        with grows_by_at_most(64 << 20, name):
            await call(WIRES[name])


async def test_any_telegram_is_read_or_classified() -> None:
    """Whatever bytes come back on a telegram line, on a real socket: a telegram, or a declared error."""
    gate, number = Gate(), [0]
    async with _peer(lambda reader: reader.readexactly(8)) as (port, state):
        wire = TelegramWire("haengbok", gate, TelegramEndpoint(f"tcp://127.0.0.1:{port}", 5.0, 9999))

        async def call(answer: bytes) -> None:
            state["answer"] = answer
            try:
                told = await wire.send(_decision(gate, Impersonal, number), b"ping")
            except NotSentError:
                raise AssertionError("the bytes had left") from None
            except AdapterError as error:
                _expect_declared(error)
            else:
                assert len(told) <= 9999

        good = [b"0004pong", b"9999" + b"x" * 9999, b"0000"]
        await fuzz_calls("telegrams on a socket", bodies(good) | st.binary(max_size=12), call)
