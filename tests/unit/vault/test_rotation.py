"""Rotation over a real store: nothing stops opening, whatever is killed when; and nobody is left without the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import OperationalError

from hub.store.ids import new_id
from hub.store.keks import KekState, count_wrapped, current_kek, hold_keys, holders, states_of_keks
from hub.store.retention import destroy_case
from hub.store.schema import make_or_check
from hub.store.store import Store, StoreBusyError
from hub.store.tables import audit_entries, cases, centres, clients, key_holders, vault_keys
from hub.vault.boxes import KEY_BYTES, SealBrokenError, seal, unseal
from hub.vault.keeper import Keeper
from hub.vault.key_file import KeyFile
from hub.vault.keyring import KeyFileError, KeyRing, KeyWrapper
from hub.vault.rotating import NeverSealedError, Report, carry_out
from hub.vault.rotation import Rotation
from hub.vault.vault import Vault

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
TEXT = b"opinion"


class Scene:
    """A store with some cases, the key file of one machine, and what a command and a process there would do."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store = store
        self.path = path
        store.write_now(make_or_check)
        self.ring = KeyFile.open(path)
        self.vault = Vault.open(store, self.ring)
        self.cases: list[str] = []
        store.write_now(self._people)
        for _ in range(5):
            self.add_case(self.vault)

    def _people(self, conn: Connection) -> None:
        conn.execute(insert(centres).values(id="ctr_1", name="의정부센터", created_at=NOW))
        conn.execute(insert(clients).values(id="cli_1", centre_id="ctr_1", created_at=NOW))

    def add_case(self, vault: Vault) -> str:
        case_id = new_id("case")

        def work(conn: Connection) -> None:
            key = vault.new_case_key(conn, case_id)
            row = {"wrapped_key": key.wrapped, "kek_id": key.kek_id, "sealed_client": seal(key.plain, TEXT, case_id)}
            conn.execute(insert(cases).values(id=case_id, centre_id="ctr_1", client_id="cli_1", created_at=NOW, **row))

        self.store.write_now(work)
        self.cases = sorted([*self.cases, case_id])  # ids of one millisecond come in any order
        return case_id

    def opened_by(self, vault: Vault) -> list[str]:
        """Return the cases that a vault opens."""
        vault.forget_case_keys()
        rows = self.store.read_now(lambda conn: conn.execute(select(cases)).all())
        return [
            row.id
            for row in sorted(rows, key=lambda row: row.id)
            if unseal(vault.case_key(row.id, row.wrapped_key, row.kek_id), row.sealed_client, row.id) == TEXT
        ]

    def rotate(self, store: Store | None = None, **more: Any) -> Report:
        """Do what a new process of `naru keys rotate` does."""
        ring = KeyFile.open(self.path)
        return carry_out(Rotation(store or self.store, ring, lambda: NOW, "cli"), ring, **more)

    def states(self) -> dict[str, KekState]:
        return self.store.read_now(states_of_keks)


@pytest.fixture
def scene(store_url: str, tmp_path: Path) -> Iterator[Scene]:
    store = Store(store_url)
    yield Scene(store, tmp_path / "keys" / "kek")
    store.close()


def test_a_rotation_wraps_everything_anew_and_replaces_no_data_key(scene: Scene) -> None:
    """Every case and hub key is under the new key, opens as before, and the old one wraps nothing and is set apart."""
    (old,), inbox_key, index = scene.ring.kek_ids(), scene.vault.inbox_key, scene.vault.blind("rrn", "9001011000000")
    report = scene.rotate()
    assert (report.did.case_keys, report.did.hub_keys, report.did.broken) == (5, 3, 0)
    assert (report.retired, [path.name for path in report.apart]) == ([old], [f"kek.retired-{old}"])
    assert scene.states() == {old: KekState.RETIRED, report.new: KekState.CURRENT}
    after = Vault.open(scene.store, KeyFile.open(scene.path))
    assert (inbox_key, index) == (after.inbox_key, after.blind("rrn", "9001011000000"))
    assert scene.opened_by(after) == scene.opened_by(scene.vault) == scene.cases


