from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.cli.mocks import _read
from mocks.kit.registry import registered_slugs

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
        ("haengbok = 1\n", "[haengbok] must be a table of texts and booleans"),
        ("[haengbok]\nunsigned = 1\n", "[haengbok] must be a table of texts and booleans"),
        ("[haengbok\n", "is not TOML"),
        ("[haengbook]\nunsigned = true\n", 'no mock agency is called haengbook; tables are: "*", '),
        ("[haengbok]\nunsinged = true\n", "[haengbok] has no setting unsinged; there are: callback_secret"),
        ('["*"]\ncallback = "x"\n', "[*] has no setting callback; there are: "),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: Path, text: str, told: str) -> None:
    """A settings file with a mistake is refused before anything listens; the refusal names the file."""
    settings.write_text(text)
    done = runner.invoke(app, ["mocks", "--settings", str(settings)])
    assert (done.exit_code, f"naru: {settings}: {told}" in done.output) == (2, True)


def test_a_settings_file_that_is_not_there_is_named(settings: Path) -> None:
    """The refusal speaks of the file, not of ports."""
    done = runner.invoke(app, ["mocks", "--settings", "/nonexist"])
    assert (done.exit_code, done.output) == (2, "naru: /nonexist: No such file or directory\n")


@pytest.mark.parametrize("value", ["true", '"true"'])
def test_a_boolean_may_be_one(settings: Path, value: str) -> None:
    """TOML's own true is as good as the text."""
    settings.write_text(f"[haengbok]\nunsigned = {value}\n")
    assert _read(settings)["haengbok"] == {"unsigned": "true"}


def test_a_port_in_use_is_named(settings: Path) -> None:
    """Here another port helps."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        arguments = ["mocks", "--settings", str(settings), "--only", "community_center", "--port", port]
        done = runner.invoke(app, arguments)
    assert (done.exit_code, f"cannot serve the mocks on port {port}" in done.output) == (2, True)


def test_an_unknown_agency_is_refused(settings: Path) -> None:
    """`--only` names installed mocks; the refusal lists them."""
    done = runner.invoke(app, ["mocks", "--settings", str(settings), "--only", "nobody", "--port", "0"])
    assert (done.exit_code, f"installed are: {', '.join(sorted(registered_slugs()))}" in done.output) == (2, True)


def test_a_missing_key_file_is_refused(settings: Path) -> None:
    """An auditor who shares no key with the ledgers would find everything changed."""
    arguments = ["mocks", "--settings", str(settings), "--only", "community_center", "--ledger-key-file", "none"]
    done = runner.invoke(app, arguments)
    assert (done.exit_code, done.output) == (2, "naru: none: No such file or directory\n")


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
    assert [line.split()[0] for line in said.splitlines()] == [*sorted(registered_slugs()), "control"]
    assert (mocks.returncode, ready.exists()) == (0, False)
