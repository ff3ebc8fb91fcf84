"""Sets the scene of a proof: mocks, store, the hub's processes, faults, a centre with a key; and takes it down."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from adapters.sdk import Profile
from adapters.sdk.registry import Broken, installed_adapters
from hub.cli.proof import audit_chain
from hub.cli.proof.centre import Centre
from hub.cli.proof.company import Company
from hub.cli.proof.disturber import Disturber
from hub.cli.proof.evidence import Evidence
from hub.cli.proof.faults import Fault, faults_for
from hub.cli.proof.patience import Patience
from hub.cli.proof.receiver import Receiver
from hub.cli.proof.takeovers import TakeOvers
from hub.cli.stage.control import Control
from hub.cli.stage.folder import StageFolder
from hub.cli.stage.postgres import OwnServer, database
from hub.cli.stage.processes import LEASHED, Child
from hub.cli.stage.settings import (
    add_centre,
    bare_environ,
    hub_environ,
    mocks_arguments,
    read_places,
    write_mocks_settings,
)

_START_SECONDS = 180.0
_CENTRE = "나루 증명 센터"
_TIMEOUT_SECONDS, _WINDOW_SECONDS = 6.0, 2.0
LEASE_SECONDS = _TIMEOUT_SECONDS + _WINDOW_SECONDS + 10.0
"""What `hub.delivery.begin` makes of the two: the shortest lease that it gives."""
_DELIVERY = {
    "LEASE_SECONDS": LEASE_SECONDS,
    "SEND_WINDOW_SECONDS": _WINDOW_SECONDS,
    "RETRY_FIRST_SECONDS": 1.0,
    "RETRY_LONGEST_SECONDS": 60.0,
    "LOOKUP_FIRST_SECONDS": 5.0,
    "LOOKUP_LONGEST_SECONDS": 60.0,
    "MAX_TRIES": 60,
    "MAX_AGE_HOURS": 24 * 365,
    "BREAKER_FIRST_SECONDS": 5.0,
    "BREAKER_LONGEST_SECONDS": 60.0,
}
"""Quicker than in earnest, and more patient: days pass in minutes here, and a fifth of all answers is lost."""
_WEBHOOK_SECONDS = 2.0
_WEBHOOKS = {
    "TIMEOUT_SECONDS": _WEBHOOK_SECONDS,
    "CONCURRENCY": 16,
    "RETRY_FIRST_SECONDS": 1.0,
    "RETRY_LONGEST_SECONDS": 60.0,
    "MAX_AGE_HOURS": 24 * 30,
}


@dataclass(frozen=True)
class Size:
    """How much is proved."""

    referrals: int
    lost_replies: float
    kills: int
    seed: int
    store: Literal["sqlite", "postgresql"] = "sqlite"
    processes: int = 1
    postgres_url: str | None = field(default=None, repr=False)
    """A server that is there already, and that is not ours to kill."""


@dataclass(frozen=True)
class Script:
    """What a proof is played by; the command line leaves it as it is, the tests of broken builds do not."""

    module: str = LEASHED
    """What runs the hub's commands."""
    faults: Callable[[Mapping[str, Any]], list[Fault]] | None = None
    """From an agency's description to its faults; the usual ones, if absent."""
    services: frozenset[str] | None = None
    """Only these services are asked for; all, if absent."""
    asked_share: float = 0.2
    """Of the cases that agencies work on, for how many they ask for more."""
    patience_seconds: float = 240.0
    """After so much wall time without a change whatever is open in the end is given up."""
    patience: Patience | None = None
    """With the whole; by its size, if absent."""

    def patience_for(self, size: Size) -> Patience:
        """Return after what wall time a proof of that size is given up."""
        return self.patience or Patience(quiet=300.0, in_all=900.0 + 3.0 * size.referrals + 30.0 * size.kills)


@dataclass(frozen=True)
class Scene:
    """What a proof plays on."""

    control: Control
    centre: Centre
    company: Company
    evidence: Evidence
    disturber: Disturber
    take_overs: TakeOvers
    receiver: Receiver
    agencies: tuple[str, ...]


