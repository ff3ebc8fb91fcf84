"""Which call goes over which connection: what stands behind one answer is never the answer to another call."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

import h11
import httpx
import pytest
from raw_wire import Answer, Decisions, RawServer, answering, raw_server, reply_bytes, silence

from adapters.sdk import BadReplyError, Decision, Gate, HttpEndpoint, HttpWire, Reconcile, UncertainError, Withdraw
from adapters.sdk.transports import http_pool
from adapters.sdk.transports.http_connection import MOST_INTERIM, HttpConnection
from mocks.kit.pki import Certificates

OK = reply_bytes(200, b"fine")
LEFT_OVER = reply_bytes(415)
"""What would be believed unread: the agency took nothing, so send again."""
FIRST_ANSWERS = {
    "a body": OK,
    "204": b"HTTP/1.1 204 X\r\n\r\n",
    "304": b"HTTP/1.1 304 X\r\n\r\n",
    "chunked": b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
}
NEXT: dict[str, Callable[[Decisions], Decision]] = {
    "a disclosure": Decisions.disclose,
    "a withdrawal": lambda decisions: decisions.other(Withdraw),
    "a look-up": lambda decisions: decisions.other(Reconcile),
    "a probe": Decisions.impersonal,
}


@pytest.fixture(params=["plain", "TLS"])
def way(request: pytest.FixtureRequest, certificates: Certificates) -> tuple[ssl.SSLContext | None, ...]:
    """The server's side and ours of a line, in clear and under TLS."""
    if request.param == "plain":
        return None, None
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificates.certificate("tls-server"), certificates.key("tls-server"))
    return theirs, ssl.create_default_context(cafile=certificates.ca)


@asynccontextmanager
async def line(
    answer: Answer, gate: Gate, way: tuple[ssl.SSLContext | None, ...] = (None, None), seconds: float = 5.0
) -> AsyncIterator[tuple[RawServer, HttpWire]]:
    """Serve, and connect a wire."""
    async with raw_server(answer, way[0]) as server:
        wire = HttpWire("haengbok", gate, HttpEndpoint(server.url, seconds, 1 << 20, tls=way[1]))
        try:
            yield server, wire
        finally:
            await wire.aclose()


async def settled(wire: HttpWire, connections: int) -> None:
    """Wait until the wire has so many connections."""
    async with asyncio.timeout(30):
        while wire._transport.connections != connections:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("following", NEXT.values(), ids=NEXT.keys())
@pytest.mark.parametrize("first", FIRST_ANSWERS.values(), ids=FIRST_ANSWERS.keys())
async def test_a_byte_too_many_is_never_the_next_answer(
    first: bytes,
    following: Callable[[Decisions], Decision],
    way: tuple[ssl.SSLContext | None, ...],
    gate: Gate,
    decisions: Decisions,
) -> None:
    """A whole answer in the same packet behind the first: no call, read or write, takes it for its own."""
    async with line(answering(first + LEFT_OVER), gate, way) as (server, wire):
        replies = [
            await wire.send(decisions.impersonal(), "GET", "/a"),
            await wire.send(following(decisions), "POST", "/a", body=b"x"),
        ]

    assert 415 not in [reply.status for reply in replies]
    assert [c.count(b"HTTP/1.1") for c in server.connections] == [1, 1]


