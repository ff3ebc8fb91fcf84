from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from barge import Dock

from hub.delivery.batches.clerk import LOOK_EVERY, Clerk
from hub.delivery.engine import EmbeddedEngine
from schemas.status import DeliveryStatus

D = DeliveryStatus
DAY = 24 * 3600


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition; the test's own time limit is the last word."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the condition is a row or a file: it has no event to wait for
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(dock: Dock) -> AsyncIterator[EmbeddedEngine]:
    """Run the engine; end it in order."""
    engine = EmbeddedEngine(dock.store, dock.room)
    task = asyncio.create_task(engine.run(dock.worker.work))
    await until(lambda: engine.running)
    try:
        yield engine
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_moving_the_clock_hands_out_and_takes_in(dock: Dock) -> None:
    """The whole way of a referral, by the business clock alone; a commit and a move of the clock wake the lane."""
    async with running(dock) as engine:
        referral_id = dock.accept()
        engine.wake()
        dock.clock.advance(2 * DAY)
        await until(lambda: dock.referral(referral_id).delivery is D.HANDED_OVER)
        dock.office.answer(*dock.office.collect())
        dock.clock.advance(LOOK_EVERY.total_seconds())
        await until(lambda: dock.referral(referral_id).delivery is D.DELIVERED and not dock.office.ours)


async def test_a_lane_with_nothing_to_do_rests(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks the folder is left alone: no storm, however long it takes."""
    works, work = list[Clerk](), Clerk.work

    async def note(clerk: Clerk) -> None:
        works.append(clerk)
        await work(clerk)

    monkeypatch.setattr(Clerk, "work", note)
    async with running(dock):
        await until(lambda: bool(works))
        await asyncio.sleep(0.3)
        assert len(works) <= 2


async def test_ending_the_engine_lets_a_file_be_ended(dock: Dock) -> None:
    """An orderly stop in the middle of a file leaves it handed over, not in doubt."""
    referral_id = dock.accept()
    begun, go_on = asyncio.Event(), asyncio.Event()
    fold = dock.adapter.fold

    async def slow_fold(order: object) -> object:
        begun.set()
        await go_on.wait()
        return await fold(order)  # type: ignore[arg-type]  # what the clerk gave

    dock.adapter.fold = slow_fold  # type: ignore[assignment,method-assign]  # a slow folder
    dock.clock.advance(2 * DAY)
    async with asyncio.timeout(20), running(dock):
        await begun.wait()
        asyncio.get_running_loop().call_later(0.05, go_on.set)
    assert (dock.referral(referral_id).delivery, len(dock.office.ours)) == (D.HANDED_OVER, 1)
