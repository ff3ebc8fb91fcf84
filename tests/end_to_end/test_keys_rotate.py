"""`naru keys rotate` beside real processes under traffic, killed in the middle: nobody notices, nothing stays shut."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from sqlalchemy import Connection, func, insert, select

from hub.access.holders import CENTRE, add_holder, add_key
from hub.api import examples
from hub.clock import wall_now
from hub.store.ids import new_id
from hub.store.keks import KekState, count_wrapped, current_kek, holders, states_of_keks
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.tables import cases, clients
from hub.store.wall import wall_of
from hub.vault.key_file import KeyFile
from hub.vault.vault import Vault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
NARU = str(Path(sys.executable).parent / "naru")
OLD_CASES = 800


class Place:
    """The store, a centre's key, many cases of before, and a key file for each machine."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.config = folder / "config.toml"
        self.config.write_text('mode = "mock"\n', encoding="utf-8")
        self.store = Store(url)
        self.store.write_now(make_or_check)
        self.centre = self.store.write_now(lambda conn: add_holder(conn, CENTRE, "시험 센터", wall_now()))
        self.key = self.store.write_now(lambda conn: add_key(conn, CENTRE, self.centre, wall_now())).text
        self.key_file = folder / "here" / "kek"
        vault = Vault.open(self.store, self.key_file)
        self.store.write_now(lambda conn: self._old_cases(conn, vault))

    def _old_cases(self, conn: Connection, vault: Vault) -> None:
        now, client = datetime.now(UTC), new_id("cli")
        conn.execute(insert(clients).values(id=client, centre_id=self.centre, created_at=now))
        for number in range(OLD_CASES):
            key = vault.new_case_key(conn, f"case_{number:05d}")
            conn.execute(
                insert(cases).values(
                    id=f"case_{number:05d}", centre_id=self.centre, client_id=client, wrapped_key=key.wrapped,
                    kek_id=key.kek_id, sealed_client=b"", created_at=now,
                )
            )  # fmt: skip

    def environ(self, key_file: Path) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NARU_")}
        place = {"NARU_STORE__URL": self.url, "NARU_VAULT__KEY_FILE": str(key_file), "NARU_HTTP__PORT": "0"}
        return inherited | place

    def rotate(self, *options: str) -> subprocess.Popen[str]:
        command = [NARU, "keys", "rotate", "--json", "--config", str(self.config), *options]
        return subprocess.Popen(command, env=self.environ(self.key_file), stdout=subprocess.PIPE, text=True)

    def rotated(self, *options: str) -> tuple[int, dict[str, Any]]:
        process = self.rotate(*options)
        said, _ = process.communicate(timeout=120)
        return process.returncode, json.loads(said)

    def knowing_both(self) -> int:
        """Return how many processes hold two keys."""
        return sum(len(one.kek_ids) > 1 for one in self.store.read_now(lambda conn: holders(conn, wall_of(conn))))

    def moved(self) -> int:
        """Return how many keys of the old cases the current key has wrapped."""
        query = select(func.count()).select_from(cases).where(cases.c.id < "case_1")
        return self.store.read_now(
            lambda conn: conn.execute(query.where(cases.c.kek_id == current_kek(conn))).scalar_one()
        )

    @contextmanager
    def serving(self, name: str, key_file: Path) -> Iterator[str]:
        log = self.folder / f"{name}.log"
        command = [NARU, "serve", "--config", str(self.config)]
        with log.open("wb") as stderr:
            process = subprocess.Popen(command, env=self.environ(key_file), stderr=stderr)
        try:
            until(lambda: b"\n" in log.read_bytes())
            yield f"http://127.0.0.1:{json.loads(log.read_bytes().splitlines()[0])['port']}"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()


