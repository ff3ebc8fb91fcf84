"""What the hub stands on fails while it serves: callers hear 503, nothing is lost, and no restart is needed."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from api_bench import Bench, PierAdapter, bench_in, case, eventually
from cut_wire import wire_to
from postgresql import OwnServer, database
from psycopg import sql
from sqlalchemy import make_url

from adapters.sdk import Repeat
from hub.delivery import begin, turns
from hub.store.wall import wall_of

pytestmark = pytest.mark.slow


@asynccontextmanager
async def serving(folder: Path, url: str | None = None) -> AsyncIterator[tuple[Bench, list[str]]]:
    """Run a hub with its engine and its notifier; also yield the keys that the agency was sent."""
    async with bench_in(folder, store_url=url) as bench, bench.engine_running():
        sent, submit = list[str](), bench.pier.submit

        async def note(order: Any) -> Any:
            sent.append(order.wire_key)
            return await submit(order)

        bench.pier.submit = note  # type: ignore[method-assign]  # the agency of this test counts
        notifier = asyncio.create_task(bench.services.notifier.run())
        yield bench, sent
        assert not notifier.done()
        notifier.cancel()
        await asyncio.gather(notifier, return_exceptions=True)


def client(number: int) -> dict[str, Any]:
    """Return a case of another client each time."""
    return case(client={"name": f"홍길동{number}", "birth_date": "1985-03-15", "phones": [f"010-0000-{number:04}"]})


async def offered(bench: Bench, number: int) -> httpx.Response:
    return await bench.ask.post("/v1/cases", json=client(number), headers={"Idempotency-Key": f"key-{number}"})


async def accepted_in_the_end(bench: Bench, number: int) -> str:
    """Offer again and again, as a centre does; return the referral's id."""
    async with asyncio.timeout(60):
        while (reply := await offered(bench, number)).status_code == 503:  # noqa: ASYNC110 - an answer sets no event
            await asyncio.sleep(0.05)
    assert reply.status_code == 202
    return str(reply.json()["referrals"][0]["id"])


def refused(reply: httpx.Response) -> bool:
    kind = reply.json().get("type")
    return (reply.status_code, kind, reply.headers.get("retry-after")) == (503, "urn:naru:problem:unavailable", "1")


async def all_delivered(bench: Bench, sent: list[str], ids: list[str]) -> None:
    for referral_id in ids:
        await bench.until(referral_id, "delivered")
    assert len(set(sent)) == len(ids)


async def all_delivered_once(bench: Bench, sent: list[str], ids: list[str]) -> None:
    await all_delivered(bench, sent, ids)
    assert len(sent) == len(ids)