@pytest.mark.parametrize("late", [LEFT_OVER, b"\0", b""], ids=["an answer", "a byte", "an end"])
@pytest.mark.parametrize("following", NEXT.values(), ids=NEXT.keys())
async def test_what_comes_while_nobody_asks_ends_the_connection(
    late: bytes,
    following: Callable[[Decisions], Decision],
    way: tuple[ssl.SSLContext | None, ...],
    gate: Gate,
    decisions: Decisions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shortly after the answer: the idle connection is given up, and the next call has another one."""
    monkeypatch.setattr(http_pool, "IDLE_SECONDS", 600)
    go = asyncio.Event()

    async def answer_twice(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await go.wait()
        if late:
            writer.write(late)
        else:
            writer.close()

    async with line(answer_twice, gate, way) as (server, wire):
        await wire.send(decisions.impersonal(), "GET", "/a")
        assert wire._transport.connections == 1
        go.set()
        await settled(wire, 0)
        reply = await wire.send(following(decisions), "POST", "/a", body=b"x")

    assert reply.status == 200
    assert [c.count(b"HTTP/1.1") for c in server.connections] == [1, 1]


@contextmanager
def foreign_thread(late: bytes) -> Iterator[tuple[str, threading.Event]]:
    """Serve from a thread: answer once, then leave `late` in the system's buffer before anybody's loop can look."""
    listener, left = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        first, _ = listener.accept()
        first.recv(65536)
        first.sendall(OK)
        go.wait()
        if late:
            first.sendall(late)
        else:
            first.shutdown(socket.SHUT_WR)
        left.set()
        second, _ = listener.accept()
        second.recv(65536)
        second.sendall(OK)
        second.close()
        first.close()

    go = threading.Event()
    thread = threading.Thread(target=serve)
    with closing(listener):
        thread.start()

        def let_go() -> bool:
            go.set()
            return left.wait(5)

        left.let_go = let_go  # type: ignore[attr-defined]  # one thing to hand out less
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", left
        thread.join(5)


@pytest.mark.parametrize("late", [LEFT_OVER, b"\0", b""], ids=["an answer", "a byte", "an end"])
async def test_what_the_loop_has_not_seen_yet_is_looked_for_before_the_first_byte(
    late: bytes, gate: Gate, decisions: Decisions
) -> None:
    """It lies in the system's buffer when the next call begins: the connection is not used again."""
    with foreign_thread(late) as (url, left):
        wire = HttpWire("haengbok", gate, HttpEndpoint(url, 5, 1024))
        await wire.send(decisions.impersonal(), "GET", "/a")
        assert wire._transport.connections == 1
        assert left.let_go()  # type: ignore[attr-defined]  # blocks the loop, so that it hears nothing
        reply = await wire.send(decisions.other(Reconcile), "GET", "/a")
        await wire.aclose()

    assert (reply.status, reply.body) == (200, b"fine")


async def test_what_comes_while_a_write_waits_is_not_its_answer(
    way: tuple[ssl.SSLContext | None, ...], gate: Gate, decisions: Decisions
) -> None:
    """An answer too many that comes in the middle of the next call, where no look beforehand helps: writes go alone."""
    asked: list[asyncio.StreamWriter] = []

    async def late(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)
        if len(asked) > 1:
            asked[0].write(LEFT_OVER)
            await asked[0].drain()
            await settled(wire, 1)  # the one that waits for its answer
        writer.write(OK)

    async with line(late, gate, way) as (_, wire):
        await wire.send(decisions.impersonal(), "GET", "/a")
        reply = await wire.send(decisions.disclose(), "POST", "/a", body=b"x")

    assert (reply.status, len(asked)) == (200, 2)


async def test_reads_use_a_connection_again(
    way: tuple[ssl.SSLContext | None, ...], gate: Gate, decisions: Decisions
) -> None:
    """An agency that answers honestly is connected to once for its look-ups and polls."""
    async with line(answering(OK), gate, way) as (server, wire):
        for following in (Decisions.impersonal, NEXT["a look-up"], Decisions.impersonal):
            await wire.send(following(decisions), "GET", "/a")

    assert [c.count(b"GET") for c in server.connections] == [3]


async def test_writes_go_alone(gate: Gate, decisions: Decisions) -> None:
    """No write goes where something else went before; a read may follow it."""
    async with line(answering(OK), gate) as (server, wire):
        for following in (*NEXT.values(), *NEXT.values()):
            await wire.send(following(decisions), "POST", "/a", body=b"x")

    assert [c.count(b"POST") for c in server.connections] == [1, 3, 1, 3]


@pytest.mark.parametrize(
    "answer",
    [
        reply_bytes(200, b"fine", "Connection: close"),
        b"HTTP/1.0 200 X\r\nContent-Length: 4\r\n\r\nfine",
        b"HTTP/1.1 200 X\r\n\r\nfine",
    ],
    ids=["it says so", "HTTP/1.0", "it ends with the connection"],
)
async def test_a_connection_that_ends_with_its_answer_is_not_kept(
    answer: bytes, gate: Gate, decisions: Decisions
) -> None:
    """What HTTP forbids to use again is closed, by us too."""
    async with line(answering(answer, close=b"1.0" not in answer and b"Connection" not in answer), gate) as (_, wire):
        reply = await wire.send(decisions.impersonal(), "GET", "/a")
        assert (reply.body, wire._transport.connections) == (b"fine", 0)


async def test_an_answer_before_the_whole_request_is_read_but_its_connection_ends(
    gate: Gate, decisions: Decisions
) -> None:
    """Half of a request may still be on its way there: nothing may follow it."""
    over = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply_bytes(413))
        await over.wait()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    wire = HttpWire("haengbok", gate, HttpEndpoint(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 5, 1024))
    async with server:
        reply = await wire.send(decisions.impersonal(), "POST", "/a", body=b"x" * (16 << 20))
        assert (reply.status, wire._transport.connections) == (413, 0)
        over.set()


