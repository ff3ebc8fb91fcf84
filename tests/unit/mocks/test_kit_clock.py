from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit_bench import FerryMock, until

from mocks.kit.clock import BusinessClock
from mocks.kit.run import MockServer


@pytest.fixture
async def control() -> AsyncIterator[httpx.AsyncClient]:
    async with MockServer([FerryMock]) as mocks, httpx.AsyncClient(base_url=f"{mocks.base_url}/_mock") as client:
        yield client


@given(steps=st.lists(st.floats(0, 1e6)))
def test_the_clock_never_goes_back(steps: list[float]) -> None:
    """Whatever it is advanced by, each reading is at least the one before plus the step."""
    clock = BusinessClock()
    for step in steps:
        before = clock.now()
        clock.advance(step)
        assert clock.now() - before >= timedelta(seconds=step)


async def test_advance_set_and_reset(control: httpx.AsyncClient) -> None:
    """The clock goes forward by seconds or to a moment, and back to wall time only by a reset."""
    advanced = (await control.post("/clock", json={"advance_seconds": 3600})).json()
    ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    moved = (await control.post("/clock", json={"set": ahead})).json()
    behind = await control.post("/clock", json={"set": datetime.now(UTC).isoformat()})
    await control.post("/reset")
    now = (await control.get("/clock")).json()
    assert (
        advanced["offset_seconds"],
        advanced["version"],
        moved["now"] >= ahead,
        behind.status_code,
        now["offset_seconds"],
        now["version"],
    ) == (3600.0, 2, True, 422, 0.0, 4)


async def test_a_long_poll_learns_of_a_change_at_once(control: httpx.AsyncClient) -> None:
    """A poll for the next version returns when the clock is moved, long before its wait is over."""
    poll = asyncio.create_task(control.get("/clock", params={"after": 1, "wait": 30}, timeout=30))
    await asyncio.sleep(0)
    await control.post("/clock", json={"advance_seconds": 60})
    async with asyncio.timeout(20):
        assert ((await poll).json()["version"], (await poll).json()["offset_seconds"]) == (2, 60.0)


async def test_a_long_poll_that_is_behind_returns_at_once(control: httpx.AsyncClient) -> None:
    """A version that is not the present one (older, or of a server that is gone) is answered at once."""
    async with asyncio.timeout(20):
        answer = await control.get("/clock", params={"after": 77, "wait": 30})
    assert answer.json()["version"] == 1


async def test_a_long_poll_ends_after_its_wait(control: httpx.AsyncClient) -> None:
    """Without a change the poll returns the same version when its time is over."""
    answer = await control.get("/clock", params={"after": 1, "wait": 0.05})
    assert answer.json()["version"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"advance_seconds": -1},
        {"advance_seconds": True},
        {"advance_seconds": 1e300},
        {"advance_seconds": "60"},
        {"advance_seconds": 1, "set": "2099-01-01T00:00:00Z"},
        {"set": "tomorrow"},
        {"set": "2099-01-01T00:00:00"},
        {},
    ],
)
async def test_impossible_moves_are_refused(control: httpx.AsyncClient, body: dict[str, object]) -> None:
    """A move that is no move is a 422 with a text, and the clock stands as it was."""
    answer = await control.post("/clock", json=body)
    version = (await control.get("/clock")).json()["version"]
    assert (answer.status_code, bool(answer.json()["error"]), version) == (422, True, 1)


@pytest.mark.parametrize("query", ["after=x", "after=1&wait=soon", "since=1"])
async def test_impossible_polls_are_refused(control: httpx.AsyncClient, query: str) -> None:
    """A mistyped query is a 422, never an endless wait."""
    assert (await control.get(f"/clock?{query}")).status_code == 422


async def test_waiting_for_a_moment_ends_when_the_clock_is_moved_there() -> None:
    """`wait_until` follows the business clock through several moves."""
    clock = BusinessClock()
    waiting = asyncio.create_task(clock.wait_until(clock.now() + timedelta(days=2)))
    for _ in range(2):
        await asyncio.sleep(0)
        assert not waiting.done()
        clock.advance(86_401)
    await until(waiting.done)


async def test_who_waits_for_a_closed_clock_can_be_ended() -> None:
    """The server stops: a task that waits for a moment to come does not spin for ever, and hears that it is over."""
    clock = BusinessClock()
    clock.close()
    waiting = asyncio.create_task(clock.wait_until(clock.now() + timedelta(hours=1)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
