from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from kit_bench import FerryMock, Listener, listening, until

from mocks.kit import callbacks
from mocks.kit.run import MockServer


@pytest.fixture
async def hub() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


@pytest.fixture
async def mocks(hub: Listener) -> AsyncIterator[MockServer]:
    settings = {"ferry": {"callback_url": hub.url, "callback_secret": "test"}}
    async with MockServer([FerryMock], settings) as server:
        yield server


def call(mocks: MockServer, *texts: str) -> None:
    mocks.counters["ferry"].mock.advance({"call": texts})


def set_fault(mocks: MockServer, name: str, **rule: object) -> None:
    mocks.counters["ferry"].faults.set({"faults": [{"name": name, "times": 1, **rule}]})


async def test_callbacks_keep_their_order(mocks: MockServer, hub: Listener) -> None:
    """Callbacks arrive in the order of queueing, and the journal has each with the hub's answer."""
    call(mocks, "a", "b", "c")
    await until(lambda: len(hub.received) == 3)
    journal = mocks.counters["ferry"].desk.journal
    await until(lambda: all(entry.accepted for entry in journal.entries))
    assert (
        hub.bodies,
        [(entry.direction, entry.operation, entry.status) for entry in journal.entries],
    ) == (["a", "b", "c"], [("out", "notice", 200)] * 3)


async def test_a_callback_comes_again_until_it_is_acknowledged(
    mocks: MockServer,
    hub: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A 503 and a 500 make the same callback come again before the next one."""
    monkeypatch.setattr(callbacks, "PAUSES", (0.0, 0.0))
    hub.answers = [503, 500]
    call(mocks, "a", "b")
    await until(lambda: len(hub.received) == 4)
    assert hub.bodies == ["a", "a", "a", "b"]


async def test_an_agency_gives_up_in_the_end(
    mocks: MockServer,
    hub: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What nobody acknowledges after the last pause is dropped, and the next one goes out."""
    monkeypatch.setattr(callbacks, "PAUSES", (0.0,))
    hub.answers = [500, 500]
    call(mocks, "a", "b")
    await until(lambda: len(hub.received) == 3)
    assert hub.bodies == ["a", "a", "b"]


async def test_nobody_listening_is_no_error(mocks: MockServer, hub: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that is down is tried again, and served once it has another address."""
    monkeypatch.setattr(callbacks, "PAUSES", (0.01,) * 500)
    counter = mocks.counters["ferry"]
    counter.call_back_to("http://127.0.0.1:9/nobody")
    call(mocks, "a")
    await until(lambda: len(counter.desk.journal.entries) > 1)
    counter.call_back_to(hub.url)
    await until(lambda: hub.bodies == ["a"])


async def test_duplicate(mocks: MockServer, hub: Listener) -> None:
    """`duplicate_callback` sends one callback twice."""
    set_fault(mocks, "duplicate_callback", operation="notice")
    call(mocks, "a", "b")
    await until(lambda: len(hub.received) == 3)
    assert hub.bodies == ["a", "a", "b"]


async def test_late(mocks: MockServer, hub: Listener) -> None:
    """`late_callback` leaves when its business time has passed; the next one overtakes it."""
    set_fault(mocks, "late_callback", seconds=3600)
    call(mocks, "a", "b")
    await until(lambda: hub.bodies == ["b"])
    mocks.clock.advance(3601)
    await until(lambda: hub.bodies == ["b", "a"])


async def test_out_of_order(mocks: MockServer, hub: Listener) -> None:
    """`out_of_order_callback` leaves right after the next one."""
    set_fault(mocks, "out_of_order_callback")
    call(mocks, "a", "b", "c")
    await until(lambda: len(hub.received) == 3)
    assert hub.bodies == ["b", "a", "c"]


async def test_out_of_order_without_a_next_one(mocks: MockServer, hub: Listener) -> None:
    """A held callback leaves by itself after its business seconds, once."""
    set_fault(mocks, "out_of_order_callback", seconds=60)
    call(mocks, "a")
    mocks.clock.advance(61)
    await until(lambda: hub.bodies == ["a"])
    call(mocks, "b")
    await until(lambda: len(hub.received) == 2)
    assert hub.bodies == ["a", "b"]


async def test_a_reset_drops_the_post(mocks: MockServer, hub: Listener) -> None:
    """What was held back before a reset never leaves; what comes after does."""
    set_fault(mocks, "late_callback", seconds=60)
    call(mocks, "before")
    await mocks.counters["ferry"].reset()
    mocks.clock.advance(61)
    call(mocks, "after")
    await until(lambda: bool(hub.received))
    assert hub.bodies == ["after"]


def test_a_callback_address_needs_a_secret_and_an_agency_that_calls() -> None:
    """A server whose agency could not sign its callbacks does not start."""

    async def start(kind: type[FerryMock]) -> None:
        async with MockServer([kind], {"*": {"callback_url": "http://127.0.0.1:1/x"}}):
            pass

    class SilentMock(FerryMock):
        callbacks = ()

    with pytest.raises(ValueError, match="callback_secret"):
        asyncio.run(start(FerryMock))
    with pytest.raises(ValueError, match="sends no callbacks"):
        asyncio.run(start(SilentMock))
