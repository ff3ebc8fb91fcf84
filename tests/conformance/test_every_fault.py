"""Every registered adapter, every fault of the catalogue, every verb: what it comes to, and what the agency then has.

All on real sockets against the real mocks. What must come out is declared, with reasons, in
`adapters/sdk/testing/fault_table.py` and the adapters' `faults.toml`; `docs/classification.md` is written from both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fault_bench import (
    IMPATIENT,
    NONE,
    PATIENT,
    Stage,
    adapters,
    callback_rows,
    come_to,
    open_stage,
    request_rows,
    spoken,
)
from hub_bench import HubBench, open_hub
from hub_rules import next_step
from structlog.testing import capture_logs

from adapters.sdk import Found, NotFound, Repeat, StatusReport, Verb
from adapters.sdk.testing import ANSWERS, Row, Says, said_by
from mocks.kit.fault_catalogue import CATALOGUE
from schemas.events import EventKind
from schemas.status import DeliveryStatus

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

WRITES = {Verb.SUBMIT, Verb.WITHDRAW, Verb.SUPPLEMENT}
"""The verbs that are business acts at the agency."""
HONEST = Row(NONE, Says.ANSWER, "the agency behaves")
CASES = [
    pytest.param(slug, row, verb, id=f"{slug}-{row.fault}-{verb}")
    for slug, adapter in adapters().items()
    for row in (HONEST, *request_rows(slug))
    for verb in spoken(adapter)
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.mark.parametrize(("slug", "row", "verb"), CASES)
async def test_every_fault_comes_to_what_is_declared(stage: Stage, slug: str, row: Row, verb: Verb) -> None:
    """One class, no more acts than the catalogue says, nobody's key twice; asked again, the agency tells the truth."""
    patient, key, receipt = stage.patient[slug], stage.patient[slug].new_key(), ""
    if verb not in {Verb.SUBMIT, Verb.VERIFY}:
        key, receipt = await stage.referral(slug)
    bench = stage.impatient[slug] if row.waits else patient
    honest = await come_to(patient, Verb.STATUS, key, receipt) if verb is Verb.STATUS else None
    before = len(stage.acts(slug))
    await stage.set_fault(slug, row.fault, **_duration(row.fault, patient.profile.settling_seconds))
    result = await come_to(bench, verb, key, receipt)
    await stage.set_fault(slug, NONE)

    assert (said_by(result), repr(result)) == (row.says, repr(result))
    happened = row.fault == NONE or CATALOGUE[row.fault].acts
    assert len(stage.acts(slug)) - before in ({int(happened)} if verb in WRITES else {0, int(verb is Verb.VERIFY)})
    assert set(Counter((act.operation, act.key) for act in stage.acts(slug) if act.key).values()) <= {1}
    if row.says is Says.ANSWER:
        assert isinstance(result, ANSWERS[verb])
    if isinstance(result, StatusReport) and isinstance(honest, StatusReport):
        known = honest.facts[: len(result.facts)] if row.fault == "late_result" else honest.facts
        assert (result.facts, len(honest.facts) > 2) == (known, True)
    if verb is Verb.SUBMIT and Verb.FIND in spoken(adapters()[slug]):
        settling = patient.profile.settling_seconds
        if row.fault == "accept_then_hide" and settling:
            assert isinstance(await come_to(patient, Verb.FIND, key, ""), NotFound)
        stage.server.clock.advance(settling + 1)
        assert isinstance(await come_to(patient, Verb.FIND, key, ""), Found if happened else NotFound)


