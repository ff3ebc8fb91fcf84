from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from api_bench import Bench, case, consent

from hub.api import examples
from hub.store.lanes import LaneState, save_lane

OVERRIDE, CLOSING, RESOLUTION = examples.OVERRIDE, examples.CLOSING, examples.RESOLUTION


async def _step(bench: Bench, referral_id: str, step: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return await bench.ask.post(f"/v1/referrals/{referral_id}/{step}", json=body)


async def _accepted(bench: Bench, key: str = "key-1", **changes: Any) -> str:
    accepted = await bench.accept(case(**changes), key)
    referral_id: str = accepted["referrals"][0]["id"]
    return referral_id


async def test_pending_referral_is_cancelled(bench: Bench) -> None:
    """What was not sent can be cancelled, and then nobody is waited for."""
    told = (await _step(bench, await _accepted(bench), "cancel")).json()

    assert (told["delivery"], told["waits_on"]) == ("cancelled", "nobody")
    assert told["reason_text"] == "센터가 취소했습니다."


@pytest.mark.parametrize(
    ("step", "body"), [("retry", None), ("resolve", RESOLUTION), ("override", OVERRIDE), ("close", CLOSING)]
)
async def test_illegal_step_names_the_legal_ones(bench: Bench, step: str, body: dict[str, Any] | None) -> None:
    """A step that the status does not allow is 409, with the status and the steps that it allows; nothing changes."""
    referral_id = await _accepted(bench)
    reply = await _step(bench, referral_id, step, body)
    problem = reply.json()

    assert (reply.status_code, problem["type"]) == (409, "urn:naru:problem:illegal-step")
    assert (problem["current"], problem["legal"]) == ("pending", ["pause", "cancel"])
    assert (await bench.referral(referral_id))["delivery"] == "pending"


async def test_refused_cancel_tells_how_a_client_still_withdraws(bench: Bench) -> None:
    """What the agency has is not cancelled here; the answer says that nothing can be done now, and what can instead."""
    referral_id = await _accepted(bench)
    async with bench.engine_running():
        await bench.until(referral_id, "delivered")
    problem = (await _step(bench, referral_id, "cancel")).json()

    assert (problem["status"], problem["current"], problem["legal"]) == (409, "delivered", [])
    assert problem["detail"].startswith("지금 할 수 있는 처리가 없습니다.")
    assert "동의를 철회" in problem["detail"]


async def test_double_is_held_until_overridden(bench: Bench) -> None:
    """The same client for the same service is held, names the first one, and goes on when a person says why."""
    first = await _accepted(bench)
    second = await _accepted(bench, "key-2")
    held = await bench.referral(second)
    told = (await _step(bench, second, "override", OVERRIDE)).json()

    assert (held["delivery"], held["reason"], held["possible_duplicate_of"]) == ("held", "possible_duplicate", first)
    assert (told["delivery"], told["overridden"]) == ("pending", ["possible_duplicate"])


async def test_unknown_is_settled_by_a_person(bench: Bench) -> None:
    """A lost answer of an agency that cannot be asked waits for a person, whose word settles it."""
    bench.pier.mood = "is lost"
    referral_id = await _accepted(bench)
    async with bench.engine_running():
        lost = await bench.until(referral_id, "unknown")
    told = (await _step(bench, referral_id, "resolve", RESOLUTION)).json()

    assert (lost["waits_on"], lost["reason"]) == ("centre", "person_decides")
    assert (told["delivery"], told["receipt"]) == ("delivered", RESOLUTION["receipt"])


async def test_refused_referral_is_closed_with_an_outcome(bench: Bench) -> None:
    """A refusal shows the agency's code and our words, and can be closed with an outcome once."""
    bench.pier.mood = "refuses"
    referral_id = await _accepted(bench)
    async with bench.engine_running():
        refused = await bench.until(referral_id, "refused")
    told = (await _step(bench, referral_id, "close", CLOSING)).json()
    again = await _step(bench, referral_id, "close", CLOSING)

    assert (refused["reason"], refused["raw_code"]) == ("not_eligible", "N1")
    assert (told["outcome"], told["waits_on"]) == ("helped", "nobody")
    assert again.status_code == 409


async def test_held_for_consent_cannot_be_overridden(bench: Bench) -> None:
    """No counsellor's word stands for a missing consent."""
    referral_id = await _accepted(bench, consents=[])
    async with bench.engine_running():
        await bench.until(referral_id, "held")
    reply = await _step(bench, referral_id, "override", OVERRIDE)

    assert reply.status_code == 409
    assert "override" not in reply.json()["legal"]


async def test_new_consent_sends_what_was_held(bench: Bench) -> None:
    """A consent that comes later lets what was held for it go on by itself."""
    accepted = await bench.accept(case(consents=[]))
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "held")
        reply = await bench.add_consents(accepted["id"])
        await bench.until(referral_id, "delivered")

    assert (reply.status_code, len(reply.json()["consents"])) == (201, 1)


async def test_consent_is_shown_without_its_evidence(bench: Bench) -> None:
    """A consent tells what it opens for whom; its texts and evidence stay sealed."""
    accepted = await bench.accept()
    reply = await bench.ask.get(f"/v1/consents/{accepted['consents'][0]}")

    assert (reply.json()["recipient"], reply.json()["withdrawn_at"]) == ("pier", None)
    assert not [word for word in ("forms/", "긴급복지 지원 의뢰", "a" * 64) if word in reply.text]


