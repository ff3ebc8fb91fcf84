"""Every registered adapter on its own wire before the real mocks, set up as the demo sets up hub and mocks.

Adapters and mocks are found through their registries and configured by `examples/demo.toml`: nothing here names an
agency, so that another one needs no line here.
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

import httpx

from adapters.sdk import Adapter, AdapterError, Impersonal, NotSentError, UncertainError, Verb, capabilities
from adapters.sdk.registry import AdapterClass, Broken, installed_adapters
from adapters.sdk.testing import ANSWERS, Bench, Row, live_bench_of, rows_for
from hub.cli.demo import stage
from hub.cli.demo.folder import DemoFolder
from hub.configuration import read_settings
from hub.settings import Settings
from mocks.kit.agency import MockAgency
from mocks.kit.counter import Counter
from mocks.kit.fault_catalogue import CATALOGUE, By, Moment
from mocks.kit.journal import Entry
from mocks.kit.ledger import Act
from mocks.kit.lines import impossible_on
from mocks.kit.pki import make_certificates
from mocks.kit.registry import installed_mocks
from mocks.kit.run import MockServer

CONFIG = Path(__file__).parents[2] / "examples" / "demo.toml"
NONE = "none"
"""The fault that is none: every verb answers."""
PATIENT, IMPATIENT = 20.0, 0.3
"""Seconds of a call's deadline: so long that a slow machine meets it, and so short that waiting for it costs little."""
STEPS = ("assigned", "investigating", "supplement")
"""What a case goes through before a verb is tried on it: two facts to tell, and a 보완요청 to answer."""

LATEST = 120.0
"""Business seconds after which every late callback has left."""


def adapters() -> Mapping[str, AdapterClass]:
    """Return the registered adapters by slug.

    Raises:
        ImportError: one of them is broken.
    """
    found = installed_adapters()
    broken = [one.why for one in found.values() if isinstance(one, Broken)]
    if broken:
        raise ImportError("; ".join(broken))
    return {slug: one for slug, one in found.items() if not isinstance(one, Broken)}


def mock_of(slug: str) -> type[MockAgency]:
    """Return the mock agency that is registered under an adapter's slug."""
    (kind,) = installed_mocks([slug])
    return kind


def spoken(adapter: type[Adapter[Any]]) -> list[Verb]:
    """Return the verbs that the adapter speaks about a referral, in the table's order."""
    return [verb for verb in ANSWERS if verb in capabilities(adapter)]


def request_rows(slug: str) -> list[Row]:
    """Return the rows of the faults that can strike a request to this agency."""
    return [row for row in _rows(slug) if CATALOGUE[row.fault].moment is not Moment.CALLBACK]


def callback_rows(slug: str) -> list[Row]:
    """Return the rows of the faults that can strike this agency's callbacks; none if it sends none."""
    rows = _rows(slug) if mock_of(slug).callbacks else []
    return [row for row in rows if CATALOGUE[row.fault].moment is Moment.CALLBACK]


def _rows(slug: str) -> list[Row]:
    agency, table = mock_of(slug), rows_for(adapters()[slug])
    possible = {name for name, kind in CATALOGUE.items() if kind.by is By.KIT} - impossible_on(agency)
    return [table[name] for name in CATALOGUE if name in possible | agency.own_faults]


@dataclass
class Stage:
    """The mocks, the settings that reach them, and two benches for each adapter."""

    server: MockServer
    settings: Settings
    folder: Path
    control: httpx.AsyncClient
    patient: Mapping[str, Bench]
    impatient: Mapping[str, Bench]

    async def set_fault(self, slug: str, fault: str, **more: float) -> None:
        """Let one fault strike every request, or every callback, from now on."""
        rules = [] if fault == NONE else [{"name": fault, **more}]
        reply = await self.control.put(f"/{slug}/faults", json={"faults": rules})
        assert reply.status_code == 200, reply.text

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

    async def tell_steps(self, slug: str, key: str, *, twice: bool) -> int:
        """Move a case on step by step, some seconds apart, and wait until every callback was acknowledged."""
        counter = self.server.counters[slug]
        before, steps = len(_acknowledged(counter)), 0
        for step in STEPS:
            steps += await self.advance(slug, key, step)
            self.server.clock.advance(5)
        self.server.clock.advance(LATEST)
        async with asyncio.timeout(PATIENT):
            while len(_acknowledged(counter)) - before < steps + twice:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.01)
        return steps

    def acts(self, slug: str, key: str | None = None) -> list[Act]:
        """Return the business acts of the agency's own record, all or those under one key."""
        return [act for act in self.server.counters[slug].desk.ledger.acts if key in {None, act.key}]

    async def referral(self, slug: str) -> tuple[str, str]:
        """Register a referral and move it on until a 보완 is asked for; return key and receipt."""
        bench = self.patient[slug]
        key = bench.new_key()
        delivered: Any = await bench.speak(Verb.SUBMIT, key, "")
        for step in STEPS:
            await self.advance(slug, key, step, delivered.receipt)
        return key, delivered.receipt


def _acknowledged(counter: Counter) -> list[Entry]:
    return [entry for entry in counter.desk.journal.entries if entry.direction == "out" and entry.accepted]


async def come_to(bench: Bench, verb: Verb, key: str, receipt: str) -> object:
    """Speak a verb; return what it came to, its outcome or its error."""
    try:
        return await bench.speak(verb, key, receipt)
    except AdapterError as error:
        return error


async def greet(adapter: Any, leave: Callable[[], Impersonal]) -> None:
    """Ask an agency whether it is there, if its adapter can: whatever is fetched before all calls (tokens) then is.

    On a slow machine an impatient adapter may need to ask again.
    """
    while Verb.PROBE in capabilities(type(adapter)):
        with contextlib.suppress(NotSentError, UncertainError):
            await adapter.probe(leave())
            return


@contextlib.asynccontextmanager
async def open_stage(root: Path) -> AsyncIterator[Stage]:
    """Serve every registered mock, and connect every registered adapter to its agency's own port."""
    place = root / "var" / "demo"
    folder = DemoFolder(place, make_certificates(place / "certificates"), secrets.token_bytes(32))
    secret = secrets.token_hex(32)
    stage._write_mocks_settings(folder, secret)
    told = tomllib.loads(folder.mocks_settings.read_text("utf-8"))
    async with contextlib.AsyncExitStack() as open_things:
        server = await open_things.enter_async_context(MockServer(installed_mocks(), told))
        counters = server.counters
        places = {**server.as_json(), "agencies": {slug: counter.own_url for slug, counter in counters.items()}}
        callers = [slug for slug, counter in counters.items() if counter.kind.callbacks]
        environ = stage._hub_environ(folder, places, callers, secret)
        settings = read_settings(CONFIG, environ, installed_adapters())
        benches = []
        for seconds in (PATIENT, IMPATIENT):
            built = {}
            with contextlib.chdir(root):  # relative paths of the configuration start where the hub is started
                for slug, adapter in adapters().items():
                    own = settings.adapters[slug].model_copy(update={"timeout_seconds": seconds})
                    bench = built[slug] = await open_things.enter_async_context(live_bench_of(adapter, own))
                    await greet(bench.adapter, bench.impersonal)
            benches.append(built)
        http = httpx.AsyncClient(base_url=f"{server.base_url}/_mock", trust_env=False)
        control = await open_things.enter_async_context(http)
        yield Stage(server, settings, root, control, *benches)
