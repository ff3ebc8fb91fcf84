from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_bench import Bench, bench_in, case
from sqlalchemy import delete, select

from hub.api import examples
from hub.store.tables import audit_entries, blind_indexes

LIKENESS = examples.CLIENT_SEARCH
RRN = "8503151000000"
WITH_RRN = examples.CASE["client"] | {"rrn": RRN}
WITH_ADMIN_NUMBER = examples.CASE["client"] | {"admin_number": "9000000000001", "name": "김나루"}


@pytest.fixture
async def bench(tmp_path: Path, store_url: str) -> AsyncIterator[Bench]:
    """The API on each database in turn."""
    async with bench_in(tmp_path, store_url=store_url) as opened:
        yield opened


async def _search(asker: httpx.AsyncClient, asked: dict[str, Any]) -> list[dict[str, Any]]:
    reply = await asker.post("/v1/clients/search", json=asked)
    assert reply.status_code == 200, reply.text
    assert list(reply.json()) == ["clients"]
    found: list[dict[str, Any]] = reply.json()["clients"]
    return found


@pytest.mark.parametrize(
    ("client", "asked"),
    [
        (WITH_RRN, {"rrn": RRN}),
        (WITH_RRN, {"rrn": "850315-1000000"}),
        (WITH_RRN, LIKENESS),
        (WITH_ADMIN_NUMBER, {"admin_number": "9000000000001"}),
        (examples.CASE["client"], LIKENESS),
        (examples.CASE["client"], LIKENESS | {"name": " 홍 길동 ", "phone": "01000001234"}),
        (examples.CASE["client"], LIKENESS | {"name": unicodedata.normalize("NFD", "홍길동")}),
    ],
)
async def test_a_client_is_found_by_what_was_handed_over(
    bench: Bench, client: dict[str, Any], asked: dict[str, Any]
) -> None:
    """By either number, or by name, birth date and phone together, however they are typed: opaque ids come back."""
    first = await bench.accept(case(client=client))
    second = await bench.accept(case(client=client), key="key-2")

    assert await _search(bench.ask, asked) == [{"id": first["client_id"], "cases": [first["id"], second["id"]]}]


@pytest.mark.parametrize(
    "asked",
    [
        {"rrn": "8503151000001"},
        LIKENESS | {"name": "홍길"},
        LIKENESS | {"birth_date": "1985-03-16"},
        LIKENESS | {"phone": "010-0000-1235"},
    ],
)
async def test_only_an_exact_match_is_found(bench: Bench, asked: dict[str, Any]) -> None:
    """Nothing that is nearly so, and no part of a name."""
    await bench.accept(case(client=WITH_RRN))

    assert await _search(bench.ask, asked) == []


async def test_another_centres_client_looks_like_nobody(bench: Bench) -> None:
    """Byte for byte the same answer as for somebody whom no centre ever handed over."""
    await bench.accept()
    known = await bench.other.post("/v1/clients/search", json=LIKENESS)
    nobody = await bench.other.post("/v1/clients/search", json=LIKENESS | {"name": "없는이"})

    assert (known.status_code, known.content) == (nobody.status_code, nobody.content) == (200, b'{"clients":[]}')


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"name": "홍길동"},
        {"name": "홍길동", "birth_date": "1985-03-15"},
        LIKENESS | {"rrn": RRN},
        {"rrn": RRN, "admin_number": "9000000000001"},
        {"rrn": RRN, "name": None, "phone": "010-0000-1234"},
    ],
)
async def test_one_way_at_a_time(bench: Bench, asked: dict[str, Any]) -> None:
    """Half a likeness, or two ways at once, is refused, and nothing of it is repeated."""
    reply = await bench.ask.post("/v1/clients/search", json=asked)

    assert (reply.status_code, reply.json()["type"]) == (422, "urn:naru:problem:invalid-document")
    assert not [value for value in (RRN, "홍길동", "1234") if value in reply.text]


async def test_a_search_is_noted_without_what_was_searched_for(bench: Bench) -> None:
    """The way, and who was found; no name, number, or digest of one."""
    accepted = await bench.accept(case(client=WITH_RRN))
    await _search(bench.ask, {"rrn": RRN})
    await _search(bench.ask, LIKENESS | {"name": "없는이"})
    query = select(audit_entries).where(audit_entries.c.action == "client_searched").order_by(audit_entries.c.id)
    found, none = bench.services.store.read_now(lambda conn: conn.execute(query).all())

    assert (found.client_id, found.data) == (
        accepted["client_id"],
        {"by": "rrn", "clients": [accepted["client_id"]]},
    )
    assert (none.client_id, none.data) == (None, {"by": "name_birth_phone", "clients": []})
    assert RRN not in json.dumps([found.data, none.data])


async def test_who_is_forgotten_is_found_no_more(bench: Bench) -> None:
    """Once the blind indexes are destroyed, the search knows nobody."""
    await bench.accept()
    bench.services.store.write_now(lambda conn: conn.execute(delete(blind_indexes)))

    assert await _search(bench.ask, LIKENESS) == []


async def test_who_searches_too_often_is_refused_and_noted(tmp_path: Path) -> None:
    """Beyond the bound 429 with the time to come back, for this caller only; other calls go on, and it is an entry."""
    async with bench_in(tmp_path, access={"searches": 2}) as bench:
        replies = [await bench.ask.post("/v1/clients/search", json=LIKENESS) for _ in range(3)]
        other = await bench.other.post("/v1/clients/search", json=LIKENESS)
        rest = await bench.ask.get("/v1/referrals")
        query = select(audit_entries.c.data).where(audit_entries.c.action == "access_refused")
        (noted,) = bench.services.store.read_now(lambda conn: conn.execute(query).scalars().all())

    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert (other.status_code, rest.status_code) == (200, 200)
    assert replies[2].json()["type"] == "urn:naru:problem:too-many-requests"
    assert int(replies[2].headers["retry-after"]) > 60
    assert replies[2].headers["ratelimit-policy"] == '"searches";q=2;w=3600'
    assert (noted["route"], noted["why"]) == ("search_clients", "searches_too_often")