async def test_withdrawal_lists_what_it_stopped(bench: Bench) -> None:
    """Withdrawing stops what is queued and lists it; a second time there is nothing left to stop."""
    accepted = await bench.accept()
    path, referral_id = f"/v1/consents/{accepted['consents'][0]}/withdraw", accepted["referrals"][0]["id"]
    first, second = (await bench.ask.post(path)).json(), (await bench.ask.post(path)).json()

    assert (first["stopped"], first["in_flight"], first["told"]) == ([referral_id], [], [])
    assert second["stopped"] == []
    assert (await bench.referral(referral_id))["delivery"] == "cancelled"


async def test_withdrawal_lists_who_is_told(bench: Bench) -> None:
    """Withdrawing after delivery lists the referral whose agency is told."""
    accepted = await bench.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with bench.engine_running():
        await bench.until(referral_id, "delivered")
    told = (await bench.ask.post(f"/v1/consents/{accepted['consents'][0]}/withdraw")).json()

    assert told["told"] == [referral_id]


async def test_childs_consent_needs_its_guardian(bench: Bench) -> None:
    """A consent that is added for a child under 14 without a guardian is refused, and the place is named."""
    guardian = {"name": "김나루", "relation": "모"}
    child = case()["client"] | {"birth_date": "2015-01-02", "guardian": guardian}
    accepted = await bench.accept(case(client=child, consents=[consent(guardian=guardian)]))
    reply = await bench.add_consents(accepted["id"])

    assert reply.status_code == 422
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/consents"]


async def test_paused_agency_is_sent_nothing_until_resumed(bench: Bench) -> None:
    """A paused agency's work waits; resuming lets it go on."""
    paused = (await bench.operator.post("/v1/agencies/pier/pause")).json()
    referral_id = await _accepted(bench)
    async with bench.engine_running():
        waiting = await bench.referral(referral_id)
        resumed = (await bench.operator.post("/v1/agencies/pier/resume")).json()
        await bench.until(referral_id, "delivered")

    assert (paused["paused"], waiting["delivery"], resumed["paused"]) == ("by_person", "pending", None)


async def test_agencies_are_listed_with_their_state(bench: Bench) -> None:
    """The list shows what an agency may be told, and one that could not be loaded with what to mend."""
    told = {agency["slug"]: agency for agency in (await bench.ask.get("/v1/agencies")).json()["agencies"]}

    assert (told["pier"]["state"], told["pier"]["requires"]) == ("active", ["client.name"])
    assert (told["wreck"]["state"], told["wreck"]["why"]) == ("broken", "ImportError while importing wreck:Wreck")


@pytest.mark.parametrize("slug", ["nobody", "wreck"])
async def test_only_active_agencies_are_paused(bench: Bench, slug: str) -> None:
    """There is nothing to hold at an agency that is not there, or that cannot be reached anyway."""
    assert (await bench.operator.post(f"/v1/agencies/{slug}/pause")).status_code == 404


async def test_events_tell_the_way_in_pages(bench: Bench) -> None:
    """Events come in order, each with its actor, a page at a time; the header Link leads on and then ends."""
    referral_id = await _accepted(bench)
    async with bench.engine_running():
        await bench.until(referral_id, "delivered")
    events: list[dict[str, Any]] = []
    path: str | None = f"/v1/referrals/{referral_id}/events?limit=1"
    while path:
        reply = await bench.ask.get(path)
        events += reply.json()["events"]
        path = reply.links["next"]["url"] if "next" in reply.links else None

    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert [event["kind"] for event in events[:2]] == ["accepted", "delivery_changed"]
    assert events[0]["actor"].startswith("key:")


async def test_listing_is_paged_and_filtered(bench: Bench) -> None:
    """Pages hold every referral once, in order, and keep their filters."""
    ids = [await _accepted(bench, f"key-{n}") for n in range(5)]
    await _step(bench, ids[2], "cancel")
    found: list[str] = []
    path: str | None = "/v1/referrals?limit=2&agency=pier&delivery=held"
    while path:
        reply = await bench.ask.get(path)
        found += [referral["id"] for referral in reply.json()["referrals"]]
        path = reply.links["next"]["url"] if "next" in reply.links else None

    assert found == [ids[1], ids[3], ids[4]]


async def test_events_tell_what_people_wrote(bench: Bench) -> None:
    """A person's reason is sealed in the store and read back by the centre; events without words have none."""
    await _accepted(bench)
    second = await _accepted(bench, "key-2")
    await _step(bench, second, "override", OVERRIDE)
    told = (await bench.ask.get(f"/v1/referrals/{second}/events")).json()["events"]
    said = {event["kind"]: event["text"] for event in told}
    assert (said["overridden"], said["accepted"]) == (OVERRIDE["reason"], None)


async def test_an_outage_is_seen_by_whoever_waits_for_it(bench: Bench) -> None:
    """An agency that is not reached says since when, and until when nothing is sent; what is past is not said."""
    now = bench.services.clock.now()
    shut = LaneState("pier", failures=5, outage_since=now, closed_until=now + timedelta(hours=1))

    async def told(who: httpx.AsyncClient) -> list[datetime | None]:
        listed = (await who.get("/v1/agencies")).json()["agencies"]
        (pier,) = [one for one in listed if one["slug"] == "pier"]
        return [pier[name] and datetime.fromisoformat(pier[name]) for name in ("outage_since", "closed_until")]

    assert await told(bench.ask) == [None, None]
    bench.services.store.write_now(lambda conn: save_lane(conn, shut))
    assert await told(bench.ask) == await told(bench.operator) == [now, now + timedelta(hours=1)]
    bench.services.store.write_now(lambda conn: save_lane(conn, replace(shut, closed_until=now)))
    assert await told(bench.operator) == [now, None]
