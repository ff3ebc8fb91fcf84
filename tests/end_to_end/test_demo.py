"""`naru demo` from outside, as a newcomer runs it: real processes, its own folder, its judgement."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NARU = [sys.executable, "-c", "from hub.cli import main; main()"]
KEYS = [
    "cases", "referrals", "delivered", "held", "refused", "cancelled", "unknown", "lost", "duplicates", "unconsented",
    "by_referral", "roll_up",
]  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1000)]


@dataclass(frozen=True)
class Run:
    """One finished demo and the places that it could have written to."""

    place: Path
    status: int
    out: str
    err: str

    @property
    def told(self) -> dict:
        """The object that --json prints."""
        return json.loads(self.out)


def places(folder: Path) -> tuple[Path, dict[str, str]]:
    """Make a working folder, and an environment whose home and temporary folder are empty."""
    work, environ = folder / "work", dict(os.environ)
    for name, variable in (("work", "PWD"), ("home", "HOME"), ("tmp", "TMPDIR")):
        (folder / name).mkdir()
        environ[variable] = str(folder / name)
    environ["NARU_MODE"] = "live"  # somebody's own configuration must not reach the demo
    return work, environ


def run_demo(folder: Path, examples: Path) -> Run:
    """Run the demo to its end in a folder of its own."""
    work, environ = places(folder)
    command = [*NARU, "demo", "--once", "--json", "--examples", str(examples)]
    done = subprocess.run(command, cwd=work, env=environ, capture_output=True, text=True, timeout=900, check=False)
    return Run(folder, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The whole demo, run once for all tests that look at it."""
    return run_demo(tmp_path_factory.mktemp("demo"), ROOT / "examples")


@pytest.fixture
def few_examples(tmp_path: Path) -> Path:
    """A copy of the examples with two quick cases, to be spoilt."""
    copy = tmp_path / "examples"
    (copy / "cases").mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "demo.toml", copy)
    for case in ("no-consent-for-one", "lost-reply-rest"):
        for path in (ROOT / "examples" / "cases").glob(f"{case}.*json"):
            shutil.copy(path, copy / "cases")
    return copy


def change(path: Path, spoil: Callable[[dict], None]) -> None:
    """Change a JSON file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    spoil(content)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def test_demo_reaches_every_expected_end(good: Run) -> None:
    """Status 0, one JSON object alone on standard output, and every referral where its expectation says."""
    assert (good.status, good.err) == (0, "")
    assert list(good.told) == KEYS
    expected = {}
    for path in (ROOT / "examples" / "cases").glob("*.expect.json"):
        for service, wanted in json.loads(path.read_text(encoding="utf-8"))["referrals"].items():
            case = path.name.removesuffix(".expect.json")
            expected[case, service] = (wanted["agency"], wanted["delivery"], wanted["business"], wanted.get("reason"))
    reached = {
        (told["case"], told["referral"]): (told["agency"], told["delivery"], told["business"], told["reason"])
        for told in good.told["by_referral"]
    }
    assert reached == expected


def test_demo_counts_agree(good: Run) -> None:
    """The counts are those of the list, nothing is lost, twice or unconsented, and whoever took it gave a receipt."""
    told = good.told
    listed = [referral["delivery"] for referral in told["by_referral"]]
    assert (told["referrals"], told["cases"]) == (
        len(listed),
        len(list((ROOT / "examples/cases").glob("*.steps.json"))),
    )
    assert {state: told[state] for state in KEYS[2:7]} == {state: listed.count(state) for state in KEYS[2:7]}
    assert (told["lost"], told["duplicates"], told["unconsented"]) == (0, 0, 0)
    assert all((told["delivery"] == "delivered") == bool(told["receipt"]) for told in told["by_referral"])


def test_demo_writes_into_its_folder_only(good: Run) -> None:
    """Whatever the demo writes is under var/demo; home and temporary folder stay empty."""
    written = {path.relative_to(good.place) for path in good.place.rglob("*") if not path.is_dir()}
    outside = {path for path in written if not path.is_relative_to("work/var/demo")}
    assert (outside, bool(written)) == (set(), True)


def test_a_wrong_expectation_fails_the_demo(tmp_path: Path, few_examples: Path) -> None:
    """The demo believes the samples, not itself: another expected end is a failure that is named."""
    change(few_examples / "cases/lost-reply-rest.expect.json", lambda c: c["referrals"]["WEL-EMERG"].update(
        business="approved"))  # fmt: skip
    change(few_examples / "cases/no-consent-for-one.expect.json", lambda c: c["referrals"]["WEL-EMERG"].update(
        not_sent=["client.name"]))  # fmt: skip
    (tmp_path / "run").mkdir()
    run = run_demo(tmp_path / "run", few_examples)
    assert run.status == 1
    assert "lost-reply-rest, WEL-EMERG: business must be approved and is assigned" in run.err
    assert "no-consent-for-one, WEL-EMERG: client.name reached the agency" in run.err


def test_a_hub_that_cannot_start_is_shown(tmp_path: Path, few_examples: Path) -> None:
    """A broken configuration ends the demo with the hub's own words, and with nothing on standard output."""
    config = few_examples / "demo.toml"
    config.write_text(config.read_text(encoding="utf-8") + "\n[delivery_]\nmax_tries = 1\n", encoding="utf-8")
    (tmp_path / "run").mkdir()
    run = run_demo(tmp_path / "run", few_examples)
    assert (run.status, run.out) == (1, "")
    assert "delivery_" in run.err


def test_a_demo_that_stays_says_how_its_audit_is_verified_and_leaves_no_process_when_killed(
    tmp_path: Path, few_examples: Path
) -> None:
    """The line works as it is printed, beside the hub that serves; SIGKILL for the demo ends hub and mocks too."""
    work, environ = places(tmp_path)
    with subprocess.Popen([*NARU, "demo", "--examples", str(few_examples)], cwd=work, env=environ,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as demo:  # fmt: skip
        assert demo.stdout is not None
        said: list[bytes] = []
        wait_for(lambda: said.append(os.read(demo.stdout.fileno(), 65536)) or b"Ctrl-C ends it" in b"".join(said), 120)
        (line,) = [line for line in b"".join(said).decode().splitlines() if "audit verify" in line and "#" not in line]
        verified = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environ | {"NARU_MODE": "mock"}, check=False,
                                  capture_output=True, text=True)  # fmt: skip
        demo.send_signal(signal.SIGKILL) if verified.returncode else None
        assert (verified.returncode, verified.stdout.splitlines()[-1:]) == (0, ["intact"]), verified.stdout
        children = children_of(demo.pid)
        assert len(children) == 2
        demo.send_signal(signal.SIGKILL)
        demo.wait()
    wait_for(lambda: not any(is_alive(child) for child in children), 30)


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("needs /proc with children")
    return [int(child) for child in listed.read_text().split()]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(has_come: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not has_come():
        assert time.monotonic() < deadline
        time.sleep(0.05)
