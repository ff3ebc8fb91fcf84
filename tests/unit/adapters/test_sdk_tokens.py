"""Bearer tokens: fetched once for all, kept until nearly over, dropped on a 401, and never told to anybody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr
from raw_wire import Decisions

from adapters.sdk import (
    AdapterError,
    BusyError,
    ClientCredentials,
    Disclose,
    Gate,
    HttpEndpoint,
    HttpReply,
    HttpWire,
    Impersonal,
    MisconfiguredError,
    NotSentError,
    UndecidedError,
    Wires,
)
from adapters.sdk.transports import tokens

SECRET, BODY = "open sesame & more", b'{"name": "personal"}'
Answer = Callable[[httpx.Request], httpx.Response]


def token_reply(value: object = "token-1", **changes: object) -> httpx.Response:
    said = {"access_token": value, "token_type": "Bearer", "expires_in": 600} | changes
    return httpx.Response(200, json=said)


class Clock:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(tokens, "steady_now", moved)
    return moved


class Agency:
    """An agency that gives numbered tokens and answers what is asked under the right one."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.decisions = Decisions(self.gate)
        self.leaves: list[Impersonal] = []
        self.fetches: list[httpx.Request] = []
        self.calls: list[httpx.Request] = []
        self.give: Answer = lambda _request: token_reply(f"token-{len(self.fetches)}")
        self.answer: Answer = lambda _request: httpx.Response(200, text="done")
        self.asked, self.pause = asyncio.Event(), asyncio.Event()
        self.pause.set()
        wires = Wires("quay", self.gate, httpx.MockTransport(self._take), self._leave)
        endpoint = HttpEndpoint("https://quay.test/v1", 5, 10_000)
        self.source = wires.tokens(endpoint, ClientCredentials("/token", "naru", SecretStr(SECRET)))
        self.wire: HttpWire = wires.http(HttpEndpoint("https://quay.test/v1", 5, 10_000, auth=self.source))

    def _leave(self) -> Impersonal:
        self.leaves.append(self.decisions.other(Impersonal, "quay"))
        return self.leaves[-1]

    async def _take(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            self.fetches.append(request)
            self.asked.set()
            await self.pause.wait()
            return self.give(request)
        self.calls.append(request)
        return self.answer(request)

    @property
    def shown(self) -> list[str]:
        """The tokens that calls went with."""
        return [call.headers["authorization"].removeprefix("Bearer ") for call in self.calls]

    async def call(self, decision: Disclose | None = None) -> HttpReply:
        """Make one call, under a new decision if none is given."""
        return await self.wire.send(decision or self.decisions.disclose("quay"), "POST", "/referrals", body=BODY)


@pytest.fixture
def agency() -> Agency:
    return Agency()


async def test_one_fetch_serves_all(agency: Agency, clock: Clock) -> None:
    """The first call fetches, the next ones find the token; ten at once wait for one fetch."""
    agency.pause.clear()
    waiting = [asyncio.create_task(agency.call()) for _ in range(10)]
    await agency.asked.wait()
    agency.pause.set()
    replies = await asyncio.gather(*waiting)
    await agency.call()
    assert {reply.body for reply in replies} == {b"done"}
    assert (len(agency.fetches), agency.shown) == (1, ["token-1"] * 11)


async def test_a_fetch_says_nothing_about_a_person(agency: Agency) -> None:
    """Its body is settings alone, its leave an impersonal decision, and nothing of the call goes with it."""
    await agency.call()
    (fetch,) = agency.fetches
    assert parse_qs(fetch.content.decode()) == {
        "grant_type": ["client_credentials"], "client_id": ["naru"], "client_secret": [SECRET],
    }  # fmt: skip
    assert fetch.headers["content-type"] == "application/x-www-form-urlencoded"
    assert ("authorization" in fetch.headers, str(fetch.url)) == (False, "https://quay.test/v1/token")
    (leave,) = agency.leaves
    assert (type(leave), agency.gate.has_left(leave.attempt_id)) == (Impersonal, False)


@pytest.mark.parametrize(("lives", "good_for"), [(600, 569), (20, 17), (1, 0.8)])
async def test_a_token_is_renewed_before_its_end(agency: Agency, clock: Clock, lives: int, good_for: float) -> None:
    """Thirty seconds before it, or a tenth of a short life."""
    agency.give = lambda _request: token_reply(f"token-{len(agency.fetches)}", expires_in=lives)
    await agency.call()
    clock.seconds += good_for
    await agency.call()
    clock.seconds += lives - good_for
    await agency.call()
    assert agency.shown == ["token-1", "token-1", "token-2"]


async def test_a_life_begins_before_the_fetch(agency: Agency, clock: Clock) -> None:
    """How long the answer took is time that the token has lost."""

    def slow(_request: httpx.Request) -> httpx.Response:
        clock.seconds += 580
        return token_reply(f"token-{len(agency.fetches)}")

    agency.give = slow
    await agency.call()
    await agency.call()
    assert agency.shown == ["token-1", "token-2"]


async def test_a_401_drops_the_token(agency: Agency) -> None:
    """Nothing was done: busy without a wait, so that the hub comes again with a new decision, and a new token."""
    await agency.call()
    agency.answer = lambda request: httpx.Response(200 if request.headers["authorization"].endswith("2") else 401)
    with pytest.raises(BusyError, match="401") as caught:
        await agency.call()
    assert (caught.value.retry_after_seconds, len(agency.fetches)) == (0, 1)
    assert (await agency.call()).status == 200
    assert agency.shown == ["token-1", "token-1", "token-2"]


async def test_a_401_to_a_fresh_token_is_ours_to_mend(agency: Agency) -> None:
    """Another token would not help; the next call tries one all the same, and says the same."""
    agency.answer = lambda _request: httpx.Response(401)
    for _ in range(2):
        with pytest.raises(MisconfiguredError, match="fresh"):
            await agency.call()
    assert agency.shown == ["token-1", "token-2"]


async def test_a_late_401_does_not_drop_a_newer_token(agency: Agency) -> None:
    """Two calls went with the old one; the first 401 dropped it, the second must not drop what came since."""
    await agency.call()
    flow = agency.source.async_auth_flow(httpx.Request("GET", "https://quay.test/v1/x"))
    await anext(flow)
    agency.answer = lambda request: httpx.Response(200 if request.headers["authorization"].endswith("2") else 401)
    with pytest.raises(BusyError):
        await agency.call()
    await agency.call()
    with pytest.raises(BusyError):
        await flow.asend(httpx.Response(401))
    await agency.call()
    assert len(agency.fetches) == 2


def _raise(error: Exception) -> Answer:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("give", "error"),
    [
        (lambda _: httpx.Response(400, json={"error": "invalid_request"}), MisconfiguredError),
        (lambda _: httpx.Response(401, json={"error": "invalid_client"}), MisconfiguredError),
        (lambda _: httpx.Response(403), MisconfiguredError),
        (lambda _: httpx.Response(429), BusyError),
        (lambda _: httpx.Response(503, headers={"retry-after": "17"}), BusyError),
        (lambda _: httpx.Response(500), NotSentError),
        (lambda _: httpx.Response(302, headers={"location": "https://elsewhere.test"}), NotSentError),
        (lambda _: httpx.Response(200), NotSentError),
        (lambda _: httpx.Response(200, content=b"\xff"), NotSentError),
        (lambda _: httpx.Response(200, content=b"[" * 9_000), NotSentError),
        (lambda _: httpx.Response(200, content=b" " * 10_001), NotSentError),
        (lambda _: httpx.Response(200, json=["token"]), NotSentError),
        (lambda _: token_reply(""), NotSentError),
        (lambda _: token_reply("two words"), NotSentError),
        (lambda _: token_reply("a\r\nb"), NotSentError),
        (lambda _: token_reply("토큰"), NotSentError),
        (lambda _: token_reply(7), NotSentError),
        (lambda _: token_reply(token_type="mac"), NotSentError),
        (lambda _: token_reply(token_type=None), NotSentError),
        (lambda _: token_reply(expires_in=0), NotSentError),
        (lambda _: token_reply(expires_in=True), NotSentError),
        (lambda _: token_reply(expires_in="600"), NotSentError),
        (_raise(httpx.ConnectError("no")), NotSentError),
        (_raise(httpx.ReadTimeout("late")), NotSentError),
        (_raise(httpx.ReadError("cut")), NotSentError),
    ],
)
async def test_without_a_token_nothing_of_the_call_leaves(
    agency: Agency, give: Answer, error: type[AdapterError]
) -> None:
    """Whatever becomes of the fetch, the call was surely not sent: its decision is not spent, and may be used again."""
    decision = agency.decisions.disclose("quay")
    agency.give = give
    with pytest.raises(AdapterError) as caught:
        await agency.call(decision)
    assert (type(caught.value), agency.calls, agency.gate.has_left(decision.attempt_id)) == (error, [], False)
    agency.give = lambda _request: token_reply()
    assert (await agency.call(decision)).status == 200


