"""Every registered adapter on its own wire before the real mocks, set up as the demo sets up hub and mocks.

All agencies stand on one server, configured by `examples/demo.toml`; what is waited for is waited for on its clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from fault_rows import NONE, adapters

from adapters.sdk import AdapterError, Impersonal, NotSentError, UncertainError, Verb, capabilities
from adapters.sdk.registry import installed_adapters
from adapters.sdk.settings import AdapterSettings
from adapters.sdk.testing import Bench, live_bench_of
from hub.cli.stage.folder import StageFolder
from hub.cli.stage.settings import hub_environ, write_mocks_settings
from hub.configuration import read_settings
from hub.settings import Settings
from mocks.kit.agency import Reply, Request
from mocks.kit.connection import Answer
from mocks.kit.counter import Counter
from mocks.kit.fault_catalogue import Moment
from mocks.kit.file_faults import EVERY_FAULT
from mocks.kit.ledger import Act
from mocks.kit.pki import make_certificates
from mocks.kit.registry import installed_mocks
from mocks.kit.run import MockServer

CONFIG = Path(__file__).parents[2] / "examples" / "demo.toml"
PATIENT, IMPATIENT = 20.0, 1.0
"""Seconds of a call's deadline: so long that a slow machine meets it, and so short that waiting for it costs little."""
STEPS = ("assigned", "investigating", "supplement")
"""What a case goes through before a verb is tried on it: two facts to tell, and a 보완요청 to answer."""

STEP_SECONDS = 5.0
"""Business seconds between the steps: no two of them have the same time on the wire."""
DRIP = IMPATIENT / 15
"""Seconds between two bytes of a slow answer: only a deadline of the whole call ends it."""
LASTING = frozenset({"accept_then_hide", "slow_drip"})
"""The faults whose duration is set here."""
GREETINGS = 20
"""How often an agency is greeted before a stage gives up."""
LATEST = 120.0
"""Business seconds after which every late callback has left."""


@dataclass
class Stage:
    """The mocks, the settings that reach them, and two benches for each adapter."""

    server: MockServer
    settings: Settings
    folder: Path
    control: httpx.AsyncClient
    patient: Mapping[str, Bench]
    impatient: Mapping[str, Bench]
    given: Mapping[str, list[bytes]]
    """The bodies of every agency's answers."""

    @contextlib.asynccontextmanager
    async def fault(self, slug: str, name: str, times: int | None = None) -> AsyncIterator[None]:
        """Let one fault strike every request, or callback, meanwhile, or so many. It must strike at least once."""
        more: dict[str, float] = {"seconds": self._seconds(slug, name)} if name in LASTING else {}
        rule = {"name": name, **more, **({"times": times} if times else {})}
        await self._set_faults(slug, [] if name == NONE else [rule])
        try:
            yield
            struck = [one["struck"] for one in (await self.control.get(f"/{slug}/faults")).json()["faults"]]
        finally:
            await self._set_faults(slug, [])
        assert name == NONE or EVERY_FAULT[name].moment is Moment.CONNECT or sum(struck), f"{name} never struck"

    async def _set_faults(self, slug: str, rules: list[dict[str, Any]]) -> None:
        reply = await self.control.put(f"/{slug}/faults", json={"faults": rules})
        assert reply.status_code == 200, reply.text

    def _seconds(self, slug: str, name: str) -> float:
        """Hide an act as long as the agency's contract allows; drip so fast that no single wait is a long one."""
        return DRIP if name == "slow_drip" else self.patient[slug].profile.settling_seconds

    async def advance(self, slug: str, key: str, step: str, receipt: str = "") -> bool:
        """Move a case on, by our key or (where the contract has none) by receipt; False if it lacks the step."""
        name = {"key": key} if self.acts(slug, key) or not receipt else {"receipt": receipt}
        reply = await self.control.post(f"/{slug}/advance", json={**name, "to": step})
        assert reply.status_code in {200, 422}, reply.text
        return bool(reply.status_code == 200)

    async def call_back_to(self, slug: str, url: str) -> None:
        """Set where the agency's callbacks go; an empty address drops them."""
        reply = await self.control.put(f"/{slug}/callback", json={"url": url})
        assert reply.status_code == 200, reply.text

    async def tell_steps(self, slug: str, key: str) -> tuple[int, list[str | None]]:
        """Move a case on step by step, some seconds apart, and wait until no callback is in the post any more.

        Return how many steps there were, and what struck each callback that was acknowledged, in order of arrival.
        """
        desk, steps = self.server.counters[slug].desk, 0
        before = len(desk.journal.entries)
        for step in STEPS:
            steps += await self.advance(slug, key, step)
            self.server.clock.advance(STEP_SECONDS)
        self.server.clock.advance(LATEST)
        async with asyncio.timeout(PATIENT):
            while not desk.callbacks.is_idle:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.01)
        told = [entry for entry in desk.journal.entries[before:] if entry.direction == "out"]
        return steps, [entry.fault for entry in told if entry.accepted]

    def acts(self, slug: str, key: str | None = None) -> list[Act]:
        """Return the business acts of the agency's own record, all or those under one key."""
        return [act for act in self.server.counters[slug].desk.ledger.acts if key in {None, act.key}]

    async def referral(self, slug: str) -> tuple[str, str]:
        """Register a referral and move it on until a 보완 is asked for; return key and receipt."""
        bench = self.patient[slug]
        key = bench.new_key()
        delivered: Any = await bench.speak(Verb.SUBMIT, key, "")
        await self.take_steps(slug, key, delivered.receipt)
        return key, delivered.receipt

    async def take_steps(self, slug: str, key: str, receipt: str) -> None:
        """Move a case on until a 보완 is asked for."""
        for step in STEPS:
            self.server.clock.advance(STEP_SECONDS)
            await self.advance(slug, key, step, receipt)


