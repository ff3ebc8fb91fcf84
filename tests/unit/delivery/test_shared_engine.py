"""The engine of several processes: two of them on one PostgreSQL, each with its own gate, adapter and engine."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import psycopg
import pytest
from barge import Dock
from ferry import Landing
from sqlalchemy import Connection, text

from adapters.sdk import Lane, Repeat
from hub.delivery import alone, orphans
from hub.delivery.alone import do_alone
from hub.delivery.batches.clerk import LOOK_EVERY
from hub.delivery.room import Room
from hub.delivery.shared_engine import SharedEngine
from hub.delivery.turns import give_turns
from hub.store.deliveries import DeliveryRecord, leased, leased_before, lock_leased
from hub.store.lanes import lane_of
from schemas.status import DeliveryStatus

pytestmark = pytest.mark.slow


@pytest.fixture
def landing(postgres_url: str, tmp_path: Path) -> Iterator[Landing]:
    opened = Landing(tmp_path, Repeat.LOOKUP, store_url=postgres_url)
    yield opened
    opened.close()


@contextlib.asynccontextmanager
async def running(landing: Landing) -> AsyncIterator[SharedEngine]:
    """Run one process's engine; it ends as a process does that is told to stop."""
    landing.start_process()
    engine = SharedEngine(landing.store, landing.room, concurrency=4)
    task = asyncio.create_task(engine.run(landing.worker.work))
    try:
        yield engine
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - any condition, also one that nobody announces
            await asyncio.sleep(0.02)


def delivered(landing: Landing, ids: list[str]) -> bool:
    return all(landing.referral(one).delivery is DeliveryStatus.DELIVERED for one in ids)


async def test_two_processes_send_each_referral_once(landing: Landing) -> None:
    """Whoever gives the turns and whoever takes them: every referral is registered, none twice."""
    ids = [landing.accept(name=f"홍길동{number}") for number in range(12)]
    async with running(landing), running(landing):
        await until(lambda: delivered(landing, ids))
    assert sorted(act["key"] for act in landing.agency.acts) == sorted(landing.referral(one).wire_key for one in ids)


async def test_what_falls_due_later_is_sent_when_the_clock_gets_there(landing: Landing) -> None:
    """Nothing waits in the queue for its time: it waits in its row, and a moved clock is heard."""
    async with running(landing):
        landing.agency.script.append("reset_before")
        one = landing.accept()
        await until(lambda: landing.referral(one).delivery is DeliveryStatus.UNKNOWN)
        landing.clock.advance(3600)
        await until(lambda: landing.referral(one).delivery is DeliveryStatus.DELIVERED)
    jobs = landing.store.read_now(lambda conn: conn.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar())
    assert jobs == 0


async def test_a_turn_that_died_with_its_process_is_given_again(landing: Landing) -> None:
    """A job that vanished costs a turn, not a referral."""
    one = landing.accept()
    landing.store.write_now(
        lambda conn: conn.execute(
            text("UPDATE deliveries SET picked_until_wall = extract(epoch FROM clock_timestamp()) + 1")
        )
    )
    async with running(landing):
        await until(lambda: delivered(landing, [one]))


async def test_an_attempt_whose_process_died_is_found_out_about(landing: Landing) -> None:
    """Its lease over, another process asks the agency, and registers nobody twice."""
    one = landing.accept()
    await asyncio.to_thread(landing.die_while_sending, arrived=True)
    landing.store.write_now(lambda conn: conn.execute(text("UPDATE deliveries SET lease_until_wall = 1")))
    async with running(landing):
        await until(lambda: landing.referral(one).delivery is not DeliveryStatus.SENDING)
        landing.clock.advance(3600)
        await until(lambda: delivered(landing, [one]))
    assert len(landing.agency.acts) == 1