async def test_the_wish_to_wait_is_passed_on(agency: Agency) -> None:
    """Retry-After of the token endpoint."""
    agency.give = lambda _request: httpx.Response(503, headers={"retry-after": "17"})
    with pytest.raises(BusyError) as caught:
        await agency.call()
    assert caught.value.retry_after_seconds == 17


async def test_whoever_gives_up_ends_nobody_elses_fetch(agency: Agency) -> None:
    """The first of two calls is cancelled while it fetches: the second fetches for itself."""
    agency.pause.clear()
    first, second = (asyncio.create_task(agency.call()) for _ in range(2))
    await agency.asked.wait()
    first.cancel()
    agency.pause.set()
    assert (await second).status == 200
    assert (first.cancelled(), agency.shown) == (True, ["token-2"])


async def test_without_a_true_decision_no_token_is_fetched(agency: Agency) -> None:
    """A forged decision of the call, or of the fetch, opens nothing."""
    foreign = Decisions(Gate()).disclose("quay")
    with pytest.raises(UndecidedError):
        await agency.call(foreign)
    assert agency.fetches == []
    agency.decisions = Decisions(Gate())
    with pytest.raises(UndecidedError):
        await agency.call(Decisions(agency.gate).disclose("quay"))
    assert agency.fetches == []


def test_wires_without_leave_open_no_source() -> None:
    """Whoever builds wires decides whether tokens may be fetched at all."""
    credentials = ClientCredentials("/token", "naru", SecretStr(SECRET))
    with pytest.raises(UndecidedError, match="leave"):
        Wires("quay", Gate()).tokens(HttpEndpoint("https://quay.test", 5, 10_000), credentials)


async def test_secrets_and_tokens_are_never_shown(agency: Agency, caplog: pytest.LogCaptureFixture) -> None:
    """In no error, log or repr."""
    caplog.set_level(logging.DEBUG)
    told: list[Any] = []
    agency.answer = lambda _request: httpx.Response(401)
    for give in (lambda _: token_reply("shown-token"), lambda _: token_reply("shown token"), _raise(OSError(SECRET))):
        agency.give = give
        with pytest.raises(AdapterError) as caught:
            await agency.call()
        told += [caught.value, repr(caught.value), caught.value.__cause__]
    told += [repr(agency.source), vars(agency.source), repr(agency.wire), caplog.text]
    text = " ".join(map(str, told))
    assert [word for word in (SECRET, "shown-token", "shown token", "personal") if word in text] == []
