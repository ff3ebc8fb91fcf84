from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ferry import Landing, fact
from sqlalchemy import update

from hub.delivery.engine import EmbeddedEngine
from hub.store.tables import cases
from schemas.status import BusinessStatus, DeliveryStatus

D = DeliveryStatus


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition; the test's own time limit is the last word."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the condition is a row in the store: it has no event to wait for
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(landing: Landing) -> AsyncIterator[EmbeddedEngine]:
    """Run the engine with the landing's worker; end it in order."""
    engine = EmbeddedEngine(landing.store, landing.room)
    task = asyncio.create_task(engine.run(landing.worker.work))
    await until(lambda: engine.running)
    try:
        yield engine
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def delivered(landing: Landing, referral_id: str) -> bool:
    """Say whether a referral has arrived."""
    return landing.referral(referral_id).delivery is D.DELIVERED


async def test_what_is_due_goes_out_when_the_engine_is_woken(landing: Landing) -> None:
    """A referral that is accepted while the engine runs is delivered after a wake, without any sweep to wait for."""
    async with running(landing) as engine:
        referral_id = landing.accept()
        engine.wake()
        await until(lambda: delivered(landing, referral_id))
    assert len(landing.agency.acts) == 1


async def test_what_was_due_before_the_start_goes_out(landing: Landing) -> None:
    """Nobody needs to wake the engine for what was accepted before it started."""
    referral_id = landing.accept()
    async with running(landing):
        await until(lambda: delivered(landing, referral_id))


async def test_orphans_are_reconciled_at_start(landing: Landing) -> None:
    """A send that a dead process left behind is looked up once its settling time is over, and not sent again."""
    referral_id = landing.accept()
    await asyncio.to_thread(landing.die_while_sending, arrived=True)
    landing.start_process()
    async with running(landing):
        await until(lambda: delivered(landing, referral_id))
    assert (len(landing.agency.acts), landing.agency.seen[:2]) == (1, ["/submit", "/find"])


async def test_moving_the_clock_makes_the_engine_look(landing: Landing) -> None:
    """A retry that is due in half a minute goes out at once when the business clock is moved there."""
    referral_id = landing.accept()
    landing.agency.script.append("busy")
    async with running(landing):
        await until(lambda: landing.referral(referral_id).reason == "agency_busy")
        landing.clock.advance(60)
        await until(lambda: delivered(landing, referral_id))


async def test_a_paused_lane_rests_until_it_is_resumed(landing: Landing) -> None:
    """Nothing goes out while an agency is paused, and what waited goes out when it is resumed."""
    landing.do_for_all(landing.commands.pause_agency, "ferry")
    referral_id = landing.accept()
    async with running(landing) as engine:
        engine.wake()
        await asyncio.sleep(0)
        assert landing.agency.seen == []
        landing.do_for_all(landing.commands.resume_agency, "ferry")
        engine.wake()
        await until(lambda: delivered(landing, referral_id))


async def test_a_poisoned_delivery_is_on_the_shelf_and_the_others_go_on(landing: Landing) -> None:
    """A case that cannot be opened any more holds up nobody else's, and does not wait for ever without a word."""
    poisoned = landing.accept()
    landing.store.write_now(lambda conn: conn.execute(update(cases).values(sealed_client=b"broken" * 10)))
    healthy = [landing.accept(name=name) for name in ("김나루", "임꺽정", "성춘향", "이몽룡", "심청")]
    async with running(landing):
        await until(lambda: all(delivered(landing, one) for one in healthy))
        await until(lambda: landing.referral(poisoned).delivery is D.FAILED)
    assert landing.referral(poisoned).reason == "defect"


async def test_ending_the_engine_lets_a_call_in_flight_end(landing: Landing) -> None:
    """An orderly stop leaves no attempt without an outcome."""
    referral_id = landing.accept()
    async with running(landing):
        await until(lambda: bool(landing.agency.seen))
    assert D.SENDING is not landing.referral(referral_id).delivery


async def test_polls_go_on_by_themselves(landing: Landing) -> None:
    """A delivered referral is asked about when its time comes, and stops when the agency closed it."""
    referral_id = landing.accept()
    async with running(landing):
        await until(lambda: delivered(landing, referral_id))
        landing.agency.facts = [fact(BusinessStatus.CLOSED, 5)]
        landing.clock.advance(3600)
        await until(lambda: landing.referral(referral_id).business is BusinessStatus.CLOSED)


async def test_a_start_with_retries_off_stops_what_is_not_due_yet(landing: Landing) -> None:
    """Before the lanes are served: however soon it is turned on again."""
    referral_id = landing.accept()
    landing.agency.script.append("busy")
    async with running(landing):
        await until(lambda: landing.referral(referral_id).reason == "agency_busy")
    landing.more_settings["retry"] = False
    landing.start_process()
    async with running(landing):
        assert landing.referral(referral_id).delivery is D.FAILED
