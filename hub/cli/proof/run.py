"""One proof from beginning to end: hand in, disturb, let all settle, audit. What it plays on is set up in `scene`."""

from __future__ import annotations

import asyncio
import time
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from adapters.sdk import Repeat, Verb, capabilities
from adapters.sdk.registry import Broken, installed_adapters
from hub.cli.proof.audit_chain import judge_chain
from hub.cli.proof.centre import Centre, HubError, all_referrals
from hub.cli.proof.clockwork import Clockwork
from hub.cli.proof.evidence import Evidence
from hub.cli.proof.life import Life
from hub.cli.proof.patience import StuckError, lose_patience, run_beside, run_together
from hub.cli.proof.plan import PlannedCase, plan_cases, read_template
from hub.cli.proof.scene import LEASE_SECONDS, Scene, Script, Size, profiles, set_scene, write_config
from hub.cli.proof.verdict import Verdict
from hub.cli.stage.folder import StageFolder
from hub.cli.stage.processes import ChildError
from mocks.auditor import Statute, Terms, audit, read_book, read_promises, untold_centre

__all__ = ["Script", "Size", "prove"]

_COUNSELLORS = 4
"""How many cases are handed in at once."""
_PROGRESS = "{} referrals accepted, {} kills landed, {} deliveries settled, {} notices taken"
_HEAR_SECONDS, _NUDGE_SECONDS = 0.2, 5.0
_AS_USUAL = Script()


async def prove(
    size: Size, folder: StageFolder, examples: Path, say: Callable[[str], None], script: Script = _AS_USUAL
) -> Verdict:
    """Run a proof. A hub that never answers, or never gets on, ends it with a verdict that says so.

    Raises:
        ChildError, ControlError, NoPostgresError: it could not be begun, or the mocks failed.
    """
    began = time.monotonic()
    template = read_template(examples / "cases" / "everything-qualifies.json", script.services)
    cases = plan_cases(template, size.referrals, size.seed)
    config = write_config(folder, examples / "demo.toml")
    async with set_scene(size, folder, config, script) as scene:
        stopped = None
        try:
            watch = lose_patience(script.patience_for(size), partial(_progress, scene), _PROGRESS)
            await run_beside(_play(scene, cases, size, script, say), watch, scene.take_overs.run())
        except (StuckError, HubError, ChildError) as error:
            stopped = str(error)
            say(f"given up: {stopped}")
        return await _judge(scene, cases, size, folder, config, time.monotonic() - began, stopped)


async def _progress(scene: Scene) -> tuple[int, ...]:
    promised, settled = len(all_referrals(scene.centre.records.values())), await scene.evidence.settled()
    return promised, scene.disturber.tally.landed, settled, len(scene.receiver.notices)


async def _play(
    scene: Scene, cases: Sequence[PlannedCase], size: Size, script: Script, say: Callable[[str], None]
) -> None:
    clockwork = Clockwork(scene.control, scene.evidence)
    unsteady = {case.name: case.unsteady for case in cases}
    may_end = partial(scene.centre.is_steady, unsteady)
    asking, share = _who_asks_for_more(), script.asked_share
    life = Life(scene.control, scene.evidence, scene.centre, may_end, asking, share, size.seed)

    async def disturb_and_settle() -> None:
        await run_beside(
            _hand_in_and_kill(scene, cases, size), clockwork.run(_hour_every(size)), _report(scene, size, say)
        )
        say("all cases are in; letting everything settle")
        await clockwork.settle(script.patience_seconds, life.waiting)
        life.is_over = True

    await run_together(disturb_and_settle(), life.run())
    await clockwork.settle(script.patience_seconds)
    await _read_the_end(scene)


async def _read_the_end(scene: Scene) -> None:
    """Read how everything stands, in a moment in which the centre has heard all that there is to hear."""
    while True:
        await _hear_all(scene)
        heard = len(scene.receiver.notices)
        await scene.centre.read_all()
        await _hear_all(scene)
        if len(scene.receiver.notices) == heard:
            scene.receiver.close_book(heard)  # the hub goes on, and tells of what nobody has read
            return


async def _hear_all(scene: Scene) -> None:
    while not await scene.centre.has_heard_all():
        await scene.control.nudge_clock(_NUDGE_SECONDS)
        await asyncio.sleep(_HEAR_SECONDS)


