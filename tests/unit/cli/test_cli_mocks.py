from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app

runner = CliRunner()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file that needs no certificates, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mocks.toml"
    path.write_text('["*"]\ncertificates = "nowhere"\n')
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("haengbok = 1\n", "must be a table of texts"),
        ("[haengbok]\nunsigned = true\n", "must be a table of texts"),
        ("[haengbok\n", "at line 1"),
    ],
)
def test_settings_that_are_no_tables_are_refused(settings: Path, text: str, told: str) -> None:
    """A settings file that cannot be meant is refused before anything listens."""
    settings.write_text(text)
    done = runner.invoke(app, ["mocks", "--settings", str(settings)])
    assert (done.exit_code, told in done.output) == (2, True)


def test_an_unknown_agency_is_refused(settings: Path) -> None:
    """`--only` names installed mocks; the refusal lists them."""
    done = runner.invoke(app, ["mocks", "--settings", str(settings), "--only", "nobody", "--port", "0"])
    assert (done.exit_code, "installed are: community_center, haengbok" in done.output) == (2, True)


def test_a_missing_key_file_is_refused(settings: Path) -> None:
    """An auditor who shares no key with the ledgers would find everything changed."""
    arguments = ["mocks", "--settings", str(settings), "--only", "community_center", "--ledger-key-file", "none"]
    assert runner.invoke(app, arguments).exit_code == 2


@pytest.mark.slow
def test_the_mocks_run_alone_until_told_to_stop(tmp_path: Path) -> None:
    """`naru mocks` says where everybody is, and ends with 0 on SIGTERM, leaving no ready file."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-c", "from hub.cli import main; main()", "mocks", "--port", "0"]
    with subprocess.Popen(
        [*command, "--ready-file", str(ready)], cwd=tmp_path, stdout=subprocess.PIPE, env=dict(os.environ), text=True
    ) as mocks:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert (mocks.poll(), time.monotonic() < deadline) == (None, True)
            time.sleep(0.05)
        mocks.terminate()
        said, _ = mocks.communicate(timeout=30)
    assert [line.split()[0] for line in said.splitlines()] == ["community_center", "haengbok", "control"]
    assert (mocks.returncode, ready.exists()) == (0, False)
