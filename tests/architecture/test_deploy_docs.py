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
from hub.store.store import Store

DEPLOY_MD = ROOT / "docs/deploy.md"
ADDRESS = "postgresql://naru@db.internal/naru"
UNITS = sorted((ROOT / "examples/systemd").glob("*.service"))
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
    assert (service["User"], service["Restart"], re.fullmatch(r"NARU_\w+", service["EnvironmentFile"])) == (
        "naru", "always", None,
    )  # fmt: skip


@pytest.mark.slow
def test_the_move_to_postgresql_works_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    """Every command of the page, in its order, on a store with a centre in it: the centre is there afterwards."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "config.toml", "config.toml")
    assert CliRunner().invoke(app, ["centres", "add", "의정부센터"]).exit_code == 0
    written = list(typed(DEPLOY_MD))
    for words in [[word.replace(ADDRESS, postgres_url) for word in line] for line in written]:
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
            continue
        told = CliRunner().invoke(app, words[1:])
        assert told.exit_code == 0, told.output
    there = Store(postgres_url)
    counted = there.read_now(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM centres").scalar_one())
    there.close()
    assert counted == 1