def listened_to(counter: Counter) -> list[bytes]:
    """Return what grows by the body of every answer that an agency gives from now on; empty where it gives none."""
    given: list[bytes] = []

    async def answer(request: Request) -> Answer:
        answered = await Counter.answer(counter, request)
        given.append(answered.content.body if isinstance(answered.content, Reply) else b"")
        return answered

    counter.answer = answer  # type: ignore[method-assign]  # of this one agency only
    return given


async def come_to(bench: Bench, verb: Verb, key: str, receipt: str) -> object:
    """Speak a verb; return what it came to, its outcome or its error."""
    try:
        return await bench.speak(verb, key, receipt)
    except AdapterError as error:
        return error


async def greet(adapter: Any, leave: Callable[[], Impersonal]) -> None:
    """Ask an agency whether it is there, if its adapter can: whatever is fetched before all calls (tokens) then is.

    On a slow machine an impatient adapter may need to ask again, but not for ever.
    """
    for left in reversed(range(GREETINGS if Verb.PROBE in capabilities(type(adapter)) else 0)):
        try:
            await adapter.probe(leave())
        except (NotSentError, UncertainError):
            if not left:
                raise
        else:
            break


def patience(settings: AdapterSettings, seconds: float) -> AdapterSettings:
    """Return an adapter's settings with a deadline of these seconds; over TLS of one at least, for the handshakes."""
    least = seconds if urlsplit(settings.base_url).scheme in {"http", "tcp", "file"} else max(seconds, 1.0)
    return settings.model_copy(update={"timeout_seconds": least})


@contextlib.asynccontextmanager
async def open_stage(root: Path) -> AsyncIterator[Stage]:
    """Serve every registered mock, and connect every registered adapter to its agency's own port."""
    place = root / "var" / "demo"
    folder = StageFolder(place, make_certificates(place / "certificates"), secrets.token_bytes(32))
    secret = secrets.token_hex(32)
    write_mocks_settings(folder, secret)
    told = tomllib.loads(folder.mocks_settings.read_text("utf-8"))
    async with contextlib.AsyncExitStack() as open_things:
        server = await open_things.enter_async_context(MockServer(installed_mocks(), told))
        counters = server.counters
        places = {**server.as_json(), "agencies": {slug: counter.own_url for slug, counter in counters.items()}}
        callers = [slug for slug, counter in counters.items() if counter.kind.callbacks]
        environ = hub_environ(folder, places, callers, secret)
        settings = read_settings(CONFIG, environ, installed_adapters())
        benches = []
        for seconds in (PATIENT, IMPATIENT):
            built = {}
            with contextlib.chdir(root):  # relative paths of the configuration start where the hub is started
                for slug, adapter in adapters().items():
                    own = patience(settings.adapters[slug], seconds)
                    bench = built[slug] = await open_things.enter_async_context(live_bench_of(adapter, own))
                    await greet(bench.adapter, bench.impersonal)
            benches.append(built)
        http = httpx.AsyncClient(base_url=f"{server.base_url}/_mock", trust_env=False)
        control = await open_things.enter_async_context(http)
        given = {slug: listened_to(counter) for slug, counter in counters.items()}
        yield Stage(server, settings, root, control, *benches, given)
