"""The sealer: every committed entry gets one place, in an order of its own, whatever commits late or dies."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from trail import NOW, Trail, kinds

from hub.audit.checkpoints import read_checkpoints
from hub.audit.configured import AuditSettings
from hub.audit.entries import Action, record
from hub.audit.sealer import Sealed, Sealer, seal_some
from hub.audit.signing import AuditKeyError
from hub.store.audit_chain import SealedTwiceError, seal
from hub.store.copying import copy_store
from hub.store.store import Store
from hub.store.tables import audit_entries


async def test_a_sealed_chain_with_a_checkpoint_is_intact(trail: Trail) -> None:
    """Entries have places from 1 on without gaps, and the checkpoint vouches for all of them."""
    trail.write(7)
    assert trail.seal() == 7
    await trail.checkpoint()
    report = trail.verify()
    assert (report.findings, report.count, report.covered_to, report.unsealed) == ([], 7, 7, 0)
    assert [row["sequence"] for row in trail.rows()] == list(range(1, 8))


def test_sealing_goes_on_where_it_ended(trail: Trail) -> None:
    """Many rounds make the same chain as one; there is nothing to seal twice."""
    for _ in range(3):
        trail.write(2)
        assert [trail.seal(), trail.seal()] == [2, 0]
    assert kinds(trail.verify()) == {"no_checkpoint"}


def test_one_transaction_seals_so_many_at_most(trail: Trail) -> None:
    """SQLite's other writers wait for no more than one such transaction."""
    trail.write(5)
    rounds = [trail.store.write_beside_now(lambda conn: seal_some(conn, 2)) for _ in range(3)]
    assert [(one.count, one.more) for one in rounds] == [(2, True), (2, True), (1, False)]


def test_an_entry_that_commits_late_with_a_lower_id_is_sealed(postgres_url: str, tmp_path: Path) -> None:
    """PostgreSQL gives ids before the commit: what was passed over is sealed when it is there."""
    trail = Trail(postgres_url, tmp_path)
    late = trail.store.writer.connect()
    record(late, at=NOW, actor="hub", action=Action.DISCLOSED, data={"late": True})
    trail.write(3)
    assert trail.seal() == 3
    late.commit()
    late.close()
    assert trail.seal() == 1
    last = trail.rows()[-1]
    assert (last["data"], last["sequence"]) == ({"late": True}, 4)
    assert last["id"] < min(row["id"] for row in trail.rows()[:-1])
    assert kinds(trail.verify()) == {"no_checkpoint"}
    trail.close()


def test_business_never_waits_for_the_sealer(postgres_url: str, tmp_path: Path) -> None:
    """While one transaction of the sealer is open, entries are written, and its end disturbs none of them."""
    trail = Trail(postgres_url, tmp_path)
    trail.write(2)
    with trail.store._backend.beside.begin() as sealing:
        assert seal_some(sealing).count == 2
        trail.write(2)
        open_business = trail.store.writer.connect()
        open_business.execute(select(audit_entries)).all()
        record(open_business, at=NOW, actor="hub", action=Action.DISCLOSED)
    open_business.commit()
    open_business.close()
    assert trail.seal() == 3
    trail.close()


def test_two_sealers_at_once_give_each_entry_one_place(postgres_url: str, tmp_path: Path) -> None:
    """Eight threads seal while others write: the chain is whole, and nobody failed."""
    trail = Trail(postgres_url, tmp_path)
    others = [Store(postgres_url) for _ in range(3)]
    wrong: list[BaseException] = []

    def seal_often(store: Store) -> None:
        try:
            for _ in range(60):
                store.write_beside_now(lambda conn: seal_some(conn, 7))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            wrong.append(error)

    threads = [Thread(target=seal_often, args=(store,)) for store in others]
    for thread in threads:
        thread.start()
    trail.write(60)
    for thread in threads:
        thread.join()
    trail.seal()
    report = trail.verify()
    assert (wrong, kinds(report), report.count, report.unsealed) == ([], {"no_checkpoint"}, 60, 0)
    for store in (*others, trail.store):
        store.close()


def test_a_second_sealer_does_not_wait(postgres_url: str, tmp_path: Path) -> None:
    """Whoever has no turn says so at once."""
    trail = Trail(postgres_url, tmp_path)
    trail.write(1)
    with trail.store._backend.beside.begin() as sealing:
        assert seal_some(sealing).count == 1
        assert trail.store.write_beside_now(seal_some).busy
    assert trail.store.write_beside_now(seal_some) == Sealed(0)
    trail.close()


def test_an_entry_is_never_sealed_twice(trail: Trail) -> None:
    """The store itself refuses a second place, and one place for two entries."""
    trail.write(2)
    trail.seal()
    with pytest.raises(SealedTwiceError):
        trail.store.write_beside_now(lambda conn: seal(conn, [(trail.rows()[0]["id"], 3, bytes(32))]))
    with pytest.raises(IntegrityError):
        trail.store.write_now(lambda conn: conn.execute(update(audit_entries).values(sequence=1)))


async def test_what_was_written_before_there_was_a_chain_is_sealed_too(trail: Trail) -> None:
    """It has no wall time, and a place like the others."""
    trail.write(2)
    trail.store.write_now(lambda conn: conn.execute(update(audit_entries).values(at_wall=None)))
    assert trail.seal() == 2
    await trail.checkpoint()
    assert trail.verify().findings == []


