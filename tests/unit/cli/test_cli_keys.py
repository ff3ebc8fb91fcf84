"""`naru keys`: what it says, in words and as JSON, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.store.keks import Holder, hold_keys
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.wall import wall_of
from hub.vault.key_file import KeyFile
from hub.vault.keyring import KeyRing
from hub.vault.vault import Vault

ROOT = Path(__file__).parents[3]
Naru = Callable[..., Result]


@pytest.fixture
def naru(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Naru:
    """Run the command line in an empty folder, with the shipped configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text((ROOT / "config.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return lambda *arguments, **environ: CliRunner().invoke(app, arguments, env=environ)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store that was sealed with the key file."""
    (tmp_path / "var").mkdir()
    made = Store(f"sqlite:///{tmp_path}/var/naru.db")
    made.write_now(make_or_check)
    Vault.open(made, tmp_path / "var/keys/kek")
    return made


def test_a_rotation_says_what_it_did_and_what_to_do_with_backups(naru: Naru, store: Store, tmp_path: Path) -> None:
    """The new key, the counts, the retired key, where it lies now, and what destroying it would destroy."""
    path = tmp_path / "var/keys/kek"
    (old,) = KeyFile.open(path).kek_ids()
    told = naru("keys", "rotate")
    assert told.exit_code == 0, told.output
    (new,) = KeyFile.open(path).kek_ids()
    for said in (
        f"new key {new} in the key file var/keys/kek",
        "0 case keys and 3 of the hub's own were wrapped anew",
        f"retired {old}",
        f"moved out of the key file: var/keys/kek.retired-{old}",
        "Backups from before this need the retired key",
        "destroy it, and they are destroyed too",
    ):
        assert said in told.stdout
    listed = naru("keys", "list").stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [[old, "retired"], [new, "current"]]


def test_a_rotation_that_waits_names_the_processes(naru: Naru, store: Store) -> None:
    """Exit code 3, the machine and the process that lack the key, and what to do; nothing was wrapped."""
    there = Holder("prc_1", "ferry-2", 4711, ())
    store.write_now(lambda conn: hold_keys(conn, there, wall_of(conn)))
    told = naru("keys", "rotate", "--wait", "0")
    assert told.exit_code == 3
    assert "  ferry-2, process 4711\nCopy the key file var/keys/kek to their machines" in told.stdout
    said = json.loads(naru("keys", "rotate", "--wait", "0", "--json").stdout)
    assert (said["new"], said["waits_for"], said["hub_keys"]) == (None, [{"host": "ferry-2", "pid": 4711}], 0)
    rows = json.loads(naru("keys", "list", "--json").stdout)["keys"]
    assert [(row["state"], row["here"]) for row in rows] == [("current", True), ("next", True)]


def test_nothing_is_rotated_that_was_never_sealed_or_lacks_its_key(naru: Naru, store: Store, tmp_path: Path) -> None:
    """Exit code 2 and the reason; the key file is neither made nor changed."""
    path = tmp_path / "var/keys/kek"
    path.unlink()
    lost = naru("keys", "rotate")
    assert (lost.exit_code, "is missing, and the store was sealed with it" in lost.stderr) == (2, True)
    KeyFile.open(path)
    before = path.read_bytes()
    wrong = naru("keys", "rotate")
    assert (wrong.exit_code, "was sealed with the key" in wrong.stderr, path.read_bytes()) == (2, True, before)
    path.unlink()
    fresh = naru("keys", "rotate", NARU_STORE__URL=f"sqlite:///{tmp_path}/fresh.db")
    assert (fresh.exit_code, "never sealed" in fresh.stderr, "sealed with it" in fresh.stderr) == (2, True, False)


def test_two_rotations_at_once_one_refuses(naru: Naru, store: Store) -> None:
    """The second is told, and does nothing."""
    with store.only_one("keys"):
        told = naru("keys", "rotate")
    assert (told.exit_code, "another `naru keys rotate`" in told.stderr) == (2, True)


def test_a_new_key_for_the_environment_is_printed_once(naru: Naru) -> None:
    """Each is another one, and what is printed is what NARU_VAULT__KEYS takes."""
    lines = [naru("keys", "new").stdout.strip() for _ in range(2)]
    assert len(set(KeyRing.of_text(",".join(lines), "x").kek_ids())) == 2


def test_check_names_keys_that_the_store_needs_and_that_are_not_there(naru: Naru, store: Store) -> None:
    """By their ids; with the environment's keys the file is not looked at; a key is shown nowhere."""
    line = naru("keys", "new").stdout.strip()
    told = naru("check", NARU_VAULT__KEYS=line)
    assert "PROBLEM   the store was sealed with the key " in told.stdout
    assert "NARU_VAULT__KEYS holds the key " in told.stdout
    assert line.split()[1] not in told.output
    assert naru("check").stdout.endswith("no problems\n")
