"""Between the adapter of the 시군 주민센터 and its mock stands a proxy that knows nothing but the contract's file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from agency_lines import community_center_at
from contract_judge import Judge
from relay import Exchange, Relay

from adapters.community_center import CommunityCenter
from adapters.sdk import BusyError, Callback, InboundCall, NotFound, Refused
from adapters.sdk.testing import Bench
from adapters.sdk.verbs import Verb, capabilities
from mocks.community_center import CommunityCenterMock
from mocks.kit.run import MockServer

FILE = Path(__file__).parents[2] / "schemas" / "agencies" / "community_center" / "openapi.json"
SLUG, SECRET = "community_center", "shared-test-secret"
UIJEONGBU, SUWON = "3820000", "3740000"


class Hub:
    """Takes notices as the hub does: what the adapter says is the answer."""

    def __init__(self) -> None:
        self.adapter: Any = None
        self.read: asyncio.Queue[Callback] = asyncio.Queue()

    def answer(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        read = self.adapter.read_callback(InboundCall(request.method, "", headers, request.content, datetime.now(UTC)))
        self.read.put_nowait(read)
        return httpx.Response(
            read.reply.status, headers={"Content-Type": read.reply.content_type}, content=read.reply.body
        )


class Way:
    """Adapter – proxy – mock, in both directions; one adapter for each of two offices."""

    def __init__(self, mocks: MockServer, calls: Relay, notices: Relay, hub: Hub, benches: dict[str, Bench]) -> None:
        self.counter = mocks.counters[SLUG]
        self.calls, self.notices = calls, notices
        self.benches = benches
        self.used: set[Verb] = set()
        self._hub = hub

    async def do(self, verb: Verb, order: Any, office: str = UIJEONGBU) -> Any:
        """Use a verb over the wire."""
        self.used.add(verb)
        return await getattr(self.benches[office].adapter, verb)(order)

    async def advance(self, **order: str) -> Callback:
        """Let the office move a case on, and read its notice."""
        self.counter.mock.advance(order)
        return await self.notice()

    async def notice(self) -> Callback:
        """Wait for the next notice that the adapter read."""
        self.used.add(Verb.READ_CALLBACK)
        return await asyncio.wait_for(self._hub.read.get(), 20)


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    hub = Hub()
    async with AsyncExitStack() as stack:
        mocks = await stack.enter_async_context(MockServer([CommunityCenterMock], {SLUG: {"callback_secret": SECRET}}))
        calls = await stack.enter_async_context(Relay(mocks.base_url))
        notices = await stack.enter_async_context(Relay("http://hub", httpx.MockTransport(hub.answer)))
        mocks.counters[SLUG].call_back_to(f"{notices.url}/v1/callbacks/{SLUG}")
        benches = {
            office: await stack.enter_async_context(community_center_at(f"{calls.url}/{SLUG}", SECRET, office))
            for office in (UIJEONGBU, SUWON)
        }
        hub.adapter = benches[UIJEONGBU].adapter
        yield Way(mocks, calls, notices, hub, benches)


async def run_through(way: Way) -> None:
    """Use every verb, with much of what an office can answer to it."""
    bench, suwon = way.benches[UIJEONGBU], way.benches[SUWON]
    document = bench.document()
    order, other = bench.submit(document), bench.submit(document)
    key = order.wire_key
    receipt = (await way.do(Verb.SUBMIT, order)).receipt
    assert (await way.do(Verb.SUBMIT, bench.submit(document, key))).receipt == receipt
    assert (await way.do(Verb.SUBMIT, suwon.submit(document, key), SUWON)).receipt == receipt
    assert await way.do(Verb.FIND, bench.find(other.wire_key)) == NotFound("E401")
    way.counter.faults.set({"faults": [{"name": "busy_503_retry_after", "operation": "*", "times": 1}]})
    with pytest.raises(BusyError):
        await way.do(Verb.FIND, bench.find(key))

    await way.advance(receipt=receipt, to="supplement", text="임대차계약서 똠방각하", due="20250131")
    await way.do(Verb.SUPPLEMENT, bench.supplement(document, key, receipt))
    await way.notice()
    moved = (await way.advance(receipt=receipt, to="transferred", office=SUWON)).facts[0].receipt
    assert moved is not None
    with pytest.raises(BusyError, match="E403"):
        await way.do(Verb.WITHDRAW, bench.withdraw(key, receipt))
    assert (await way.do(Verb.FIND, bench.find(key))).facts[-1].receipt == moved
    await way.do(Verb.STATUS, suwon.status(key, moved), SUWON)
    await way.do(Verb.WITHDRAW, suwon.withdraw(key, moved), SUWON)
    await way.notice()

    ended = (await way.do(Verb.SUBMIT, other)).receipt
    await way.advance(receipt=ended, to="closed", reason="04")
    assert isinstance(await way.do(Verb.WITHDRAW, bench.withdraw(other.wire_key, ended)), Refused)


async def test_nothing_breaks_the_contract(way: Way) -> None:
    """Through all verbs and all webhooks, no request, reply, notice or acknowledgement breaks the contract."""
    judge = Judge(FILE)
    await run_through(way)
    judged = [judge.of_call(exchange, f"/{SLUG}") for exchange in way.calls.exchanges]
    judged += [judge.of_notice(exchange) for exchange in way.notices.exchanges]

    assert [(name, fault) for name, faults in judged for fault in faults] == []
    assert way.used == capabilities(CommunityCenter) - {Verb.OFFICE_FOR}
    assert {name for name, _ in judged} == judge.operations
    assert {exchange.status for exchange in way.calls.exchanges} == {200, 503}


Change = Callable[[Exchange], Exchange]

BROKEN: dict[str, tuple[Change, str]] = {
    "a foreign field": (
        lambda one: replace(one, request=one.request.replace(b'"body":{', b'"body":{"memo":"x",')),
        "request: $.body: additionalProperties",
    ),
    "text for a number": (
        lambda one: replace(one, request=one.request.replace(b'"debtCnt":', b'"debtCnt":"1","x":')),
        "request: $.body.debtCnt: type",
    ),
    "no receipt": (
        lambda one: replace(one, reply=one.reply.replace(b'"rcptNo"', b'"rcptNr"')),
        "reply: $.body: required",
    ),
    "a code of nobody": (
        lambda one: replace(one, reply=one.reply.replace(b'"prgrSttsCd":"10"', b'"prgrSttsCd":"11"')),
        "reply: $.body.prgrSttsCd: enum",
    ),
    "an office with letters": (
        lambda one: replace(one, path=one.path.replace(UIJEONGBU, "38200AB")),
        "parameter orgCd",
    ),
    "a status of nobody": (lambda one: replace(one, status=202), "status 202 is not in the contract"),
    "a body with 503": (lambda one: replace(one, status=503), "reply: a body where there is none"),
    "another media type": (lambda one: replace(one, answered={"content-type": "text/plain"}), "reply: not application"),
    "another path": (lambda one: replace(one, path=f"{one.path}/all"), "is not in the contract"),
    "a cut reply": (lambda one: replace(one, reply=one.reply[:-9]), "reply: no JSON"),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_the_judge_bites(what: str, way: Way) -> None:
    """A proxy that finds nothing must be able to find something: each change of a good exchange is named."""
    bench = way.benches[UIJEONGBU]
    await bench.adapter.submit(bench.submit(bench.document()))
    (good,) = way.calls.exchanges
    change, expected = BROKEN[what]
    judge = Judge(FILE)

    assert judge.of_call(good, f"/{SLUG}") == ("register", [])
    assert [fault for fault in judge.of_call(change(good), f"/{SLUG}")[1] if expected in fault] != []