class Traffic:
    """A centre that hands cases in and reads them again, at every hub in turn, until it is told to stop."""

    def __init__(self, addresses: list[str], key: str) -> None:
        self.accepted: list[str] = []
        self.wrong: list[str] = []
        self._stop = threading.Event()
        head = {"Authorization": f"Bearer {key}"}
        self.hubs = [httpx.Client(base_url=one, headers=head, trust_env=False, timeout=30) for one in addresses]
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for hub in self.hubs:
            hub.close()

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            hub = self.hubs[number % len(self.hubs)]
            number += 1
            self.hand_in(hub, number)
            for one in self.hubs:
                self._expect(one.get("/readyz"), 200)

    def hand_in(self, hub: httpx.Client, number: int) -> None:
        client = examples.CASE["client"] | {"birth_date": f"19{number % 60 + 30}-03-{number % 28 + 1:02d}"}
        document = examples.CASE | {"client": client, "consents": []}
        sent = hub.post("/v1/cases", json=document, headers={"Idempotency-Key": new_id("key")})
        if self._expect(sent, 202):
            self.accepted.append(sent.json()["id"])
            more = {"consents": [], "referrals": [examples.CASE["referrals"][0]]}
            path = f"/v1/cases/{self.accepted[number * 7 % len(self.accepted)]}/referrals"
            later = self.hubs[(number + 1) % len(self.hubs)].post(
                path, json=more, headers={"Idempotency-Key": new_id("k")}
            )
            self._expect(later, 202)  # opens the case's key, old or new

    def _expect(self, answer: httpx.Response, status: int) -> bool:
        if answer.status_code != status:
            self.wrong.append(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
        return answer.status_code == status


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[Place]:
    made = Place(store_url, tmp_path)
    yield made
    made.store.close()


def test_keys_rotate_while_the_hub_serves(place: Place) -> None:
    """Killed while it re-wraps, run again: every request was answered, every case opens, the old key is retired."""
    machines = [place.key_file]
    if place.store.is_shared:
        machines.append(place.folder / "there" / "kek")
        machines[1].parent.mkdir(mode=0o700)
        shutil.copy2(machines[0], machines[1])
    (old,) = KeyFile.open(place.key_file).kek_ids()
    with ExitStack() as running:
        hubs = [running.enter_context(place.serving(f"hub{n}", path)) for n, path in enumerate(machines)]
        with Traffic(hubs, place.key) as traffic:
            until(lambda: len(traffic.accepted) > 5)
            if len(machines) > 1:
                place.rotated("--wait", "0")
                until(lambda: place.knowing_both() == 1)  # who shares the key file has seen it
                code, said = place.rotated("--wait", "0")
                assert (code, len(said["waits_for"])) == (3, 1)
                assert place.store.read_now(current_kek) == old
                shutil.copy2(machines[0], machines[1])
            killed = place.rotate()
            until(lambda: 0 < place.moved() < OLD_CASES)
            killed.send_signal(signal.SIGKILL)
            killed.communicate()
            left = place.store.read_now(lambda conn: count_wrapped(conn, old)[0])
            until(lambda: len(traffic.accepted) > 10)
            code, said = place.rotated("--finish")
            before = len(traffic.accepted)
            until(lambda: len(traffic.accepted) > before + 5)
        assert traffic.wrong == []
    assert (code, said["retired"], left > 0, said["case_keys"] <= left) == (0, [old], True, True)
    assert place.store.read_now(lambda conn: count_wrapped(conn, old)) == (0, 0)
    assert sorted(place.store.read_now(states_of_keks).values()) == sorted([KekState.CURRENT, KekState.RETIRED])
    assert [path.name for path in place.key_file.parent.iterdir() if old in path.name] == [f"kek.retired-{old}"]
    with place.serving("again", place.key_file) as address, Traffic([address], place.key) as again:
        until(lambda: len(again.accepted) > 2)
    assert again.wrong == []


def test_two_rotations_at_once_one_refuses(place: Place) -> None:
    """The second one ends with 2 and changes nothing."""
    with place.store.only_one("keys"):
        process = place.rotate()
        process.communicate(timeout=60)
    assert process.returncode == 2
    assert len(place.store.read_now(states_of_keks)) == 1
