from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest
from api_bench import Bench, bench_in, client_of
from fastapi import APIRouter, FastAPI
from sqlalchemy import Connection

from hub.access.holders import CENTRE, OPERATOR, add_holder, add_key
from hub.access.keys import issue_key
from hub.access.scopes import APPLICATION, OF_THE_HUB, ROLES, Scope
from hub.api.app import describe
from hub.api.authorisation import AUTHORISATION, AuthorisationGapError, Who, check_routes
from hub.api.callers import PROOFS, CurrentActor
from hub.api.problems import UNKNOWN_ID
from hub.api.webhook_bodies import NEW_WEBHOOK
from hub.clock import wall_now

CENTRE_SETS: Mapping[str, frozenset[Scope]] = {
    **{role.value: scopes for role, scopes in ROLES.items()},
    **{f"only {scope}": frozenset({scope}) for scope in Scope},
    "application": APPLICATION,
    "no scope": frozenset(),
}
"""What a centre's key may hold, by name: every role, every scope alone, the application's, nothing."""
HUB_SETS: Mapping[str, frozenset[Scope]] = {f"hub {scope}": frozenset({scope}) for scope in OF_THE_HUB}


@dataclass
class Landing:
    """One hub, a client for every kind of caller, and what to call with: the first centre's ids."""

    bench: Bench
    own: Mapping[str, httpx.AsyncClient]
    other: Mapping[str, httpx.AsyncClient]
    hub: Mapping[str, httpx.AsyncClient]
    ids: dict[str, str]

    async def call(self, client: httpx.AsyncClient, route: str) -> httpx.Response:
        """Call a route with the ids of the first centre, and the body that the description shows as an example."""
        method, _, path = route.partition(" ")
        operation = _operation(method, path)
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        body = None if content is None else self._with_ids(content["example"])
        headers = {"Idempotency-Key": token_hex(8)}
        return await client.request(method, self._filled(path), json=body, headers=headers)

    def _filled(self, path: str) -> str:
        return path.replace(":path}", "}").format_map(self.ids)

    def _with_ids(self, example: Any) -> Any:
        """Put the first centre's ids where the example has its own."""
        if isinstance(example, dict):
            return {name: self.ids.get(name, self._with_ids(inner)) for name, inner in example.items()}
        return [self._with_ids(one) for one in example] if isinstance(example, list) else example


def _operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = describe()["paths"].get(path.replace(":path}", "}"), {}).get(method.lower(), {})
    return found


@pytest.fixture
async def landing(tmp_path: Path) -> AsyncIterator[Landing]:
    """The bench with two centres, and a client for every kind of caller."""
    async with bench_in(tmp_path) as bench:
        keys = bench.services.store.write_now(lambda conn: _keys(conn, bench.centre_id))
        own, other, hub = ({name: client_of(bench.app, key) for name, key in made.items()} for made in keys)
        yield Landing(bench, own, other, hub, {})


