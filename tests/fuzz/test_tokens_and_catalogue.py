"""What comes from a token endpoint, and from the catalogue of welfare services: both ask, and believe nothing."""

from __future__ import annotations

import json
import traceback
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from adapters.bokjiro import Bokjiro
from adapters.bokjiro.settings import BokjiroSettings
from adapters.sdk import ClientCredentials, Gate, HttpEndpoint, Impersonal, Reconcile, Wires
from adapters.sdk.catalogue import Scope, WelfareService
from adapters.sdk.decisions import steady_now
from adapters.sdk.errors import AdapterError
from adapters.sdk.testing.bombs import bombs_for
from adapters.sdk.testing.fuzzing import fuzz_calls, grows_by_at_most
from adapters.sdk.testing.spoilt import MARKS, replies

pytestmark = pytest.mark.slow
GOLDEN = Path(__file__).parents[1] / "contract" / "bokjiro"
CAP = 8 << 20
"""Bytes of an answer of the portal, as the settings have it; read, it may take eighty times as much for a moment."""
XML, JSON = {"content-type": "text/xml; charset=utf-8"}, {"content-type": "application/json"}
SERVICE = WelfareService(id="WLF00000024", name="이름", summary="", scope=Scope.NATIONAL, provider="부처")
TOKEN = {"access_token": "8002022000000", "token_type": "Bearer", "expires_in": 3600}


def _again(reply: httpx.Response) -> httpx.Response:
    """Return an answer that can be read once more."""
    assert isinstance(reply.stream, httpx.ByteStream)
    return httpx.Response(reply.status_code, headers=reply.headers, stream=httpx.ByteStream(b"".join(reply.stream)))


def _declared(error: AdapterError) -> None:
    told = "".join(traceback.format_exception(error)) + repr(error)
    assert not any(mark in told for marks in MARKS.values() for mark in marks)


def _tokens(answer: dict[str, httpx.Response]) -> tuple[Any, Any]:
    """Return a wire whose calls fetch a token first, and what stamps their decisions."""
    gate = Gate()

    def stamped(kind: Any) -> Any:
        return gate.stamp(kind(attempt_id=uuid.uuid4().hex, recipient="toy", send_by=steady_now() + 60))

    def answered(request: httpx.Request) -> httpx.Response:
        return _again(answer["token"]) if request.url.path == "/token" else httpx.Response(200)

    wires = Wires("toy", gate, httpx.MockTransport(answered), lambda: stamped(Impersonal))
    endpoint = HttpEndpoint("http://toy.test", 5.0, 1 << 20)
    source = wires.tokens(endpoint, ClientCredentials("/token", "us", SecretStr("secret")))
    return wires.http(HttpEndpoint("http://toy.test", 5.0, 1 << 20, auth=source)), stamped


async def _fetch(reply: httpx.Response) -> None:
    wire, stamped = _tokens({"token": reply})
    try:
        told = await wire.send(stamped(Reconcile), "GET", "/x")
    except AdapterError as error:
        _declared(error)
    else:
        assert told.status == 200


async def test_any_token_answer_is_read_or_classified() -> None:
    """Whatever a token endpoint answers: a token, or a declared error that tells nothing of it."""
    good = [httpx.Response(200, json=TOKEN), httpx.Response(200, json=TOKEN | {"scope": "a", "expires_in": 1})]
    await fuzz_calls("token answers", replies(good), _fetch)


@pytest.mark.parametrize(
    "lives",
    [10**4000, 10**308, 2**63, 1e400, True, -1],
    ids=["4,001 digits", "309 digits", "64 bits", "infinity", "true", "negative"],
)
async def test_a_token_that_lives_for_ever_is_classified(lives: float) -> None:
    """A lifetime without measure, or none, is no unclassified error."""
    body = json.dumps(TOKEN | {"expires_in": lives})
    await _fetch(httpx.Response(200, headers=JSON, stream=httpx.ByteStream(body.encode())))


async def _ask(reply: httpx.Response) -> None:
    """Read both catalogues and a detail, all answered alike."""
    gate = Gate()

    def leave() -> Impersonal:
        made = Impersonal(attempt_id=uuid.uuid4().hex, recipient="bokjiro", send_by=steady_now() + 60)
        return gate.stamp(made)

    settings = BokjiroSettings(
        base_url="http://portal.invalid/B554287", service_key=SecretStr("key"), retry_first_seconds=0.0, most_pages=2,
        tries=1,
    )  # fmt: skip
    client = Bokjiro(settings, Wires("bokjiro", gate, httpx.MockTransport(lambda _: _again(reply))), leave)
    for ask in (client.services, lambda: client.detail(SERVICE)):
        try:
            await ask()
        except AdapterError as error:
            _declared(error)
    await client.aclose()


def _golden_answers() -> list[httpx.Response]:
    names = sorted(path.name for path in GOLDEN.glob("*.reply.*"))
    return [
        httpx.Response(200, content=(GOLDEN / name).read_bytes(), headers=JSON if name.endswith("json") else XML)
        for name in names
    ]


async def test_any_catalogue_answer_is_read_or_classified() -> None:
    """Whatever the portal answers, in XML or JSON: services, or a declared error that tells nothing of it."""
    await fuzz_calls("bokjiro answers", replies(_golden_answers()), _ask)


async def test_the_catalogue_holds_against_bombs() -> None:
    """What is small on the wire and large when read is refused or read in bounded memory."""
    for name, bomb in bombs_for(_golden_answers(), CAP):
        with grows_by_at_most(80 * CAP, name):
            await _ask(bomb)
