"""What a catalogue said is kept, with its age: fresh, stale while its source fails, gone."""

from __future__ import annotations

import asyncio

import pytest
from toy_catalogue import SERVICES, START, Shelf

from adapters.sdk import BusyError, MisconfiguredError, UncertainError
from adapters.sdk.catalogue import CatalogueQuery
from hub.catalogue.keeping import Kept, NothingKeptError

DAY = 24 * 3600.0
DEAD = UncertainError("the line broke")


async def read_anew(shelf: Shelf) -> None:
    """Wait for the reading in the background."""
    reading = shelf.source._list._reading
    assert reading is not None
    await reading


async def test_what_was_read_is_fresh_for_its_time() -> None:
    """It is read once, and its age is told."""
    shelf = Shelf()
    assert await shelf.source.services() == Kept(SERVICES, START, 0.0, is_stale=False)
    shelf.clock.pass_by(hours=24)
    assert await shelf.source.services() == Kept(SERVICES, START, DAY, is_stale=False)
    assert shelf.toy.readings == 1


async def test_what_is_stale_is_shown_and_read_anew() -> None:
    """Nobody waits for it: the old one is shown once more, called stale; then the new one."""
    shelf = Shelf()
    await shelf.source.services()
    shelf.clock.pass_by(hours=25)
    shelf.toy.listed = SERVICES[:1]
    stale = await shelf.source.services()
    assert (stale.thing, stale.is_stale) == (SERVICES, True)
    await read_anew(shelf)
    assert await shelf.source.services() == Kept(SERVICES[:1], shelf.clock.now, 0.0, is_stale=False)


@pytest.mark.parametrize("failure", [DEAD, MisconfiguredError("30"), RuntimeError("a defect with a value")])
async def test_a_failure_shows_the_old_one(failure: Exception) -> None:
    """As long as it may be kept, however often its source fails; the source is asked again after a pause only."""
    shelf = Shelf(pause_minutes=5)
    await shelf.source.services()
    shelf.toy.failure = failure
    shelf.clock.pass_by(days=2)
    for _ in range(3):
        assert (await shelf.source.services()).age_seconds == 2 * DAY
        await read_anew(shelf)
    assert shelf.toy.readings == 2
    shelf.clock.pass_by(minutes=5)
    await shelf.source.services()
    await read_anew(shelf)
    assert shelf.toy.readings == 3


async def test_what_is_too_old_is_shown_no_more() -> None:
    """Past its last day it is read at once, or there is nothing."""
    shelf = Shelf(keep_days=30)
    await shelf.source.services()
    shelf.clock.pass_by(days=31)
    shelf.toy.failure = DEAD
    with pytest.raises(NothingKeptError):
        await shelf.source.services()
    shelf.toy.failure = None
    shelf.clock.pass_by(minutes=5)
    assert (await shelf.source.services()).age_seconds == 0.0


async def test_with_nothing_kept_a_failure_is_told_with_a_time() -> None:
    """When it is worth asking again: after the pause, or when the source said, if that is within a day."""
    shelf = Shelf(pause_minutes=5)
    shelf.toy.failure = DEAD
    for _ in range(2):
        with pytest.raises(NothingKeptError) as caught:
            await shelf.library.search(CatalogueQuery())
        assert (caught.value.seconds, shelf.toy.readings) == (300.0, 1)
    shelf.clock.pass_by(minutes=5)
    shelf.toy.failure = BusyError("22", retry_after_seconds=3600)
    with pytest.raises(NothingKeptError) as caught:
        await shelf.source.services()
    assert caught.value.seconds == 3600.0
    shelf.clock.pass_by(minutes=60)
    shelf.toy.failure = BusyError("22", retry_after_seconds=1e12)
    with pytest.raises(NothingKeptError) as caught:
        await shelf.source.services()
    assert caught.value.seconds == 24 * 3600.0


async def test_many_at_once_are_one_reading() -> None:
    """And one of them who goes away takes nobody else's answer along."""
    shelf, gate = Shelf(), asyncio.Event()
    shelf.toy.wait = gate.wait
    asking = [asyncio.create_task(shelf.source.services()) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    gate.set()
    answers = await asyncio.gather(*asking[1:])
    assert {answer.thing for answer in answers} == {SERVICES}
    assert shelf.toy.readings == 1


async def test_a_clock_that_goes_back_makes_nothing_younger_than_now() -> None:
    """An age is never below zero."""
    shelf = Shelf()
    await shelf.source.services()
    shelf.clock.pass_by(days=-3)
    assert (await shelf.source.services()).age_seconds == 0.0


async def test_closing_ends_what_is_read() -> None:
    """Nothing is left running."""
    shelf = Shelf()
    shelf.toy.wait = asyncio.Event().wait
    asking = asyncio.create_task(shelf.source.services())
    await asyncio.sleep(0)
    await shelf.library.aclose()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert shelf.toy.closed
