"""One proof from beginning to end: set up, hand in, disturb, let all settle, audit."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import time
import tomllib
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from adapters.sdk import Profile, Repeat, Verb, capabilities
from adapters.sdk.registry import Broken, installed_adapters
from hub.cli.proof.centre import Centre, all_referrals
from hub.cli.proof.clockwork import Clockwork
from hub.cli.proof.company import Company
from hub.cli.proof.disturber import Disturber
from hub.cli.proof.evidence import Evidence
from hub.cli.proof.faults import Fault, faults_for
from hub.cli.proof.life import Life
from hub.cli.proof.plan import PlannedCase, plan_cases, read_template
from hub.cli.proof.verdict import Verdict
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
from mocks.auditor import Statute, Terms, audit, read_book, read_promises

_START_SECONDS = 60.0
_COUNSELLORS = 4
"""How many cases are handed in at once."""
_CENTRE = "나루 증명 센터"
_TIMEOUT_SECONDS, _WINDOW_SECONDS = 4.0, 2.0
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


@dataclass(frozen=True)
class Size:
    """How much is proved."""

    referrals: int
    lost_replies: float
    kills: int
    seed: int
    store: Literal["sqlite", "postgresql"] = "sqlite"
    processes: int = 1
    postgres_url: str | None = None
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
    patience_seconds: float = 240.0
    """After so much wall time without a change whatever is open is given up."""


_AS_USUAL = Script()


@dataclass(frozen=True)
class Scene:
    """What a proof plays on."""

    control: Control
    centre: Centre
    company: Company
    evidence: Evidence
    disturber: Disturber
    agencies: tuple[str, ...]


async def prove(
    size: Size, folder: StageFolder, examples: Path, say: Callable[[str], None], script: Script = _AS_USUAL
) -> Verdict:
    """Run a proof.

    Raises:
        ChildError, ControlError, HubError, NoPostgresError: it could not be run to its end.
    """
    began = time.monotonic()
    template = read_template(examples / "cases" / "everything-qualifies.json", script.services)
    cases = plan_cases(template, size.referrals, size.seed)
    config = _write_config(folder, examples / "demo.toml")
    async with _set_scene(size, folder, config, script) as scene:
        await _play(scene, cases, size, script, say)
        await scene.centre.read_all()
        return await _judge(scene, cases, size, folder, config, time.monotonic() - began)


async def _play(
    scene: Scene, cases: Sequence[PlannedCase], size: Size, script: Script, say: Callable[[str], None]
) -> None:
    clockwork = Clockwork(scene.control, scene.evidence)
    unsteady = {case.name: case.unsteady for case in cases}
    life = Life(scene.control, scene.evidence, partial(scene.centre.is_steady, unsteady), size.seed)
    async with _running(clockwork.run(_hour_every(size)), life.run(), _report(scene, size, say)):
        killing = asyncio.create_task(
            scene.disturber.kill_until_landed(size.kills, lambda: len(scene.centre.records) / len(cases))
        )
        try:
            await _hand_in_all(scene, cases, size, killing)
            await _watch(scene, killing)
        finally:
            killing.cancel()
        await scene.disturber.calm()
    say("all cases are in; letting everything settle")
    async with _running(life.run()):
        await clockwork.settle(script.patience_seconds)


async def _hand_in_all(scene: Scene, cases: Sequence[PlannedCase], size: Size, killing: asyncio.Task[None]) -> None:
    """Hand all cases in, no faster than kills land: there must be something to interrupt for the last one too."""
    waiting, changing = deque(cases), set[asyncio.Task[None]]()
    total = len(cases)

    def may_go_on() -> bool:
        share = (scene.disturber.tally.landed + 1) / (size.kills + 1)
        return killing.done() or total - len(waiting) < share * total

    async def counsel() -> None:
        while waiting:
            if not may_go_on() and not await _is_idle(scene.evidence):
                await asyncio.sleep(0.05)
                continue
            if waiting:
                case = waiting.popleft()
                await scene.centre.hand_in(case)
                changing.add(asyncio.create_task(_change_minds(scene.centre, case)))

    await asyncio.gather(*(counsel() for _ in range(_COUNSELLORS)))
    await asyncio.gather(*changing)


async def _change_minds(centre: Centre, case: PlannedCase) -> None:
    for change in sorted(case.changes, key=lambda change: change.after_seconds):
        await asyncio.sleep(change.after_seconds)
        await centre.change(case, change)


async def _watch(scene: Scene, killing: asyncio.Task[None]) -> None:
    """Wait for the last kills; once nothing is left that could be interrupted, tell the killer."""
    quiet = 0
    while not killing.done():
        await asyncio.sleep(0.5)
        quiet = quiet + 1 if await _is_idle(scene.evidence) else 0
        if quiet > 6:  # noqa: PLR2004 - three seconds
            scene.disturber.work_is_over.set()
    await killing


async def _is_idle(evidence: Evidence) -> bool:
    """Return whether nothing is left to send but what waits for an hour of files."""
    standing = await evidence.standing()
    return standing is not None and standing.open == standing.by_file and not standing.sending


async def _judge(
    scene: Scene, cases: Sequence[PlannedCase], size: Size, folder: StageFolder, config: Path, seconds: float
) -> Verdict:
    control = scene.control
    books = {slug: read_book(slug, await control.ledger(slug), await control.journal(slug)) for slug in scene.agencies}
    documents = {case.name: case.document for case in cases}
    records = [record.as_json() for record in scene.centre.records.values()]
    promises = read_promises(documents, {"cases": records})
    findings = audit(
        promises,
        books,
        ended_at=await control.now(),
        ledger_key=folder.ledger_key,
        statutes=_statutes(config),
        terms=_terms(frozenset(scene.disturber.disturbed)),
    )
    repeated, tally = scene.centre.repeated, scene.disturber.tally
    return Verdict(promises, books, findings, size.referrals, size.kills, tally, repeated, seconds)


def _statutes(config: Path) -> tuple[Statute, ...]:
    tables = tomllib.loads(config.read_text(encoding="utf-8"))
    return tuple(Statute.from_table(table) for table in tables.get("statutes", []))


def _terms(disturbed: frozenset[str]) -> Terms:
    """Return what the agencies' declared profiles say of lost answers and withdrawals."""
    verbs = {slug: capabilities(a) for slug, a in installed_adapters().items() if not isinstance(a, Broken)}
    left = {slug for slug, profile in _profiles().items() if profile.repeat in {Repeat.NEVER, Repeat.BATCH}}
    told = {slug for slug, has in verbs.items() if has & {Verb.WITHDRAW, Verb.FOLD}}
    return Terms(frozenset(left), frozenset(told), disturbed)


