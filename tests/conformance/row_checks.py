"""What one row of the fault table asks of adapter, mock and hub: each check makes the fault happen and judges the end.

The tests run them; so does the one that lets every fault be idle and expects each check to fail.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from fault_bench import IMPATIENT, Stage, come_to
from fault_rows import NONE, adapters, spoken
from file_rows import FileRow
from hub_bench import HubBench
from hub_rules import last_step, next_step
from structlog.testing import capture_logs

from adapters.sdk import Fact, Found, NotFound, StatusReport, Verb
from adapters.sdk.kst import to_kst_second
from adapters.sdk.testing import ANSWERS, Row, Says, said_by
from mocks.kit.fault_catalogue import CATALOGUE, Moment
from mocks.kit.file_faults import EVERY_FAULT
from schemas.events import EventKind
from schemas.status import DeliveryStatus

WRITES = {Verb.SUBMIT, Verb.WITHDRAW, Verb.SUPPLEMENT}
"""The verbs that are business acts at the agency."""
STRIKES = 3
"""Calls in a row that a fault strikes: the first send, and what the hub does about it."""
LONGEST = 40
"""Calls after which a referral that has come to no end will come to none."""


async def check_call(stage: Stage, slug: str, row: Row, verb: Verb) -> None:
    """One class, no more acts than the catalogue says, nobody's key twice; asked again, the agency tells the truth."""
    patient, key, receipt = stage.patient[slug], stage.patient[slug].new_key(), ""
    if verb not in {Verb.SUBMIT, Verb.VERIFY}:
        key, receipt = await stage.referral(slug)
    bench = stage.impatient[slug] if row.waits else patient
    before, started = len(stage.acts(slug)), asyncio.get_running_loop().time()
    async with stage.fault(slug, row.fault):
        result = await come_to(bench, verb, key, receipt)
    lasted = asyncio.get_running_loop().time() - started

    assert (said_by(result), repr(result)) == (row.says, repr(result))
    assert not row.waits or lasted >= IMPATIENT
    happened = row.fault == NONE or CATALOGUE[row.fault].acts
    assert len(stage.acts(slug)) - before in ({int(happened)} if verb in WRITES else {0, int(verb is Verb.VERIFY)})
    assert set(Counter((act.operation, act.key) for act in stage.acts(slug) if act.key).values()) <= {1}
    if row.says is Says.ANSWER:
        assert isinstance(result, ANSWERS[verb])
    if verb is Verb.SUBMIT and Verb.FIND in spoken(adapters()[slug]):
        settling = patient.profile.settling_seconds
        if row.fault == "accept_then_hide" and settling:
            assert isinstance(await come_to(patient, Verb.FIND, key, ""), NotFound)
        stage.server.clock.advance(settling + 1)
        assert isinstance(await come_to(patient, Verb.FIND, key, ""), Found if happened else NotFound)


async def check_poll(stage: Stage, slug: str, row: Row) -> None:
    """What a poll answers badly is on the wire, and the adapter makes of it what is known: no fact more, none twice."""
    key, receipt = await stage.referral(slug)
    honest = await come_to(stage.patient[slug], Verb.STATUS, key, receipt)
    async with stage.fault(slug, row.fault):
        result = await come_to(stage.patient[slug], Verb.STATUS, key, receipt)
    good, bad = stage.given[slug][-2:]

    assert isinstance(honest, StatusReport)
    assert isinstance(result, StatusReport)
    assert len(honest.facts) > 1
    known = len(honest.facts)
    if row.fault == "late_result":
        known = len(result.facts)
        assert 0 < known < len(honest.facts)
    assert result.facts == honest.facts[:known]
    was, is_now = order_of(honest.facts, good), order_of(honest.facts, bad)
    assert sorted(set(was), key=was.index) == list(range(len(honest.facts)))
    if row.fault == "duplicate_result":
        assert all(is_now.count(fact) > was.count(fact) for fact in set(was))
    if row.fault == "out_of_order_result":
        assert (sorted(is_now), is_now != was) == (sorted(was), True)


def order_of(facts: Sequence[Fact], body: bytes) -> list[int]:
    """Return in which order facts stand in an answer, each by its number, found by its time on the wire."""
    times = [to_kst_second(fact.occurred_at).encode() for fact in facts if fact.occurred_at is not None]
    places = [(place, number) for number, time in enumerate(times) for place in _places(time, body)]
    return [number for _, number in sorted(places)]


