"""The vault over a real store: keys made once, cases apart from each other, another key file refused at open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update
from store_content import bytes_in

from hub.store.store import Store
from hub.store.tables import metadata, vault_keys
from hub.vault.boxes import SealBrokenError, place
from hub.vault.key_file import KeyFile
from hub.vault.keyring import KeyFileError, KeyRing
from hub.vault.vault import CaseKey, Vault
from schemas.client import Client, Debt

CLIENT = Client(
    name="홍길동",
    birth_date=date(1990, 1, 1),
    phones=("010-0000-0001",),
    debts=(Debt(creditor="가나다대부", amount=1_000_000, secured=False, days_overdue=10),),
)
HERE = place("cases", "sealed_client", "cas_1")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.write_now(metadata.create_all)
    yield made
    made.close()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "kek"


@pytest.fixture
def vault(store: Store, key_file: Path) -> Vault:
    return Vault.open(store, key_file)


def new_case_key(store: Store, vault: Vault, case_id: str) -> CaseKey:
    return store.write_now(lambda conn: vault.new_case_key(conn, case_id))


def test_a_case_is_read_after_a_restart(store: Store, key_file: Path, vault: Vault) -> None:
    """A sealed client comes back from wrapped key and box alone, with every part of it."""
    case = new_case_key(store, vault, "cas_1")
    box = vault.seal_model(case.plain, HERE, CLIENT)
    again = Vault.open(store, key_file)
    key = again.case_key("cas_1", case.wrapped, case.kek_id)
    assert again.unseal_model(key, HERE, box, Client) == CLIENT


def test_the_hub_has_its_own_keys_once(store: Store, key_file: Path, vault: Vault) -> None:
    """The inbox's key and the blind indexes survive a restart, and are stored wrapped."""
    again = Vault.open(store, key_file)
    assert vault.inbox_key == again.inbox_key
    assert vault.blind("rrn", "9001011000000") == again.blind("rrn", "9001011000000")
    rows = store.read_now(lambda conn: conn.execute(select(vault_keys).order_by(vault_keys.c.name)).all())
    assert [row.name for row in rows] == ["blind_index", "inbox", "notices"]
    assert all(vault.inbox_key not in row.wrapped for row in rows)


def test_each_case_has_a_key_of_its_own(store: Store, vault: Vault) -> None:
    """Destroying one case's key forgets that case and no other."""
    one, two = new_case_key(store, vault, "cas_1"), new_case_key(store, vault, "cas_2")
    assert one.plain != two.plain
    with pytest.raises(SealBrokenError):
        vault.unseal_text(two.plain, HERE, vault.seal_text(one.plain, HERE, "상담 의견"))


def test_a_case_key_does_not_unwrap_as_another_case_s(store: Store, vault: Vault) -> None:
    """A wrapped key that was copied into another case's row does not open there."""
    one = new_case_key(store, vault, "cas_1")
    with pytest.raises(SealBrokenError):
        vault.case_key("cas_2", one.wrapped, one.kek_id)


def test_a_case_key_is_unwrapped_once_while_it_is_in_use(store: Store) -> None:
    """The wrapper may be far away (a KMS): the keys used last are kept in memory."""
    calls: list[str] = []

    class Counting(KeyRing):
        def unwrap(self, wrapped: bytes, context: str, kek_id: str) -> bytes:
            calls.append(context)
            return super().unwrap(wrapped, context, kek_id)

    vault = Vault.open(store, Counting(b"k" * 32))
    calls.clear()
    case = new_case_key(store, vault, "cas_1")
    keys = {vault.case_key("cas_1", case.wrapped, case.kek_id) for _ in range(3)}
    assert ({case.plain}, ["cases.wrapped_key:cas_1"]) == (keys, calls)


def test_another_key_file_is_refused_at_open(store: Store, vault: Vault, tmp_path: Path) -> None:
    """A store that was sealed with another key file: the hub says so and does not start."""
    other = tmp_path / "other"
    KeyFile.open(other)
    with pytest.raises(KeyFileError, match="was sealed with the key"):
        Vault.open(store, other)


