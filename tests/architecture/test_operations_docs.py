"""docs/operations.md: what it tells to type is typed here, in its order, on a store with something in it."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from repository import ROOT
from test_docs_commands import CODE, typed
from typer.testing import CliRunner

from hub.cli import app
from hub.store.store import Store
from hub.vault.key_file import KeyFile
from hub.vault.vault import Vault

OPERATIONS_MD = ROOT / "docs/operations.md"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a hub ran once."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "config.toml", "config.toml")
    assert CliRunner().invoke(app, ["centres", "add", "의정부센터"]).exit_code == 0
    store = Store("sqlite:///var/naru.db")
    Vault.open(store, tmp_path / "var/keys/kek")
    store.close()
    return tmp_path


@pytest.mark.slow
def test_the_page_works_as_written(place: Path) -> None:
    """Every command ends with 0; after the rotation another key opens the store, and nothing is wrong."""
    before = KeyFile.open(place / "var/keys/kek").kek_ids()
    for words in typed(OPERATIONS_MD):
        told = CliRunner().invoke(app, words[1:])
        assert (words[0], told.exit_code) == ("naru", 0), told.output
    after = KeyFile.open(place / "var/keys/kek").kek_ids()
    assert (len(before), len(after), before == after) == (1, 1, False)
    assert CliRunner().invoke(app, ["check"]).stdout.endswith("no problems\n")


def test_the_backup_of_a_sqlite_store_is_the_whole_store(place: Path) -> None:
    """The command of the page, run beside the store: the copy has the centre, and opens with the key file."""
    (command,) = {code for code in CODE.findall(OPERATIONS_MD.read_text("utf-8")) if ".backup" in code}
    if shutil.which("sqlite3") is None:
        pytest.skip("needs sqlite3")
    subprocess.run(shlex.split(command), check=True)
    with sqlite3.connect(place / "copy.db") as copied:
        assert copied.execute("SELECT count(*) FROM centres").fetchone() == (1,)
    copied.close()
    (place / "copy.db").replace(place / "var/naru.db")
    assert CliRunner().invoke(app, ["check"]).stdout.endswith("no problems\n")
