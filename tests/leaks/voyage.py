"""The whole way of many marked clients with everything going wrong: real processes, every fault, kills, bad requests.

What the centre was answered, what its webhook was told and what the mocks wrote down are kept for `places`. Nothing is
judged here.
"""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from planting import ROOT, document, profiles, values_of

from hub.cli.proof.clockwork import Clockwork
from hub.cli.proof.faults import _line_of, _possible
from hub.cli.proof.scene import Scene, Script, Size, set_scene, write_config
from hub.cli.stage.control import ControlError
from hub.cli.stage.folder import StageFolder, fresh_folder
from hub.cli.stage.processes import LEASHED, run_to_end
from hub.cli.stage.settings import bare_environ
from mocks.kit.fault_catalogue import Moment
from mocks.kit.file_faults import EVERY_FAULT

EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS: Mapping[str, float] = {
    "slow_drip": 0.01, "accept_then_hide": 20.0, "late_callback": 60.0, "busy_503_retry_after": 2.0,
}  # fmt: skip
"""How long a fault lasts where the catalogue's own figure would take long."""
_ROUND_SECONDS, _HOUR = 20.0, 3600.0
_AT_ONCE, _MOST_ROUNDS = 5, 40
WORDS = f"{ROOT}말씀 8002022000000 010-0000-7101"
"""What stands in bad requests, reasons and answers of the receiver."""
SAID = {"reason": WORDS[: len(ROOT) + 2]}
"""Why a person takes a step."""
AGENCY_WORDS = "기관답표"
"""What the agencies say about a client: shown to the centre among a referral's events, and nowhere else."""
Faults = Mapping[str, tuple[str, ...]]
"""Agency → the faults that strike it."""


class Receiver(ThreadingHTTPServer):
    """The centre's own receiver of webhooks: keeps every byte; answers some with an error that quotes what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.arrived.append(str(self.headers).encode() + body)
        is_refused = len(self.server.arrived) % 7 == 3
        self.send_response(500 if is_refused else 204)
        self.end_headers()
        if is_refused:
            self.wfile.write(WORDS.encode())  # a receiver's answer is nobody's business either

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Voyage:
    """What was done and what came back."""

    scene: Scene
    folder: StageFolder
    http: httpx.AsyncClient
    receiver: Receiver
    faults: Faults
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    """What every answer of the hub to the centre was: method, route and status; headers and body."""
    struck: dict[tuple[str, str], int] = field(default_factory=dict)
    """How often each agency's fault struck."""
    office: Mapping[str, str] = field(default_factory=dict)
    """The headers of the hub's operators: who may let an agency go on for all."""
    documents: int = 0
    kills: int = 0
    webhook_secret: str = ""

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        """Ask the hub; keep the answer, and return what it says. A hub that is dead is asked again.

        Nothing here is asked by somebody who may not: a step that is forbidden would leave nothing to search.
        """
        for _ in range(200):
            try:
                reply = await self.http.request(method, f"{self.scene.company.urls[0]}{path}", **more)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            self.answers.append(
                (f"{method} {path} {reply.status_code}", str(reply.headers.raw).encode() + reply.content)
            )
            assert reply.status_code != HTTPStatus.FORBIDDEN, self.answers[-1]
            return reply.json() if reply.content else {}
        raise AssertionError("the hub does not come back")

    async def hand_in(self, *, with_rrn: bool = True) -> list[dict[str, Any]]:
        """Hand the next client's case in; return its referrals. What is held for a look-alike goes on by our word."""
        number, self.documents = self.documents, self.documents + 1
        told = document(number, profiles(), with_rrn)
        answer = await self.ask("POST", "/v1/cases", json=told, headers={"Idempotency-Key": f"leaks-{number}"})
        assert "referrals" in answer, answer
        referrals: list[dict[str, Any]] = answer["referrals"]
        for one in referrals:
            way = f"/v1/referrals/{one['id']}"
            if (await self.ask("GET", way))["reason"] == "possible_duplicate":
                assert (await self.ask("POST", f"{way}/override", json=SAID))["reason"] is None
        return referrals

    @property
    def waiting(self) -> dict[str, list[str]]:
        """Return each agency's faults that have not struck yet; refused connections are a state, and count nothing."""
        return {
            slug: [name for name in names if not self.struck.get((slug, name)) and _is_counted(name)]
            for slug, names in self.faults.items()
        }

    async def set_faults(self) -> None:
        """Let some of the faults strike next that have not yet; whatever had an agency paused is mended."""
        for slug, names in self.waiting.items():
            await self.scene.control.set_faults(slug, [_rule(name) for name in names[:_AT_ONCE]], seed=1)
            told = await self.ask("POST", f"/v1/agencies/{slug}/resume", headers=self.office)
            assert told.get("slug") == slug, told

    async def count_struck(self) -> None:
        """Write down which of the faults that are set have struck."""
        for slug in self.faults:
            for told in (await self.scene.control._call("GET", f"/{slug}/faults"))["faults"]:
                place = slug, told["name"]
                self.struck[place] = self.struck.get(place, 0) + told["struck"]
            await self.scene.control.clear_faults(slug)

    async def settle(self, referrals: list[dict[str, Any]], seconds: float = _ROUND_SECONDS) -> list[dict[str, Any]]:
        """Let business time pass until nothing goes on by itself, or nothing has moved for some seconds of wall time.

        Return how they stand.
        """
        await Clockwork(self.scene.control, self.scene.evidence).settle(seconds)
        return [await self.ask("GET", f"/v1/referrals/{one['id']}") for one in referrals]

    async def kill(self) -> None:
        """Kill the hub where it is, as a power cut would, and start it again."""
        (member,) = self.scene.company.members
        self.scene.company.kill(member)
        self.kills += 1
        self.scene.company.start(member)
        await self.scene.company.until_ready(member)

    async def crash(self) -> None:
        """Let the hub die of a signal that has it write down where it was, as a defect in C would; start it again."""
        (member,) = self.scene.company.members
        assert member.child is not None
        process = member.child._process
        process.send_signal(signal.SIGABRT)
        process.wait(20)
        assert process.stdin is not None
        process.stdin.close()
        self.kills += 1
        self.scene.company.start(member)
        await self.scene.company.until_ready(member)