async def test_run_seals_within_seconds_and_writes_checkpoints(trail: Trail) -> None:
    """New entries need no word to be found; a checkpoint comes after so many of them."""
    trail.settings = AuditSettings(**vars(trail.settings) | {"seal_seconds": 0.01, "checkpoint_entries": 3})
    sealer = Sealer(trail.store, trail.settings)
    sealer.prepare()
    running = asyncio.create_task(sealer.run())
    for _ in range(2):
        trail.write(3)
        async with asyncio.timeout(20):
            while trail.verify().unsealed or trail.verify().covered_to < trail.verify().last:  # noqa: ASYNC110 - a file sets no event
                await asyncio.sleep(0.01)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert (trail.verify().findings, trail.verify().count) == ([], 6)


async def test_the_first_entries_are_vouched_for_at_once(trail: Trail) -> None:
    """A chain that no checkpoint tells of cannot be verified: a new hub's can, long before a checkpoint is due."""
    trail.settings = AuditSettings(**vars(trail.settings) | {"seal_seconds": 0.01, "checkpoint_seconds": 3600})
    sealer = Sealer(trail.store, trail.settings)
    sealer.prepare()
    trail.write(3)
    running = asyncio.create_task(sealer.run())
    async with asyncio.timeout(20):
        while trail.verify().covered_to < 3:  # noqa: ASYNC110 - a file sets no event
            await asyncio.sleep(0.01)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_run_outlives_a_store_that_is_away(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    """It rests and goes on: the entries are sealed once the store is back."""
    trail.settings = AuditSettings(**vars(trail.settings) | {"seal_seconds": 0.01})
    sealer, tries = Sealer(trail.store, trail.settings), 0
    real = sealer.seal_some

    async def away() -> object:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise OSError("away")
        return await real()

    monkeypatch.setattr(sealer, "seal_some", away)
    trail.write(2)
    running = asyncio.create_task(sealer.run())
    async with asyncio.timeout(20):
        while trail.verify().unsealed:  # noqa: ASYNC110 - a store sets no event
            await asyncio.sleep(0.01)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert tries >= 4


async def test_an_orderly_end_seals_the_rest_and_vouches_for_it(trail: Trail) -> None:
    """What is written while everything else ends is not left for the next start."""
    trail.write(3)
    await trail.sealer.finish()
    report = trail.verify()
    assert (report.findings, report.covered_to, report.unsealed) == ([], 3, 0)


async def test_no_checkpoint_is_written_about_nothing_new(trail: Trail) -> None:
    """Asking often makes no lines."""
    trail.write(2)
    trail.seal()
    for _ in range(3):
        await trail.checkpoint()
    assert [len(file.checkpoints) for file in read_checkpoints(trail.settings.folder)] == [1]


async def test_a_chain_survives_being_copied_to_the_other_database(
    postgres_server: str, tmp_path: Path, postgres_url: str
) -> None:
    """SQLite to PostgreSQL: the same bytes are hashed there, and new entries go on from the last one."""
    trail = Trail(f"sqlite:///{tmp_path}/naru.db", tmp_path)
    data = {"seconds": 1.5, "whole": 1.0, "paths": ["a", "b"], "none": None, "yes": True}
    trail.write(4, data=data, client_id="cli_1")
    trail.seal()
    await trail.checkpoint()
    trail.close()
    source, target = Store(trail.store.url), Store(postgres_url)
    copy_store(source, target)
    source.close()
    target.close()
    moved = Trail(postgres_url, tmp_path)
    assert (moved.verify().findings, moved.verify().covered_to) == ([], 4)
    moved.write(2)
    moved.seal()
    await moved.checkpoint()
    assert (moved.verify().findings, moved.verify().covered_to) == ([], 6)
    moved.close()


async def test_machines_that_seal_in_turn_tell_one_history(postgres_url: str, tmp_path: Path) -> None:
    """Each writes its own file under its own name; read together, both vouch for the one chain."""
    one, two = (Trail(postgres_url, tmp_path, machine=name) for name in ("one", "two"))
    for trail in (one, two, one):
        trail.write(2)
        trail.seal()
        await trail.checkpoint()
    files = read_checkpoints(one.settings.folder)
    assert [[at.sequence for at in file.checkpoints] for file in files] == [[2, 6], [4]]
    assert (two.verify().findings, two.verify().checkpoints) == ([], 3)
    one.close()
    two.close()


def test_a_folder_that_cannot_be_written_refuses_to_start(tmp_path: Path) -> None:
    """It says which setting names another; a hub without checkpoints must not look like one with."""
    (tmp_path / "file").write_text("")
    store = Store(f"sqlite:///{tmp_path}/naru.db")
    settings = AuditSettings(folder=tmp_path / "file" / "audit", key_file=tmp_path / "key")
    with pytest.raises(AuditKeyError, match="NARU_AUDIT__FOLDER"):
        Sealer(store, settings).prepare()
    store.close()


def test_a_stopped_sealer_loses_its_turn(postgres_url: str, tmp_path: Path) -> None:
    """PostgreSQL ends its session, so that the others can seal; this is what asks it to."""
    trail = Trail(postgres_url, tmp_path)
    with trail.store._backend.beside.begin() as sealing:
        seal_some(sealing)
        shown = sealing.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    with trail.store._backend.beside.begin() as later:
        after = later.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert (shown, after) == ("10s", "15s"), "its own turn, and what every other transaction is given"
    trail.close()