async def _hand_in_and_kill(scene: Scene, cases: Sequence[PlannedCase], size: Size) -> None:
    async def hand_in() -> None:
        await _hand_in_all(scene, cases, size)
        await _watch(scene, size)

    await run_together(
        scene.disturber.kill_until_landed(size.kills, lambda: len(scene.centre.records) / len(cases)), hand_in()
    )
    await scene.disturber.calm()


async def _hand_in_all(scene: Scene, cases: Sequence[PlannedCase], size: Size) -> None:
    """Hand all cases in, no faster than kills land: there must be something to interrupt for the last one too."""
    counsellors, door = asyncio.Semaphore(_COUNSELLORS), asyncio.Lock()

    def may_go_on() -> bool:
        share = (scene.disturber.tally.landed + 1) / (size.kills + 1)
        return len(scene.centre.records) < share * len(cases)

    async def see_to(case: PlannedCase) -> None:
        async with counsellors:
            async with door:  # one of them looks for all
                while not may_go_on():
                    if await _is_idle(scene.evidence):
                        break
                    await asyncio.sleep(0.1)
            await scene.centre.hand_in(case)
        await _change_minds(scene.centre, case)

    await run_together(*map(see_to, cases))


async def _change_minds(centre: Centre, case: PlannedCase) -> None:
    for change in sorted(case.changes, key=lambda change: change.after_seconds):
        await asyncio.sleep(change.after_seconds)
        await centre.change(case, change)


async def _watch(scene: Scene, size: Size) -> None:
    """Wait for the last kills; once nothing is left that could be interrupted, tell the killer."""
    quiet = 0
    while scene.disturber.tally.landed < size.kills and quiet <= 6:  # noqa: PLR2004 - three seconds
        await asyncio.sleep(0.5)
        quiet = quiet + 1 if await _is_idle(scene.evidence) else 0
    scene.disturber.work_is_over.set()


async def _is_idle(evidence: Evidence) -> bool:
    """Return whether nothing is left to send but what waits for an hour of files."""
    standing = await evidence.standing()
    return standing is not None and standing.open == standing.by_file and not standing.sending


async def _judge(
    scene: Scene,
    cases: Sequence[PlannedCase],
    size: Size,
    folder: StageFolder,
    config: Path,
    seconds: float,
    stopped: str | None,
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
    return Verdict(
        size=size,
        promises=promises,
        books=books,
        findings=findings,
        untold_centre=tuple(untold_centre(promises, scene.receiver.book, scene.centre.webhook_secret)),
        tally=scene.disturber.tally,
        take_over_seconds={**scene.take_overs.as_json(), "lease_seconds": LEASE_SECONDS},
        notices=len(scene.receiver.book),
        repeated_requests=scene.centre.repeated,
        seconds=seconds,
        audit_chain=await judge_chain(scene.evidence.store_url, folder.hub_environ()),
        stopped=stopped,
    )


def _statutes(config: Path) -> tuple[Statute, ...]:
    tables = tomllib.loads(config.read_text(encoding="utf-8"))
    return tuple(Statute.from_table(table) for table in tables.get("statutes", []))


def _terms(disturbed: frozenset[str]) -> Terms:
    """Return what the agencies' declared profiles say of lost answers and withdrawals."""
    verbs = {slug: capabilities(a) for slug, a in installed_adapters().items() if not isinstance(a, Broken)}
    left = {slug for slug, profile in profiles().items() if profile.repeat in {Repeat.NEVER, Repeat.BATCH}}
    told = {slug for slug, has in verbs.items() if has & {Verb.WITHDRAW, Verb.FOLD}}
    return Terms(frozenset(left), frozenset(told), disturbed)


def _who_asks_for_more() -> frozenset[str]:
    """Return the agencies that take more after they asked for it; files have no place for it."""
    ours = {slug: adapter for slug, adapter in installed_adapters().items() if not isinstance(adapter, Broken)}
    return frozenset(slug for slug, adapter in ours.items() if Verb.SUPPLEMENT in capabilities(adapter))


def _hour_every(size: Size) -> float:
    """Return after how many wall seconds the clock goes on to the next hour of files."""
    return 2.0 if size.referrals < 500 else 10.0  # noqa: PLR2004 - a short run shall see some files too


async def _report(scene: Scene, size: Size, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(5)
        say(_PROGRESS.format(*await _progress(scene)) + f" ({size.referrals} and {size.kills} are wanted)")