@asynccontextmanager
async def under_way(place: Path, module: str = LEASHED, faults: Faults | None = None) -> AsyncIterator[Voyage]:
    """Start mocks, hub at DEBUG, centre and receiver in a folder; yield before anything is done."""
    with fresh_folder(place / "stage") as folder, Receiver() as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        config = write_config(folder, EXAMPLES / "demo.toml")
        config.write_text(config.read_text("utf-8") + '\n[log]\nlevel = "debug"\n', encoding="utf-8")
        size, script = Size(0, 0.0, 0, 1), Script(module=module, faults=lambda _: [])
        async with set_scene(size, folder, config, script) as scene:
            http = httpx.AsyncClient(headers=scene.centre._http.headers, trust_env=False, timeout=30.0)
            async with http:
                strike = await every_fault(scene) if faults is None else faults
                voyage = Voyage(scene, folder, http, receiver, strike, office=await _office(folder, config))
                hook = {"url": f"http://127.0.0.1:{receiver.server_port}/", "events": ["referral", "agency"]}
                voyage.webhook_secret = (await voyage.ask("POST", "/v1/webhooks", json=hook))["secret"]
                yield voyage
        receiver.shutdown()


async def _office(folder: StageFolder, config: Path) -> Mapping[str, str]:
    arguments = ["operators", "add", "전산팀", "--config", str(config), "--json"]
    answer = await run_to_end(arguments, bare_environ() | folder.hub_environ())
    return {"Authorization": f"Bearer {json.loads(answer)['key']}"}


