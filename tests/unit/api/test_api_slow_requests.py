from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from api_bench import Bench, bench_in

from hub.api.wire import timed
from hub.settings import HttpSettings

HEAD = "POST /v1/prechecks HTTP/1.1\r\nHost: hub\r\n"
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Server(uvicorn.Server):
    """Uvicorn on a free port, without signals."""

    async def place(self) -> tuple[str, int]:
        """Return where it listens."""
        async with asyncio.timeout(20):
            while not self.started:  # noqa: ASYNC110 - uvicorn sets no event
                await asyncio.sleep(0.01)
        place: tuple[str, int] = self.servers[0].sockets[0].getsockname()[:2]
        return place


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A hub that waits a second for a head and for a body."""
    async with bench_in(tmp_path, http={"head_seconds": 1.0, "body_seconds": 1.0}) as opened:
        yield opened


@asynccontextmanager
async def served(bench: Bench, http: HttpSettings | None = None) -> AsyncIterator[tuple[str, int]]:
    """Serve the bench's app on a real socket."""
    protocol = timed(http or bench.services.settings.http)
    server = Server(uvicorn.Config(bench.app, port=0, log_config=None, http=protocol, lifespan="off"))
    task = asyncio.create_task(server._serve())
    try:
        yield await server.place()
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def connected(place: tuple[str, int]) -> AsyncIterator[Wire]:
    """Open a connection."""
    reader, writer = await asyncio.open_connection(*place)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the hub hangs up."""
    async with asyncio.timeout(20):
        return await reader.read()


async def _drip(writer: asyncio.StreamWriter, reader: asyncio.StreamReader) -> bytes:
    """Send a byte now and then until the hub hangs up; return what it said."""
    said = asyncio.create_task(_all_of(reader))
    while not said.done():
        if not writer.is_closing():
            writer.write(b"x")
        await asyncio.wait([said], timeout=0.05)
    return said.result()


def _problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    assert b"x-request-id: req_" in head.lower()
    return int(head.split()[1]), json.loads(body)["type"]


TOO_SLOW = (408, "urn:naru:problem:request-timeout")


async def test_a_head_that_drips_is_answered_408(bench: Bench) -> None:
    """However regularly a byte comes: the time is counted from the connection."""
    async with served(bench) as place, connected(place) as (reader, writer):
        writer.write(f"{HEAD}X-Slow: ".encode())
        assert _problem(await _drip(writer, reader)) == TOO_SLOW


async def test_a_connection_that_says_nothing_is_closed(bench: Bench) -> None:
    """Without a word: there is no request to answer."""
    async with served(bench) as place, connected(place) as (reader, _):
        assert await _all_of(reader) == b""


async def test_a_second_head_is_timed_as_the_first(bench: Bench) -> None:
    """On a kept connection, from its first byte."""
    async with served(bench) as place, connected(place) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n")
        await reader.readuntil(b"}")
        writer.write(b"GET /livez HTTP/1.1\r\nX-Slow: ")
        assert _problem(await _drip(writer, reader)) == TOO_SLOW


async def test_a_pipelined_half_head_is_timed(bench: Bench) -> None:
    """Also where it came in the same bytes as the request before."""
    async with served(bench) as place, connected(place) as (reader, writer):
        writer.write(b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\nGET /livez HTTP/1.1\r\nX-Slow: ")
        await reader.readuntil(b"}")
        assert _problem(await _all_of(reader)) == TOO_SLOW


async def test_a_body_that_drips_is_answered_408(bench: Bench) -> None:
    """By the route that reads it, as any other problem."""
    async with served(bench) as place, connected(place) as (reader, writer):
        more = f"Authorization: Bearer {bench.key}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
        writer.write(f"{HEAD}{more}{{".encode())
        assert _problem(await _drip(writer, reader)) == TOO_SLOW


async def test_a_body_that_nobody_reads_holds_no_connection(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is answered at once, and the rest is not waited for."""
    monkeypatch.setattr("hub.api.wire._SPARE_SECONDS", 0.1)
    async with served(bench) as place, connected(place) as (reader, writer):
        writer.write(f"{HEAD}Content-Length: 5000\r\n\r\n".encode())
        answer = await _drip(writer, reader)

    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_a_kept_connection_may_rest_between_requests(bench: Bench) -> None:
    """The deadline of a head begins with its first byte: uvicorn's own keep-alive time-out is for the rest."""
    async with served(bench) as place, connected(place) as (reader, writer):
        for _ in range(2):
            writer.write(b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n")
            await reader.readuntil(b"}")
            await asyncio.sleep(1.2)  # longer than a head may take
        writer.write(b"GET /livez HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
        assert (await _all_of(reader)).startswith(b"HTTP/1.1 200 ")


async def test_a_request_that_arrives_in_time_is_answered(bench: Bench) -> None:
    """In pieces, each of which comes a little later."""
    async with served(bench, HttpSettings(head_seconds=20, body_seconds=20)) as place, connected(place) as wire:
        reader, writer = wire
        for piece in (b"GET /li", b"vez HTTP/1.1\r\nHos", b"t: hub\r\nConnection: close\r\n", b"\r\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
        assert (await _all_of(reader)).startswith(b"HTTP/1.1 200 ")
