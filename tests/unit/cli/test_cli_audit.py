from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from typer.testing import CliRunner, Result

from hub.access.holders import CENTRE, add_holder
from hub.audit.configured import AuditSettings
from hub.audit.entries import Action, record
from hub.audit.sealer import Sealer
from hub.cli import app
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.tables import audit_entries

ROOT = Path(__file__).parents[3]
MONDAY = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)
"""10:00 in Korea, a working day."""
Naru = Callable[..., Result]


@pytest.fixture
def naru(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Naru]:
    """Run the command line in a folder with a store that was served: six sealed entries, one checkpoint."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text((ROOT / "config.toml").read_text(encoding="utf-8"), encoding="utf-8")
    store = Store("sqlite:///var/naru.db")
    store.write_now(make_or_check)
    centre = store.write_now(lambda conn: add_holder(conn, CENTRE, "=1+1 센터", MONDAY))
    for number in range(6):
        at = MONDAY + timedelta(hours=12 * (number // 4), minutes=number)
        action = Action.CASE_READ if number else Action.CASE_ACCEPTED
        said = {"client_id": f"cli_{number % 3}", "case_id": "cas_1", "centre_id": centre, "origin": "10.0.0.7"}
        store.write_now(
            lambda conn, at=at, action=action, said=said: record(conn, at=at, actor="key:k1", action=action, **said)
        )
    sealer = Sealer(store, AuditSettings())
    sealer.prepare()
    asyncio.run(sealer.finish())
    yield lambda *arguments, **environ: CliRunner().invoke(app, ["audit", *arguments], env=environ)
    store.close()


def test_an_export_is_verified_with_nothing_but_checkpoints_and_a_public_key(naru: Naru, tmp_path: Path) -> None:
    """Neither a store, nor a configuration, nor a key of the hub."""
    assert naru("export", "--out", "audit.jsonl").exit_code == 0
    Path("public.pem").write_text(naru("public-key").stdout)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("audit.jsonl", "public.pem", "var/audit"):
        Path(name).rename(elsewhere / Path(name).name)
    for gone in ("config.toml", "var/keys/audit"):
        Path(gone).unlink()
    files = ["--checkpoints", str(elsewhere / "audit"), "--public-key", str(elsewhere / "public.pem")]
    told = naru("verify", str(elsewhere / "audit.jsonl"), *files)
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (0, "intact")
    assert (elsewhere / "audit.jsonl").stat().st_mode & 0o777 == 0o600
    lines = (elsewhere / "audit.jsonl").read_text().splitlines()
    (elsewhere / "audit.jsonl").write_text("\n".join([*lines[:3], *lines[4:]]) + "\n")
    told = naru("verify", str(elsewhere / "audit.jsonl"), *files)
    assert told.exit_code == 1
    assert "FOUND     missing at place 3: not there; place 4 follows" in told.stdout
    assert told.stdout.splitlines()[-1].startswith("NOT intact")


def test_a_store_is_verified_with_its_own_settings(naru: Naru) -> None:
    """The folder and the key that the configuration names; others may be given."""
    told = naru("verify")
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (0, "intact")
    assert "vouched   1 checkpoints, to place 6; 0 entries after it" in told.stdout
    Path("public.pem").write_text(naru("public-key").stdout)
    assert naru("verify", "--checkpoints", "var/audit", "--public-key", "public.pem").exit_code == 0
    store = Store("sqlite:///var/naru.db")
    store.write_now(
        lambda conn: conn.execute(update(audit_entries).values(actor="key:k2").where(audit_entries.c.id == 2))
    )
    store.close()
    told = naru("verify")
    assert told.exit_code == 1
    assert "FOUND     changed at place 2" in told.stdout


def test_a_store_that_was_emptied_is_found(naru: Naru) -> None:
    """The checkpoints remember it."""
    store = Store("sqlite:///var/naru.db")
    store.write_now(lambda conn: conn.execute(delete(audit_entries)))
    store.close()
    told = naru("verify")
    assert told.exit_code == 1
    assert "FOUND     cut at place 0" in told.stdout


def test_what_cannot_be_verified_is_not_called_intact(naru: Naru) -> None:
    """A file that is not there, no key, no export: exit code 2, and words that name it."""
    naru("export", "--out", "audit.jsonl")
    Path("public.pem").write_text(naru("public-key").stdout)
    files = ["--checkpoints", "var/audit", "--public-key", "public.pem"]
    wrong = {
        ("verify", "audit.jsonl"): "--checkpoints and --public-key",
        ("verify", "none.jsonl", *files): "none.jsonl cannot be verified",
        ("verify", "public.pem", *files): "no export of the audit",
        ("verify", "audit.jsonl", *files[:3], "config.toml"): "the public key config.toml",
        ("verify", "audit.jsonl", "--checkpoints", "none", *files[2:]): "there are no checkpoints none",
    }
    for arguments, words in wrong.items():
        told = naru(*arguments)
        assert (told.exit_code, words in told.stderr) == (2, True), (arguments, told.stderr)
    assert naru("verify", NARU_STORE__URL="sqlite:///none.db").exit_code == 2
    assert not Path("none.db").exists()
    Path("var/keys/audit").unlink()
    assert naru("verify").exit_code == 2


def test_an_export_is_of_days_in_korea_and_an_entry_itself(naru: Naru) -> None:
    """22:04 in Korea is the same day; what was exported is told in the record."""
    lines = naru("export", "--from", "2026-03-09", "--to", "2026-03-09").stdout.splitlines()
    assert len(lines) == 7
    assert len(naru("export", "--from", "2026-03-10").stdout.splitlines()) == 2 - 1
    store = Store("sqlite:///var/naru.db")
    query = audit_entries.select().order_by(audit_entries.c.id.desc()).limit(2)
    rows = store.read_now(lambda conn: conn.execute(query).all())
    store.close()
    assert [(row.action, row.actor, row.data) for row in reversed(rows)] == [
        ("audit_exported", "cli", {"from": "2026-03-09", "to": "2026-03-09"}),
        ("audit_exported", "cli", {"from": "2026-03-10", "to": None}),
    ]


def test_days_the_wrong_way_round_are_refused(naru: Naru) -> None:
    """An empty export would be verified as intact, and taken for a quiet month."""
    refused = naru("export", "--from", "2026-03-10", "--to", "2026-03-09", "--out", "audit.jsonl")
    assert (refused.exit_code, "--to is before --from" in refused.stderr) == (2, True)
    assert not Path("audit.jsonl").exists()


def test_an_export_overwrites_nothing(naru: Naru) -> None:
    """A file that is there stays."""
    Path("audit.jsonl").write_text("mine")
    assert naru("export", "--out", "audit.jsonl").exit_code == 2
    assert Path("audit.jsonl").read_text() == "mine"


def test_the_monthly_review_is_a_table(naru: Naru) -> None:
    """Sums for each actor, each person, what was done outside office hours and in bulk; no cell is a formula."""
    told = naru("export", "--access-review", "2026-03", NARU_AUDIT__BULK_PERSONS="2")
    assert told.exit_code == 0
    assert told.stdout.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(told.stdout.removeprefix("\ufeff"))))
    shown = [(row["구분"], row["정보주체"], row["열람"], row["변경"], row["업무시간 외"]) for row in rows]
    assert shown == [
        ("행위자 합계", "", "5", "1", "2"),
        ("정보주체별", "cli_0", "1", "1", "0"),
        ("정보주체별", "cli_1", "2", "0", "1"),
        ("정보주체별", "cli_2", "2", "0", "1"),
        ("업무시간 외", "cli_1", "", "", ""),
        ("업무시간 외", "cli_2", "", "", ""),
        ("대량 조회", "", "3", "", ""),
        ("대량 조회", "", "2", "", ""),
    ]
    assert {row["센터"] for row in rows} == {"'=1+1 센터", ""}
    assert rows[4]["처음"] == "2026-03-09 22:04:00"
    assert json.loads(f"[{rows[4]['감사 번호']}]") == [5]
    assert naru("export", "--access-review", "2026-13").exit_code == 2
    assert naru("export", "--access-review", "2026-03", "--to", "2026-03-01").exit_code == 2
