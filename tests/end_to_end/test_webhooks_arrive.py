"""Webhooks with real processes: a hub that is killed while it tells, and the receiver that docs/webhooks.md shows."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from hub.access.holders import CENTRE, add_holder, add_key
from hub.api import examples
from hub.clock import wall_now
from hub.notices.configured import WebhookSettings
from hub.notices.sender import Sender
from hub.notices.targets import Target, new_secret
from hub.store.messages import Message
from hub.store.schema import make_or_check
from hub.store.store import Store

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
NARU = str(Path(sys.executable).parent / "naru")
GUIDE = (ROOT / "docs/webhooks.md").read_text(encoding="utf-8")


class Receiver(ThreadingHTTPServer):
    """Takes what comes; while `holds` is set, it keeps whoever calls waiting."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[tuple[dict[str, str], bytes]] = []
        self.holds = threading.Event()
        self.holding = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.arrived.append((dict(self.headers), body))
        if self.server.holds.is_set():
            self.server.holding.set()
            self.rfile.read(1)  # until the caller is gone
            return
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A centre's receiver on a socket."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run `naru serve` in mock mode; yield the process and its address."""
    (folder / "config.toml").write_text('mode = "mock"\n', encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NARU_")}
    ours = {
        "STORE__URL": url, "VAULT__KEY_FILE": str(folder / "keys" / "kek"), "HTTP__PORT": "0",
        "WEBHOOKS__TIMEOUT_SECONDS": "1", "WEBHOOKS__RETRY_FIRST_SECONDS": "0.2",
    }  # fmt: skip
    environ = inherited | {f"NARU_{name}": value for name, value in ours.items()}
    command = [NARU, "serve", "--config", str(folder / "config.toml")]
    log = folder / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, env=environ, stderr=stderr)
    try:
        until(lambda: b"\n" in log.read_bytes())
        yield process, f"http://127.0.0.1:{json.loads(log.read_bytes().splitlines()[0])['port']}"
    finally:
        process.kill()
        process.wait()


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def test_a_kill_loses_nothing(store_url: str, tmp_path: Path, receiver: Receiver) -> None:
    """A hub that is killed in the middle of telling tells everything after its restart; all of it verifies."""
    store = Store(store_url)
    store.write_now(make_or_check)
    centre = store.write_now(lambda conn: add_holder(conn, CENTRE, "시험 센터", wall_now()))
    key = store.write_now(lambda conn: add_key(conn, CENTRE, centre, wall_now())).text
    store.close()
    ids: list[str] = []
    secret = ""
    for number in range(3):
        receiver.holding.clear()
        receiver.holds.set()
        with serving(store_url, tmp_path) as (process, address), _client(address, key) as ask:
            if not secret:
                told = {"url": f"http://127.0.0.1:{receiver.server_port}/"}
                secret = ask.post("/v1/webhooks", json=told).raise_for_status().json()["secret"]
            sent = ask.post("/v1/cases", json=_case(number), headers={"Idempotency-Key": f"{number}"})
            ids += [one["id"] for one in sent.raise_for_status().json()["referrals"]]
            until(receiver.holding.is_set)
            process.send_signal(signal.SIGKILL)
    receiver.holds.clear()
    with serving(store_url, tmp_path) as (_, address), _client(address, key) as ask:
        wanted = {
            (one, event["sequence"]) for one in ids for event in ask.get(f"/v1/referrals/{one}/events").json()["events"]
        }
        until(lambda: wanted <= _told(receiver, secret))
        until(lambda: ask.get("/v1/webhooks").json()["webhooks"][0]["waiting"] == 0)
    assert len(wanted) >= len(ids) == 3
    assert _told(receiver, secret) == wanted


def _client(address: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30)


def _case(number: int) -> dict[str, Any]:
    client = examples.CASE["client"] | {"birth_date": f"1985-03-{number + 1:02d}"}
    return examples.CASE | {"client": client, "consents": []}


def _told(receiver: Receiver, secret: str) -> set[tuple[str, int]]:
    """Verify everything that came; return which events of which referrals it told of."""
    told = [Webhook(secret).verify(body, headers)["data"] for headers, body in list(receiver.arrived)]
    return {(data["referral_id"], data["sequence"]) for data in told}


def test_the_receiver_of_the_guide_works() -> None:
    """As docs/webhooks.md shows it, it takes what verifies, each message once, and refuses what does not."""
    (script,) = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    target = Target(url="", secret=new_secret())
    environ = os.environ | {"WEBHOOK_SECRET": target.secret, "PORT": "0"}
    with subprocess.Popen([sys.executable, "-c", script], env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            here = target.model_copy(update={"url": f"http://127.0.0.1:{process.stdout.readline().strip()}/"})
            forged = here.model_copy(update={"secret": new_secret()})
            statuses = asyncio.run(_send([(here, 2), (here, 2), (forged, 9), (here, 1)]))
            printed = [json.loads(process.stdout.readline()) for _ in range(2)]
        finally:
            process.kill()
    assert statuses == [204, 204, 401, 204]
    assert [line["latest"] for line in printed] == [{"ref_1": 2}, {"ref_1": 2}]


async def _send(sequences: list[tuple[Target, int]]) -> list[int | None]:
    sender, statuses = Sender(WebhookSettings(), plain_loopback=True), []
    for target, number in sequences:
        message = Message(f"msg_{number}", "referral.accepted", wall_now(), "ref_1", "case_1", number)
        statuses.append((await sender.send(target, message)).status)
    await sender.aclose()
    return statuses


def test_the_check_of_the_guide_verifies() -> None:
    """What the guide shows without a library prints what it says, and the library agrees."""
    (block,) = re.findall(r"<<'EOF'\n(.*?)^EOF$", GUIDE, re.MULTILINE | re.DOTALL)
    run = subprocess.run([sys.executable, "-"], input=block, capture_output=True, text=True, check=True)
    assert run.stdout == "verified\n"
    said = dict(re.findall(r"(\w+) = b?[\"'](.*)[\"']$", block, re.MULTILINE))
    at = datetime.fromtimestamp(1772413200, UTC)
    assert Webhook(said["secret"]).sign("msg_01jc0000000000000000000001", at, said["body"]) == said["signatures"]
