"""The HTTP wire on real sockets: what leaves, what is read, and what each way of breaking means."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from raw_wire import Answer, Decisions, answering, drip, raw_server, reply_bytes, reset, silence

from adapters.sdk import (
    BadReplyError,
    Decision,
    Disclose,
    Gate,
    HttpEndpoint,
    HttpReply,
    HttpWire,
    Impersonal,
    MisconfiguredError,
    NotSentError,
    UncertainError,
    UndecidedError,
    Withdraw,
)

OK = answering(reply_bytes(200, b"fine"))


@pytest.fixture
async def wire_to(gate: Gate) -> AsyncIterator[Callable[..., HttpWire]]:
    """Open wires of the agency `haengbok`, and close them afterwards."""
    wires = []

    def open_wire(url: str, *, timeout: float = 5.0, cap: int = 1 << 20, auth: httpx.Auth | None = None) -> HttpWire:
        wires.append(HttpWire("haengbok", gate, HttpEndpoint(url, timeout, cap, auth)))
        return wires[-1]

    yield open_wire
    for wire in wires:
        await wire.aclose()


async def test_a_whole_answer_comes_back(wire_to: Callable[..., HttpWire], decisions: Decisions) -> None:
    """Status, lower-case headers and body arrive as they were sent."""
    async with raw_server(answering(reply_bytes(418, "똠방각하".encode(), "X-Code: 7"))) as server:
        reply = await wire_to(server.url).send(decisions.disclose(), "POST", "/a", body=b"x")

    assert (reply.status, reply.headers["x-code"], reply.body.decode()) == (418, "7", "똠방각하")


FORGERIES: dict[str, Callable[[Decisions], Decision]] = {
    "unstamped": lambda d: Disclose(
        attempt_id="x", recipient="haengbok", send_by=1e12, fields=frozenset(), bases={}, fields_hmac=""
    ),
    "of another gate": lambda _: Decisions(Gate()).disclose(),
    "for another agency": lambda d: d.disclose("ccrs"),
    "widened": lambda d: _widened(d.disclose()),
    "prolonged": lambda d: _prolonged(d.disclose(seconds=-1)),
    "of another kind": lambda d: _as_impersonal(d.disclose()),
}


def _widened(decision: Disclose) -> Disclose:
    object.__setattr__(decision, "fields", frozenset({"client.rrn"}))
    return decision


def _prolonged(decision: Disclose) -> Disclose:
    object.__setattr__(decision, "send_by", decision.send_by + 3600)
    return decision


def _as_impersonal(decision: Disclose) -> Impersonal:
    return Impersonal(
        attempt_id=decision.attempt_id, recipient=decision.recipient, send_by=decision.send_by, stamp=decision.stamp
    )


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_nothing_leaves_on_a_forged_decision(
    forge: Callable[[Decisions], Decision], wire_to: Callable[..., HttpWire], decisions: Decisions
) -> None:
    """A decision that is not the policy's own, unchanged, leaves 0 bytes on the wire."""
    async with raw_server(OK) as server:
        with pytest.raises(UndecidedError):
            await wire_to(server.url).send(forge(decisions), "POST", "/a", body=b"x")

    assert server.received == 0


async def test_nothing_leaves_on_a_late_decision(wire_to: Callable[..., HttpWire], decisions: Decisions) -> None:
    """A decision whose time is over before connecting does not even connect."""
    async with raw_server(OK) as server:
        with pytest.raises(NotSentError):
            await wire_to(server.url).send(decisions.disclose(seconds=-1), "POST", "/a", body=b"x")

    assert server.connections == []