def _places(part: bytes, whole: bytes) -> list[int]:
    return [place for place in range(len(whole)) if whole.startswith(part, place)]


async def check_hub(stage: Stage, hub: HubBench, slug: str, row: Row) -> None:
    """The hub does what the page says; once the line is mended and settled, the referral ends as is declared."""
    referral_id, before = await hub.accept(slug), len(stage.acts(slug))
    async with stage.fault(slug, row.fault):
        with capture_logs() as logged:
            assert await hub.step(referral_id)
        first = hub.referral(referral_id)
        for _ in range(STRIKES - 1):
            await hub.step(referral_id)
    calls = 0
    while await hub.step(referral_id):
        calls += 1
        assert calls < LONGEST

    declared, end = next_step(adapters()[slug], Verb.SUBMIT, row.says), last_step(adapters()[slug], row)
    assert (first.delivery, first.reason) == (declared.status, declared.reason)
    assert ("hostile_reply" in {line["event"] for line in logged}) == (row.says is Says.HOSTILE)
    last, acts = hub.referral(referral_id), stage.acts(slug)[before:]
    assert (last.delivery, last.reason, len(acts)) == (end.status, end.reason, end.acts)
    assert end.person or acts[0].receipt == last.receipt


async def check_hub_poll(stage: Stage, hub: HubBench, slug: str, row: Row) -> None:
    """After a bad answer to a poll and a good one, the hub is where the agency is; each change is told once."""
    referral_id = await hub.accept(slug)
    await hub.step(referral_id)
    referral = hub.referral(referral_id)
    await stage.take_steps(slug, referral.wire_key, referral.receipt or "")
    async with stage.fault(slug, row.fault):
        await hub.poll(referral_id)
    await hub.poll(referral_id)
    await _check_where_it_is(stage, hub, slug, referral_id)


async def check_callback(stage: Stage, hub: HubBench, slug: str, row: Row) -> None:
    """Twice, late or overtaken, it arrives so; the hub ends where the agency is, and each change is told once."""
    referral_id = await hub.accept(slug)
    await hub.step(referral_id)
    async with hub.hearing(slug), stage.fault(slug, row.fault, times=1):
        steps, arrived = await stage.tell_steps(slug, hub.referral(referral_id).wire_key)

    assert steps > 1
    struck, later = [row.fault], [None] * (steps - 1)
    expected = {
        "duplicate_callback": struck + struck + later,
        "late_callback": later + struck,
        "out_of_order_callback": later[:1] + struck + later[1:],
    }
    assert arrived == expected[row.fault]
    await _check_where_it_is(stage, hub, slug, referral_id)


async def check_file(stage: Stage, hub: HubBench, slug: str, row: FileRow) -> None:
    """Some days after its file went wrong, a referral is where the table says, and the agency has it as often."""
    referral_id, before = await hub.accept(slug), len(stage.acts(slug))
    entries = stage.server.counters[slug].desk.journal.entries
    async with stage.fault(slug, row.fault, times=None if row.fault == "refuse_connection" else 1):
        await hub.days_pass(slug, referral_id)
        meanwhile = hub.referral(referral_id)
    await hub.days_pass(slug, referral_id)
    referral, told = hub.referral(referral_id), stage.server.counters[slug].desk.journal.entries[len(entries) :]

    assert (referral.delivery, len(stage.acts(slug)) - before) == (row.status, row.acts)
    assert referral.reason == ("person_decides" if row.person else None) or row.status is DeliveryStatus.REFUSED
    assert hub.files(referral_id) == row.files
    if row.fault == "refuse_connection":
        assert (meanwhile.delivery, meanwhile.reason) == (DeliveryStatus.UNKNOWN, "person_decides")
    elif row.fault != NONE and EVERY_FAULT[row.fault].moment is Moment.FILE_OUT:
        assert row.fault in {entry.fault for entry in told if entry.direction == "out"}


async def _check_where_it_is(stage: Stage, hub: HubBench, slug: str, referral_id: str) -> None:
    referral = hub.referral(referral_id)
    report = await come_to(stage.patient[slug], Verb.STATUS, referral.wire_key, referral.receipt or "")
    assert isinstance(report, StatusReport)
    assert referral.business is report.facts[-1].business
    changes = [event.business for event in hub.events(referral_id) if event.kind is EventKind.BUSINESS_CHANGED]
    assert set(Counter(changes).values()) == {1}
    assert EventKind.FACT_FLAGGED not in {event.kind for event in hub.events(referral_id)}