def write_config(folder: StageFolder, demo: Path) -> Path:
    """Write the demo's configuration with its paths in our folder."""
    config = folder.path / "proof.toml"
    text = demo.read_text(encoding="utf-8").replace("var/demo/", f"{folder.path}/")
    config.write_text(text, encoding="utf-8")
    return config


@asynccontextmanager
async def set_scene(size: Size, folder: StageFolder, config: Path, script: Script) -> AsyncIterator[Scene]:
    """Start everything, and stop it in the end, whatever happened."""
    async with AsyncExitStack() as closing:
        server, store_url = closing.enter_context(_store(size, folder))
        secret = secrets.token_hex(32)
        write_mocks_settings(folder, secret)
        mocks = Child("mocks", mocks_arguments(folder), bare_environ(), folder.log("mocks"))
        closing.callback(mocks.stop)
        places = await mocks.until(lambda: read_places(folder), _START_SECONDS)
        control = await closing.enter_async_context(Control(places["control_url"]))
        store = {"NARU_STORE__URL": store_url}
        key = await add_centre(folder, config, _CENTRE, store)
        callers = await control.agencies_that_call_back()
        environ = {**hub_environ(folder, places, callers, secret), **store, **_own_settings()}
        batch = frozenset(slug for slug, profile in profiles().items() if profile.batching is not None)
        evidence = Evidence(store_url, batch)
        closing.callback(evidence.close)
        if size.store == "postgresql":
            evidence.mark_attempts()
        company = Company(folder, config, environ, size.processes, script.module)
        closing.callback(company.stop)
        for member in company.members:
            company.start(member)
        await asyncio.gather(*(company.until_ready(member) for member in company.members))
        for slug in callers:
            await control.set_callback(slug, f"{company.urls[0]}/v1/callbacks/{slug}")
        faults = script.faults or partial(faults_for, lost_replies=size.lost_replies)
        for agency in await control.agencies():
            await control.set_faults(agency["slug"], faults(agency), size.seed)
        take_overs = TakeOvers(evidence)
        disturber = Disturber(company, evidence, take_overs, server, LEASE_SECONDS, size.seed)
        centre = Centre(company.urls, key, control, script.patience_for(size).quiet, disturber.strike)
        closing.push_async_callback(centre.aclose)
        receiver = closing.enter_context(Receiver(_WEBHOOK_SECONDS + 1.0, size.seed))
        await centre.register_webhook(receiver.url)
        agencies = tuple(places["agencies"])
        yield Scene(control, centre, company, evidence, disturber, take_overs, receiver, agencies)


@contextmanager
def _store(size: Size, folder: StageFolder) -> Iterator[tuple[OwnServer | None, str]]:
    """Yield the database server, if it is ours, and the address of an empty store."""
    if size.store == "sqlite":
        yield None, f"sqlite:///{folder.path / 'naru.db'}"
        return
    if size.postgres_url is not None:
        with database(size.postgres_url) as url:
            yield None, url
        return
    home = Path(tempfile.mkdtemp(prefix="naru-postgres-"))  # our folder is ours alone; it may run as another user
    server = OwnServer(home)
    try:
        server.make()
        server.start()
        with database(server.url) as url:
            yield server, url
    finally:
        server.kill()
        shutil.rmtree(home, ignore_errors=True)


def _own_settings() -> dict[str, str]:
    ours = {f"NARU_DELIVERY__{name}": str(value) for name, value in _DELIVERY.items()}
    ours |= audit_chain.SETTINGS
    ours |= {f"NARU_WEBHOOKS__{name}": str(value) for name, value in _WEBHOOKS.items()}
    return ours | {f"NARU_ADAPTERS__{slug}__TIMEOUT_SECONDS".upper(): str(_TIMEOUT_SECONDS) for slug in profiles()}


def profiles() -> Mapping[str, Profile]:
    """Return what the installed agencies declare of themselves."""
    return {slug: a.profile for slug, a in installed_adapters().items() if not isinstance(a, Broken)}