def _duration(fault: str, settling: float) -> dict[str, float]:
    """Hide an act as long as the agency's contract allows; leave all else to the catalogue."""
    return {"seconds": settling} if fault == "accept_then_hide" else {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def patient_hub(stage: Stage) -> AsyncIterator[HubBench]:
    async with open_hub(stage, "patient", PATIENT) as hub:
        yield hub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def impatient_hub(stage: Stage) -> AsyncIterator[HubBench]:
    async with open_hub(stage, "impatient", IMPATIENT) as hub:
        yield hub


HUB_CASES = [
    pytest.param(slug, row, id=f"{slug}-{row.fault}")
    for slug, adapter in adapters().items()
    if Verb.SUBMIT in spoken(adapter)
    for row in (HONEST, *request_rows(slug))
]
STRIKES = 3
"""Calls in a row that a fault strikes: the first send, and what the hub does about it."""
LONGEST = 40
"""Calls after which a referral that has come to no end will come to none."""


@pytest.mark.parametrize(("slug", "row"), HUB_CASES)
async def test_through_the_hub_every_fault_ends_with_one_act(
    stage: Stage, patient_hub: HubBench, impatient_hub: HubBench, slug: str, row: Row
) -> None:
    """The hub does what the page says; when the line is mended and settled, the agency has the referral once."""
    hub, profile = impatient_hub if row.waits else patient_hub, adapters()[slug].profile
    referral_id, before = await hub.accept(slug), len(stage.acts(slug))
    await stage.set_fault(slug, row.fault, **_duration(row.fault, profile.settling_seconds))
    with capture_logs() as logged:
        assert await hub.step(referral_id)
    first = hub.referral(referral_id)
    for _ in range(STRIKES - 1):
        await hub.step(referral_id)
    await stage.set_fault(slug, NONE)
    calls = 0
    while await hub.step(referral_id):
        calls += 1
        assert calls < LONGEST

    declared = next_step(adapters()[slug], Verb.SUBMIT, row.says)
    assert (first.delivery, first.reason) == (declared.status, declared.reason)
    assert ("hostile_reply" in {line["event"] for line in logged}) == (row.says is Says.HOSTILE)
    last, acts = hub.referral(referral_id), stage.acts(slug)[before:]
    if profile.repeat in {Repeat.KEYED, Repeat.LOOKUP}:
        assert (last.delivery, len(acts)) == (DeliveryStatus.DELIVERED, 1)
        assert acts[0].receipt == last.receipt
    elif first.delivery is DeliveryStatus.UNKNOWN:  # nobody but a person can say whether it arrived: it stays
        assert (last.delivery, last.reason) == (DeliveryStatus.UNKNOWN, "person_decides")
        assert len(acts) == int(CATALOGUE[row.fault].acts)
    else:
        assert (last.delivery, len(acts)) == (DeliveryStatus.DELIVERED, 1)


CALLBACK_CASES = [
    pytest.param(slug, row, id=f"{slug}-{row.fault}") for slug in adapters() for row in callback_rows(slug)
]


@pytest.mark.parametrize(("slug", "row"), CALLBACK_CASES)
async def test_through_the_hub_every_callback_is_taken_once(
    stage: Stage, patient_hub: HubBench, slug: str, row: Row
) -> None:
    """Twice, late or overtaken: the hub ends where the agency is, each change is told once, and nothing is flagged."""
    hub = patient_hub
    referral_id = await hub.accept(slug)
    await hub.step(referral_id)
    referral = hub.referral(referral_id)
    async with hub.hearing(slug):
        await stage.set_fault(slug, row.fault, times=1)
        told = await stage.tell_steps(slug, referral.wire_key, twice=row.fault == "duplicate_callback")
        await stage.set_fault(slug, NONE)
    report = await come_to(stage.patient[slug], Verb.STATUS, referral.wire_key, referral.receipt or "")

    assert isinstance(report, StatusReport)
    assert told > 1
    assert hub.referral(referral_id).business is report.facts[-1].business
    changes = [event.business for event in hub.events(referral_id) if event.kind is EventKind.BUSINESS_CHANGED]
    assert set(Counter(changes).values()) == {1}
    assert EventKind.FACT_FLAGGED not in {event.kind for event in hub.events(referral_id)}
