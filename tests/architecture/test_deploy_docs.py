"""docs/deploy.md and the systemd units beside it: what they tell to type works, what they name is there."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
from pathlib import Path

import pytest
from repository import ROOT, named
from test_docs_commands import typed
from typer.testing import CliRunner

from hub.cli import COMMANDS, app
from hub.store.result_files import FileState
from hub.store.store import Store

DEPLOY_MD = ROOT / "docs/deploy.md"
ADDRESS = "postgresql://naru@db.internal/naru"
UNITS = sorted((ROOT / "examples/systemd").glob("*.service"))
AS_THE_UNITS = ("EnvironmentFile", "WorkingDirectory", "UMask")
HARDENED = {
    "CapabilityBoundingSet": "", "LimitCORE": "0", "NoNewPrivileges": "yes", "PrivateTmp": "yes", "ProtectHome": "yes",
    "ProtectSystem": "strict", "RestrictSUIDSGID": "yes", "SystemCallFilter": "@system-service", "UMask": "0077",
}  # fmt: skip


def read_unit(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=True, delimiters=("=",), comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys as they are written
    unit.read(path, encoding="utf-8")
    return unit


def test_there_is_a_unit_for_each_kind_of_process() -> None:
    """One for `naru serve`, one for as many `naru worker` as wanted; deploy.md names both."""
    assert [path.name for path in UNITS] == ["naru-worker@.service", "naru.service"]
    assert [path for path in UNITS if path.name not in DEPLOY_MD.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("path", UNITS, ids=named)
def test_units_are_hardened_and_start_a_command_that_exists(path: Path) -> None:
    """Each parses, restarts, runs as its own user with nothing to gain, and starts `naru` with a known command."""
    service = read_unit(path)["Service"]
    program, command, *options = shlex.split(service["ExecStart"])
    assert (Path(program).name, command in COMMANDS, options[0]) == ("naru", True, "--config")
    assert {key: service.get(key) for key in HARDENED} == HARDENED
    assert (service["User"], service["Restart"], service["EnvironmentFile"]) == (
        "naru", "always", "/etc/naru/environment",
    )  # fmt: skip


@pytest.mark.parametrize("path", UNITS, ids=named)
def test_commands_are_typed_as_the_units_run(path: Path) -> None:
    """The command line of the page has the units' program, user, folder, environment, mask and configuration."""
    service = read_unit(path)["Service"]
    (line,) = re.findall(r"^systemd-run .*$", DEPLOY_MD.read_text(encoding="utf-8"), re.MULTILINE)
    words = shlex.split(line)
    program, _, *options = shlex.split(service["ExecStart"])
    asked = {f"--uid={service['User']}", *(f"{name}={service[name]}" for name in AS_THE_UNITS)}
    assert asked - set(words) == set()
    assert (words[-4:], words[-3] in COMMANDS) == ([program, words[-3], *options], True)


def test_the_installation_puts_things_where_the_units_look() -> None:
    """Each file of the repository that the page installs is there; each place that the units name, it makes."""
    page = DEPLOY_MD.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```text\n(useradd .*?)^```", page, re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line) for line in block.splitlines()]
    ours = [word for words in lines for word in words if word.startswith(("requirements/", "examples/", "config."))]
    assert [word for word in ours if not list(ROOT.glob(word))] == []
    service = read_unit(UNITS[0])["Service"]
    program, _, _, config = shlex.split(service["ExecStart"])
    made = {words[-1] for words in lines}
    assert {config, service["EnvironmentFile"], str(Path(program).parents[1])} - made == set()
    assert (service["User"], service["WorkingDirectory"]) == (lines[0][-1], lines[0][lines[0].index("--home-dir") + 1])


def test_what_to_watch_is_written() -> None:
    """Every line of the table is one that the hub writes, or a kind of a result file."""
    page = DEPLOY_MD.read_text(encoding="utf-8").partition("## What to watch")[2]
    rows = re.findall(r"^\| (`[^|]*) \|", page, re.MULTILINE)
    named_ones = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "hub").rglob("*.py"))
    computed = {f"result_file_{state}" for state in FileState}
    assert len(named_ones) > 20
    assert {name for name in named_ones - computed if f'"{name}"' not in source} == set()


@pytest.mark.slow
def test_the_move_to_postgresql_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    """Every command of the page, in its order, on a store with a centre: it is there then, and naru looks there."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "config.toml", "config.toml")
    assert CliRunner().invoke(app, ["centres", "add", "의정부센터"]).exit_code == 0
    written = list(typed(DEPLOY_MD))
    (line,) = re.findall(r"^(NARU_STORE__URL=.*)$", DEPLOY_MD.read_text(encoding="utf-8"), re.MULTILINE)
    found = []
    for words in [[word.replace(ADDRESS, postgres_url) for word in typed_words] for typed_words in written]:
        told = CliRunner().invoke(app, words[1:])
        assert told.exit_code == 0, told.output
        found.append((words[1], "postgresql://" in told.output))
        if words[1] == "store":  # the next step of the page, in the file that the units read
            monkeypatch.setenv(*line.replace(ADDRESS, postgres_url).split("=", 1))
    assert found == [("store", True), ("migrate", True), ("check", True)]
    there = Store(postgres_url)
    counted = there.read_now(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM centres").scalar_one())
    there.close()
    assert counted == 1
