"""Past its limits the hub promises nothing more, says so before it does, and keeps what it promised."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from api_bench import Bench, bench_in, case
from postgresql import STORES
from sqlalchemy import update

from hub.api import examples
from hub.intake import doorkeeper
from hub.store.tables import deliveries

OpenBench = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture(params=STORES)
def open_bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenBench:
    """Open a bench with limits, on each database in turn; every look is a new one."""
    monkeypatch.setattr(doorkeeper, "_GOOD_FOR_SECONDS", 0.0)
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None

    @asynccontextmanager
    async def open_one(**limits: int) -> AsyncIterator[Bench]:
        async with bench_in(tmp_path, store_url=url, limits=limits) as opened:
            yield opened

    return open_one


def client(number: str) -> dict[str, Any]:
    """Return a case of another client each time: the same one's would be held as a possible duplicate."""
    person = {"name": f"홍길동{number}", "birth_date": "1985-03-15", "phones": [f"010-0000-100{number}"]}
    return case(client=person)


async def offered(bench: Bench, key: str, path: str = "/v1/cases", body: Any = None) -> httpx.Response:
    return await bench.ask.post(path, json=body or client(key), headers={"Idempotency-Key": key})


def refused(reply: httpx.Response) -> bool:
    kind = reply.json().get("type")
    return (reply.status_code, kind, reply.headers.get("retry-after")) == (503, "urn:naru:problem:overloaded", "7")


async def test_past_the_backlog_nothing_more_is_promised(open_bench: OpenBench) -> None:
    """503 with Retry-After for a case and for more referrals; what was promised is told again, and delivered."""
    async with open_bench(max_backlog=1, retry_after_seconds=7) as bench:
        first, second = [await bench.accept(client(key), key) for key in "12"]
        more = {"referrals": examples.MORE_REFERRALS["referrals"]}
        assert refused(await offered(bench, "3"))
        assert refused(await offered(bench, "4", f"/v1/cases/{first['id']}/referrals", more))
        assert (await offered(bench, "1")).json() == first
        assert (await bench.nobody.get("/readyz")).json()["intake"] == "backlog"
        async with bench.engine_running():
            for accepted in (first, second):
                await bench.until(accepted["referrals"][0]["id"], "delivered")
            assert (await offered(bench, "3")).status_code == 202
        assert (await bench.nobody.get("/readyz")).json()["intake"] == "open"


async def test_consents_are_taken_past_the_backlog(open_bench: OpenBench) -> None:
    """What was promised waits for them: a client's word is not refused for want of room."""
    async with open_bench(max_backlog=1, retry_after_seconds=7) as bench:
        first, _ = [await bench.accept(client(key), key) for key in "12"]
        assert refused(await offered(bench, "3"))
        assert (await bench.add_consents(first["id"])).status_code == 201


async def test_what_is_due_later_is_no_backlog(open_bench: OpenBench) -> None:
    """A retry that waits for its time keeps nobody out."""
    async with open_bench(max_backlog=1) as bench:
        later = bench.services.clock.now() + timedelta(hours=1)
        for key in "12":
            await bench.accept(client(key), key)
        bench.services.store.write_now(lambda conn: conn.execute(update(deliveries).values(due_at=later)))
        assert (await offered(bench, "3")).status_code == 202


async def test_a_store_that_is_big_enough_takes_no_more(open_bench: OpenBench) -> None:
    """The database's own size, whichever it is."""
    async with open_bench(max_store_bytes=10_000, retry_after_seconds=7) as bench:
        assert refused(await offered(bench, "1"))
        assert (await bench.nobody.get("/readyz")).json()["intake"] == "store"


class Usage(NamedTuple):
    """What the disk says of itself."""

    total: int
    used: int
    free: int


async def test_a_disk_that_is_nearly_full_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the disk that holds the file; the log says once that the door closed, and once that it opened."""
    monkeypatch.setattr(doorkeeper, "_GOOD_FOR_SECONDS", 0.0)
    free = 10_000
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100_000, 100_000 - free, free))
    async with bench_in(tmp_path, limits={"min_free_bytes": 20_000, "retry_after_seconds": 7}) as bench:
        assert [refused(await offered(bench, key)) for key in "12"] == [True, True]
        assert (await bench.nobody.get("/readyz")).json()["intake"] == "disk"
        free = 30_000
        assert (await offered(bench, "1")).status_code == 202
    said = "".join(capsys.readouterr())
    assert (said.count("intake_closed"), said.count("intake_open")) == (1, 1)


async def test_a_look_is_good_for_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting costs; a burst is let in by one look."""
    looks: list[Any] = []

    def looked(*asked: Any) -> int:
        looks.append(asked)
        return 0

    monkeypatch.setattr(doorkeeper, "count_due", looked)
    monkeypatch.setattr(doorkeeper, "_GOOD_FOR_SECONDS", 60.0)
    async with bench_in(tmp_path) as bench:
        for key in "123":
            await bench.accept(key=key)
    assert len(looks) == 1
