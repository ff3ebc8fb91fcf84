"""A purged case over the API: its ids are known, and whatever is asked of it is answered 410."""

from __future__ import annotations

from typing import Any

from api_bench import Bench, case
from sqlalchemy import select

from hub.retention.configured import Retention
from hub.retention.forgetting import Forgetter
from hub.store.retention import destroy_case
from hub.store.tables import cases


async def purged(bench: Bench) -> dict[str, Any]:
    """Hand a case in, have it destroyed, and return what was answered then."""
    accepted: dict[str, Any] = await bench.accept()
    now = bench.services.clock.now()
    bench.services.store.write_now(lambda conn: destroy_case(conn, accepted["id"], now))
    return accepted


async def test_what_was_destroyed_is_gone_and_says_so(bench: Bench) -> None:
    """Reading the case, its referral and its events, and every step: 410, in Korean, without an echo."""
    accepted = await purged(bench)
    case_id, referral_id = accepted["id"], accepted["referrals"][0]["id"]
    replies = [
        await bench.ask.get(f"/v1/cases/{case_id}"),
        await bench.ask.get(f"/v1/referrals/{referral_id}"),
        await bench.ask.get(f"/v1/referrals/{referral_id}/events"),
        *[await bench.ask.post(f"/v1/referrals/{referral_id}/{step}") for step in ("cancel", "retry", "pause")],
        await bench.ask.post(f"/v1/consents/{accepted['consents'][0]}/withdraw"),
        await bench.add_consents(case_id),
        await bench.ask.get(f"/v1/consents/{accepted['consents'][0]}/receipt"),
    ]
    assert [reply.status_code for reply in replies] == [410] * len(replies)
    assert {reply.json()["type"] for reply in replies} == {"urn:naru:problem:destroyed"}
    assert all(case_id not in reply.text and "파기" in reply.json()["detail"] for reply in replies)


async def test_another_centre_hears_nothing_of_it(bench: Bench) -> None:
    """To others it is unknown, as it was before."""
    accepted = await purged(bench)
    paths = (f"/v1/cases/{accepted['id']}", f"/v1/referrals/{accepted['referrals'][0]['id']}")
    assert [(await bench.other.get(path)).status_code for path in paths] == [404, 404]


async def test_the_consent_s_outline_stays_readable(bench: Bench) -> None:
    """What proves the basis of what was sent: recipient, purposes, items, when; no text."""
    accepted = await purged(bench)
    reply = await bench.ask.get(f"/v1/consents/{accepted['consents'][0]}")
    assert (reply.status_code, reply.json()["recipient"]) == (200, "pier")


async def test_the_same_key_again_makes_no_new_case(bench: Bench) -> None:
    """A request that was only repeated must not send anew what its client had destroyed; a new key is a new wish."""
    accepted = await purged(bench)
    again = await bench.ask.post("/v1/cases", json=case(), headers={"Idempotency-Key": "key-1"})
    assert (again.status_code, again.json()["type"]) == (410, "urn:naru:problem:destroyed")
    assert bench.services.store.read_now(lambda conn: len(conn.execute(select(cases.c.id)).all())) == 1
    wanted = await bench.accept(key="key-2")
    assert wanted["client_id"] != accepted["client_id"]


async def test_an_open_case_is_not_destroyed_by_a_run(bench: Bench) -> None:
    """The run itself leaves it: the referral waits."""
    accepted = await bench.accept()
    entry = {"what": "case", "days": 1, "ground": "시험", "mark": "A", "from": "2020-01-01"}
    run = Forgetter(bench.services.store, (Retention.model_validate(entry),), bench.services.clock.now(), "cli")
    assert run.forget_what_is_due().cases == []
    assert (await bench.ask.get(f"/v1/cases/{accepted['id']}")).status_code == 200
