"""Attacks on the store's own rows: each is found by verifying the store against the checkpoints outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from trail import NOW, Trail, kinds

from hub.audit.chain import BEGINNING, Entry, digest_of
from hub.audit.checkpoints import CheckpointBook, read_checkpoints
from hub.audit.exporting import verify_store
from hub.audit.sealer import _standing
from hub.audit.signing import SigningKey
from hub.store.audit_chain import links
from hub.store.tables import audit_entries as entries

Attack = Callable[[Connection], object]


@pytest.fixture
async def whole(trail: Trail) -> Trail:
    """Nine entries; checkpoints tell of three and of six."""
    for number in range(9):
        trail.write(1, client_id=f"cli_{number}", origin="10.0.0.7")
        trail.seal()
        if number in {2, 5}:
            await trail.checkpoint()
    return trail


def change(place: int, **values: Any) -> Attack:
    return lambda conn: conn.execute(update(entries).where(entries.c.sequence == place).values(**values))


def remove(place: int) -> Attack:
    return lambda conn: conn.execute(delete(entries).where(entries.c.sequence == place))


def cut(after: int) -> Attack:
    return lambda conn: conn.execute(delete(entries).where(entries.c.sequence > after))


def rewrite(conn: Connection, place: int = 1, offset: int = 0) -> None:
    """Make every digest right again from a place on, as somebody does who knows how."""
    previous = BEGINNING
    for row in list(links(conn)):
        sequence = row["sequence"]
        if sequence >= place:
            digest = digest_of(sequence + offset, Entry.from_row(row), previous)
            values = {"digest": digest, "sequence": sequence + offset}
            conn.execute(update(entries).where(entries.c.id == row["id"]).values(**values))
            previous = digest
        else:
            previous = row["digest"]


def insert_at(place: int) -> Attack:
    def attack(conn: Connection) -> None:
        for row in reversed(list(links(conn, place))):
            conn.execute(update(entries).where(entries.c.id == row["id"]).values(sequence=row["sequence"] + 1))
        made = {"at": NOW, "at_wall": NOW, "actor": "key:x", "action": "case_read", "data": {}, "sequence": place}
        conn.execute(insert(entries).values(**made, digest=bytes(32)))

    return attack


def swap(one: int, other: int) -> Attack:
    def attack(conn: Connection) -> None:
        for place, to in ((one, -1), (other, one), (-1, other)):
            conn.execute(update(entries).where(entries.c.sequence == place).values(sequence=to))

    return attack


def both(*attacks: Attack) -> Attack:
    return lambda conn: [attack(conn) for attack in attacks]


ATTACKS: dict[str, tuple[Attack, set[str]]] = {
    "another client": (change(4, client_id="cli_x"), {"changed"}),
    "no origin": (change(4, origin=None), {"changed"}),
    "a second later": (change(5, at=NOW.replace(second=7)), {"changed"}),
    "another wall time": (change(5, at_wall=NOW), {"changed"}),
    "other data": (change(9, data={"number": 1}), {"changed"}),
    "another action": (change(1, action="case_accepted"), {"changed"}),
    "another id": (change(2, id=1000), {"changed"}),
    "another digest": (change(9, digest=bytes(32)), {"changed"}),
    "one removed": (remove(5), {"missing"}),
    "the first removed": (remove(1), {"missing"}),
    "inserted and the rest moved": (insert_at(5), {"changed", "differs_from_checkpoint"}),
    "swapped": (swap(4, 5), {"changed"}),
    "swapped with one of a checkpoint": (swap(3, 6), {"changed", "differs_from_checkpoint"}),
    "tail cut before the last checkpoint": (cut(5), {"cut"}),
    "everything removed": (cut(0), {"cut"}),
    "changed and rewritten to the end": (
        both(change(2, client_id="cli_x"), lambda conn: rewrite(conn, 2)),
        {"differs_from_checkpoint"},
    ),
    "unsealed again": (change(6, sequence=None, digest=None), {"missing"}),
}


def frame(place: int) -> Attack:
    made = {"at": NOW, "at_wall": NOW, "actor": "key:x", "action": "case_read", "data": {}, "sequence": place}
    return lambda conn: conn.execute(insert(entries).values(**made, digest=bytes(32)))


ATTACKS |= {
    "put before the first": (frame(0), {"out_of_order"}),
    "put far before the first": (frame(-7), {"out_of_order"}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_on_the_rows_is_found(whole: Trail, name: str) -> None:
    """Whoever may write to the database and has not the signing key leaves a trace."""
    assert whole.verify().findings == []
    attack, expected = ATTACKS[name]
    whole.store.write_now(attack)
    assert expected == kinds(whole.verify())


async def test_a_cut_tail_is_found_although_the_hub_went_on(whole: Trail) -> None:
    """New entries take the places of those that are gone; the old checkpoint says what stood there."""
    whole.store.write_now(cut(4))
    whole.write(6)
    whole.seal()
    await whole.checkpoint()
    assert "differs_from_checkpoint" in kinds(whole.verify())


async def test_a_chain_that_went_back_is_written_down(whole: Trail) -> None:
    """A store that was put back to an earlier day shows in the checkpoints themselves."""
    whole.store.write_now(cut(4))
    await whole.checkpoint()
    assert kinds(whole.verify()) == {"cut", "went_back"}


def test_what_no_checkpoint_has_seen_rests_on_the_chain_alone(whole: Trail) -> None:
    """A tail that is cut after the last checkpoint is not noticed: the report says how far it is vouched for."""
    whole.store.write_now(cut(7))
    report = whole.verify()
    assert (report.findings, report.last, report.covered_to) == ([], 7, 6)


def test_garbage_where_an_entry_should_be_is_a_finding(tmp_path: Path) -> None:
    """SQLite keeps whatever is put into a column; verifying does not fall over it."""
    trail = Trail(f"sqlite:///{tmp_path}/naru.db", tmp_path)
    trail.write(3)
    trail.seal()
    for spoil in ("UPDATE audit_entries SET at = 'never'", "UPDATE audit_entries SET data = '{'"):
        trail.store.write_now(lambda conn, spoil=spoil: conn.execute(text(f"{spoil} WHERE sequence = 2")))
        assert "unreadable" in kinds(trail.verify())
    trail.close()


@pytest.mark.parametrize("spelt", ["2026-W10-1T01:30:00", "2026-03-02T01:30:00.000000", "2026-03-02 17:00:00+15:30"])
def test_a_time_spelt_otherwise_is_found(tmp_path: Path, spelt: str) -> None:
    """It is the same moment to Python, and to SQLite, which compares texts, lies on no day or on another."""
    trail = Trail(f"sqlite:///{tmp_path}/naru.db", tmp_path)
    trail.write(1)
    trail.seal()
    assert "changed" not in kinds(trail.verify())
    before = trail.rows()
    trail.store.write_now(lambda conn: conn.execute(text("UPDATE audit_entries SET at = :at"), {"at": spelt}))
    assert trail.rows() == before
    assert "changed" in kinds(trail.verify())
    trail.close()


async def test_a_changed_checkpoint_file_is_found(whole: Trail) -> None:
    """A line changed, taken out, put in, moved, or signed with another key."""
    await whole.checkpoint()
    (path,) = whole.settings.folder.iterdir()
    lines = path.read_text().splitlines()
    assert len(lines) == 3
    say = json.loads(lines[1])
    forged = json.dumps(say | {"digest": "0" * 64}, sort_keys=True, separators=(",", ":"))
    cases = {
        "taken out": ([lines[0], lines[2]], {"checkpoints_changed"}),
        "the first taken out": (lines[1:], {"checkpoints_changed"}),
        "moved": ([lines[1], lines[0], lines[2]], {"checkpoints_changed", "went_back"}),
        "twice": ([lines[0], lines[0], *lines[1:]], {"checkpoints_changed"}),
        "changed": ([lines[0], forged, lines[2]], {"checkpoints_changed", "bad_signature"}),
        "made unreadable": ([lines[0], lines[1][:50], lines[2]], {"checkpoints_changed"}),
        "all gone": ([], {"no_checkpoint"}),
    }
    for name, (changed, expected) in cases.items():
        path.write_text("".join(f"{line}\n" for line in changed))
        assert (name, expected) == (name, kinds(whole.verify()))


def test_a_line_that_a_death_left_half_spoils_nothing(whole: Trail) -> None:
    """The next checkpoint begins a new line; the half one is named, and no finding."""
    (path,) = whole.settings.folder.iterdir()
    with path.open("a") as file:
        file.write('{"at":"2026-03-02T01')
    book = CheckpointBook(whole.settings.folder, whole.settings.open_key())
    assert book.write(lambda: whole.store.read_now(_standing)) is not None
    report = whole.verify()
    assert (report.findings, report.covered_to, len(report.notes)) == ([], 9, 1)
    assert [len(file.checkpoints) for file in read_checkpoints(whole.settings.folder)] == [3]


def test_a_checkpoint_of_an_unknown_key_vouches_for_nothing(whole: Trail, tmp_path: Path) -> None:
    """Whoever verifies decides which keys are trusted, not the folder."""
    other = SigningKey.open(tmp_path / "other")
    files = read_checkpoints(whole.settings.folder)
    report = whole.store.read_now(lambda conn: verify_store(conn, files, other.public))
    assert (kinds(report), report.covered_to) == ({"unknown_key"}, 0)


def test_the_store_holds_no_entry_without_a_digest(whole: Trail) -> None:
    """Every sealed row has both, 32 bytes each."""
    query = select(entries.c.sequence, entries.c.digest)
    rows = whole.store.read_now(lambda conn: conn.execute(query).all())
    assert {len(row.digest) for row in rows if row.sequence is not None} == {32}