def test_a_running_process_wraps_with_the_new_key_from_the_switch_on(scene: Scene) -> None:
    """It takes the key up by itself, and a case that comes during the re-wrapping is not left behind."""
    keeper = Keeper(scene.store, scene.ring)
    keeper.join()
    report = scene.rotate()
    assert [one.pid for one in report.waits_for] == [keeper._said.pid]
    scene.store.write_now(lambda conn: hold_keys(conn, keeper._holding(), _wall(conn)))
    report = scene.rotate()
    assert (report.waits_for, report.did.case_keys) == ([], 5)
    case_id = scene.add_case(scene.vault)
    query = select(cases.c.kek_id).where(cases.c.id == case_id)
    new = scene.store.read_now(lambda conn: conn.execute(query).scalar_one())
    assert scene.states()[new] is KekState.CURRENT
    assert scene.opened_by(scene.vault) == scene.cases


def _wall(conn: Connection) -> float:
    from hub.store.wall import wall_of  # noqa: PLC0415

    return wall_of(conn)


async def test_a_keeper_tells_what_it_took_up(scene: Scene) -> None:
    """One look after the file was changed, the store knows; the rotation then goes on."""
    keeper = Keeper(scene.store, scene.ring)
    keeper.join()
    new = scene.rotate().new
    await keeper.look()
    assert scene.store.read_now(lambda conn: [one.kek_ids[-1] for one in holders(conn, _wall(conn))]) == [new]
    assert scene.rotate().waits_for == []
    keeper.leave()
    assert scene.store.read_now(lambda conn: holders(conn, _wall(conn))) == []


async def test_a_keeper_lets_go_of_case_keys_once_a_case_was_purged(scene: Scene) -> None:
    """The purged case's key was in this process's memory; after the next word to the store it is not."""
    keeper = Keeper(scene.store, scene.ring, scene.vault.forget_case_keys)
    keeper.join()
    assert scene.opened_by(scene.vault) == scene.cases
    assert scene.vault._unwrapped.cache_info().currsize == len(scene.cases)
    scene.store.write_now(lambda conn: destroy_case(conn, scene.cases[0], NOW))
    keeper._say_at = 0.0
    await keeper.look()
    assert scene.vault._unwrapped.cache_info().currsize == 0


def test_nothing_is_wrapped_by_a_key_that_another_machine_has_not(scene: Scene, tmp_path: Path) -> None:
    """Until the file was copied there, the old key wraps on; the copy is taken up without a restart."""
    there = tmp_path / "there"
    there.write_bytes(scene.path.read_bytes())
    there.chmod(0o600)
    ring = KeyFile.open(there)
    keeper = Keeper(scene.store, ring)
    keeper.join()
    (old,) = scene.ring.kek_ids()
    assert scene.rotate().is_finished is False
    assert scene.store.read_now(current_kek) == old
    there.write_bytes(scene.path.read_bytes())
    keeper.join()
    assert scene.rotate().retired == [old]
    assert scene.opened_by(Vault.open(scene.store, ring)) == scene.cases


def test_a_process_that_fell_silent_is_not_waited_for(scene: Scene) -> None:
    """One that was killed says nothing more; a minute later the rotation goes on without it."""
    keeper = Keeper(scene.store, scene.ring)
    keeper.join()
    assert not scene.rotate().is_finished
    scene.store.write_now(lambda conn: conn.execute(update(key_holders).values(seen_wall=_wall(conn) - 61)))
    assert scene.rotate().is_finished


def test_a_process_without_a_needed_key_does_not_start(scene: Scene, tmp_path: Path) -> None:
    """It would serve and open nothing: it says which key it lacks, and is not counted as there."""
    stale = tmp_path / "stale"
    stale.write_bytes(scene.path.read_bytes())
    stale.chmod(0o600)
    new = scene.rotate().new
    for start in (lambda ring: Vault.open(scene.store, ring), lambda ring: Keeper(scene.store, ring).join()):
        with pytest.raises(KeyFileError, match=f"{new}, but the key file .*stale holds"):
            start(KeyFile.open(stale))
    assert scene.store.read_now(lambda conn: conn.execute(select(key_holders)).all()) == []


