"""An agency that answers before it is asked, on real sockets: no answer to a write, and nothing leaves after it."""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from raw_wire import Decisions

from adapters.sdk import Gate, HttpEndpoint, NotSentError, Wires
from adapters.sdk.decisions import Decision
from adapters.sdk.transports.telegram import TelegramEndpoint
from mocks.kit.pki import Certificates, make_certificates

REFUSAL = b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 2\r\n\r\nno"
ACCEPTANCE = b"0004okay"
Send = Callable[[Decision], Awaitable[object]]


class Talker:
    """A server, on threads of its own, that says `first` to whoever connects, and keeps what it hears."""

    def __init__(self, first: bytes, tls: ssl.SSLContext | None = None) -> None:
        self.first = first
        self.heard = bytearray()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            with suppress(OSError):
                caller = self._tls.wrap_socket(accepted, server_side=True) if self._tls else accepted
                with caller:
                    self._talk(caller)

    def _talk(self, caller: socket.socket) -> None:
        if not self.first:
            return
        caller.sendall(self.first)
        while data := caller.recv(4096):
            self.heard += data

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def talking() -> Iterator[Callable[..., Talker]]:
    """Open servers that talk, and close them afterwards."""
    opened: list[Talker] = []

    def talk(first: bytes, tls: ssl.SSLContext | None = None) -> Talker:
        opened.append(Talker(first, tls))
        return opened[-1]

    yield talk
    for talker in opened:
        talker.close()


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every connection rest until the first words lie ready in the system, unread, as on a busy machine."""
    connected, opened = asyncio.BaseEventLoop.create_connection, asyncio.open_connection

    def rest(transport: asyncio.BaseTransport) -> None:
        poller = select.poll()
        poller.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        assert poller.poll(5000)  # the loop stands still meanwhile: nothing is read

    async def connect(loop: Any, *args: Any, **named: Any) -> Any:
        pair = await connected(loop, *args, **named)
        rest(pair[0])
        return pair

    async def open_(*args: Any, **named: Any) -> Any:
        pair = await opened(*args, **named)
        rest(pair[1].transport)
        return pair

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)
    monkeypatch.setattr(asyncio, "open_connection", open_)


@asynccontextmanager
async def http(gate: Gate, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Send]:
    """Open an HTTP wire, and return what writes over it."""
    scheme = "http" if tls is None else "https"
    wire = Wires("haengbok", gate).http(HttpEndpoint(f"{scheme}://127.0.0.1:{port}", 5.0, 4096, tls=tls))
    try:
        yield lambda decision: wire.send(decision, "POST", "/register", body=b"who it is about")
    finally:
        await wire.aclose()


@asynccontextmanager
async def telegram(gate: Gate, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Send]:
    """Open a telegram wire, and return what writes over it."""
    scheme = "tcp" if tls is None else "tls"
    wire = Wires("haengbok", gate).telegram(TelegramEndpoint(f"{scheme}://127.0.0.1:{port}", 5.0, 4096, tls=tls))
    yield lambda decision: wire.send(decision, b"who it is about")


WIRES = {"http": (http, REFUSAL), "telegram": (telegram, ACCEPTANCE)}


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """Certificates of this machine."""
    return make_certificates(tmp_path)


def server_side(certificates: Certificates) -> ssl.SSLContext:
    """Return a server's TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate("tls-server"), certificates.key("tls-server"))
    return context


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize("name", WIRES)
async def test_what_is_said_first_is_no_answer(
    name: str,
    over_tls: bool,
    gate: Gate,
    decisions: Decisions,
    certificates: Certificates,
    talking: Callable[..., Talker],
) -> None:
    """A whole, well-formed answer lies there before our first byte: nothing is sent, so it may be tried again."""
    wire, first = WIRES[name]
    theirs = server_side(certificates)
    theirs.num_tickets = 0  # so that what lies ready are its words
    talker = talking(first, theirs if over_tls else None)
    ours = ssl.create_default_context(cafile=str(certificates.ca)) if over_tls else None
    async with wire(gate, talker.port, ours) as send:
        decision = decisions.disclose()
        with pytest.raises(NotSentError):
            await send(decision)
    assert not gate.has_left(decision.attempt_id)
    assert talker.heard == b""


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("name", WIRES)
async def test_who_leaves_before_it_is_asked_gets_nothing(
    name: str, gate: Gate, decisions: Decisions, talking: Callable[..., Talker]
) -> None:
    """A connection that is over when we come to speak is no connection: nothing left, no unknown."""
    wire, _ = WIRES[name]
    async with wire(gate, talking(b"").port) as send:
        decision = decisions.disclose()
        with pytest.raises(NotSentError):
            await send(decision)
    assert not gate.has_left(decision.attempt_id)


@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize("name", WIRES)
async def test_who_waits_to_be_asked_is_asked(
    name: str, over_tls: bool, gate: Gate, decisions: Decisions, certificates: Certificates
) -> None:
    """An agency that listens first is heard as ever; the tickets behind a TLS handshake are no words of it."""
    wire, answer = WIRES[name]

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(answer)
        await writer.drain()
        writer.close()

    theirs = server_side(certificates) if over_tls else None
    ours = ssl.create_default_context(cafile=str(certificates.ca)) if over_tls else None
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=theirs)
    try:
        async with wire(gate, server.sockets[0].getsockname()[1], ours) as send:
            assert await send(decisions.disclose()) is not None
    finally:
        server.close()
        await server.wait_closed()
