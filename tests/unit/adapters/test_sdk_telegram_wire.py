"""The telegram wire on real sockets: what leaves, what is read, and what each way of breaking means."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from socket import AF_INET, SOCK_STREAM, socket

import pytest
from raw_wire import Answer, Decisions, RawServer, reset, silence

from adapters.sdk import (
    BadReplyError,
    Gate,
    MisconfiguredError,
    NotSentError,
    UncertainError,
    UndecidedError,
    Wires,
)
from adapters.sdk.transports.telegram import TelegramEndpoint, TelegramWire
from mocks.kit.pki import Certificates

SAID = "홍길동".encode("cp949")


@asynccontextmanager
async def telegram_server(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Serve on a free port: read one telegram, let `answer` do what it likes, and read on until the caller leaves."""
    state, tasks = RawServer(), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        seen, over = bytearray(), asyncio.Event()
        state.connections.append(seen)
        state.ended.append(over)
        try:
            seen += await reader.readexactly(4)
            seen += await reader.readexactly(int(seen))
            await answer(reader, writer)
            seen += await reader.read()
        except (EOFError, OSError):
            pass
        except asyncio.CancelledError:
            return  # the test is over
        finally:
            writer.close()
            over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for task in tasks:
            assert task is not None
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def answering(data: bytes, *, close: bool = False) -> Answer:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            raise EOFError

    return answer


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Announce a telegram and say one byte of it every few milliseconds: no single read ever takes long."""
    writer.write(b"4999")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.005)


class Opener:
    """Opens wires of the agency `haengbok` to a server."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def __call__(self, server: RawServer | None, **more: object) -> TelegramWire:
        port = 1 if server is None else server.port
        endpoint = TelegramEndpoint(f"tcp://127.0.0.1:{port}", 5.0, 1 << 20)
        return Wires("haengbok", self._gate).telegram(replace(endpoint, **more))  # type: ignore[arg-type]  # by name


@pytest.fixture
def wire_to(gate: Gate) -> Opener:
    return Opener(gate)


async def test_a_telegram_goes_there_and_another_comes_back(wire_to: Opener, decisions: Decisions) -> None:
    """Both sides count bytes, not characters, and the prefix does not count itself."""
    async with telegram_server(answering(b"0008" + "똠방각하".encode("cp949"))) as server:
        reply = await wire_to(server).send(decisions.disclose(), SAID)
        await server.ended[0].wait()
    assert (bytes(server.connections[0]), reply.decode("cp949")) == (b"0006" + SAID, "똠방각하")


async def test_what_is_said_too_much_is_nobodys_answer(wire_to: Opener, decisions: Decisions) -> None:
    """A second telegram behind the answer is not read, and the next call has a connection of its own."""
    async with telegram_server(answering(b"0003one0007another")) as server:
        wire = wire_to(server)
        replies = [await wire.send(decisions.disclose(), SAID) for _ in range(2)]
        for ended in server.ended:
            await ended.wait()
    assert (replies, len(server.connections)) == ([b"one", b"one"], 2)


async def test_no_more_connections_than_the_lane_allows(wire_to: Opener, decisions: Decisions) -> None:
    """The third call waits until one of two is answered; its deadline runs meanwhile."""
    may_answer, both_there, under_way = asyncio.Event(), asyncio.Event(), []

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.append(writer)
        if len(under_way) == 2:
            both_there.set()
        await may_answer.wait()
        writer.write(b"0002ok")

    async with telegram_server(answer) as server:
        wire = wire_to(server, connections=2)
        calls = [asyncio.create_task(wire.send(decisions.disclose(), SAID)) for _ in range(3)]
        await both_there.wait()
        assert len(server.connections) == 2
        may_answer.set()
        assert await asyncio.gather(*calls) == [b"ok"] * 3
        assert len(server.connections) == 3


async def test_waiting_in_the_lane_is_not_sending(wire_to: Opener, decisions: Decisions) -> None:
    """Whose deadline ends while others are being answered has sent nothing."""
    async with telegram_server(silence) as server:
        wire = wire_to(server, connections=1, timeout_seconds=1.0)
        first, second = await asyncio.gather(
            *(wire.send(decisions.disclose(), SAID) for _ in range(2)), return_exceptions=True
        )
        assert (type(first), type(second), len(server.connections)) == (UncertainError, NotSentError, 1)


async def test_without_a_decision_nothing_leaves(wire_to: Opener, decisions: Decisions) -> None:
    """A forged, foreign or spent decision does not even connect."""
    async with telegram_server(answering(b"0002ok")) as server:
        wire, spent = wire_to(server), decisions.disclose()
        await wire.send(spent, SAID)
        for decision in (replace(spent, stamp="0" * 64), decisions.disclose("ccrs"), spent):
            with pytest.raises(UndecidedError):
                await wire.send(decision, SAID)
        assert len(server.connections) == 1


async def test_a_late_worker_leaves_no_byte(gate: Gate, decisions: Decisions) -> None:
    """`send_by` is checked again when the connection stands, immediately before the first byte."""
    checks = []

    class SlowGate(Gate):
        def let_first_byte_pass(self, decision: object, slug: str) -> None:
            checks.append(slug)
            raise NotSentError(f"{slug}: the time to send was over before the first byte left")

        def check(self, decision: object, slug: str) -> None: ...

    async with telegram_server(answering(b"0002ok")) as server:
        endpoint = TelegramEndpoint(f"tcp://127.0.0.1:{server.port}", 5.0, 1 << 20)
        with pytest.raises(NotSentError):
            await TelegramWire("haengbok", SlowGate(), endpoint).send(decisions.disclose(), SAID)
        while not server.ended:  # noqa: ASYNC110 - the server's side of the connection is heard of later
            await asyncio.sleep(0)
        await server.ended[0].wait()
    assert (checks, server.received) == (["haengbok"], 0)