class Cut(Store):
    """A store whose user dies at one of its writing transactions: before it, or right after its commit."""

    def __init__(self, url: str, dies_at: int, *, committed: bool) -> None:
        super().__init__(url)
        self.left, self.committed = dies_at, committed

    def write_now(self, work: Callable[[Connection], Any]) -> Any:
        self.left -= 1
        if self.left == 0 and not self.committed:
            raise KeyboardInterrupt
        done = super().write_now(work)
        if self.left == 0:
            raise KeyboardInterrupt
        return done


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
def test_killed_at_any_transaction_everything_opens_and_the_next_call_finishes(scene: Scene, committed: bool) -> None:
    """At every step, on either side of its commit; the process that runs beside it opens everything too."""
    for dies_at in (1, 2, 3, 4, 5):
        before = scene.states()
        cut = Cut(scene.store.url, dies_at, committed=committed)
        with pytest.raises(KeyboardInterrupt):
            scene.rotate(cut)
        cut.close()
        assert scene.opened_by(scene.vault) == scene.cases
        scene.add_case(scene.vault)
        assert scene.opened_by(Vault.open(scene.store, KeyFile.open(scene.path))) == scene.cases
        if scene.rotate(finish=True).new is None and KekState.NEXT not in scene.states().values():
            scene.rotate(finish=True)
        current = [kek_id for kek_id, state in scene.states().items() if state is KekState.CURRENT]
        others = {state for state in scene.states().values() if state is not KekState.CURRENT}
        assert (len(current), others <= {KekState.RETIRED}) == (1, True), (dies_at, before, scene.states())
        assert scene.opened_by(Vault.open(scene.store, KeyFile.open(scene.path))) == scene.cases


