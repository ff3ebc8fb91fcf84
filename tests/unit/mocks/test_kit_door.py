"""The agency's own port: it serves what the shared one serves, and alone can refuse a connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import ClassVar

import httpx
import pytest
from kit_bench import HONEST, FerryMock, until

from mocks.kit.run import MockServer

REFUSE = {"faults": [{"name": "refuse_connection"}]}


class OtherMock(FerryMock):
    """A second agency on the same server."""

    slug: ClassVar[str] = "other"


@pytest.fixture
async def mocks() -> AsyncIterator[MockServer]:
    async with MockServer([FerryMock, OtherMock]) as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def set_faults(mocks: MockServer, client: httpx.AsyncClient, wanted: object) -> None:
    reply = await client.put(f"{mocks.base_url}/_mock/ferry/faults", json=wanted)
    assert reply.status_code == 200, reply.text


def own_url(mocks: MockServer, slug: str = "ferry") -> str:
    return mocks.counters[slug].own_url


async def test_an_own_port_serves_the_agency(mocks: MockServer, client: httpx.AsyncClient) -> None:
    """The same agency and the same books behind both ports."""
    answers = [await client.post(f"{base}/register") for base in (own_url(mocks), mocks.url_of("ferry"))]
    assert [answer.content for answer in answers] == [HONEST] * 2
    assert len(mocks.counters["ferry"].desk.ledger.acts) == 2


async def test_a_shut_door_refuses_until_the_fault_is_lifted(mocks: MockServer, client: httpx.AsyncClient) -> None:
    """Refused by the kernel, also for a caller that had a connection open; the other agency is not touched."""
    await client.post(f"{own_url(mocks)}/register")
    await set_faults(mocks, client, REFUSE)
    with pytest.raises(httpx.ConnectError):
        await client.post(f"{own_url(mocks)}/register")
    assert (await client.post(f"{own_url(mocks, 'other')}/register")).status_code == 200
    await set_faults(mocks, client, {"faults": []})
    assert (await client.post(f"{own_url(mocks)}/register")).status_code == 200
    assert len(mocks.counters["ferry"].desk.ledger.acts) == 2


async def test_a_reset_opens_the_door_again(mocks: MockServer, client: httpx.AsyncClient) -> None:
    """`POST /_mock/reset` ends this fault like all others."""
    await set_faults(mocks, client, REFUSE)
    await client.post(f"{mocks.base_url}/_mock/reset")
    assert (await client.post(f"{own_url(mocks)}/register")).status_code == 200


async def test_a_shut_door_keeps_its_port(mocks: MockServer, client: httpx.AsyncClient) -> None:
    """Nobody else can take the port while the agency refuses."""
    await set_faults(mocks, client, REFUSE)
    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind(("127.0.0.1", httpx.URL(own_url(mocks)).port or 0))


async def test_a_silent_answer_ends_with_the_door(mocks: MockServer, client: httpx.AsyncClient) -> None:
    """A caller that waits for an answer that will not come sees the end of its connection."""
    await set_faults(mocks, client, {"faults": [{"name": "no_answer"}]})
    waiting = asyncio.create_task(client.post(f"{own_url(mocks)}/register", timeout=5))
    await until(lambda: bool(mocks.counters["ferry"].desk.journal.entries))
    await set_faults(mocks, client, REFUSE)
    with pytest.raises(httpx.RemoteProtocolError):
        await waiting


async def test_the_ports_are_given_back() -> None:
    """After the server's end nobody listens, and the port is free."""
    async with MockServer([FerryMock]) as mocks:
        port = httpx.URL(own_url(mocks)).port or 0
    with contextlib.closing(socket.socket()) as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


async def test_a_port_may_be_chosen() -> None:
    """A tester who writes an address down wants it to hold; a port that somebody listens on is not shared."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"ferry": {"port": str(port)}}
    async with MockServer([FerryMock], settings) as mocks:
        assert httpx.URL(own_url(mocks)).port == port
        with pytest.raises(OSError, match="in use"):
            await MockServer([FerryMock], settings).__aenter__()


@pytest.mark.parametrize("text", ["https", "-1", "65536", "８８００", ""])
async def test_a_port_is_a_number(text: str) -> None:
    """Anything else is named as the mistake that it is."""
    with pytest.raises(ValueError, match="ferry: the setting port"):
        await MockServer([FerryMock], {"ferry": {"port": text}}).__aenter__()


@pytest.mark.parametrize("more", [{"rate": 0.5}, {"times": 1}])
async def test_refusing_is_a_state(mocks: MockServer, client: httpx.AsyncClient, more: dict[str, float]) -> None:
    """Nobody can count connections that were refused: a rate or a number of times is a mistake that is named."""
    rule = {"name": "refuse_connection", **more}
    reply = await client.put(f"{mocks.base_url}/_mock/ferry/faults", json={"faults": [rule]})
    assert (reply.status_code, "neither rate nor times" in reply.json()["error"]) == (422, True)