BROKEN = {
    "reset": (reset, UncertainError),
    "silence": (silence, UncertainError),
    "slow drip": (drip, UncertainError),
    "closed without an answer": (answering(b"", close=True), UncertainError),
    "half a prefix": (answering(b"00", close=True), UncertainError),
    "half a telegram": (answering(b"0100half", close=True), UncertainError),
    "no prefix": (answering(b"<!DOCTYPE html>"), BadReplyError),
    "a prefix with a sign": (answering(b"+008abcdefgh"), BadReplyError),
    "a prefix in another alphabet": (answering("１２".encode("cp949")), BadReplyError),
    "longer than the cap": (answering(b"9999"), BadReplyError),
}


@pytest.mark.parametrize(("answer", "says"), BROKEN.values(), ids=BROKEN)
async def test_what_breaks_after_the_first_byte_is_unknown(
    wire_to: Opener, decisions: Decisions, answer: Answer, says: type[UncertainError]
) -> None:
    """Whatever became of the answer, the telegram had left: never "not sent", and nothing of it in the error's text."""
    async with telegram_server(answer) as server:
        wire = wire_to(server, timeout_seconds=1.0 if answer in {silence, drip} else 20.0, max_reply_bytes=5000)
        with pytest.raises(UncertainError) as broken:
            await wire.send(decisions.disclose(), SAID)
    assert (type(broken.value), broken.value.__cause__) == (says, None)
    assert not any(word in str(broken.value) for word in ("홍길동", "DOCTYPE", "half"))


async def test_nobody_there_is_not_sent(wire_to: Opener, decisions: Decisions) -> None:
    """A refused connection, a name that does not exist, and a machine that never answers: no byte left."""
    with socket(AF_INET, SOCK_STREAM) as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(NotSentError):
            await wire_to(RawServer(port=held.getsockname()[1])).send(decisions.disclose(), SAID)
    with pytest.raises(NotSentError):
        await wire_to(None, base_url="tls://nowhere.invalid:1").send(decisions.disclose(), SAID)
    async with telegram_server(silence) as server:  # it speaks no TLS: the handshake never ends
        wire = wire_to(server, base_url=f"tls://127.0.0.1:{server.port}", timeout_seconds=0.2)
        with pytest.raises(NotSentError):
            await wire.send(decisions.disclose(), SAID)


async def test_tls_with_both_certificates(wire_to: Opener, decisions: Decisions, certificates: Certificates) -> None:
    """Over `tls://` nobody without our certificate is heard, and an agency that nobody vouches for is told nothing."""
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates.ca)
    theirs.verify_mode = ssl.CERT_REQUIRED
    theirs.load_cert_chain(certificates.certificate("tls-server"), certificates.key("tls-server"))
    ours = ssl.create_default_context(cafile=certificates.ca)
    ours.load_cert_chain(certificates.certificate("hub-client"), certificates.key("hub-client"))
    async with telegram_server(answering(b"0002ok"), theirs) as server:
        url = f"tls://127.0.0.1:{server.port}"
        assert await wire_to(server, base_url=url, tls=ours).send(decisions.disclose(), SAID) == b"ok"
        with pytest.raises(MisconfiguredError, match="certificate"):
            await wire_to(server, base_url=url).send(decisions.disclose(), SAID)
    assert server.received == len(b"0006" + SAID)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "127.0.0.1:9000",
        "tcp://",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:nought",
        "tcp://127.0.0.1:99999",
        "https://127.0.0.1:9000",
        "tls://user@bank.example:9000",
        "tls://bank.example:9000/path",
        "tls://bank.example:9000?x=1",
        "tcp://bank.example:9000",
        "tcp://10.0.0.1:9000",
    ],
)
def test_an_address_that_is_none_or_not_safe_is_refused(wire_to: Opener, base_url: str) -> None:
    """Host and port and nothing else; without TLS on this machine only."""
    with pytest.raises(MisconfiguredError, match=r"^haengbok: base_url"):
        wire_to(None, base_url=base_url)


@pytest.mark.parametrize("telegram", [b"", b"x" * 10_000])
async def test_what_the_prefix_cannot_say_does_not_leave(
    wire_to: Opener, decisions: Decisions, telegram: bytes
) -> None:
    """Nothing, and more than four digits can count: our own mistake, found before a connection is made."""
    with pytest.raises(MisconfiguredError, match="1 to 9999 bytes"):
        await wire_to(None).send(decisions.disclose(), telegram)


async def test_tests_reach_a_function(gate: Gate, decisions: Decisions) -> None:
    """A line within the process is told every byte, and its answer is read as off a socket."""
    told = []

    async def line(said: bytes) -> bytes:
        told.append(said)
        return b"0002ok"

    wire = Wires("haengbok", gate, line=line).telegram(TelegramEndpoint("tls://bank.example:9000", 5.0, 100))
    assert (await wire.send(decisions.disclose(), SAID), told) == (b"ok", [b"0006" + SAID])