def test_a_lost_key_file_is_told_at_open_and_not_replaced(store: Store, vault: Vault, key_file: Path) -> None:
    """No new key is made beside sealed data: the next start would look healthy and read nothing."""
    key_file.unlink()
    with pytest.raises(KeyFileError, match="is missing"):
        Vault.open(store, key_file)
    assert not key_file.exists()


def test_a_hub_key_that_was_swapped_does_not_open(store: Store, key_file: Path, vault: Vault) -> None:
    """The wrapped keys of inbox and blind index are bound to their names."""
    inbox = select(vault_keys.c.wrapped).where(vault_keys.c.name == "inbox").scalar_subquery()
    store.write_now(
        lambda conn: conn.execute(update(vault_keys).where(vault_keys.c.name == "blind_index").values(wrapped=inbox))
    )
    with pytest.raises(SealBrokenError):
        Vault.open(store, key_file)


def test_texts_come_back(vault: Vault) -> None:
    """한글 in, 한글 out."""
    box = vault.seal_text(vault.inbox_key, "inbox.sealed_call:inb_1", "접수되었습니다")
    assert vault.unseal_text(vault.inbox_key, "inbox.sealed_call:inb_1", box) == "접수되었습니다"


def test_blind_indexes_tell_kinds_and_values_apart(vault: Vault) -> None:
    """The boundary between values counts, and so does the kind."""
    digests = {
        vault.blind("name_birth_phone", "홍길동", "19900101"),
        vault.blind("name_birth_phone", "홍길동1", "9900101"),
        vault.blind("name_birth_phone", "홍길동19900101"),
        vault.blind("rrn", "홍길동", "19900101"),
    }
    assert len(digests) == 4
    assert all(len(digest) == 64 for digest in digests)


def test_blind_indexes_of_two_hubs_cannot_be_compared(vault: Vault) -> None:
    """Two hubs that know the same person hold different digests."""
    other = Vault(KeyRing(b"k" * 32), inbox_key=b"i" * 32, blind_index_key=b"b" * 32, notices_key=b"n" * 32)
    assert vault.blind("rrn", "9001011000000") != other.blind("rrn", "9001011000000")


def test_a_keyed_hash_depends_on_the_case(store: Store, vault: Vault) -> None:
    """The same text in two cases has two hashes."""
    one, two = new_case_key(store, vault, "cas_1"), new_case_key(store, vault, "cas_2")
    assert vault.hmac(one.plain, "x") == vault.hmac(one.plain, "x")
    assert vault.hmac(one.plain, "x") != vault.hmac(two.plain, "x")


def test_nothing_shows_a_key(store: Store, vault: Vault) -> None:
    """A case key's `repr` tells which key wrapped it, and nothing else."""
    case = new_case_key(store, vault, "cas_1")
    assert f"CaseKey(kek_id='{case.kek_id}')" == repr(case)


def test_the_database_file_holds_nothing_in_clear(store: Store, vault: Vault, tmp_path: Path) -> None:
    """Neither the hub's keys nor the key-encryption key stand in the store's files."""
    kept = bytes_in(store)
    assert b"blind_index" in kept
    assert vault.inbox_key not in kept


class Overtaken(KeyRing):
    """A ring whose holder is overtaken by another process while it makes the store's first key."""

    def __init__(self, key: bytes, other: Store) -> None:
        super().__init__(key)
        self._same, self._other = key, other
        self.first: Vault | None = None

    def kek_ids(self) -> tuple[str, ...]:
        """Return the one key; the first time, when the other one has opened the store."""
        if self.first is None:
            self.first = Vault.open(self._other, KeyRing(self._same))
        return super().kek_ids()


def test_two_processes_may_start_on_a_new_store_at_once(postgres_url: str) -> None:
    """Whoever comes second, by a moment, takes the keys that the first one made."""
    stores = [Store(postgres_url), Store(postgres_url)]
    stores[0].write_now(metadata.create_all)
    ring = Overtaken(bytes(range(32)), stores[1])
    second = Vault.open(stores[0], ring)
    assert ring.first is not None
    assert second.inbox_key == ring.first.inbox_key
    for store in stores:
        store.close()
