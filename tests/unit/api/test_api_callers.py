from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_bench import Bench, bench_in, client_of
from sqlalchemy import select

from hub.access.holders import CENTRE, add_key
from hub.access.scopes import Scope
from hub.api.app import describe
from hub.api.authorisation import AUTHORISATION
from hub.clock import wall_now
from hub.store.tables import audit_entries

MARKER = "naru_홍비밀"


def _key(bench: Bench, *scopes: Scope) -> httpx.AsyncClient:
    made = bench.services.store.write_now(
        lambda conn: add_key(conn, CENTRE, bench.centre_id, wall_now(), scopes=scopes)
    )
    return client_of(bench.app, made.text)


def _told(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["type"].removeprefix("urn:naru:problem:")


def _entries(bench: Bench) -> list[Any]:
    return bench.services.store.read_now(
        lambda conn: conn.execute(
            select(audit_entries).where(audit_entries.c.action.in_(["access_refused", "authentication_failed"]))
        ).all()
    )


async def test_a_missing_scope_is_named(bench: Bench) -> None:
    """In Korean, and in the header of RFC 6750; nothing of the id is looked at before."""
    reply = await _key(bench, Scope.READ).post("/v1/referrals/ref_none/cancel")

    assert _told(reply) == (403, "forbidden")
    assert reply.json()["detail"].startswith("이 처리에 필요한 권한: cases 또는 operate. ")
    assert reply.headers["www-authenticate"] == (
        'Bearer realm="naru", error="insufficient_scope", scope="cases operate"'
    )


async def test_what_concerns_every_centre_is_not_a_centres(bench: Bench) -> None:
    """Whatever scopes its key has; and the hub's operator reads no case."""
    whole = await _key(bench, *Scope).post("/v1/agencies/pier/pause")
    case = await bench.operator.get("/v1/cases/case_none")

    assert (_told(whole), _told(case)) == ((403, "hub-only"), (403, "no-centre"))


async def test_refusals_are_written_down_without_what_was_presented(bench: Bench) -> None:
    """A wrong key and a missing scope: who, from where, which route, why."""
    await bench.nobody.get("/v1/referrals", headers={b"Authorization": f"Bearer {MARKER}".encode()})
    await _key(bench, Scope.AUDIT).get("/v1/referrals")
    nobody, auditor = _entries(bench)

    assert (nobody.actor, nobody.action, nobody.data["route"]) == (
        "nobody",
        "authentication_failed",
        "list_of_referrals",
    )
    assert (auditor.actor[:8], auditor.action, auditor.data["why"]) == ("key:key_", "access_refused", "forbidden")
    assert (auditor.centre_id, auditor.origin) == (bench.centre_id, "127.0.0.1")
    assert "비밀" not in str([tuple(entry) for entry in _entries(bench)])


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Bench]:
    """A hub that lets everybody call three times an hour, and fail twice."""
    limits = {"calls": 3, "calls_seconds": 3600, "failures": 2, "failures_seconds": 3600}
    async with bench_in(tmp_path, access=limits) as opened:
        yield opened


async def test_every_answer_to_a_caller_says_how_often_it_may_call(strict: Bench) -> None:
    """As structured fields; a problem says so too, and what nobody counts says nothing."""
    good = await strict.ask.get("/v1/agencies")
    problem = await strict.ask.get("/v1/cases/case_none")
    open_one = await strict.ask.get("/livez")

    assert good.headers["ratelimit-policy"] == '"caller";q=3;w=3600'
    assert re.fullmatch(r'"caller";r=2;t=1[12]\d\d', good.headers["ratelimit"])
    assert re.fullmatch(r'"caller";r=1;t=2[34]\d\d', problem.headers["ratelimit"])
    assert "ratelimit" not in open_one.headers


async def test_too_many_calls_are_answered_429(strict: Bench) -> None:
    """With the seconds to wait; the other centre is not touched by it."""
    replies = [await strict.ask.get("/v1/agencies") for _ in range(4)]
    last = replies[-1]

    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert _told(last) == (429, "too-many-requests")
    assert 1000 < int(last.headers["retry-after"]) <= 1200
    assert last.headers["ratelimit"].startswith('"caller";r=0;t=')
    assert (await strict.other.get("/v1/agencies")).status_code == 200


async def test_failing_too_often_is_answered_429(strict: Bench) -> None:
    """By address; whoever has a good key comes in from the same one."""
    replies = [await strict.nobody.get("/v1/agencies") for _ in range(3)]

    assert [reply.status_code for reply in replies] == [401, 401, 429]
    assert replies[-1].headers["ratelimit-policy"] == '"failures";q=2;w=3600'
    assert (await strict.ask.get("/v1/agencies")).status_code == 200


async def test_a_token_is_neither_good_nor_bad_while_nobody_can_say(tmp_path: Path) -> None:
    """Without the issuer's keys the answer is 503: the centre's application tries again, and logs nobody out."""
    jwt = {"issuer": "https://issuer.example", "audience": "naru", "jwks_url": "http://127.0.0.1:9/keys"}
    header = "eyJhbGciOiJFUzI1NiIsImtpZCI6Im9uZSIsInR5cCI6ImF0K2p3dCJ9"  # {"alg":"ES256","kid":"one","typ":"at+jwt"}
    async with bench_in(tmp_path, access={"jwt": jwt}) as bench:
        reply = await bench.nobody.get("/v1/agencies", headers={"Authorization": f"Bearer {header}.e30.AAAA"})
        refused = _entries(bench)

    assert (_told(reply), reply.headers["retry-after"]) == ((503, "unavailable"), "5")
    assert refused == []


def test_the_description_names_the_scopes_of_every_operation() -> None:
    """For both ways to prove who calls: what stands in the table, one entry for each scope that is enough."""
    document = describe()
    told = {
        f"{method.upper()} {path}": {
            (way, *names) for one in operation.get("security", ()) for way, names in one.items()
        }
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    lines = {route.replace(":path}", "}"): access for route, access in AUTHORISATION.items()}
    ways = ("api_key", "jwt")
    wanted = {route: {(way, scope.value) for way in ways for scope in lines[route].scopes} for route in told}

    assert told == wanted
    assert set(document["components"]["securitySchemes"]) == {"api_key", "jwt"}


async def test_the_docs_page_shows_scopes_and_ways_to_call(bench: Bench) -> None:
    """Beside every operation, and the ways once."""
    page = (await bench.nobody.get("/docs")).text

    assert page.count("<p>권한: <code>") + page.count("<p>권한 가운데 하나: <code>") + page.count(
        "<p>권한: 나루의 키가 필요 없습니다"
    ) == sum(len(item) for item in describe()["paths"].values())
    assert "Bearer naru_&lt;prefix&gt;_&lt;secret&gt;" in page
