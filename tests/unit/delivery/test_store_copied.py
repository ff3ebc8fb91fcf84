"""A store that is moved to another database: everything arrives, and work goes on where it stopped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import postgresql
import pytest
from ferry import START, Landing
from sqlalchemy import Connection, func, insert, select, text, update
from typer.testing import CliRunner, Result

from adapters.sdk import Repeat
from hub.audit.entries import Action, record
from hub.cli import app
from hub.delivery.orphans import reclaim_expired
from hub.delivery.shared_engine import SharedEngine
from hub.delivery.turns import give_turns
from hub.store import backends, copying
from hub.store.copying import CopyRefusedError, copy_store
from hub.store.deliveries import leased
from hub.store.schema import SchemaError, make_or_check, revision_of
from hub.store.store import Store, StoreInUseError
from hub.store.tables import audit_entries, deliveries, metadata
from schemas.status import DeliveryStatus

D = DeliveryStatus


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[Landing]:
    """A landing on SQLite, in a folder as the shipped configuration has it."""
    (tmp_path / "var").mkdir()
    opened = Landing(tmp_path / "var", Repeat.LOOKUP)
    yield opened
    opened.close()


@pytest.fixture
def opened() -> Iterator[Callable[[str], Store]]:
    """Open stores that are closed when the test ends."""
    with contextlib.ExitStack() as closing:

        def open_one(url: str) -> Store:
            store = Store(url)
            closing.callback(store.close)
            return store

        yield open_one


def copied(landing: Landing, to: str) -> Result:
    """Run `naru store copy` on the landing's store."""
    config = Path(landing.store.url.removeprefix("sqlite:///")).parents[1] / "config.toml"
    config.touch()
    return CliRunner().invoke(
        app, ["store", "copy", "--to", to, "--config", str(config)], env={"NARU_STORE__URL": landing.store.url}
    )


def contents(conn: Connection) -> dict[str, list[str]]:
    """Return every row, table by table, in one order on both databases; without what processes hold."""
    return {
        table.name: sorted(
            repr({name: value for name, value in row.items() if not name.endswith("_wall")})
            for row in conn.execute(select(table)).mappings()
        )
        for table in metadata.sorted_tables
    }


def test_everything_arrives_and_comes_back(
    landing: Landing, postgres_url: str, opened: Callable[[str], Store], tmp_path: Path
) -> None:
    """From SQLite to PostgreSQL and from there to SQLite: the same rows in every table."""
    for number in range(3):
        landing.accept(name=f"홍길동{number}")
    landing.agency.script.extend(["ok", "lose_reply", "refuse_connection"])
    landing.work()
    before = landing.store.read_now(contents)
    there, back = opened(postgres_url), opened(f"sqlite:///{tmp_path}/back.db")
    rows = copy_store(landing.store, there).rows
    assert rows == {name: len(found) for name, found in before.items()}
    assert there.read_now(contents) == before
    there.close()
    again = opened(postgres_url)
    copy_store(again, back)
    assert back.read_now(contents) == before


def test_summing_up_may_take_long(landing: Landing, postgres_url: str, postgres_server: str) -> None:
    """A transaction that is silent meanwhile, of the source or of the target, is not ended by its server."""
    landing.accept()
    calls, sum_of = 0, copying._sum_of
    with contextlib.ExitStack() as closing:
        patch = closing.enter_context(pytest.MonkeyPatch.context())
        other = closing.enter_context(postgresql.database(postgres_server))
        elsewhere, here, there = (
            closing.enter_context(contextlib.closing(Store(url))) for url in (postgres_server, postgres_url, other)
        )

        def take_long(parts: Any) -> Any:
            nonlocal calls
            if calls % len(metadata.sorted_tables) == 0:
                elsewhere.read_now(lambda conn: conn.execute(text("SELECT pg_sleep(1.3)")))
            calls += 1
            return sum_of(parts)

        with contextlib.closing(Store(postgres_url)) as filled:
            copy_store(landing.store, filled)
        patch.setattr(copying, "_sum_of", take_long)
        patch.setattr(backends, "_IDLE_SECONDS", 1.0)
        copy_store(here, there)
    assert calls == len(metadata.sorted_tables)


def test_the_command_says_what_it_did(landing: Landing, postgres_url: str) -> None:
    """Counts of every table that has rows, no word of what they hold, and nothing of a password."""
    landing.accept()
    told = copied(landing, postgres_url.replace("naru@", "naru:hunter2@"))
    assert told.exit_code == 0, told.output
    assert "  referrals                    1\n" in told.stdout
    assert "counts and checksums are the same" in told.stdout
    assert [word for word in ("홍길동", "hunter2", landing.centre) if word in told.output] == []


def test_numbers_go_on_after_those_that_were_copied(
    landing: Landing, postgres_url: str, opened: Callable[[str], Store]
) -> None:
    """The next audit entry is none that is there already, also when the store has had none."""
    last = landing.store.write_now(_audited)
    there = opened(postgres_url)
    copy_store(landing.store, there)
    assert there.write_now(_audited) == last + 1