@pytest.mark.parametrize("step", ["add", "set_apart"])
def test_killed_beside_the_key_file_the_next_call_goes_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A key that was made and not announced is the next; one that was retired and not moved is moved, and no more."""

    def die(_: object) -> None:
        raise KeyboardInterrupt

    at = {"add": (Rotation, "announce"), "set_apart": (KeyFile, "set_apart")}[step]
    with monkeypatch.context() as patched:
        patched.setattr(*at, lambda *_: die(None))
        with pytest.raises(KeyboardInterrupt):
            scene.rotate()
    made = KeyFile.open(scene.path).kek_ids()[-1]
    report = scene.rotate()
    assert scene.states()[made] is KekState.CURRENT
    assert (report.new, len(report.apart), len(scene.states())) == (made if step == "add" else None, 1, 2)


def test_damaged_keys_stay_as_they_are_and_the_old_key_with_them(scene: Scene) -> None:
    """The others are wrapped anew; the old key is not retired while a row still names it."""
    broken, (old,) = scene.cases.pop(), scene.ring.kek_ids()
    harm = update(cases).where(cases.c.id == broken).values(wrapped_key=b"\x01" + b"x" * 60)
    scene.store.write_now(lambda conn: conn.execute(harm))
    report = scene.rotate()
    assert (report.did.case_keys, report.did.broken, report.still_needed, report.apart) == (4, 1, [old], [])
    assert scene.store.read_now(lambda conn: count_wrapped(conn, old)) == (1, 0)
    with pytest.raises(SealBrokenError):
        scene.opened_by(scene.vault)


def test_only_one_rotates(scene: Scene) -> None:
    """The second one is told, and changes nothing."""
    other = Store(scene.store.url)
    with scene.store.only_one("keys"), pytest.raises(StoreBusyError), other.only_one("keys"):
        pass
    with other.only_one("keys"):
        pass
    other.close()


def test_a_store_that_was_never_sealed_has_nothing_to_rotate(store_url: str, tmp_path: Path) -> None:
    """It is said, and no key is made."""
    store = Store(store_url)
    store.write_now(make_or_check)
    ring = KeyFile.open(tmp_path / "kek")
    with pytest.raises(NeverSealedError):
        carry_out(Rotation(store, ring, lambda: NOW, "cli"), ring)
    assert len(ring.kek_ids()) == 1
    store.close()


def test_keys_of_the_environment_are_rotated_by_adding_one(scene: Scene) -> None:
    """No command can write there: it says what to do; with the new key behind the old one it goes on."""
    old, new = scene.ring._keys[scene.ring.kek_ids()[0]], b"n" * KEY_BYTES
    one, two = KeyRing(old, name="NARU_VAULT__KEYS"), KeyRing(old, new, name="NARU_VAULT__KEYS")
    with pytest.raises(KeyFileError, match="naru keys new"):
        carry_out(Rotation(scene.store, one, lambda: NOW, "cli"), one)
    report = carry_out(Rotation(scene.store, two, lambda: NOW, "cli"), two)
    assert (report.new, report.retired) == (two.kek_ids()[1], [two.kek_ids()[0]])
    assert scene.opened_by(Vault.open(scene.store, KeyRing(new))) == scene.cases


class KeyService:
    """A key service (KMS) as a double: it wraps under versions that only it has, and remembers each call."""

    name = "the key service"
    trouble = None

    def __init__(self) -> None:
        self.versions = {"aaaaaaaaaaaaaaaa": b"a" * KEY_BYTES}
        self.calls: list[str] = []

    def kek_ids(self) -> tuple[str, ...]:
        return tuple(self.versions)

    def wrap(self, key: bytes, context: str, kek_id: str) -> bytes:
        self.calls.append(f"wrap {context}")
        return seal(self.versions[kek_id], key, context)

    def unwrap(self, wrapped: bytes, context: str, kek_id: str) -> bytes:
        self.calls.append(f"unwrap {context}")
        return unseal(self.versions[kek_id], wrapped, context)


def test_a_key_service_fits_in_the_key_file_s_place(scene: Scene) -> None:
    """Vault, keeper and rotation ask nothing else of it: a new version there is the next key here."""
    scene.store.write_now(lambda conn: [conn.execute(table.delete()) for table in (cases, vault_keys)])
    scene.store.write_now(lambda conn: conn.exec_driver_sql("DELETE FROM keks"))
    scene.cases.clear()
    service = KeyService()
    wrapper: KeyWrapper = service
    vault, keeper = Vault.open(scene.store, wrapper), Keeper(scene.store, wrapper)
    keeper.join()
    case_id = scene.add_case(vault)
    service.versions["bbbbbbbbbbbbbbbb"] = b"b" * KEY_BYTES
    keeper.join()
    report = carry_out(Rotation(scene.store, wrapper, lambda: NOW, "cli"), wrapper)
    assert (report.new, report.retired) == ("bbbbbbbbbbbbbbbb", ["aaaaaaaaaaaaaaaa"])
    del service.versions["aaaaaaaaaaaaaaaa"]
    assert scene.opened_by(vault) == [case_id]
    assert f"wrap cases.wrapped_key:{case_id}" in service.calls


def test_the_audit_tells_of_each_step_by_key_ids_and_counts(scene: Scene) -> None:
    """Announced, switched, retired: no key, and who did it."""
    (old,) = scene.ring.kek_ids()
    new = scene.rotate().new
    query = select(audit_entries.c.action, audit_entries.c.actor, audit_entries.c.data).order_by(audit_entries.c.id)
    said = scene.store.read_now(lambda conn: [tuple(row) for row in conn.execute(query)])
    counts = {"keks": [old], "still_needed": [], "case_keys": 5, "hub_keys": 3, "broken": 0}
    assert said == [
        ("kek_announced", "cli", {"kek": new}),
        ("kek_switched", "cli", {"kek": new}),
        ("kek_retired", "cli", counts),
    ]


def test_a_case_that_is_filed_across_the_switch_is_never_left_under_a_retired_key(
    postgres_url: str, tmp_path: Path
) -> None:
    """On PostgreSQL, where it read the old key before the switch and commits after the last look: it is run again."""
    store = Store(postgres_url)
    scene = Scene(store, tmp_path / "kek")
    slow = store.writer.connect()
    slow.begin()
    key = scene.vault.new_case_key(slow, "case_slow")
    row = {"wrapped_key": key.wrapped, "kek_id": key.kek_id, "sealed_client": b""}
    slow.execute(insert(cases).values(id="case_slow", centre_id="ctr_1", client_id="cli_1", created_at=NOW, **row))
    assert scene.rotate().retired == [key.kek_id]
    with pytest.raises(OperationalError, match="serializ"):
        slow.commit()
    slow.close()
    assert store.read_now(lambda conn: count_wrapped(conn, key.kek_id)) == (0, 0)
    store.close()
