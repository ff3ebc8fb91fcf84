"""The 경기도일자리재단 adapter against the mock over real sockets: the way of a referral, pages, refusals.

What its faults come to is the matter of `test_every_fault.py`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from importlib.resources import files
from typing import Any

import httpx
import pytest
from rest_contract import Judge, said

from adapters.gjf import Gjf
from adapters.gjf.mapping import FIELDS
from adapters.gjf.settings import GjfSettings
from adapters.sdk import (
    Acknowledged,
    BusyError,
    Delivered,
    Found,
    MisconfiguredError,
    NotFound,
    RefusalReason,
    Refused,
    UncertainError,
)
from adapters.sdk.testing import AdapterSuite, Bench, Subject, bench_of, live_bench_of
from mocks.gjf import GjfMock
from mocks.kit.counter import Counter
from mocks.kit.run import MockServer
from schemas.address import DisclosedAddress
from schemas.disclosure import Disclosure
from schemas.status import BusinessStatus, OutcomeCode

SLUG = "gjf"
TOKEN = "test-token-of-the-centre"
B = BusinessStatus


@pytest.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer([GjfMock], {SLUG: {"token": TOKEN}}) as mocks:
        yield mocks


@pytest.fixture
def counter(server: MockServer) -> Counter:
    return server.counters[SLUG]


def settings_for(server: MockServer, **more: Any) -> GjfSettings:
    return GjfSettings(enabled=True, base_url=server.url_of(SLUG), **{"token": TOKEN, **more})


@pytest.fixture
async def bench(server: MockServer) -> AsyncIterator[Bench]:
    async with live_bench_of(Gjf, settings_for(server)) as bench:
        yield bench


@pytest.fixture
def subject(server: MockServer) -> Subject:
    return Subject(
        adapter=Gjf,
        settings=settings_for(server),
        agency=httpx.AsyncHTTPTransport(),
        problems=Judge(SLUG).problems,
        said=said,
    )


class TestConformance(AdapterSuite):
    """The fixture `subject` above is what it tries."""


def changed(document: Disclosure, **client: Any) -> Disclosure:
    """Return a document about somebody who is different in this."""
    return document.model_copy(update={"client": document.client.model_copy(update=client)})


async def test_a_referral_goes_its_way(bench: Bench, counter: Counter) -> None:
    """접수, 배정, 초기상담, 참여 결정, 알선 twice, 취업, 사후관리, 종결: each step is told with its words."""
    order = bench.submit(bench.document())
    delivered = await bench.adapter.submit(order)
    key, receipt = order.wire_key, delivered.receipt
    for step in ("assigned", "investigating", "decided"):
        counter.mock.advance({"key": key, "to": step})
    for text in ("가나목공소 면접 똠", "다라가구 면접"):
        counter.mock.advance({"receipt": receipt, "to": "in_service", "text": text})
    for step in ("completed", "aftercare", "closed"):
        counter.mock.advance({"key": key, "to": step})
    report = await bench.adapter.status(bench.status(key, receipt))
    assert [fact.business for fact in report.facts] == [
        B.RECEIVED, B.ASSIGNED, B.INVESTIGATING, B.APPROVED, B.IN_SERVICE, B.IN_SERVICE, B.COMPLETED, B.AFTERCARE,
        B.CLOSED,
    ]  # fmt: skip
    assert [fact.text for fact in report.facts[4:6]] == ["가나목공소 면접 똠", "다라가구 면접"]
    assert (report.facts[0], report.facts[-1].outcome) == (delivered.facts[0], OutcomeCode.HELPED)
    assert await bench.adapter.find(bench.find(key)) == Found(receipt, "08", delivered.facts)
    assert [(act.operation, act.key) for act in counter.desk.ledger.acts] == [("register", key)]


async def test_a_long_history_comes_in_pages(subject: Subject, counter: Counter) -> None:
    """More than ten rows: one decision asks for page after page, each by the contract, and every row is told once."""
    async with bench_of(subject) as bench:
        order = bench.submit(bench.document())
        delivered = await bench.adapter.submit(order)
        counter.mock.advance({"key": order.wire_key, "to": "decided"})
        for number in range(21):
            counter.mock.advance({"key": order.wire_key, "to": "in_service", "text": f"알선 {number}"})
        start = len(bench.wire.requests)
        report = await bench.adapter.status(bench.status(order.wire_key, delivered.receipt))
        asked = bench.wire.since(start)
    assert [request.url.query.decode() for request in asked] == [f"pageNo={n}&numOfRows=10" for n in (1, 2, 3)]
    assert [problem for request in asked for problem in subject.problems(request)] == []
    assert [fact.serial for fact in report.facts] == [str(number) for number in range(1, 24)]


async def test_the_same_key_gives_the_first_number(bench: Bench, counter: Counter) -> None:
    """Registered twice, with whatever content: one act."""
    order = bench.submit(bench.document())
    first = await bench.adapter.submit(order)
    again = await bench.adapter.submit(bench.submit(bench.document(other=True), order.wire_key))
    assert isinstance(first, Delivered)
    assert (again, len(counter.desk.ledger.acts)) == (first, 1)


@pytest.mark.parametrize(
    ("client", "reason", "code"),
    [
        ({"address": DisclosedAddress(adm_cd="1168010100")}, RefusalReason.NOT_RESIDENT, "20"),
        ({"birth_date": date(2011, 1, 9)}, RefusalReason.NOT_ELIGIBLE, "21"),
    ],
    ids=["elsewhere", "14"],
)
async def test_the_agency_refuses(
    bench: Bench, counter: Counter, client: dict[str, Any], reason: RefusalReason, code: str
) -> None:
    """관외 거주, too young on the day of the referral: a value with the agency's code; nothing is taken."""
    refused = await bench.adapter.submit(bench.submit(changed(bench.document(), **client)))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.raw_code, counter.desk.ledger.acts) == (reason, code, ())