def _audited(conn: Connection) -> int:
    record(conn, at=START, actor="test", action=Action.CENTRE_ADDED)
    return int(conn.execute(select(func.max(audit_entries.c.id))).scalar_one())


@pytest.mark.slow
async def test_what_was_under_way_is_found_out_on_the_other_database(
    landing: Landing, postgres_url: str, opened: Callable[[str], Store]
) -> None:
    """A send that the stop interrupted is unknown at once, looked up, and registered once; turns are given anew."""
    one = landing.accept()
    await asyncio.to_thread(landing.die_while_sending, arrived=True)
    landing.store.write_now(lambda conn: conn.execute(update(deliveries).values(lease_until_wall=4e9)))
    other = landing.accept(name="김나루")
    agency = landing.room.agencies.active["ferry"]
    landing.store.write_now(partial(give_turns, room=landing.room, agency=agency))
    there = opened(postgres_url)
    assert copy_store(landing.store, there).interrupted == 1
    landing.store.close()
    landing.store = there
    landing.start_process()
    engine = SharedEngine(there, landing.room, concurrency=2)
    running = asyncio.create_task(engine.run(landing.worker.work))
    async with asyncio.timeout(20):
        while any(landing.referral(each).delivery is not D.DELIVERED for each in (one, other)):
            landing.clock.advance(30)
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len({act["key"] for act in landing.agency.acts}) == len(landing.agency.acts) == 2


async def test_no_lease_is_taken_along(landing: Landing, postgres_url: str, opened: Callable[[str], Store]) -> None:
    """Whatever the other machine's clock says, what was leased is free for the first process that looks."""
    landing.accept()
    await asyncio.to_thread(landing.die_while_sending, arrived=False)
    landing.store.write_now(lambda conn: conn.execute(update(deliveries).values(lease_until_wall=4e9)))
    there = opened(postgres_url)
    copy_store(landing.store, there)
    assert await reclaim_expired(there, landing.room) == 1
    assert there.read_now(leased) == []


def test_a_full_target_is_refused(landing: Landing, postgres_url: str, opened: Callable[[str], Store]) -> None:
    """What is there is not mixed with what comes."""
    there = opened(postgres_url)
    assert copied(landing, postgres_url).exit_code == 0
    before = there.read_now(contents)
    told = copied(landing, postgres_url)
    assert (told.exit_code, "the target is not empty" in told.output) == (2, True)
    assert there.read_now(contents) == before


def test_a_served_source_is_refused(landing: Landing, postgres_url: str, opened: Callable[[str], Store]) -> None:
    """A SQLite file that is claimed, and a database that somebody is connected to, are not copied."""
    landing.store.claim()
    told = copied(landing, postgres_url)
    assert (told.exit_code, "already serves the store" in told.output) == (2, True)
    serving, source = opened(postgres_url), opened(postgres_url)
    serving.read_now(revision_of)
    with pytest.raises(StoreInUseError, match="stop every"):
        copy_store(source, opened(f"{landing.store.url}.copy"))


@pytest.mark.parametrize("older", ["source", "target"])
def test_an_older_schema_is_refused(
    older: str, landing: Landing, postgres_url: str, opened: Callable[[str], Store], tmp_path: Path
) -> None:
    """Both sides are of this version, or nothing is copied."""
    target = opened(f"sqlite:///{tmp_path}/target.db")
    target.write_now(make_or_check)
    ill = landing.store if older == "source" else target
    ill.write_now(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '0001'")))
    with pytest.raises(SchemaError, match="migrate"):
        copy_store(landing.store, target)


def test_what_does_not_fit_leaves_nothing(landing: Landing, postgres_url: str, opened: Callable[[str], Store]) -> None:
    """SQLite does not measure what it is given; PostgreSQL does: the table is named, and nothing stays."""
    long = {"name": "inbox", "wrapped": b"", "kek_id": "1" * 99}
    landing.store.write_now(lambda conn: conn.execute(insert(metadata.tables["vault_keys"]), long | {"name": "long"}))
    there = opened(postgres_url)
    with pytest.raises(CopyRefusedError, match="vault_keys: a row does not fit"):
        copy_store(landing.store, there)
    assert [name for name, rows in there.read_now(contents).items() if rows] == []


def test_nothing_is_made_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is not there is not copied, nor made; an address that is none is said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").touch()
    told = CliRunner().invoke(app, ["store", "copy", "--to", "postgresql://naru@127.0.0.1:1/naru"])
    assert (told.exit_code, "there is no store" in told.output) == (2, True)
    assert not (tmp_path / "var/naru.db").exists()
    told = CliRunner().invoke(app, ["store", "copy", "--to", "mysql://naru:hunter2@db/naru"])
    assert (told.exit_code, "--to must begin with" in told.output, "hunter2" in told.output) == (2, True, False)