def _keys(conn: Connection, first: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Make a key of every kind: for the first centre, for another one, for the hub."""
    now, second = wall_now(), add_holder(conn, CENTRE, "셋", wall_now())
    own, other = (
        {name: issue_key(conn, centre, scopes, now).text for name, scopes in CENTRE_SETS.items()}  # one opens nothing
        for centre in (first, second)
    )
    office = add_holder(conn, OPERATOR, "감사팀", now)
    return own, other, {name: add_key(conn, OPERATOR, office, now, scopes=held).text for name, held in HUB_SETS.items()}


async def _new_ids(bench: Bench) -> dict[str, str]:
    """Return what a path or a body may name: the first centre's own, made for this, and what is nobody's."""
    accepted = await bench.accept(key=token_hex(8))
    for old in (await bench.ask.get("/v1/webhooks")).json()["webhooks"]:
        await bench.ask.delete(f"/v1/webhooks/{old['id']}")
    webhook = await bench.ask.post("/v1/webhooks", json=NEW_WEBHOOK)
    return {
        "case_id": accepted["id"],
        "client_id": accepted["client_id"],
        "referral_id": accepted["referrals"][0]["id"],
        "consent_id": accepted["consents"][0],
        "webhook_id": webhook.json()["id"],
        "service_id": "WLF00000109",
        "slug": "pier",
        "recipient": "pier",
        "path": "below",
    }


OWNED = ("{case_id}", "{client_id}", "{referral_id}", "{consent_id}", "{webhook_id}")
"""What in a path is a centre's own. A new kind of id stands here, in `_new_ids`, and in nobody else's answer."""
IN_BODY = {"POST /v1/consents"}
"""Routes whose body names something of a centre's."""


def _names_own(route: str) -> bool:
    return route in IN_BODY or any(name in route for name in OWNED)


def _kind(route: str, reply: httpx.Response) -> str:
    """Return what an answer says about access: let in, or how it was refused."""
    if reply.headers["content-type"] != "application/problem+json":
        return "in"
    problem = reply.json()
    if reply.status_code in {401, 403}:
        return str(problem["type"]).rpartition(":")[2]
    return "not there" if problem["type"] == UNKNOWN_ID.uri and _names_own(route) else "in"


def _expected(route: str, scopes: frozenset[Scope] | None, *, of_hub: bool) -> str:
    """Return what the table says about a caller with these scopes; None: nobody known."""
    access = AUTHORISATION[route]
    if access.is_open:
        return "in"
    if scopes is None:
        return "unauthenticated"
    if access.who is Who.HUB and not of_hub:
        return "hub-only"
    if access.who is Who.CENTRE and of_hub:
        return "no-centre"
    return "in" if access.scopes & scopes else "forbidden"


async def _told(landing: Landing, route: str) -> AsyncIterator[tuple[str, str, str]]:
    """Call a route as everybody, its own centre last; yield who, what the table says, and what was answered."""

    async def answer(client: httpx.AsyncClient) -> str:
        return _kind(route, await landing.call(client, route))

    yield "nobody", _expected(route, None, of_hub=False), await answer(landing.bench.nobody)
    for name, client in landing.hub.items():
        yield name, _expected(route, HUB_SETS[name], of_hub=True), await answer(client)
    for name, client in landing.other.items():
        said = _expected(route, CENTRE_SETS[name], of_hub=False)
        yield f"other {name}", "not there" if said == "in" and _names_own(route) else said, await answer(client)
    for name, client in landing.own.items():
        landing.ids |= await _new_ids(landing.bench) if _names_own(route) else {}
        yield name, _expected(route, CENTRE_SETS[name], of_hub=False), await answer(client)


KINDS = sorted({route.split("/")[2] if "/v1/" in route else "rest" for route in AUTHORISATION})


@pytest.mark.parametrize("kind", KINDS)
async def test_every_route_answers_everybody_as_the_table_says(landing: Landing, kind: str) -> None:
    """Every role, every scope alone, with its own ids and another centre's; operators of the hub; nobody."""
    wrong, asked = [], 0
    for route in AUTHORISATION:
        if kind == (route.split("/")[2] if "/v1/" in route else "rest"):
            landing.ids |= await _new_ids(landing.bench)
            told = [answer async for answer in _told(landing, route)]
            wrong += [(route, *answer) for answer in told if answer[1] != answer[2]]
            asked += len(told)

    assert wrong == []
    assert asked >= 1 + len(HUB_SETS) + 2 * len(CENTRE_SETS)


def _app(path: str, endpoint: Any) -> FastAPI:
    router = APIRouter()
    router.add_api_route(path, endpoint, methods=["GET"])
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    return app


async def _asks_for_nobody() -> None: ...


async def _asks_for_a_centre(actor: CurrentActor) -> None: ...


@pytest.mark.parametrize(
    ("path", "endpoint", "said"),
    [
        ("/v1/new", _asks_for_a_centre, "GET /v1/new has no line in AUTHORISATION"),
        ("/v1/referrals", _asks_for_nobody, "GET /v1/referrals does not ask for what its line says: centre"),
        ("/v1/agencies", _asks_for_a_centre, "GET /v1/agencies does not ask for what its line says: either"),
        ("/livez", _asks_for_a_centre, "GET /livez does not ask for what its line says: anybody"),
    ],
)
def test_a_route_that_does_not_fit_its_line_is_not_served(path: str, endpoint: Any, said: str) -> None:
    """No line, no proof of who calls, the wrong kind of proof, or a proof where none belongs: there is no app."""
    with pytest.raises(AuthorisationGapError) as refused:
        check_routes(_app(path, endpoint).routes, PROOFS)

    assert said in str(refused.value)


def test_a_line_without_a_route_is_noticed() -> None:
    """A table that speaks of what is gone would be read as a promise."""
    with pytest.raises(AuthorisationGapError, match="GET /docs, which is no route"):
        check_routes(_app("/livez", _asks_for_nobody).routes, PROOFS)


def test_no_line_opens_a_clients_case_to_the_hub() -> None:
    """What a caller without a centre may call names no case, referral, consent or client."""
    whole = [route for route, access in AUTHORISATION.items() if access.who in {Who.HUB, Who.EITHER}]

    assert [route for route in whole if any(word in route for word in ("case", "referral", "consent", "client"))] == []
