"""The edges of the HTTP wire, on real sockets: before there is a connection, while we write, and while it pours in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_wire import Decisions, answering, raw_server, reply_bytes

from adapters.sdk import (
    BadReplyError,
    Gate,
    HttpEndpoint,
    HttpReply,
    HttpWire,
    MisconfiguredError,
    NotSentError,
    UncertainError,
)
from adapters.sdk.kst import utc_now

LARGE = b"x" * (16 << 20)
"""More than the buffers of two sockets hold."""


@asynccontextmanager
async def wire_to(url: str, gate: Gate, seconds: float = 5.0) -> AsyncIterator[HttpWire]:
    wire = HttpWire("haengbok", gate, HttpEndpoint(url, seconds, 4096))
    try:
        yield wire
    finally:
        await wire.aclose()


async def test_an_unknown_host_sends_nothing(gate: Gate, decisions: Decisions, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such name: not sent."""

    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with wire_to("http://agency.invalid", gate) as wire:
        with pytest.raises(NotSentError, match="ConnectError"):
            await wire.send(decisions.disclose(), "POST", "/a", body=b"x")


@pytest.fixture
def full_house() -> Iterator[str]:
    """A listener whose queue is full: the kernel answers nobody any more."""
    with ExitStack() as opened:
        listener = opened.enter_context(closing(socket.socket()))
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = opened.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_connection_that_is_never_made_sends_nothing(gate: Gate, decisions: Decisions, full_house: str) -> None:
    """Connecting takes longer than the whole call may: not sent."""
    decision = decisions.disclose()
    async with wire_to(full_house, gate, 0.2) as wire:
        with pytest.raises(NotSentError):
            await wire.send(decision, "POST", "/a", body=b"x")
    assert not gate.has_left(decision.attempt_id)


async def test_a_reset_while_writing_is_uncertain(gate: Gate, decisions: Decisions) -> None:
    """The agency hangs up in the middle of our request: what it made of the first half is not known."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server, wire_to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", gate) as wire:
        with pytest.raises(UncertainError) as raised:
            await wire.send(decisions.disclose(), "POST", "/a", body=LARGE)
    assert type(raised.value) is UncertainError


async def test_a_server_that_reads_nothing_is_uncertain(gate: Gate, decisions: Decisions) -> None:
    """Our own writing takes longer than the whole call may."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        async with wire_to(f"http://127.0.0.1:{listener.getsockname()[1]}", gate, 1.0) as wire:
            with pytest.raises(UncertainError) as raised:
                await wire.send(decisions.disclose(), "POST", "/a", body=LARGE)
    assert type(raised.value) is UncertainError


@pytest.mark.parametrize("framing", ["", "Transfer-Encoding: chunked\r\n"], ids=["until it closes", "chunked"])
async def test_an_endless_answer_is_cut_at_the_cap(framing: str, gate: Gate, decisions: Decisions) -> None:
    """The cap holds while the answer pours in: long before the deadline, and the connection is closed."""
    piece = b"1000\r\n" + b"x" * 0x1000 + b"\r\n" if framing else b"x" * 0x1000

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{framing}\r\n".encode())
        while True:
            writer.write(piece)
            await writer.drain()

    async with raw_server(pour) as server, wire_to(server.url, gate, 30.0) as wire:
        with pytest.raises(BadReplyError, match="longer than 4096 bytes"):
            await wire.send(decisions.disclose(), "POST", "/a", body=b"x")
        async with asyncio.timeout(30):
            await server.ended[0].wait()


@pytest.mark.parametrize("path", ["a", "@127.0.0.2/a", ".invalid/a", ":81/a", "http://127.0.0.2/a", "?a", "\\\\a"])
async def test_a_path_that_could_lead_elsewhere_is_refused(path: str, gate: Gate, decisions: Decisions) -> None:
    """Joined to the address, `@host` would be another host: nothing leaves."""
    async with raw_server(answering(reply_bytes(200, b"fine"))) as server, wire_to(server.url, gate) as wire:
        with pytest.raises(MisconfiguredError, match="path"):
            await wire.send(decisions.disclose(), "POST", path, body=b"x")
        assert server.connections == []


@pytest.mark.parametrize("path", ["", "/", "//127.0.0.2/a", "/@127.0.0.2", "/../a", "/http://127.0.0.2/"])
async def test_a_path_stays_at_its_host(path: str, gate: Gate, decisions: Decisions) -> None:
    """What an adapter makes of an agency's receipt is a path there, whatever it looks like."""
    async with raw_server(answering(reply_bytes(200, b"fine"))) as server, wire_to(server.url, gate) as wire:
        reply = await wire.send(decisions.disclose(), "POST", path, body=b"x")
    assert reply.body == b"fine"


@given(text=st.text(max_size=40) | st.from_regex(r"\A\w{3}, \d{1,3} \w{3} -?\d{1,8} \d+:\d+:\d+ [-+]?\d{1,12}\Z"))
def test_no_wish_to_wait_breaks_an_answer(text: str) -> None:
    """Whatever stands in Retry-After, it is a number of seconds from 0 up, or no wish at all."""
    seconds = HttpReply(503, {"retry-after": text}, b"").retry_after_seconds(utc_now())
    assert seconds is None or seconds >= 0