@pytest.fixture(autouse=True)
def _short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be begun is tried again when its turn is over: not in half a minute here."""
    monkeypatch.setattr(turns, "TURN_SECONDS", 2.0)


async def test_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cases are taken until there is no page left, then 503; with room again all are delivered, each once."""
    async with serving(tmp_path) as (bench, sent):
        store, ids = bench.services.store, [await accepted_in_the_end(bench, 0)]
        pages = store.read_now(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar_one())
        store.write_now(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}"))
        number = 1
        while (reply := await offered(bench, number)).status_code == 202:
            ids.append(reply.json()["referrals"][0]["id"])
            number += 1
        assert refused(reply)
        store.write_now(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 1000000"))
        ids.append(await accepted_in_the_end(bench, number))
        await all_delivered_once(bench, sent, ids)
    assert "SQLITE_FULL" in "".join(capsys.readouterr())


def sqlite_switch(bench: Bench) -> Callable[[bool], None]:
    """Return what makes the SQLite connection that writes refuse to, and lets it again."""
    store = bench.services.store

    def switch(on: bool) -> None:
        raw = store.writer.raw_connection()  # without a transaction, which could not be begun
        raw.cursor().execute(f"PRAGMA query_only = {int(on)}")
        raw.close()

    return switch


def postgres_switch(url: str) -> Callable[[bool], None]:
    """Return what makes a database refuse writes, as a server does that became a replica, and lets it again."""
    name = sql.Identifier(make_url(url).database or "")

    def switch(on: bool) -> None:
        state = sql.SQL("on" if on else "off")
        with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as conn:
            conn.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(name, state))
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    return switch


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_read_only_database(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """503, and /readyz says that the store takes no writes; writable again, all is delivered, each once."""
    url = request.getfixturevalue("own_database") if database == "postgresql" else None
    async with serving(tmp_path, url) as (bench, sent):
        switch = sqlite_switch(bench) if url is None else postgres_switch(url)
        ids = [await accepted_in_the_end(bench, 0)]
        await asyncio.to_thread(switch, True)
        assert refused(await offered(bench, 1))
        ready = await bench.nobody.get("/readyz")
        assert (ready.status_code, ready.json()["store"]) == (503, "failed")
        await asyncio.to_thread(switch, False)
        ids.append(await accepted_in_the_end(bench, 1))
        await all_delivered_once(bench, sent, ids)


async def test_an_answer_waits_for_the_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The store fails while a call is under way: the answer is stored later, also where nobody could be asked again."""
    async with serving(tmp_path) as (bench, sent):
        switch, submit, answered = sqlite_switch(bench), bench.pier.submit, asyncio.Event()

        async def fail_meanwhile(order: Any) -> Any:
            answer = await submit(order)
            await asyncio.to_thread(switch, True)
            answered.set()
            return answer

        bench.pier.submit = fail_meanwhile  # type: ignore[method-assign]  # the same
        accepted = (await offered(bench, 0)).json()
        await answered.wait()
        said = ""
        while "answer_waits" not in said:
            await asyncio.sleep(0.02)
            said += "".join(capsys.readouterr())
        await asyncio.to_thread(switch, False)
        await all_delivered_once(bench, sent, [accepted["referrals"][0]["id"]])


@pytest.fixture
def server() -> Iterator[OwnServer]:
    """A PostgreSQL of this test's own, to be killed; what it was told is on the disk."""
    with tempfile.TemporaryDirectory(prefix="naru-postgres-") as home:
        own = OwnServer(Path(home))
        own.make()
        own.start()
        yield own
        own.kill()


@pytest.fixture
def own_database(postgres_server: str) -> Iterator[str]:
    """A database that a test may spoil."""
    with database(postgres_server) as url:
        yield url


@pytest.mark.timeout(600)
async def test_a_lost_postgresql(server: OwnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed three times under load and started again: 503 meanwhile; every case that was taken is delivered once.

    What was begun, and the server died before it could say so, waits for its lease. Then it is sent under its key.
    """
    monkeypatch.setattr(PierAdapter, "profile", replace(PierAdapter.profile, repeat=Repeat.KEYED))
    monkeypatch.setattr(begin, "_lease_end", lambda conn, *_: wall_of(conn) + 15.0)
    ids: list[str] = []
    async with serving(tmp_path, server.url) as (bench, sent):
        for round_of_three in range(3):
            offers = [asyncio.create_task(accepted_in_the_end(bench, round_of_three * 10 + n)) for n in range(5)]
            while len(sent) < round_of_three * 5 + 2:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.01)
            await asyncio.to_thread(server.kill)
            assert refused(await bench.ask.get("/v1/referrals"))
            assert (await bench.nobody.get("/livez")).status_code == 200
            ready = await bench.nobody.get("/readyz")
            assert (ready.status_code, ready.json()["store"]) == (503, "failed")
            await asyncio.to_thread(server.start)
            ids += await asyncio.gather(*offers)
        await eventually(lambda: _readiness(bench), lambda told: told["status"] == "ready")
        await all_delivered(bench, sent, ids)


async def _readiness(bench: Bench) -> dict[str, Any]:
    told: dict[str, Any] = (await bench.nobody.get("/readyz")).json()
    return told


async def test_a_hub_whose_postgresql_is_away_still_ends(server: OwnServer, tmp_path: Path) -> None:
    """Told to stop, it does not wait for a database that may never come back."""
    async with asyncio.timeout(100):
        async with serving(tmp_path, server.url) as (bench, _):
            await accepted_in_the_end(bench, 0)
            await asyncio.to_thread(server.kill)
            assert refused(await bench.ask.get("/v1/referrals"))
            await asyncio.sleep(1.5)  # every part has met the lost server by now


async def test_a_postgresql_that_vanishes(own_database: str, tmp_path: Path) -> None:
    """Nobody says goodbye, nothing is acknowledged: 503 within half a minute; back, each case is delivered once."""
    url = make_url(own_database)
    with wire_to(url.host or "", url.port or 5432) as wire:
        through = url.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
        async with serving(tmp_path, through) as (bench, sent):
            ids = [await accepted_in_the_end(bench, 0)]
            await bench.until(ids[0], "delivered")
            wire.cut()
            async with asyncio.timeout(30):
                assert refused(await offered(bench, 1))
            async with asyncio.timeout(30):
                assert refused(await bench.ask.get("/v1/referrals"))
            wire.mend()
            ids.append(await accepted_in_the_end(bench, 1))
            await all_delivered_once(bench, sent, ids)
