"""자격 확인 in the API: what is waited for, on whom, why it was held, and what a counsellor may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_bench import Bench, bench_in, case, consent

from hub.api import examples

RULE = {
    "id": "ask-first", "services": ["WEL-EMERG"], "verify": True, "words": "먼저 자격을 확인합니다.",
    "source": "시험 고시", "mark": "A", "from": "2025-01-01",
}  # fmt: skip


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Bench]:
    """The API with a rule that has its one agency asked first."""
    async with bench_in(tmp_path, rules=[RULE]) as opened:
        yield opened


async def test_a_precheck_names_the_question(asking: Bench) -> None:
    """Before anybody is named it is said that the agency will be asked, by which rule; no fact would tell more."""
    reply = await asking.ask.post("/v1/prechecks", json={"services": ["WEL-EMERG"], "region": "41150"})
    (answer,) = reply.json()["services"]

    assert (answer["outlook"], answer["lacking"]) == ("needs_agency_answer", [])
    assert [(one["id"], one["verdict"], one["verify"]) for one in answer["rules"]] == [("ask-first", "open", True)]


async def test_a_no_is_held_with_the_rules_words_and_the_agencys_code(asking: Bench) -> None:
    """The referral, the roll-up and the events say why; the agency has nothing; a counsellor may go on."""
    asking.pier.mood = "says no"
    accepted = await asking.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with asking.engine_running():
        held = await asking.until(referral_id, "held")
        told = (await asking.ask.get(f"/v1/cases/{accepted['id']}")).json()
        retried = await asking.ask.post(f"/v1/referrals/{referral_id}/retry")
        await asking.ask.post(f"/v1/referrals/{referral_id}/override", json=examples.OVERRIDE)
        after = await asking.until(referral_id, "delivered")
    events = (await asking.ask.get(f"/v1/referrals/{referral_id}/events")).json()["events"]

    assert (held["reason"], held["raw_code"], held["verification"]) == (
        "verification_not_eligible",
        "N",
        "not_eligible",
    )
    assert held["reason_text"].endswith("확인하는 기준: 먼저 자격을 확인합니다. (출처: 시험 고시).")
    assert [step["who"] for step in told["next_steps"]] == ["counsellor"]
    assert [one["holding"] for one in told["holders"]] == ["seen"]
    assert (retried.status_code, retried.json()["legal"]) == (409, ["override", "cancel", "close"])
    assert (after["overridden"], after["verification"]) == (["verification_not_eligible"], "not_eligible")
    (verified,) = (event for event in events if event["kind"] == "verified")
    (overridden,) = (event for event in events if event["kind"] == "overridden")
    assert (verified["actor"], verified["raw_code"]) == ("agency:pier", "N")
    assert overridden["rules"] == ["ask-first"]
    explained = (await asking.ask.get(f"/v1/referrals/{referral_id}/explanation")).json()
    assert [one["rules"] for one in explained["decisions"]] == [["ask-first"]]
    assert any("기관이 대상이 아니라고 답했습니다." in said for said in explained["summary"])


async def test_every_question_stands_in_the_clients_register(asking: Bench) -> None:
    """Who was told what, by which consents, and what came of it: before the referral, and held apart from it."""
    accepted = await asking.accept()
    async with asking.engine_running():
        await asking.until(accepted["referrals"][0]["id"], "delivered")
    told = (await asking.ask.get(f"/v1/clients/{accepted['client_id']}/disclosures")).json()
    sent = [entry["sending"] for entry in told["entries"]]

    assert [(one["kind"], one["outcome"], one["receipt"] is None) for one in sent] == [
        ("verify", "answered", True), ("submit", "delivered", False),
    ]  # fmt: skip
    assert all(field["consents"] == accepted["consents"] for field in sent[0]["fields"])


async def test_whom_nobody_may_ask_about_waits_on_the_client(asking: Bench) -> None:
    """The roll-up says that a consent is missing, and for which fields of the question."""
    accepted = await asking.accept(case(consents=[consent(items=["client.phones"])]))
    async with asking.engine_running():
        held = await asking.until(accepted["referrals"][0]["id"], "held")
    (step,) = (await asking.ask.get(f"/v1/cases/{accepted['id']}")).json()["next_steps"]

    assert (held["reason"], held["verification"]) == ("verification_without_consent", "wanted")
    assert (step["who"], "성명" in step["what"]) == ("client", True)
