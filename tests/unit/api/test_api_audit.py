"""The audit trail over HTTP: a centre's own entries, page by page, and reading it is one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from api_bench import Bench, bench_in, client_of
from sqlalchemy import select

from hub.access.holders import CENTRE, OPERATOR, add_holder, add_key
from hub.access.scopes import Scope
from hub.audit.sealer import seal_some
from hub.clock import wall_now
from hub.store.tables import centres


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """The API, with what the demo's two centres have done sealed by whoever asks."""
    async with bench_in(tmp_path) as opened:
        yield opened


def seal(bench: Bench) -> None:
    bench.services.store.write_beside_now(seal_some)


def auditor(bench: Bench, centre_id: str | None) -> httpx.AsyncClient:
    """Return a caller who may read the trail: of a centre, or of the hub."""
    scopes, now = {Scope.AUDIT}, wall_now()
    if centre_id is not None:
        text = bench.services.store.write_now(lambda conn: add_key(conn, CENTRE, centre_id, now, scopes=scopes).text)
    else:
        text = bench.services.store.write_now(
            lambda conn: add_key(conn, OPERATOR, add_holder(conn, OPERATOR, "감사팀", now), now, scopes=scopes).text
        )
    return client_of(bench.app, text)


async def test_a_centre_reads_what_was_done_with_its_clients(bench: Bench) -> None:
    """Who, what, when, from where, whose, in the chain's order; what is not sealed yet is not shown."""
    accepted = await bench.accept()
    await bench.ask.get(f"/v1/cases/{accepted['id']}")
    async with auditor(bench, bench.centre_id) as ask:
        assert (await ask.get("/v1/audit")).json() == {"entries": []}
        seal(bench)
        entries = (await ask.get("/v1/audit")).json()["entries"]
    assert [(one["sequence"], one["action"]) for one in entries] == [
        (1, "case_accepted"), (2, "case_read"), (3, "audit_read"),
    ]  # fmt: skip
    read = entries[1]
    assert (read["case_id"], read["client_id"]) == (accepted["id"], accepted["client_id"])
    assert (read["centre_id"], read["origin"], len(read["digest"])) == (bench.centre_id, "127.0.0.1", 64)
    assert read["actor"].startswith("key:")
    assert entries[2]["data"] == {"asked": {}, "after": 0, "shown": 0}


async def test_another_centre_sees_nothing_of_it_and_the_hubs_auditor_all(bench: Bench) -> None:
    """Naming an id of somebody else's finds nothing; the hub's own auditors have ids only, and no case."""
    accepted = await bench.accept()
    await bench.other.get("/v1/referrals")
    seal(bench)
    ids = bench.services.store.read_now(lambda conn: conn.execute(select(centres.c.id)).scalars().all())
    (others,) = set(ids) - {bench.centre_id}
    async with auditor(bench, others) as other, auditor(bench, None) as hub:
        seen = (await other.get("/v1/audit")).json()["entries"]
        assert {one["centre_id"] for one in seen} == {others}
        assert (await other.get("/v1/audit", params={"case": accepted["id"]})).json() == {"entries": []}
        everything = (await hub.get("/v1/audit")).json()["entries"]
        assert {bench.centre_id, others} <= {one["centre_id"] for one in everything}


async def test_pages_lead_through_all_of_it(bench: Bench) -> None:
    """Each entry once, whatever is added meanwhile; the filters go along."""
    for number in range(5):
        await bench.accept(key=f"key-{number}")
    seal(bench)
    async with auditor(bench, bench.centre_id) as ask:
        seen, url = [], "/v1/audit?limit=2&action=case_accepted"
        while True:
            reply = await ask.get(url)
            seen += [one["sequence"] for one in reply.json()["entries"]]
            if "next" not in reply.links:
                break
            url = reply.links["next"]["url"]
            seal(bench)
    assert seen == [1, 2, 3, 4, 5]


async def test_filters_narrow_what_is_shown(bench: Bench) -> None:
    """By client, case, referral, actor, action and period; a misspelt one is an error."""
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    await bench.referral(referral_id)
    seal(bench)
    now = bench.services.clock.now()
    async with auditor(bench, bench.centre_id) as ask:

        async def actions(**asked: str) -> list[str]:
            reply = await ask.get("/v1/audit", params=asked)
            assert reply.status_code == 200, reply.text
            return [one["action"] for one in reply.json()["entries"]]

        both = ["case_accepted", "referral_read"]
        assert await actions(client=accepted["client_id"]) == both
        assert await actions(case=accepted["id"]) == both
        assert await actions(referral=referral_id) == ["referral_read"]
        assert await actions(actor="hub") == []
        assert await actions(since=(now - timedelta(hours=1)).isoformat()) == both
        assert await actions(until=(now - timedelta(hours=1)).isoformat()) == []
        assert await actions(since=(now + timedelta(hours=1)).isoformat()) == []
        for wrong in ({"cleint": "x"}, {"since": "2026-03-02"}, {"since": "0001-01-01T00:00:00+09:00"}, {"case": "x"}):
            assert (await ask.get("/v1/audit", params=wrong)).status_code == 422


@pytest.mark.parametrize("moment", ["0.5", "1767225600", "2026-03-02", "2026-03-02T00:00:00"])
async def test_moments_are_written_in_one_way(bench: Bench, moment: str) -> None:
    """A number, a day or a moment without an offset would be read as something that nobody meant."""
    async with auditor(bench, bench.centre_id) as ask:
        reply = await ask.get("/v1/audit", params={"until": moment})

    assert (reply.status_code, reply.json()["errors"][0]["parameter"]) == (422, "until")


async def test_a_disclosure_is_an_entry_before_it_and_one_after(bench: Bench) -> None:
    """The decision names attempt, recipient, fields, and the consents behind each; its end says what became of it."""
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "delivered")
    seal(bench)
    async with auditor(bench, bench.centre_id) as ask:
        found = (await ask.get("/v1/audit", params={"referral": referral_id, "actor": "hub"})).json()["entries"]
    told, ended = found
    assert (told["action"], told["client_id"], told["case_id"]) == (
        "disclosed", accepted["client_id"], accepted["id"],
    )  # fmt: skip
    said = told["data"]
    assert (said["verb"], said["recipient"]) == ("submit", "pier")
    assert set(said["bases"]) <= set(accepted["consents"])
    assert sorted({path for paths in said["bases"].values() for path in paths}) == said["fields"]
    assert (ended["action"], ended["data"]) == ("attempt_ended", {"attempt": said["attempt"], "result": "delivered"})
