"""The 대한법률구조공단 adapter against the mock over real sockets: both services, slots, refusals, the way of a case.

What its faults come to is the matter of `test_every_fault.py`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any, ClassVar

import httpx
import pytest
from rest_contract import Judge, said

from adapters.klac import Klac
from adapters.klac.mapping import FIELDS
from adapters.klac.settings import KlacSettings
from adapters.sdk import (
    Acknowledged,
    Capacity,
    Delivered,
    Fact,
    Found,
    Impersonal,
    MisconfiguredError,
    NotFound,
    PrecheckOrder,
    Profile,
    RefusalReason,
    Refused,
)
from adapters.sdk.decisions import steady_now
from adapters.sdk.kst import KST
from adapters.sdk.testing import AdapterSuite, Bench, Subject, full_document, live_bench_of
from mocks.kit.counter import Counter
from mocks.kit.run import MockServer
from mocks.klac import KlacMock
from schemas.address import DisclosedAddress
from schemas.client import Household
from schemas.disclosure import Disclosure
from schemas.privacy import prune
from schemas.referral import AppointmentMethod, DisclosedAppointment
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

SLUG = "klac"
KEY = "test-key-of-the-centre"
B = BusinessStatus


@pytest.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer([KlacMock], {SLUG: {"api_key": KEY}}) as mocks:
        yield mocks


@pytest.fixture
def counter(server: MockServer) -> Counter:
    return server.counters[SLUG]


def settings_for(server: MockServer, **more: Any) -> KlacSettings:
    return KlacSettings(enabled=True, base_url=server.url_of(SLUG), **{"api_key": KEY, **more})


@pytest.fixture
async def bench(server: MockServer) -> AsyncIterator[Bench]:
    async with live_bench_of(Klac, settings_for(server)) as bench:
        yield bench


class Counselling(Klac):
    """The adapter as the suite shall try its other message: of one service only."""

    profile: ClassVar[Profile] = replace(Klac.profile, services=frozenset({ServiceCode.LAW_COUNSEL}))


class EmptyBook(httpx.AsyncHTTPTransport):
    """Reaches the mock and empties its appointment book every time: the suite's people all want the same hour."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self._counter = counter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        mock: Any = self._counter.mock
        mock._registrar.slots._taken.clear()
        return await super().handle_async_request(request)


@pytest.mark.parametrize("adapter", [Klac, Counselling])
class TestConformance(AdapterSuite):
    @pytest.fixture
    def subject(self, server: MockServer, adapter: type[Klac]) -> Subject:
        return Subject(
            adapter=adapter,
            settings=settings_for(server),
            agency=EmptyBook(server.counters[SLUG]),
            problems=Judge(SLUG).problems,
            said=said,
        )


def document(service: str = "LAW-COUNSEL", wanted: DisclosedAppointment | None = None, **client: Any) -> Disclosure:
    """Return what the agency may see of a sample person."""
    whole = full_document(ServiceCode(service))
    told = whole.model_copy(
        update={
            "client": whole.client.model_copy(update=client),
            "referral": whole.referral.model_copy(update={"appointment": wanted}),
        }
    )
    return prune(told, Klac.profile.discloses)


def visit(at: datetime | None = None) -> DisclosedAppointment:
    """Return the wish for a 면접."""
    return DisclosedAppointment(method=AppointmentMethod.VISIT, wanted_at=at)


def in_words(fact: Fact) -> str:
    """Return the words of a fact."""
    return fact.text or ""


async def test_the_earliest_slot_is_given(bench: Bench, server: MockServer) -> None:
    """Without a wanted time: the first free half hour of that method; the next client gets the next one."""
    server.clock.set(datetime(2040, 1, 6, 12, tzinfo=UTC))  # a Friday evening in Korea
    told = []
    for method in (AppointmentMethod.VISIT, AppointmentMethod.VISIT, AppointmentMethod.PHONE):
        wanted = DisclosedAppointment(method=method)
        delivered = await bench.adapter.submit(bench.submit(document(wanted=wanted)))
        told += [in_words(fact) for fact in delivered.facts]
    assert told == [
        "상담 예약: 2040-01-09 10:00 면접, 의정부지부",
        "상담 예약: 2040-01-09 10:30 면접, 의정부지부",
        "상담 예약: 2040-01-09 10:00 전화, 의정부지부",
    ]