async def sail(voyage: Voyage) -> None:
    """Do all that can be done: every fault, kills, what agencies and centres do, bad requests; let it settle."""
    await _nobody_is_there(voyage)
    everybody: list[dict[str, Any]] = []
    for turn in range(_MOST_ROUNDS):
        if not any(voyage.waiting.values()):
            break
        await voyage.set_faults()
        referrals = await voyage.hand_in(with_rrn=turn % 2 == 0)
        everybody += referrals
        if turn % 5 == 2:
            await voyage.kill()
        await _agencies_work(voyage, await voyage.settle(referrals))
        await voyage.count_struck()
    views = await voyage.settle(await voyage.hand_in(), 12.0)
    await _agencies_work(voyage, views)
    await _centre_works(voyage, views)
    await provoke(voyage)
    await voyage.crash()
    await voyage.settle(everybody, 20.0)
    await asyncio.sleep(1.0)  # the last webhooks


async def cruise(voyage: Voyage) -> None:
    """Do a little of it: two cases, one of them after a crash, and bad requests."""
    await voyage.settle(await voyage.hand_in(), 4.0)
    await voyage.crash()
    views = await voyage.settle(await voyage.hand_in(with_rrn=False), 4.0)
    await _agencies_work(voyage, views)
    await provoke(voyage)


def _is_counted(name: str) -> bool:
    return EVERY_FAULT[name].moment is not Moment.CONNECT


def _rule(name: str) -> dict[str, Any]:
    """Return how a fault is set: to strike once."""
    operations = {Moment.FILE_IN: "request", Moment.FILE_OUT: "result"}
    seconds = {"seconds": SECONDS[name]} if name in SECONDS else {}
    return {"name": name, "operation": operations.get(EVERY_FAULT[name].moment, "*"), "times": 1, **seconds}


async def every_fault(scene: Scene) -> Faults:
    """Return all faults that each agency can have."""
    found = {}
    for agency in await scene.control.agencies():
        names = _possible(_line_of(agency), agency["own_faults"])
        told = [name for name in names if EVERY_FAULT[name].moment is not Moment.CALLBACK or agency["callbacks"]]
        found[agency["slug"]] = tuple(sorted(told))
    return {slug: names for slug, names in found.items() if slug in profiles()}


async def _nobody_is_there(voyage: Voyage) -> None:
    for slug, names in voyage.faults.items():
        if "refuse_connection" in names:
            await voyage.scene.control.set_faults(slug, [{"name": "refuse_connection", "operation": "*"}], seed=1)
    await voyage.settle(await voyage.hand_in(), 3.0)
    for slug in voyage.faults:
        await voyage.scene.control.clear_faults(slug)


async def _agencies_work(voyage: Voyage, views: list[dict[str, Any]]) -> None:
    """Let the agencies move their cases on, and say something personal about it."""
    for view in views:
        for state in ("assigned", "investigating", "supplement"):
            for order in ({"to": state, "text": AGENCY_WORDS}, {"to": state}):
                with suppress(ControlError):
                    await voyage.scene.control.advance(view["agency"], {"receipt": view["receipt"], **order})
                    break
    await voyage.scene.control.move_clock(_HOUR)
    await asyncio.sleep(0.5)


