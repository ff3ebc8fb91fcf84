from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from kit_bench import FerryMock, Listener, post, raw_call, until

from mocks.kit.connection import LARGEST_BODY, LARGEST_HEAD
from mocks.kit.pki import make_certificates
from mocks.kit.run import MockServer
from mocks.kit.server import HttpServer


@pytest.fixture
async def mocks() -> AsyncIterator[MockServer]:
    async with MockServer([FerryMock]) as server:
        yield server


def port_of(mocks: MockServer) -> int:
    return httpx.URL(mocks.base_url).port or 0


async def test_one_connection_carries_many_requests(mocks: MockServer) -> None:
    """Two requests written at once on one connection are both answered, in order."""
    data = post("/ferry/echo", b"one") + post("/ferry/echo", b"two", "Connection: close")
    received, ending = await raw_call(port_of(mocks), data)
    assert ending == "closed"
    assert received.index(b"one") < received.index(b"two")


async def test_chunked_bodies_are_put_together(mocks: MockServer) -> None:
    """A chunked request body reaches the agency whole, and its query beside it."""

    async def parts() -> AsyncIterator[bytes]:
        yield "홍".encode()
        yield "길동".encode()

    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{mocks.url_of('ferry')}/echo?a=b", content=parts())
    assert (answer.text, answer.headers["x-query"]) == ("홍길동", "a=b")


async def test_expect_100_is_answered_before_the_body(mocks: MockServer) -> None:
    """A client that waits for 100 Continue (curl, PHP) gets it, and then the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(mocks))
    head, _, body = post("/ferry/echo", b"hello", "Expect: 100-continue").partition(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    writer.write(body)
    assert (await reader.readuntil(b"\r\n")).strip() == b"HTTP/1.1 200 OK"
    writer.transport.abort()


async def test_a_body_over_the_cap_is_refused_by_its_announcement(mocks: MockServer) -> None:
    """413 comes from Content-Length alone; nothing of the body needs to be sent."""
    head = post("/ferry/echo").replace(b"Content-Length: 0", b"Content-Length: %d" % (LARGEST_BODY + 1))
    received, _ = await raw_call(port_of(mocks), head)
    assert received.startswith(b"HTTP/1.1 413 ")


async def test_a_chunked_body_over_the_cap_is_refused(mocks: MockServer) -> None:
    """413 comes also where no length was announced."""

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_BODY // 65536 + 1):
            yield b"x" * 65536

    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{mocks.url_of('ferry')}/echo", content=parts())
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (post("/ferry/echo", b"", "Transfer-Encoding: gzip"), 501),
        (post("/ferry/echo", b"", f"X-Long: {'x' * LARGEST_HEAD}"), 431),
    ],
)
async def test_what_is_no_http_is_refused(mocks: MockServer, data: bytes, status: int) -> None:
    """Garbage, foreign codings and endless headers get a status and the end of the connection."""
    received, _ = await raw_call(port_of(mocks), data)
    assert received.startswith(f"HTTP/1.1 {status} ".encode())


async def test_head_has_no_body(mocks: MockServer) -> None:
    """HEAD tells the length of what GET would give, and nothing else."""
    async with httpx.AsyncClient(base_url=mocks.base_url) as client:
        page, head = await client.get("/"), await client.head("/")
    assert (page.headers["content-length"], b"") == (head.headers["content-length"], head.content)


async def test_a_target_with_scheme_and_host_is_understood(mocks: MockServer) -> None:
    """A client that writes its request as to a proxy is answered all the same."""
    received, _ = await raw_call(port_of(mocks), post("http://any:1/ferry/echo", b"hi", "Connection: close"))
    assert received.endswith(b"hi")


async def test_the_landing_page_says_what_is_assumed(mocks: MockServer) -> None:
    """`/` lists each agency with its address and whether its contract is real or assumed, safely quoted."""
    async with httpx.AsyncClient() as client:
        page = (await client.get(mocks.base_url)).text
    assert all(part in page for part in ("나루터", mocks.url_of("ferry"), "[A] assumed", "for tests &lt;only&gt;"))


async def test_an_unknown_path_names_the_agencies(mocks: MockServer) -> None:
    """A mistyped slug is a 404 that says which there are."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{mocks.base_url}/fery/register")
    assert (answer.status_code, "ferry" in answer.json()["error"]) == (404, True)


async def test_a_broken_mock_tells_nothing_of_the_request(mocks: MockServer, caplog: pytest.LogCaptureFixture) -> None:
    """A bug in a mock becomes a 500 and a log line with its place, without what the request held."""
    caplog.set_level(logging.DEBUG)
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{mocks.url_of('ferry')}/crash", content="홍길동")
    assert (
        answer.status_code,
        "홍길동" in answer.text,
        "홍길동" in caplog.text,
        "RuntimeError at" in caplog.text,
    ) == (500, False, False, True)


async def test_stopping_does_not_wait_for_silent_connections() -> None:
    """A stopping server ends idle connections, silent answers and long polls at once."""
    async with asyncio.timeout(20), httpx.AsyncClient(timeout=60) as client:
        async with MockServer([FerryMock]) as mocks:
            mocks.counters["ferry"].faults.set({"faults": [{"name": "no_answer"}]})
            silent = asyncio.create_task(raw_call(port_of(mocks), post("/ferry/register"), seconds=60))
            idle = asyncio.create_task(raw_call(port_of(mocks), b"", seconds=60))
            poll = asyncio.create_task(client.get(f"{mocks.base_url}/_mock/clock?after=1&wait=30"))
            await until(lambda: len(mocks.counters["ferry"].desk.journal.entries) == 1)
            await until(lambda: (len(mocks._server._idle), len(mocks._server._busy)) == (2, 1))
        assert [received for received, _ in await asyncio.gather(silent, idle)] == [b"", b""]
        assert (await poll).json()["version"] == 1


async def test_a_port_in_use_is_said_so(mocks: MockServer) -> None:
    """A second server on the same port does not start."""
    with pytest.raises(OSError, match="address already in use"):
        async with MockServer([FerryMock], port=port_of(mocks)):
            pass


def test_mocks_stay_on_this_machine() -> None:
    """Any address but loopback is refused."""
    with pytest.raises(ValueError, match="loopback"):
        MockServer([FerryMock], host="0.0.0.0")


async def test_mutual_tls(tmp_path: Path) -> None:
    """With a TLS context the server asks for the hub's certificate, and refuses callers without one."""
    certificates = make_certificates(tmp_path / "certificates")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificates.certificate("tls-server"), certificates.key("tls-server"))
    server, listener = HttpServer(context), Listener()
    url = f"https://127.0.0.1:{await server.bind('127.0.0.1', 0)}/"
    await server.serve(listener)
    stranger = ssl.create_default_context(cafile=certificates.ca)
    hub = ssl.create_default_context(cafile=certificates.ca)
    hub.load_cert_chain(certificates.certificate("hub-client"), certificates.key("hub-client"))
    try:
        async with httpx.AsyncClient(verify=hub) as client:
            assert (await client.post(url, content=b"hi")).status_code == 200
        async with httpx.AsyncClient(verify=stranger) as client:
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError, httpx.ConnectError)):
                await client.post(url, content=b"hi")
    finally:
        await server.stop()
    assert listener.bodies == ["hi"]
