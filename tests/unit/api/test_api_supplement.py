from __future__ import annotations

from typing import Any

import httpx
import pytest
from api_bench import Bench, case, eventually

from adapters.sdk import Verb, capabilities
from hub.api import examples

PATH = "/v1/referrals/{}/supplement"


async def _told(bench: Bench, referral_id: str, state: str) -> None:
    """Let the agency call and say a state."""
    key = (await bench.referral(referral_id))["wire_key"]
    reply = await bench.nobody.post(
        "/v1/callbacks/pier", json={"key": key, "state": state}, headers={"x-pier": "signed"}
    )
    assert reply.status_code == 200


async def _asked(bench: Bench) -> str:
    """Deliver a referral and let the agency ask for more; the engine runs."""
    referral_id: str = (await bench.accept(case()))["referrals"][0]["id"]
    await bench.until(referral_id, "delivered")
    await _told(bench, referral_id, "supplement_requested")
    await eventually(lambda: bench.referral(referral_id), lambda found: found["business"] == "supplement_requested")
    return referral_id


async def _hand_in(bench: Bench, referral_id: str, **changes: Any) -> httpx.Response:
    return await bench.ask.post(PATH.format(referral_id), json=examples.SUPPLEMENT | changes)


async def test_supplement_is_sent_and_told_of(bench: Bench) -> None:
    """It is taken, goes, and the next step is the agency's; the events say so, with its code and words."""
    async with bench.engine_running():
        referral_id = await _asked(bench)
        waits = (await bench.referral(referral_id))["waits_on"]
        taken = await _hand_in(bench, referral_id)
        sent = await eventually(
            lambda: bench.referral(referral_id), lambda found: found["reason"] == "supplement_acknowledged"
        )
        again = await _hand_in(bench, referral_id)
    told = (await bench.ask.get(f"/v1/referrals/{referral_id}/events")).json()["events"]

    assert (waits, taken.status_code, taken.json()["waits_on"], sent["waits_on"]) == ("centre", 200, "hub", "agency")
    assert [event["kind"] for event in told[-2:]] == ["supplement_changed", "supplemented"]
    assert (told[-1]["actor"], told[-1]["raw_code"]) == ("agency:pier", "S0")
    assert (again.status_code, "이미 받았습니다" in again.json()["detail"]) == (409, True)


async def test_supplement_needs_the_agencys_request(bench: Bench) -> None:
    """Before the agency asks, the answer is 409, and says what to wait for."""
    referral_id = (await bench.accept())["referrals"][0]["id"]
    reply = await _hand_in(bench, referral_id)

    assert (reply.status_code, reply.json()["type"]) == (409, "urn:naru:problem:illegal-step")
    assert (reply.json()["legal"], "요청" in reply.json()["detail"]) == (["pause", "cancel"], True)


async def test_supplement_for_papers_that_the_message_cannot_carry(bench: Bench) -> None:
    """Nothing is dropped in silence: the attachments are named, with the way out."""
    async with bench.engine_running():
        referral_id = await _asked(bench)
    reply = await _hand_in(bench, referral_id, attachments=[{"title": "임대차계약서"}])

    assert (reply.status_code, [fault["pointer"] for fault in reply.json()["errors"]]) == (422, ["/attachments"])
    assert "직접 제출" in reply.json()["errors"][0]["detail"]


async def test_supplement_where_the_contract_has_none(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agency without the message is 422, and says that the papers go there by hand."""
    async with bench.engine_running():
        referral_id = await _asked(bench)
    agency, verbs = bench.services.agencies["pier"], capabilities(type(bench.pier)) - {Verb.SUPPLEMENT}
    monkeypatch.setitem(agency.__dict__, "verbs", verbs)
    reply = await _hand_in(bench, referral_id)

    assert (reply.status_code, reply.json()["type"]) == (422, "urn:naru:problem:no-supplement")
    assert "직접 제출" in reply.json()["detail"]


async def test_supplement_of_another_centre_is_unknown(bench: Bench) -> None:
    """Another centre's referral is not there, whatever its state."""
    referral_id = (await bench.accept())["referrals"][0]["id"]

    assert (await bench.other.post(PATH.format(referral_id), json=examples.SUPPLEMENT)).status_code == 404


async def test_supplement_without_words_is_refused(bench: Bench) -> None:
    """What the agency asked for must be said."""
    reply = await bench.ask.post(PATH.format("ref_1"), json={})

    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/opinion")