async def _centre_works(voyage: Voyage, views: list[dict[str, Any]]) -> None:
    """Supplement, pause, cancel, override, resolve, close, withdraw, search and read, with personal words in each."""
    for view in views:
        way = f"/v1/referrals/{view['id']}"
        paper = {"title": f"{ROOT}037", "sha256": "7f" * 32, "held_at": "narumark/held-1"}
        for content in ({"opinion": f"{ROOT}보완", "attachments": [paper]}, {"opinion": f"{ROOT}보완"}):
            await voyage.ask("POST", f"{way}/supplement", json=content)
        for step, body in (
            ("override", SAID), ("resolve", {"arrived": True, "receipt": "R-1", **SAID}), ("acknowledge", SAID),
            ("pause", None), ("resume", None), ("retry", None),
        ):  # fmt: skip
            await voyage.ask("POST", f"{way}/{step}", json=body)
        await voyage.ask("GET", f"{way}/events")
    await voyage.settle(views, 4.0)
    case = (await voyage.ask("GET", f"/v1/referrals/{views[0]['id']}")).get("case_id")
    roll_up = await voyage.ask("GET", f"/v1/cases/{case}")
    for consent in roll_up.get("consents", [])[:6]:
        await voyage.ask("GET", f"/v1/consents/{consent['id']}")
        await voyage.ask("POST", f"/v1/consents/{consent['id']}/withdraw")
    told = values_of(voyage.documents - 1)
    for asked in ({"rrn": told["client.rrn"]}, {"name": told["client.name"], "birth_date": told["client.birth_date"],
                                               "phone": "010-0000-7101"}):  # fmt: skip
        found = await voyage.ask("POST", "/v1/clients/search", json=asked)
        for client in found.get("clients", []):
            await voyage.ask("GET", f"/v1/clients/{client['id']}/disclosures")
    for view in views[:4]:
        await voyage.ask("POST", f"/v1/referrals/{view['id']}/cancel")
        await voyage.ask("POST", f"/v1/referrals/{view['id']}/close", json={"outcome": "other", **SAID})
    await voyage.settle(views, 4.0)


POSTS = ("/v1/cases", "/v1/consents", "/v1/prechecks", "/v1/clients/search", "/v1/webhooks", "/v1/referrals/bulk")


async def provoke(voyage: Voyage) -> None:
    """Send what is wrong, with personal values wherever something can stand: each must be refused without an echo."""
    good = document(voyage.documents, profiles())
    text, key = json.dumps(good, ensure_ascii=False), {"Idempotency-Key": "leaks-provoke"}
    bodies: list[bytes] = [
        text.encode()[:-9],
        text.encode("cp949", "replace"),
        text.encode("utf-16"),
        f'{{"{WORDS}": 1}}'.encode(),
        json.dumps(good | {"client": WORDS}).encode(),
        json.dumps([WORDS] * 3000).encode(),
        json.dumps(good | {"reference": WORDS}).encode(),
        (WORDS * 40_000).encode(),
        json.dumps(good | {"client": good["client"] | {"sex": WORDS, "birth_date": WORDS, "phones": WORDS}}).encode(),
        json.dumps(good | {"client": {f"{name}{WORDS}": one for name, one in good["client"].items()}}).encode(),
        json.dumps(good | {"client": good["client"] | {"admin_number": "7777700000777"}}).encode(),
        json.dumps(good | {"client": good["client"] | {"rrn": "3103071000001", "birth_date": "1955-01-01"}}).encode(),
        json.dumps(good | {"referrals": [good["referrals"][0]] * 2}).encode(),
        text.replace('"opinion"', '"opinion": "x", "opinion"').encode(),
    ]
    for path in POSTS:
        for body in bodies:
            headers = {**key, "Content-Type": "application/json"}
            await voyage.ask("POST", path, content=body, headers=headers)
            assert not voyage.answers[-1][0].endswith("404"), f"{path} is no route: nothing is provoked there"
    for name in ("cursor", "delivery", "agency", "limit", WORDS):
        await voyage.ask("GET", "/v1/referrals", params={name: WORDS})
    for path in (
        "/v1/referrals/{}",
        "/v1/cases/{}",
        "/v1/consents/{}",
        "/v1/agencies/{}/pause",
        "/{}",
        "/v1/clients/{}/disclosures",
    ):
        await voyage.ask("GET", path.format(httpx.URL("/").copy_with(path=f"/{WORDS}").raw_path.decode()[1:]))
    raw = WORDS.encode()
    for header in ("Idempotency-Key", "Authorization", "X-Request-Id", "Content-Type", "X-Forwarded-For", "Cookie"):
        await voyage.ask("POST", "/v1/cases", content=text.encode(), headers={**key, header: raw})
    for slug in ("ccrs", "community_center", "klac", WORDS[:4]):
        for body in (raw, text.encode(), b"<a>" + raw + b"</a>"):
            await voyage.ask(
                "POST", f"/v1/callbacks/{slug}", content=body, headers={"X-CCRS-Signature": raw, "X-Name": raw}
            )