@pytest.mark.parametrize(
    ("code", "reason"),
    [("22", RefusalReason.DUPLICATE), ("23", RefusalReason.NO_BUDGET), ("24", RefusalReason.CONSENT_MISSING)],
)
async def test_the_agency_refuses_by_its_own_knowledge(
    bench: Bench, counter: Counter, code: str, reason: RefusalReason
) -> None:
    """참여 중, 정원 마감, 동의 확인 불가: its code beside our word; the same key may come again."""
    counter.mock.advance({"refuse_next": code})
    order = bench.submit(bench.document())
    refused = await bench.adapter.submit(order)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.raw_code) == (reason, code)
    again = bench.submit(bench.document(), order.wire_key)
    assert isinstance(await bench.adapter.submit(again), Delivered)


async def test_a_withdrawal_is_acknowledged_once(bench: Bench, counter: Counter) -> None:
    """철회 twice changes nothing more; of an ended referral it is refused, of an unknown one too."""
    keys = []
    for _ in range(2):
        order = bench.submit(bench.document())
        keys.append((order.wire_key, (await bench.adapter.submit(order)).receipt))
    for _ in range(2):
        assert await bench.adapter.withdraw(bench.withdraw(*keys[0])) == Acknowledged("10")
    counter.mock.advance({"key": keys[1][0], "to": "closed"})
    ended = await bench.adapter.withdraw(bench.withdraw(*keys[1]))
    unknown = await bench.adapter.withdraw(bench.withdraw(bench.new_key(), "GJ2025-00000009"))
    assert [one.raw_code for one in (ended, unknown)] == ["30", "03"]
    assert [act.operation for act in counter.desk.ledger.acts] == ["register", "register", "withdraw"]


async def test_a_key_that_nobody_used_is_not_found(bench: Bench) -> None:
    """03, which the hub believes at once: this agency settles immediately."""
    assert await bench.adapter.find(bench.find(bench.new_key())) == NotFound("03")


async def test_a_wrong_token_calls_a_person(server: MockServer) -> None:
    """401 to everything: ours to mend."""
    async with live_bench_of(Gjf, settings_for(server, token="another")) as bench:
        with pytest.raises(MisconfiguredError, match="401"):
            await bench.adapter.submit(bench.submit(bench.document()))


async def test_only_429_says_that_nothing_was_done(bench: Bench, counter: Counter) -> None:
    """The contract says so of 429, with the wish to wait; of 503 it does not, so nothing is known."""
    counter.faults.set({"faults": [{"name": "busy_429_retry_after", "seconds": 17}]})
    with pytest.raises(BusyError) as caught:
        await bench.adapter.submit(bench.submit(bench.document()))
    assert caught.value.retry_after_seconds == 17
    counter.faults.set({"faults": [{"name": "busy_503_retry_after", "seconds": 17}]})
    with pytest.raises(UncertainError):
        await bench.adapter.submit(bench.submit(bench.document()))


def test_adapter_and_auditor_agree_on_the_fields() -> None:
    """Two tables, written apart: which wire field carries which field of the common schema."""
    table = json.loads((files("mocks") / SLUG / "fields.json").read_text(encoding="utf-8"))
    assert {name: path for name, path in table.items() if path is not None} == FIELDS