async def test_an_idle_connection_is_closed_before_the_agency_would(
    gate: Gate, decisions: Decisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a next call, ours is the side that closes."""
    monkeypatch.setattr(http_pool, "IDLE_SECONDS", 0.01)
    async with line(answering(OK), gate) as (server, wire):
        await wire.send(decisions.impersonal(), "GET", "/a")
        async with asyncio.timeout(30):
            await server.ended[0].wait()
        await wire.send(decisions.impersonal(), "GET", "/a")

    assert len(server.connections) == 2


async def test_there_are_never_more_than_ten_connections(gate: Gate, decisions: Decisions) -> None:
    """Resting ones, of which few are kept, make room for writes that need one of their own."""
    open_now: list[int] = []
    wanted, all_there = 10, asyncio.Event()

    async def count(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.append(wire._transport.connections)
        if len(open_now) >= wanted:
            all_there.set()
        await all_there.wait()
        writer.write(OK)

    async with line(count, gate) as (server, wire):
        await asyncio.gather(*[wire.send(decisions.impersonal(), "GET", "/a") for _ in range(10)])
        assert (len(server.connections), wire._transport.connections) == (10, http_pool.MOST_RESTING)
        wanted = 20
        all_there.clear()
        await asyncio.gather(*[wire.send(decisions.disclose(), "POST", "/a", body=b"x") for _ in range(10)])
        assert (len(server.connections), max(open_now)) == (20, 10)
        assert (wire._transport._busy, wire._transport.connections) == (set(), http_pool.MOST_RESTING)


async def test_an_answer_within_the_process_is_capped_too(gate: Gate, decisions: Decisions) -> None:
    """An in-process transport has read its answer already; it is as long as it is."""
    app = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 2000))
    wire = HttpWire("haengbok", gate, HttpEndpoint("http://agency", 5, 1024), app)
    with pytest.raises(BadReplyError, match="longer than 1024"):
        await wire.send(decisions.impersonal(), "GET", "/a")


async def test_an_agency_that_speaks_first_is_told_nothing(decisions: Decisions) -> None:
    """What came before the question is no answer to it: nothing is written."""
    asked: list[str] = []
    connection = HttpConnection()

    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(LEFT_OVER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server, asyncio.timeout(30):
        port = server.sockets[0].getsockname()[1]
        await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", port)
        while connection.is_open:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.001)
        with pytest.raises(httpx.ConnectError):
            await connection.ask(httpx.Request("GET", "http://agency/"), b"", lambda: asked.append("left"))

    assert asked == []


async def test_nothing_leaves_without_somebody_who_is_asked_before_the_first_byte() -> None:
    """The pool alone sends nothing: a request from beside the wire has no gate."""
    async with raw_server(answering(OK)) as server, http_pool.HttpPool() as pool:
        with pytest.raises(KeyError):
            await pool.handle_async_request(httpx.Request("GET", server.url))

    assert server.connections == []


@pytest.mark.parametrize("status", [100, 102, 103, 199])
async def test_interim_answers_without_end_are_cut_by_their_number(
    status: int, gate: Gate, decisions: Decisions
) -> None:
    """Long before the deadline; the class is a bad reply, for the request has left."""

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(f"HTTP/1.1 {status} X\r\nX-Y: z\r\n\r\n".encode())
            await writer.drain()

    async with line(flood, gate, seconds=60) as (server, wire):
        with pytest.raises(BadReplyError, match="interim"):
            await wire.send(decisions.disclose(), "POST", "/a", body=b"x")
        async with asyncio.timeout(30):
            await server.ended[0].wait()


async def test_some_interim_answers_are_no_harm(gate: Gate, decisions: Decisions) -> None:
    """100 Continue and its like are passed over, and the connection stays good."""
    interim = b"HTTP/1.1 103 Early Hints\r\n\r\n" * MOST_INTERIM
    async with line(answering(interim + OK), gate) as (server, wire):
        replies = [await wire.send(decisions.impersonal(), "GET", "/a") for _ in range(2)]

    assert [(reply.status, reply.body) for reply in replies] == [(200, b"fine")] * 2
    assert len(server.connections) == 1


async def test_a_wire_that_is_closed_ends_what_is_under_way(gate: Gate, decisions: Decisions) -> None:
    """Whoever waits hears that it is uncertain, and no connection is left."""
    async with line(silence, gate) as (server, wire):
        call = asyncio.ensure_future(wire.send(decisions.impersonal(), "GET", "/a"))
        async with asyncio.timeout(30):
            while not server.received:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.001)
        await wire.aclose()
        with pytest.raises(UncertainError, match="broke off after the first byte"):
            await call
        assert wire._transport.connections == 0


def test_the_proof_stands_on_what_h11_promises() -> None:
    """What a client's h11 holds beyond an answer is in `trailing_data`; a second cycle would read it as an answer."""
    http = h11.Connection(h11.CLIENT)
    for event in (h11.Request(method="GET", target="/", headers=[("Host", "agency")]), h11.EndOfMessage()):
        http.send(event)
    http.receive_data(OK + LEFT_OVER)
    while http.next_event() is not h11.PAUSED:
        pass

    assert http.trailing_data == (LEFT_OVER, False)
