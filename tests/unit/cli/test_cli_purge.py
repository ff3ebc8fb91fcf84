"""`naru purge`: what it says in words and as JSON, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update
from typer.testing import CliRunner, Result

from hub.access.holders import CENTRE, add_holder
from hub.cli import app
from hub.clock import ManualClock
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.tables import audit_entries, cases, clients, kept_cases
from hub.vault.vault import Vault

ROOT = Path(__file__).parents[3]
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
Naru = Callable[..., Result]


@pytest.fixture
def naru(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Naru:
    """Run the command line in an empty folder, with the shipped configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text((ROOT / "config.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return lambda *arguments, **environ: CliRunner().invoke(app, arguments, env=environ)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one case that was made long ago and in which nothing is open."""
    (tmp_path / "var").mkdir()
    with closing(Store(f"sqlite:///{tmp_path}/var/naru.db")) as made:
        made.write_now(make_or_check)
        vault = Vault.open(made, tmp_path / "var/keys/kek")

        def work(conn: Connection) -> None:
            centre = add_holder(conn, CENTRE, "의정부센터", LONG_AGO)
            conn.execute(insert(clients).values(id="cli_1", centre_id=centre, created_at=LONG_AGO))
            key = vault.new_case_key(conn, "case_1")
            sealed = vault.seal_text(key.plain, "x", "홍길동")
            conn.execute(
                insert(cases).values(
                    id="case_1", centre_id=centre, client_id="cli_1", wrapped_key=key.wrapped, kek_id=key.kek_id,
                    sealed_client=sealed, created_at=LONG_AGO,
                )
            )  # fmt: skip

        made.write_now(work)
        yield made


def key_of(store: Store) -> bytes:
    found: bytes = store.read_now(lambda conn: conn.execute(select(cases.c.wrapped_key)).scalar_one())
    return found


def test_it_says_what_it_destroyed_and_what_it_cannot_reach(naru: Naru, store: Store) -> None:
    """First as a preview, that changes nothing; then in counts; the second time there is nothing."""
    seen = naru("purge", "--dry-run")
    assert (seen.exit_code, "would be forgotten: cases 1, keys 1, sealed texts 1" in seen.stdout) == (0, True)
    assert key_of(store)
    told = naru("purge")
    assert "forgotten: cases 1, keys 1, sealed texts 1" in told.stdout
    assert "its journal hold none of it any more" in told.stdout
    assert "Backups still hold it" in told.stdout
    assert key_of(store) == b""
    again = json.loads(naru("purge", "--json").stdout)
    assert (again["cases"], again["keys"], again["dry_run"], again["scrubbed"]) == (0, 0, False, True)


def test_the_day_is_the_one_in_korea(naru: Naru, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the first hours of the day from which the periods are in force, none is said to be missing."""
    small_hours = ManualClock(datetime(2024, 12, 31, 15, 30, tzinfo=UTC))
    monkeypatch.setattr("hub.cli.purge.open_clock", lambda *_: small_hours)
    told = naru("purge").stdout
    assert ("forgotten: cases 1" in told, "without an end" in told) == (True, False)


def test_a_hold_is_said_and_kept(naru: Naru, store: Store) -> None:
    """With a ground; the case is kept and counted; a demand is refused with the reason; released, it goes."""
    assert naru("purge", "--hold", "case_1").exit_code == 2
    assert naru("purge", "--hold", "case_1", "--ground", "법원 명령").exit_code == 0
    assert "kept 1 for legal_hold" in naru("purge").stdout
    refused = naru("purge", "--case", "case_1")
    assert (refused.exit_code, "case_1 is kept: legal_hold (a law" in refused.stderr) == (2, True)
    assert naru("purge", "--release", "case_1").exit_code == 0
    assert naru("purge", "--release", "case_1").exit_code == 2
    assert json.loads(naru("purge", "--json").stdout)["cases"] == 1


def test_a_demand_has_its_reason_in_the_audit(naru: Naru, store: Store) -> None:
    """Before its time, and by a code; the register's ground and day are written down."""
    store.write_now(lambda conn: conn.execute(update(cases).values(created_at=datetime.now(UTC))))
    assert json.loads(naru("purge", "--json").stdout)["cases"] == 0
    assert naru("purge", "--case", "case_1", "--reason", "consent_withdrawn").exit_code == 0
    data = store.read_now(lambda conn: conn.execute(select(audit_entries.c.data)).scalars().all())[-1]
    assert (data["why"], data["keys"]) == ("consent_withdrawn", 1)
    (kept,) = store.read_now(lambda conn: conn.execute(select(kept_cases)).all())
    assert (kept.what, kept.until, bool(kept.ground)) == ("register", data["register_until"], True)


def test_what_is_not_there_is_refused(naru: Naru, store: Store) -> None:
    """An unknown case, two wishes at once, another purge at work: exit code 2, nothing done."""
    for arguments in (
        ("--case", "case_2"),
        ("--hold", "case_2", "--ground", "x"),
        ("--release", "case_2"),
        ("--case", "case_1", "--release", "case_1"),
    ):
        assert naru("purge", *arguments).exit_code == 2
    with store.only_one("purge"):
        assert naru("purge").exit_code == 2
    assert key_of(store)