@pytest.mark.parametrize("second", [False, True])
async def test_nothing_leaves_when_time_runs_out_after_connecting(
    second: bool, wire_to: Callable[..., HttpWire], decisions: Decisions, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is looked at again immediately before the first byte, in a first call and in a later one."""
    async with raw_server(OK) as server:
        wire = wire_to(server.url)
        if second:
            await wire.send(decisions.impersonal(), "GET", "/warm")
        before = server.received
        late = decisions.disclose(seconds=60)
        passes = gate.check

        def overtaken(decision: Decision, slug: str) -> None:
            passes(decision, slug)  # the check before connecting passes; then the worker is stopped for two minutes
            monkeypatch.setattr(gate, "check", passes)
            monkeypatch.setattr("adapters.sdk.decisions.steady_now", lambda: decision.send_by + 60)

        monkeypatch.setattr(gate, "check", overtaken)
        with pytest.raises(NotSentError, match="time to send was over"):
            await wire.send(late, "POST", "/a", body=b"x")
        await wire.aclose()

    assert server.received == before
    assert not gate.has_left(late.attempt_id)


@pytest.mark.parametrize("kind", ["disclose", "withdraw"])
async def test_a_spent_decision_sends_nothing_more(
    kind: str, wire_to: Callable[..., HttpWire], decisions: Decisions
) -> None:
    """One decision allows one write, also on a connection that is open already."""
    decision = decisions.disclose() if kind == "disclose" else decisions.other(Withdraw)
    async with raw_server(OK) as server:
        wire = wire_to(server.url)
        await wire.send(decision, "POST", "/a", body=b"x")
        once = server.received
        with pytest.raises(UndecidedError):
            await wire.send(decision, "POST", "/a", body=b"x")

        assert once == server.received


class TwoStepAuth(httpx.Auth):
    """An auth flow that first asks for a token, by a request that it builds itself."""

    requires_response_body = True

    def __init__(self, token_url: str) -> None:
        self.token_url = token_url

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = yield httpx.Request("POST", self.token_url, content=b"token")
        request.headers["Authorization"] = token.text
        yield request


async def test_an_auth_flow_cannot_send_twice_under_one_disclosure(
    wire_to: Callable[..., HttpWire], decisions: Decisions
) -> None:
    """The second request of a flow leaves 0 bytes, and the call counts as uncertain, for its first one left."""
    async with raw_server(OK) as server:
        wire = wire_to(server.url, auth=TwoStepAuth(f"{server.url}/token"))
        with pytest.raises(UncertainError, match="second request"):
            await wire.send(decisions.disclose(), "POST", "/a", body=b"personal")

        assert (sum(c.count(b"POST") for c in server.connections), b"personal" in server.connections[0]) == (1, False)


async def test_an_auth_flow_passes_the_gate_at_every_request(
    wire_to: Callable[..., HttpWire], decisions: Decisions, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An impersonal flow may send twice, and both requests pass the gate."""
    passed = []
    let_pass = gate.let_first_byte_pass
    monkeypatch.setattr(gate, "let_first_byte_pass", lambda d, s: (passed.append(s), let_pass(d, s)))
    async with raw_server(OK) as server:
        wire = wire_to(server.url, auth=TwoStepAuth(f"{server.url}/token"))
        reply = await wire.send(decisions.impersonal(), "GET", "/a")

    assert (reply.body, passed) == (b"fine", ["haengbok"] * 2)


GZIP = "Content-Encoding: gzip"
BROKEN: dict[str, tuple[Answer, type[Exception]]] = {
    "reset": (reset, UncertainError),
    "closed without a word": (answering(b"", close=True), UncertainError),
    "no answer": (silence, UncertainError),
    "slow drip": (drip, UncertainError),
    "no HTTP": (answering(b"0123\xb6\xca\r\n\r\n", close=True), UncertainError),
    "cut short": (answering(reply_bytes(200, b"half", length=4000), close=True), UncertainError),
    "too long, announced": (answering(reply_bytes(200, b"x", length=9_000)), BadReplyError),
    "too long, chunked": (
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n" + b"x" * 0x2000 + b"\r\n0\r\n\r\n"),
        BadReplyError,
    ),
    "gzip bomb": (answering(reply_bytes(200, gzip.compress(b"0" * 10_000_000)[:4000], GZIP)), BadReplyError),
    "endless head": (answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, close=True), UncertainError),
    "mislabelled": (answering(reply_bytes(200, b"plain", "Content-Encoding: br")), BadReplyError),
}


