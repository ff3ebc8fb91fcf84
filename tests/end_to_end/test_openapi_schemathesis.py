"""The description of the API, held against a running hub by a tool that has read nothing but the description."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
CONFIG = """
mode = "mock"
[http]
port = 0
[store]
url = "sqlite:///{folder}/naru.db"
[vault]
key_file = "{folder}/keys/kek"
[log]
level = "info"
[routing.services]
WEL-EMERG = [{{ agency = "community_center", from = 2020-01-01 }}]
WEL-CASE = [{{ agency = "community_center", from = 2020-01-01 }}]
[adapters.community_center]
enabled = true
base_url = "http://127.0.0.1:9"
[catalogues.bokjiro]
enabled = true
base_url = "{catalogue}"
"""
ROLES = [f"--role={role}" for role in ("counsellor", "operator", "auditor", "admin")]
SERVICE_KEY = "mock+key/=="
"""What the mock 복지로 takes unless it is told otherwise."""


@dataclass
class Hub:
    """A running hub."""

    address: str
    key: str = field(repr=False)
    log: Path


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[str]:
    """The mock 복지로 as a process of its own; its address."""
    ready = tmp_path / "mocks.json"
    command = [BIN / "naru", "mocks", "--only", "bokjiro", "--port", "0", "--ready-file", ready]
    with subprocess.Popen(command, env=_environ(), cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it says where it is once it answers
        yield json.loads(ready.read_text(encoding="utf-8"))["agencies"]["bokjiro"]
        process.terminate()


@pytest.fixture
def hub(tmp_path: Path, catalogue: str) -> Iterator[Hub]:
    """A real `naru serve` with one agency that nobody answers for, a catalogue, and a key."""
    config, log = tmp_path / "config.toml", tmp_path / "serve.log"
    config.write_text(CONFIG.format(folder=tmp_path, catalogue=catalogue), encoding="utf-8")
    environ = _environ() | {
        "NARU_ADAPTERS__COMMUNITY_CENTER__CALLBACK_SECRET": "made-up",
        "NARU_CATALOGUES__BOKJIRO__SERVICE_KEY": SERVICE_KEY,
        "NARU_ACCESS__FAILURES": "1000000",  # it calls without a key far more often than anybody should
    }
    added = subprocess.run(
        [BIN / "naru", "centres", "add", "시험", *ROLES, "--json", "--config", config],
        env=environ, check=True, capture_output=True, text=True,
    )  # fmt: skip
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(
            [BIN / "naru", "serve", "--config", config], env=environ, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr is not None
        listening = next(json.loads(line) for line in process.stderr if '"listening"' in line)
        drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=out)  # the rest of the log goes to the file
        yield Hub(f"http://127.0.0.1:{listening['port']}", json.loads(added.stdout)["key"], log)
        process.terminate()
        drain.wait(30)


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("NARU_")}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_description_holds(hub: Hub, tmp_path: Path) -> None:
    """Good, bad and hostile requests, alone and in sequence, find no answer that the description does not tell."""
    run = subprocess.run(
        [
            BIN / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run", f"{hub.address}/openapi.json",
            "--header", f"Authorization: Bearer {hub.key}", "--checks", "all", "--mode", "all",
            "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "10", "--workers", "1",
            "--seed", "20260302", "--no-shrink", "--continue-on-failure", "--no-color",
        ],  # one worker: with more, Python 3.11's own ast breaks now and then (AST constructor recursion depth)
        env=_environ() | {"SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    log = hub.log.read_text(encoding="utf-8")

    assert run.returncode == 0, run.stdout[-30_000:] + run.stderr[-2_000:]
    assert "request_failed" not in log