async def test_a_taken_slot_comes_back_with_others(bench: Bench, server: MockServer, counter: Counter) -> None:
    """409: the wanted half hour is somebody else's; the offers are free, and one of them can be had."""
    server.clock.set(datetime(2040, 1, 8, 0, tzinfo=UTC))
    wanted = datetime(2040, 1, 9, 10, 0, tzinfo=KST)
    counter.mock.advance({"take": "20400109100000", "branch": "GG01", "method": "01"})
    refused = await bench.adapter.submit(bench.submit(document(wanted=visit(wanted))))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.raw_code) == (RefusalReason.SLOT_TAKEN, "E301")
    assert refused.offers == tuple(wanted + timedelta(minutes=30 * n) for n in (1, 2, 3, 7, 8))
    assert counter.desk.ledger.acts == ()
    taken = await bench.adapter.submit(bench.submit(document(wanted=visit(refused.offers[2]))))
    assert in_words(taken.facts[0]) == "상담 예약: 2040-01-09 11:30 면접, 의정부지부"


@pytest.mark.parametrize(
    "wanted",
    [
        datetime(2040, 1, 6, 10, 0, tzinfo=KST),
        datetime(2040, 1, 14, 10, 0, tzinfo=KST),
        datetime(2040, 1, 9, 12, 30, tzinfo=KST),
        datetime(2040, 1, 9, 10, 0, 1, tzinfo=KST),
    ],
    ids=["past", "weekend", "lunch", "odd"],
)
async def test_an_impossible_time_comes_back_with_others(bench: Bench, server: MockServer, wanted: datetime) -> None:
    """E302: the same question to a person, another time."""
    server.clock.set(datetime(2040, 1, 8, 0, tzinfo=UTC))
    refused = await bench.adapter.submit(bench.submit(document(wanted=visit(wanted))))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.raw_code, len(refused.offers)) == (RefusalReason.SLOT_TAKEN, "E302", 5)


async def test_a_withdrawal_frees_the_slot(bench: Bench, server: MockServer) -> None:
    """철회, twice the same answer; somebody else can have the hour."""
    server.clock.set(datetime(2040, 1, 8, 0, tzinfo=UTC))
    first = bench.submit(document(wanted=visit()))
    delivered = await bench.adapter.submit(first)
    for _ in range(2):
        assert await bench.adapter.withdraw(bench.withdraw(first.wire_key, delivered.receipt)) == Acknowledged("92")
    second = await bench.adapter.submit(bench.submit(document(wanted=visit())))
    assert in_words(second.facts[0]) == in_words(delivered.facts[0])


@pytest.mark.parametrize("service", ["LAW-COUNSEL", "LAW-REHAB", "LAW-BANKR"])
async def test_the_same_key_gives_the_first_receipt(bench: Bench, counter: Counter, service: str) -> None:
    """Registered twice: one act. With another content, as after a withdrawn consent: the first one stands."""
    order = bench.submit(document(service))
    again = bench.submit(document(service), order.wire_key)
    less = bench.submit(document(service, household=Household(size=3)), order.wire_key)
    first, second, third = [await bench.adapter.submit(one) for one in (order, again, less)]
    assert isinstance(first, Delivered)
    assert (second, third) == (first, Delivered(first.receipt, "E303"))
    assert [(act.key, act.receipt) for act in counter.desk.ledger.acts] == [(order.wire_key, first.receipt)]


async def test_an_application_goes_its_way(bench: Bench, counter: Counter) -> None:
    """상담, 구조신청, 보완, 구조결정, 종결: every step is told with its words, and once."""
    order = bench.submit(document("LAW-REHAB"))
    delivered = await bench.adapter.submit(order)
    key, receipt = order.wire_key, delivered.receipt
    for step in ("assigned", "investigating", "reviewing"):
        counter.mock.advance({"key": key, "to": step})
    counter.mock.advance({"key": key, "to": "supplement", "text": "급여명세서 똠", "due": "20400131"})
    asked = await bench.adapter.find(bench.find(key))
    supplement = bench.supplement(bench.document(), key, receipt)
    assert isinstance(asked, Found)
    assert in_words(asked.facts[-1]) == "급여명세서 똠\n보완기한 2040-01-31"
    assert await bench.adapter.supplement(supplement) == Acknowledged("31")
    counter.mock.advance({"receipt": receipt, "to": "decided", "text": "소송구조를 결정함"})
    counter.mock.advance({"key": key, "to": "closed"})
    report = await bench.adapter.status(bench.status(key, receipt))
    assert [fact.business for fact in report.facts] == [
        B.RECEIVED, B.ASSIGNED, B.INVESTIGATING, B.REVIEWING, B.SUPPLEMENT_REQUESTED, B.REVIEWING, B.APPROVED, B.CLOSED,
    ]  # fmt: skip
    assert report.facts[0] == delivered.facts[0]
    assert report.facts[-1].outcome is OutcomeCode.HELPED
    assert [act.operation for act in counter.desk.ledger.acts] == ["apply", "supplement"]