@pytest.mark.parametrize(("answer", "error"), BROKEN.values(), ids=BROKEN.keys())
async def test_what_breaks_after_the_first_byte_is_uncertain(
    answer: Answer, error: type[Exception], wire_to: Callable[..., HttpWire], decisions: Decisions
) -> None:
    """Every way to break off is uncertain or a bad reply, in time, and its connection is not used again."""
    async with raw_server(answer) as server:
        wire = wire_to(server.url, timeout=1.0 if answer in {silence, drip} else 20.0, cap=4096)
        with pytest.raises(error) as raised:
            await wire.send(decisions.disclose(), "POST", "/a", body=b"x")
        kept = wire._transport.connections

    assert (error, 0) == (type(raised.value), kept)


async def test_a_connection_is_closed_after_a_cut(wire_to: Callable[..., HttpWire], decisions: Decisions) -> None:
    """The server sees the end of the connection whose answer was too long."""
    async with raw_server(answering(reply_bytes(200, b"x", length=9_000))) as server:
        with pytest.raises(BadReplyError):
            await wire_to(server.url, cap=4096).send(decisions.disclose(), "POST", "/a", body=b"x")
        async with asyncio.timeout(20):
            await server.ended[0].wait()


async def test_a_refused_connection_sends_nothing(wire_to: Callable[..., HttpWire], decisions: Decisions) -> None:
    """Nobody listens: not sent."""
    async with raw_server(OK) as server:
        pass
    with pytest.raises(NotSentError):
        await wire_to(server.url).send(decisions.disclose(), "POST", "/a", body=b"x")


async def test_a_full_pool_sends_nothing(wire_to: Callable[..., HttpWire], decisions: Decisions) -> None:
    """While ten calls are not answered, others wait for their deadline, and nothing of them is sent."""
    async with raw_server(silence) as server:
        wire = wire_to(server.url, timeout=60.0)

        def begin(count: int) -> list[asyncio.Future[HttpReply]]:
            send = wire.send
            return [asyncio.ensure_future(send(decisions.disclose(), "POST", "/a", body=b"x")) for _ in range(count)]

        ten = begin(10)
        async with asyncio.timeout(20):
            while sum(connection.count(b"POST") for connection in server.connections) < 10:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0)
        wire._endpoint = replace(wire._endpoint, timeout_seconds=0.2)
        others = await asyncio.gather(*begin(5), return_exceptions=True)
        for call in ten:
            call.cancel()
        await asyncio.gather(*ten, return_exceptions=True)

    assert [type(other) for other in others] == [NotSentError] * 5
    assert len(server.connections) == 10


@pytest.mark.parametrize("url", ["", "gopher://127.0.0.1", "http://[::1"])
async def test_an_impossible_address_is_a_misconfiguration(url: str, gate: Gate, decisions: Decisions) -> None:
    """No request can be made of it: a person must mend the settings."""
    with pytest.raises(MisconfiguredError):
        await HttpWire("haengbok", gate, HttpEndpoint(url, 1, 1024)).send(decisions.impersonal(), "GET", "/a")


@pytest.mark.parametrize("value", ["line\r\nbreak", "한글"])
async def test_an_impossible_header_is_a_misconfiguration(
    value: str, wire_to: Callable[..., HttpWire], decisions: Decisions
) -> None:
    """No byte left, and the text does not show the value."""
    async with raw_server(OK) as server:
        with pytest.raises(MisconfiguredError) as raised:
            await wire_to(server.url).send(decisions.disclose(), "POST", "/a", headers={"X-Key": value})

    assert (server.received, value in str(raised.value)) == (0, False)


