from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[3]
NARU = str(Path(sys.executable).parent / "naru")
pytestmark = pytest.mark.slow


@dataclass
class Serving:
    """A running `naru serve`."""

    process: subprocess.Popen[str]
    port: int
    lines: list[dict[str, Any]]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, read the log to its end, return the exit code."""
        self.process.send_signal(number)
        assert self.process.stderr is not None
        self.lines += [json.loads(line) for line in self.process.stderr]  # `communicate` would miss what was read ahead
        return self.process.wait(timeout=30)


def environ(folder: Path, **more: str) -> dict[str, str]:
    """Make an environment in which nothing of ours is set but this."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NARU_")}
    place = {"NARU_STORE__URL": f"sqlite:///{folder}/naru.db", "NARU_VAULT__KEY_FILE": str(folder / "keys" / "kek")}
    place |= {"NARU_AUDIT__FOLDER": str(folder / "audit"), "NARU_AUDIT__KEY_FILE": str(folder / "keys" / "audit")}
    return inherited | place | {"NARU_HTTP__PORT": "0"} | more


def command(name: str) -> list[str]:
    """Make a command line that reads the shipped configuration."""
    return [NARU, name, "--config", str(ROOT / "config.toml")]


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[Serving]:
    """Start `naru serve` and wait until it listens."""
    process = subprocess.Popen(
        command("serve"), env=environ(folder, **more), stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stderr is not None
        first = json.loads(process.stderr.readline())
        yield Serving(process, first["port"], [first])
    finally:
        process.kill()
        process.communicate()


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """It answers, logs a line of JSON for each request without its query, and ends in order on SIGTERM."""
    with serving(tmp_path) as hub:
        answer = httpx.get(f"http://127.0.0.1:{hub.port}/readyz?rrn=8503031000000", trust_env=False)
        assert (answer.status_code, answer.json()["status"]) == (200, "ready")
        assert hub.end() == 0
    assert [line["event"] for line in hub.lines] == ["listening", "request", "stopping", "stopped"]
    assert "8503031000000" not in json.dumps(hub.lines)


def test_the_store_is_free_again_after_a_kill(tmp_path: Path) -> None:
    """A process that was killed holds nothing: the next one starts on the same store and key file."""
    with serving(tmp_path) as hub:
        hub.process.kill()
        hub.process.wait()
    with serving(tmp_path) as hub:
        assert hub.end(signal.SIGINT) == 0


def test_it_says_what_does_not_work_at_start(tmp_path: Path) -> None:
    """An enabled agency that could not be built, and plain HTTP for everybody, stand in the log with their reasons."""
    haengbok = {
        "ENABLED": "true", "BASE_URL": "https://haengbok.invalid", "ORG_CODE": "6410000", "SYSTEM_CODE": "NARU",
        "PEER": "haengbok", "CERTIFICATE": "none.pem", "KEY": "none.key", "CA": "none.pem",
    }  # fmt: skip
    more = {f"NARU_ADAPTERS__HAENGBOK__{name}": value for name, value in haengbok.items()}
    with serving(tmp_path, NARU_HTTP__HOST="0.0.0.0", **more) as hub:
        assert hub.end() == 0
    listening, broken, plain = hub.lines[:3]
    assert listening["agencies"] == []
    assert (broken["event"], broken["level"], broken["agency"]) == ("broken", "error", "haengbok")
    assert broken["why"]
    assert (plain["event"], plain["level"]) == ("http.host", "warning")
    assert "TLS" in plain["why"]
    assert not any("dropped" in line for line in hub.lines)