async def test_a_dismissal_says_why(bench: Bench, counter: Counter) -> None:
    """기각: 구조타당성 없음. Nothing more can be withdrawn or supplemented."""
    order = bench.submit(document("LAW-BANKR"))
    delivered = await bench.adapter.submit(order)
    key, receipt = order.wire_key, delivered.receipt
    counter.mock.advance({"key": key, "to": "dismissed", "reason": "02"})
    report = await bench.adapter.status(bench.status(key, receipt))
    assert (report.facts[-1].business, in_words(report.facts[-1])) == (B.DISMISSED, "기각사유 02 구조타당성 없음")
    for refused in (
        await bench.adapter.withdraw(bench.withdraw(key, receipt)),
        await bench.adapter.supplement(bench.supplement(bench.document(), key, receipt)),
    ):
        assert isinstance(refused, Refused)
        assert refused.raw_code == "E402"


@pytest.mark.parametrize(
    ("client", "reason", "code"),
    [
        ({"address": DisclosedAddress(adm_cd="1168010100")}, RefusalReason.NOT_RESIDENT, "E201"),
        ({"household": Household(median_income_percent=126)}, RefusalReason.NOT_ELIGIBLE, "E202"),
    ],
)
async def test_the_agency_refuses(
    bench: Bench, counter: Counter, client: dict[str, Any], reason: RefusalReason, code: str
) -> None:
    """관할 아님, and more than 125 % of the median income: a value with the agency's code; nothing is taken."""
    refused = await bench.adapter.submit(bench.submit(document("LAW-REHAB", **client)))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.raw_code, counter.desk.ledger.acts) == (reason, code, ())


async def test_the_branch_follows_the_address(bench: Bench) -> None:
    """A client of 수원 is counselled there."""
    address = DisclosedAddress(adm_cd="4111710100")
    delivered = await bench.adapter.submit(bench.submit(document(address=address)))
    assert in_words(delivered.facts[0]).endswith(", 수원지부")


async def test_free_slots_are_the_agencys_room(server: MockServer, counter: Counter) -> None:
    """The pre-check says nothing about anybody: how many are free on the branch's next nine days, and from when on."""
    server.clock.set(datetime(2040, 1, 6, 12, tzinfo=UTC))
    counter.mock.advance({"take": "20400109100000", "branch": "GG01", "method": "01"})
    async with live_bench_of(Klac, settings_for(server, branch="GG01")) as bench:
        decision = bench.gate.stamp(Impersonal(attempt_id="a", recipient=SLUG, send_by=steady_now() + 9))
        order = PrecheckOrder(
            decision=decision, service=ServiceCode.LAW_COUNSEL, message_id="0" * 32, sent_at=datetime.now(UTC)
        )
        capacity = await bench.adapter.precheck(order)
    assert capacity == Capacity(is_open=True, raw_code="Y", places=9 * 11 * 3 - 1, next_on=date(2040, 1, 9))


async def test_a_wrong_key_calls_a_person(server: MockServer) -> None:
    """401 to everything: ours to mend."""
    async with live_bench_of(Klac, settings_for(server, api_key="another")) as bench:
        with pytest.raises(MisconfiguredError, match="401"):
            await bench.adapter.submit(bench.submit(bench.document()))


async def test_a_key_that_nobody_used_is_not_found(bench: Bench) -> None:
    """E401, which the hub believes at once: this agency settles immediately."""
    assert await bench.adapter.find(bench.find(bench.new_key())) == NotFound("E401")


def test_adapter_and_auditor_agree_on_the_fields() -> None:
    """Two tables, written apart: which wire field carries which field of the common schema."""
    table = json.loads((files("mocks") / SLUG / "fields.json").read_text(encoding="utf-8"))
    known = {name.rpartition(".")[2]: path for name, path in table.items() if path is not None}
    assert known == {name: path for name, path in FIELDS.items() if name != "debtList"}


async def test_counselling_is_for_everybody(bench: Bench) -> None:
    """The limit of income is aid's: who is above it is counselled all the same."""
    refined = document(household=Household(median_income_percent=126))
    assert isinstance(await bench.adapter.submit(bench.submit(refined)), Delivered)