async def test_redirects_are_answers(wire_to: Callable[..., HttpWire], decisions: Decisions) -> None:
    """A redirect is never followed: the body would go where nobody decided that it may."""
    async with raw_server(answering(reply_bytes(307, b"", "Location: /elsewhere"))) as server:
        reply = await wire_to(server.url).send(decisions.disclose(), "POST", "/a", body=b"x")

    assert (reply.status, bytes(server.connections[0]).count(b"POST")) == (307, 1)


async def test_no_cookie_is_kept(wire_to: Callable[..., HttpWire], decisions: Decisions) -> None:
    """An agency cannot tie one person's call to the next one's."""
    async with raw_server(answering(reply_bytes(200, b"", "Set-Cookie: session=1; Path=/"))) as server:
        wire = wire_to(server.url)
        for _ in range(2):
            await wire.send(decisions.impersonal(), "GET", "/a")

    assert b"cookie" not in bytes(server.connections[0]).lower()


async def test_identity_is_asked_for(wire_to: Callable[..., HttpWire], decisions: Decisions) -> None:
    """Compressed answers are not asked for."""
    async with raw_server(OK) as server:
        await wire_to(server.url).send(decisions.impersonal(), "GET", "/a")

    assert b"\r\naccept-encoding: identity\r\n" in bytes(server.connections[0]).lower()


async def test_libraries_log_nothing(
    wire_to: Callable[..., HttpWire], decisions: Decisions, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even at DEBUG, where httpcore would tell headers and httpx the address."""
    for name in ("", "httpx", "httpcore", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    async with raw_server(answering(reply_bytes(200, b"MARKER", "X-Echo: MARKER"))) as server:
        await wire_to(server.url).send(decisions.impersonal(), "GET", "/MARKER")

    assert [record.name for record in caplog.records if record.name.startswith("http")] == []


async def test_an_untrusted_certificate_is_a_misconfiguration(gate: Gate, decisions: Decisions, tmp_path: Path) -> None:
    """TLS is always verified; a server that nobody vouches for gets no byte of the request, and a person is called."""
    from mocks.kit.pki import make_certificates  # noqa: PLC0415 - takes a second, and only this test needs it

    made = make_certificates(tmp_path / "pki")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate("tls-server"), made.key("tls-server"))
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    wire = HttpWire("haengbok", gate, HttpEndpoint(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", 5, 1024))
    with pytest.raises(MisconfiguredError, match="certificate"):
        await wire.send(decisions.disclose(), "POST", "/a", body=b"x")
    server.close()
    await server.wait_closed()
    await wire.aclose()

    assert heard == []


async def test_an_in_process_transport_is_gated_too(gate: Gate, decisions: Decisions) -> None:
    """A function in the place of the network is called once per decision, and not without one."""
    calls = []

    def app(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return httpx.Response(200, content=b"{}")

    wire = HttpWire("haengbok", gate, HttpEndpoint("http://agency", 1, 1024), httpx.MockTransport(app))
    decision = decisions.disclose()
    reply = await wire.send(decision, "POST", "/a")
    with pytest.raises(UndecidedError):
        await wire.send(decision, "POST", "/a")

    assert ((reply.status, reply.body), calls) == ((200, b"{}"), ["/a"])


NOON = datetime(2025, 1, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0), ("0", 0.0), ("Thu, 02 Jan 2025 12:01:00 GMT", 60.0), ("Thu, 02 Jan 2025 11:00:00 GMT", 0.0),
        ("soon", None), ("", None), ("-5", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(text: str, seconds: float | None) -> None:
    """Seconds or an HTTP date; anything else is no wish."""
    assert seconds == HttpReply(503, {"retry-after": text}, b"").retry_after_seconds(NOON)


@pytest.mark.parametrize("day", ["99999999999999999999", "1 Jan 2026 99999999999999999999:00:00", "1 Jan 0000"])
def test_an_impossible_retry_after_is_none(day: str) -> None:
    """A wish to wait that no calendar has is no wish, and no error."""
    reply = HttpReply(503, {"retry-after": f"Mon, {day} GMT"}, b"")
    assert reply.retry_after_seconds(datetime(2026, 1, 1, tzinfo=UTC)) is None
