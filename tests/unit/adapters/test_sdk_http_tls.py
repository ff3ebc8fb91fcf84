"""TLS under the HTTP wire, on real sockets: how far a call had come decides what a broken handshake or record means."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager

import httpx
import pytest
from raw_wire import Decisions, answering, raw_server, reply_bytes

from adapters.sdk import (
    Disclose,
    Gate,
    HttpEndpoint,
    HttpWire,
    Impersonal,
    MisconfiguredError,
    NotSentError,
    UncertainError,
)
from adapters.sdk.decisions import AnyDecision
from mocks.kit.pki import Certificates

OK = answering(reply_bytes(200, b"fine"))


def server_tls(certificates: Certificates, name: str = "tls-server") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate(name), certificates.key(name))
    return context


@asynccontextmanager
async def wire_to(url: str, gate: Gate, certificates: Certificates, auth: httpx.Auth | None) -> AsyncIterator[HttpWire]:
    trust = ssl.create_default_context(cafile=certificates.ca)
    wire = HttpWire("haengbok", gate, HttpEndpoint(url, 5, 1 << 20, auth=auth, tls=trust))
    try:
        yield wire
    finally:
        await wire.aclose()


class Elsewhere(httpx.Auth):
    """An auth flow whose second request goes to another server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        yield request
        yield httpx.Request("GET", self.url)


@pytest.mark.parametrize("kind", [Impersonal, Disclose])
async def test_a_certificate_that_fails_in_the_second_request_is_uncertain(
    kind: type[AnyDecision], gate: Gate, decisions: Decisions, certificates: Certificates
) -> None:
    """The first request has left: that a later server cannot be trusted does not undo it."""
    untrusted = server_tls(certificates, "haengbok-signing")  # of the right CA, but for no host
    async with raw_server(OK, server_tls(certificates)) as first, raw_server(OK, untrusted) as second:
        decision = decisions.disclose() if kind is Disclose else decisions.impersonal()
        async with wire_to(first.url, gate, certificates, Elsewhere(second.url)) as wire:
            with pytest.raises(UncertainError) as raised:
                await wire.send(decision, "POST", "/a", body=b"x")

    assert (type(raised.value), second.received) == (UncertainError, 0)
    assert first.received > 0


async def test_a_certificate_that_fails_in_the_first_request_is_our_set_up(
    gate: Gate, decisions: Decisions, certificates: Certificates
) -> None:
    """Nothing has left, and no try helps before a person looks: the same server, asked first."""
    async with raw_server(OK, server_tls(certificates, "haengbok-signing")) as server:
        async with wire_to(server.url, gate, certificates, None) as wire:
            with pytest.raises(MisconfiguredError, match="certificate"):
                await wire.send(decisions.disclose(), "POST", "/a", body=b"x")
        assert server.received == 0


@asynccontextmanager
async def spoiler(port: int, good_records: int) -> AsyncIterator[str]:
    """Stand between both: pass on so many TLS records of application data of the server, and spoil the next one."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        ways = [
            asyncio.ensure_future(_copy(reader, back, -1)),
            asyncio.ensure_future(_copy(there, writer, good_records)),
        ]
        await asyncio.wait(ways)
        for end in (back, writer):
            end.close()

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, good_records: int) -> None:
    """Copy TLS records; flip a bit in the first one of application data after `good_records` of them."""
    try:
        while True:
            head = await reader.readexactly(5)
            body = bytearray(await reader.readexactly(int.from_bytes(head[3:])))
            if head[0] == 23:
                body[-1] ^= good_records == 0
                good_records -= 1
            writer.write(head + body)
            await writer.drain()
    except (EOFError, OSError):
        writer.close()


@pytest.mark.parametrize("answer_records", [0, 1], ids=["before the answer", "in the middle of the answer"])
async def test_a_broken_record_is_uncertain(
    answer_records: int, gate: Gate, decisions: Decisions, certificates: Certificates
) -> None:
    """Somebody spoils a byte of the answer under TLS 1.2: the request had left, so nobody knows."""

    async def two_records(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi")
        await writer.drain()
        writer.write(b"ne")

    tls = server_tls(certificates)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2  # its handshake has no records of application data to count
    async with raw_server(two_records, tls) as server, spoiler(server.port, answer_records) as url:
        async with wire_to(url, gate, certificates, None) as wire:
            with pytest.raises(UncertainError) as raised:
                await wire.send(decisions.disclose(), "POST", "/a", body=b"x")
            assert wire._transport.connections == 0
        assert server.received > 0

    assert type(raised.value) is UncertainError


async def test_a_handshake_that_breaks_off_sends_nothing(
    gate: Gate, decisions: Decisions, certificates: Certificates
) -> None:
    """A server that answers the handshake with something else was told nothing: safe to try again."""

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with wire_to(f"https://127.0.0.1:{port}", gate, certificates, None) as wire:
            with pytest.raises(NotSentError):
                await wire.send(decisions.disclose(), "POST", "/a", body=b"x")