async def test_an_orphan_that_cannot_be_taken_back_keeps_none_of_the_others(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poison one stays where it is, and what another process is taking back is left to it; the rest is taken back."""
    for number in range(4):
        landing.accept(name=f"이나루{number}")
    await asyncio.to_thread(landing.die_while_sending, arrived=False)
    landing.store.write_now(lambda conn: conn.execute(text("UPDATE deliveries SET lease_until_wall = 1")))
    poison, held, *others = landing.store.read_now(lambda conn: leased_before(conn, 2.0))
    let_go = orphans._let_go

    def let_go_of_some(conn: Connection, room: Room, delivery: DeliveryRecord) -> None:
        if delivery.id == poison:
            raise KeyError("poison")
        let_go(conn, room, delivery)

    monkeypatch.setattr(orphans, "_let_go", let_go_of_some)
    with landing.store.writer.begin() as elsewhere:
        assert lock_leased(elsewhere, held, 2.0) is not None
        assert await orphans.reclaim_expired(landing.store, landing.room) == len(others) == 2
    left = landing.store.read_now(lambda conn: {delivery.id for delivery in leased(conn)})
    assert left == {poison, held}


async def test_the_breaker_holds_for_all_processes(landing: Landing) -> None:
    """What one process learnt of an agency, the others know: the row is theirs together."""
    ids = [landing.accept(name=f"김나루{number}") for number in range(6)]
    landing.agency.script.extend(["refuse_connection"] * 6)
    async with running(landing), running(landing):
        await until(lambda: all(landing.referral(one).reason == "agency_unreachable" for one in ids))
        assert landing.store.read_now(lambda conn: lane_of(conn, "ferry")).outage_since is not None
        landing.clock.advance(3600)
        await until(lambda: delivered(landing, ids))
    assert landing.store.read_now(lambda conn: lane_of(conn, "ferry")).outage_since is None


async def test_processes_together_keep_to_a_lanes_concurrency(landing: Landing) -> None:
    """Two processes with room for eight, a lane for two: never more than two calls are under way."""
    under_way, most, free = set[int](), 0, asyncio.Event()
    answer = landing.agency.handle

    async def answer_later(request: httpx.Request) -> httpx.Response:
        nonlocal most
        under_way.add(id(request))
        most = max(most, len(under_way))
        await free.wait()
        under_way.discard(id(request))
        return answer(request)

    landing.agency.handle = answer_later  # type: ignore[assignment,method-assign]  # a wire may be slow
    landing.profile = replace(landing.profile, lane=Lane(concurrency=2, per_second=1000.0))
    ids = [landing.accept(name=f"홍길동{number}") for number in range(8)]
    async with running(landing), running(landing):
        await until(lambda: len(under_way) == 2)
        agency = landing.room.agencies.active["ferry"]
        turns = await landing.store.write(partial(give_turns, room=landing.room, agency=agency))
        assert turns.ids == ()
        free.set()
        await until(lambda: delivered(landing, ids))
    assert most == 2


async def test_processes_together_keep_to_a_lanes_rate(landing: Landing) -> None:
    """Two processes, one rate: so many calls take the time that they take, but for one burst."""
    landing.profile = replace(landing.profile, lane=Lane(concurrency=10, per_second=8.0))
    ids = [landing.accept(name=f"김나루{number}") for number in range(12)]
    began, burst = time.monotonic(), 4
    async with running(landing), running(landing):
        await until(lambda: delivered(landing, ids))
    assert time.monotonic() - began > (len(ids) - burst - 1) / 8.0


async def test_a_process_with_retries_off_stops_what_is_not_due_yet(landing: Landing) -> None:
    """As soon as it runs: however soon it is turned on again."""
    landing.agency.script.append("busy")
    one = landing.accept()
    async with running(landing):
        await until(lambda: landing.referral(one).reason == "agency_busy")
    landing.more_settings["retry"] = False
    async with running(landing):
        await until(lambda: landing.referral(one).delivery is DeliveryStatus.FAILED)


@pytest.fixture
def shared_dock(postgres_url: str, tmp_path: Path) -> Iterator[Dock]:
    opened = Dock(tmp_path, store_url=postgres_url)
    yield opened
    opened.close()


async def test_one_process_at_a_time_exchanges_files(shared_dock: Dock) -> None:
    """Two processes, one folder: a file is written once; when the one that did it ends, the other goes on."""
    dock = shared_dock
    first = asyncio.create_task(SharedEngine(dock.store, dock.room, 2).run(dock.worker.work))
    second = asyncio.create_task(SharedEngine(dock.store, dock.room, 2).run(dock.worker.work))
    one = dock.accept()
    dock.clock.advance(2 * 24 * 3600)
    await until(lambda: dock.referral(one).delivery is DeliveryStatus.HANDED_OVER)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    dock.office.answer(*dock.office.collect())
    dock.clock.advance(LOOK_EVERY.total_seconds())

    def taken_in() -> bool:
        dock.clock.advance(LOOK_EVERY.total_seconds())
        return dock.referral(one).delivery is DeliveryStatus.DELIVERED

    await until(taken_in)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)


async def test_what_is_done_alone_is_done_by_one(postgres_url: str) -> None:
    """A second one is told at once that it is not the one, and may be when the first has ended."""
    began, end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        await end.wait()

    first = asyncio.create_task(do_alone(postgres_url, "test", work))
    await began.wait()
    began.clear()
    await do_alone(postgres_url, "test", work, rest_seconds=0)
    assert not began.is_set()
    end.set()
    await first
    await do_alone(postgres_url, "test", work)
    assert began.is_set()


async def test_whoever_is_silent_loses_its_turn(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process does that is stopped: another one may, and the first, when it goes on, ends what it was doing."""
    monkeypatch.setattr(alone, "_SILENT_SECONDS", 1.5)
    monkeypatch.setattr(alone, "_ASK_AGAIN_SECONDS", 5.0)
    began, ended, others = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def other_work() -> None:
        others.set()

    first = asyncio.create_task(do_alone(postgres_url, "test", work))
    await began.wait()
    async with asyncio.timeout(20):
        while not others.is_set():
            await do_alone(postgres_url, "test", other_work, rest_seconds=0.05)
    with pytest.raises(psycopg.Error):
        await first
    assert ended.is_set()
