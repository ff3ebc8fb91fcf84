from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.sdk import (
    Adapter,
    AdapterSettings,
    BadReplyError,
    BusyError,
    Capacity,
    Gate,
    Impersonal,
    MisconfiguredError,
    NotSentError,
    PrecheckOrder,
    Profile,
    Repeat,
    WireKey,
)
from hub.clock import ManualClock
from hub.consent.mint import Mint
from hub.routing.capacity import Answer, Capacities, NotKnown
from hub.routing.prechecks import Prechecker
from hub.settings import PrecheckSettings, RoutingSettings
from hub.wiring import build_agencies
from schemas.services import ServiceCode

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
LOAN, JOB = ServiceCode.LOAN_MISO, ServiceCode.JOB_COUNSEL
ROOMY = Capacity(is_open=True, raw_code="00", places=3)


def agency(slug: str, service: ServiceCode, precheck: Callable[[PrecheckOrder], Any]) -> type[Adapter[Any]]:
    """Make an adapter that answers pre-checks by a function."""

    class Quayside(Adapter[AdapterSettings]):
        """Has a pre-check, and nothing else."""

        profile = Profile(
            slug=slug, title=slug, wire="in memory", contract_basis="assumed", services=frozenset({service}),
            discloses=frozenset({"client.name"}), requires=frozenset({"client.name"}), repeat=Repeat.KEYED,
            wire_key=WireKey(20),
        )  # fmt: skip

        async def precheck(self, order: PrecheckOrder) -> Capacity:
            found = precheck(order)
            return await found if asyncio.iscoroutine(found) else found

    return Quayside


class Bench:
    """Two agencies, one clock; `asked` are the orders that they were given."""

    def __init__(self) -> None:
        self.clock, self.gate = ManualClock(START), Gate()
        self.asked: list[PrecheckOrder] = []
        self.say: dict[str, Callable[[], Any]] = {"one": lambda: ROOMY, "two": lambda: ROOMY}
        installed = {
            slug: agency(slug, service, lambda order, slug=slug: self._answer(slug, order))
            for slug, service in (("one", LOAN), ("two", JOB))
        }
        settings = {slug: AdapterSettings(enabled=True, base_url="https://agency.test") for slug in installed}
        agencies = build_agencies(settings, installed, self.gate)
        self.capacities = Capacities(
            self.clock, self.gate, Mint(self.gate), agencies, PrecheckSettings(deadline_seconds=1.0)
        )
        routes = {"LOAN-MISO": [{"agency": "one", "from": DAY}], "JOB-COUNSEL": [{"agency": "two", "from": DAY}]}
        routing = RoutingSettings.model_validate({"services": routes})
        self.prechecker = Prechecker(routing, agencies, self.capacities)

    def _answer(self, slug: str, order: PrecheckOrder) -> Any:
        self.asked.append(order)
        return self.say[slug]()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A bench whose open questions are ended."""
    made = Bench()
    yield made
    await made.capacities.aclose()


def failing(error: Exception) -> Callable[[], Any]:
    """Say an error."""

    def fail() -> Any:
        raise error

    return fail


async def test_the_agency_is_asked_under_an_impersonal_decision(bench: Bench) -> None:
    """The question carries the mint's own leave for that agency, names the service, and holds nothing about anybody."""
    answer = await bench.capacities.ask("one", None, LOAN)
    (order,) = bench.asked
    bench.gate.check(order.decision, "one")
    assert answer == Answer(ROOMY, START)
    assert (type(order.decision), order.service, order.office) == (Impersonal, LOAN, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotSentError("x"), NotKnown.AGENCY_UNREACHABLE),
        (BusyError("x", 5), NotKnown.AGENCY_BUSY),
        (MisconfiguredError("x"), NotKnown.MISCONFIGURED),
        (BadReplyError("x"), NotKnown.NO_ANSWER),
        (ZeroDivisionError("a defect"), NotKnown.NO_ANSWER),
    ],
)
async def test_a_failing_agency_is_not_known(bench: Bench, error: Exception, reason: NotKnown) -> None:
    """Whatever goes wrong has a reason, and raises nothing."""
    bench.say["one"] = failing(error)
    assert (await bench.capacities.ask("one", None, LOAN)).said is reason


async def test_a_slow_agency_fails_nobody_else(bench: Bench) -> None:
    """Agencies are asked at the same time: one that hangs is answered as not known when its time is over."""
    bench.say["one"] = asyncio.Event().wait
    found = await bench.prechecker.check([LOAN, JOB], None, {}, DAY, ())
    assert [checked.capacity for checked in found] == [Answer(NotKnown.NO_ANSWER, START), Answer(ROOMY, START)]


async def test_both_are_asked_before_either_answers(bench: Bench) -> None:
    """The second agency is not asked after the first, but beside it."""
    both = asyncio.Barrier(2)

    async def answer() -> Capacity:
        await both.wait()
        return ROOMY

    bench.say = {"one": answer, "two": answer}
    found = await bench.prechecker.check([LOAN, JOB], None, {}, DAY, ())
    assert [checked.capacity for checked in found] == [Answer(ROOMY, START)] * 2


async def test_a_paused_agency_is_not_asked(bench: Bench) -> None:
    """While somebody paused it nothing goes to it, not even a question about nobody."""
    (checked,) = await bench.prechecker.check([LOAN], None, {}, DAY, {"one"})
    assert (checked.capacity, bench.asked) == (NotKnown.AGENCY_PAUSED, [])


async def test_an_answer_is_good_for_a_short_while(bench: Bench) -> None:
    """Within its time it is not asked again, whoever asks; after it, by the business clock, it is."""
    await asyncio.gather(*(bench.capacities.ask("one", None, LOAN) for _ in range(5)))
    bench.clock.advance(59)
    await bench.capacities.ask("one", None, LOAN)
    before = len(bench.asked)
    bench.clock.advance(1)
    later = await bench.capacities.ask("one", None, LOAN)
    assert (before, len(bench.asked), later.at) == (1, 2, bench.clock.now())


async def test_a_caller_who_goes_away_takes_no_answer_along(bench: Bench) -> None:
    """Two callers wait for one question; one gives up, and the other has the answer."""
    answered = asyncio.Event()

    async def answer() -> Capacity:
        await answered.wait()
        return ROOMY

    bench.say["one"] = answer
    impatient, patient = (asyncio.create_task(bench.capacities.ask("one", None, LOAN)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    answered.set()
    assert ((await patient).said, len(bench.asked)) == (ROOMY, 1)