def _profiles() -> Mapping[str, Profile]:
    return {slug: a.profile for slug, a in installed_adapters().items() if not isinstance(a, Broken)}


def _hour_every(size: Size) -> float:
    """Return after how many wall seconds the clock goes on to the next hour of files."""
    return 2.0 if size.referrals < 500 else 10.0  # noqa: PLR2004 - a short run shall see some files too


def _write_config(folder: StageFolder, demo: Path) -> Path:
    """Write the demo's configuration with its paths in our folder."""
    config = folder.path / "proof.toml"
    text = demo.read_text(encoding="utf-8").replace("var/demo/", f"{folder.path}/")
    config.write_text(text, encoding="utf-8")
    return config


@asynccontextmanager
async def _set_scene(size: Size, folder: StageFolder, config: Path, script: Script) -> AsyncIterator[Scene]:
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
        batch = frozenset(slug for slug, profile in _profiles().items() if profile.batching is not None)
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
        centre = Centre(company.urls, key, control)
        closing.push_async_callback(centre.aclose)
        disturber = Disturber(company, evidence, server, LEASE_SECONDS, size.seed)
        yield Scene(control, centre, company, evidence, disturber, tuple(places["agencies"]))


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
    return ours | {f"NARU_ADAPTERS__{slug}__TIMEOUT_SECONDS".upper(): str(_TIMEOUT_SECONDS) for slug in _profiles()}


async def _report(scene: Scene, size: Size, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(5)
        tally, promised = scene.disturber.tally, len(all_referrals(scene.centre.records.values()))
        say(f"{promised} of {size.referrals} accepted, {tally.landed} of {size.kills} kills landed")


@asynccontextmanager
async def _running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run work beside the block; what fails there fails the block's end."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
