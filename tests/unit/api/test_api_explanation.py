from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from api_bench import Bench, bench_in, case
from lxml import html
from sqlalchemy import select, update
from test_api_rules import RULES, broken

from hub.api import examples
from hub.store.tables import audit_entries, cases, referrals


@pytest.fixture
async def ruled(tmp_path: Path) -> AsyncIterator[Bench]:
    """The API with three rules for its one service."""
    async with bench_in(tmp_path, rules=RULES) as opened:
        yield opened


async def _explained(bench: Bench, referral_id: str) -> dict[str, Any]:
    reply = await bench.ask.get(f"/v1/referrals/{referral_id}/explanation")
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


async def test_it_tells_the_route_and_each_rule_with_its_facts(ruled: Bench) -> None:
    """Words, source, days and verdict of every rule, and which fields it looked at; no figure of the client's."""
    referral_id = (await ruled.accept(broken()))["referrals"][0]["id"]
    told = await _explained(ruled, referral_id)
    income, debt, days = told["rules"]

    assert (told["agency_title"], told["service_title"]) == ("시험 선착장", "긴급복지")
    assert told["route_from"] == "2020-01-01"
    assert [rule["verdict"] for rule in told["rules"]] == ["unmet", "unmet", "met"]
    assert (income["words"], income["source"], income["valid_from"]) == (
        "중위소득 75% 이하입니다.", "income 고시", "2025-01-01",
    )  # fmt: skip
    assert [(fact["title"], [field["title"] for field in fact["fields"]]) for fact in debt["facts"]] == [
        ("총 채무액", ["채무액"])
    ]
    assert days["verdict_text"] == "기준에 맞습니다."
    assert "신청 기준 3가지를 살폈습니다: 맞음 1, 맞지 않음 2, 알 수 없음 0." in told["summary"][2]
    assert "80" not in str(told["rules"])
    assert "2000" not in str(told)


async def test_it_says_what_the_client_may_ask_for(ruled: Bench) -> None:
    """Where nobody decided, the client may refuse or ask for a person (37조의2); refusing costs nothing elsewhere."""
    told = await _explained(ruled, (await ruled.accept(broken()))["referrals"][0]["id"])

    assert (told["decided_by"], told["decisions"]) == ("rules", [])
    assert "37조의2" in told["rights"][0]
    assert "영향이 없습니다" in told["rights"][1]


async def test_it_says_what_a_counsellor_decided_and_when_but_not_their_words(ruled: Bench) -> None:
    """The decision, its time and the rules are told; the reason that was written for the record stays sealed."""
    referral_id = (await ruled.accept(broken()))["referrals"][0]["id"]
    reason = {"reason": "대상자의 사정을 들어 예외로 함"}
    await ruled.ask.post(f"/v1/referrals/{referral_id}/override", json=reason)
    told = await _explained(ruled, referral_id)
    (decision,) = told["decisions"]

    assert (told["decided_by"], decision["rules"]) == ("person", ["income", "debt"])
    assert "상담사가 사유를 적어 예외로 진행했습니다" in decision["text"]
    assert decision["at_kst"].endswith("+09:00")
    assert "사정을 들어" not in str(told)


async def test_the_page_says_the_same(ruled: Bench) -> None:
    """For a browser: the rules under headings, the decision in a table, the rights in sentences."""
    referral_id = (await ruled.accept(broken()))["referrals"][0]["id"]
    await ruled.ask.post(f"/v1/referrals/{referral_id}/override", json=examples.OVERRIDE)
    path = f"/v1/referrals/{referral_id}/explanation"
    reply = await ruled.ask.get(path, headers={"Accept": "text/html"})
    root, told = html.fromstring(reply.text), await _explained(ruled, referral_id)
    text = root.text_content()

    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert [node.text for node in root.iter("h3")] == [rule["words"] for rule in told["rules"]]
    assert "income 고시 (보도 등 간접 자료)" in text
    assert [
        said for said in (*told["summary"], *told["rights"], told["decisions"][0]["text"]) if said not in text
    ] == []


async def test_rules_that_the_configuration_lost_are_still_named(ruled: Bench) -> None:
    """Without their words the ids and verdicts remain, and the page says that the rest is not there any more."""
    referral_id = (await ruled.accept(broken()))["referrals"][0]["id"]
    grounds = {"day": "2024-05-01", "route_from": None, "rules": [
        {"id": "old", "valid_from": "2024-01-01", "verdict": "unmet"},
    ]}  # fmt: skip
    ruled.services.store.write_now(lambda conn: conn.execute(update(referrals).values(grounds=grounds)))
    told = await _explained(ruled, referral_id)
    page = await ruled.ask.get(f"/v1/referrals/{referral_id}/explanation", headers={"Accept": "text/html"})

    assert [(rule["id"], rule["words"], rule["facts"]) for rule in told["rules"]] == [("old", None, [])]
    assert "지금의 설정에는 남아 있지 않습니다." in page.text


async def test_a_referral_of_before_has_no_grounds(bench: Bench) -> None:
    """Grounds that were never kept are not made up."""
    referral_id = (await bench.accept())["referrals"][0]["id"]
    bench.services.store.write_now(lambda conn: conn.execute(update(referrals).values(grounds=None)))
    told = await _explained(bench, referral_id)

    assert (told["routed_on"], told["rules"]) == (None, [])
    assert "근거가 남아 있지 않습니다" in told["summary"][1]


async def test_a_referral_without_an_agency_waits_for_one(bench: Bench) -> None:
    """It goes nowhere yet, and the explanation does not pretend otherwise."""
    document = case(referrals=[examples.REFERRAL | {"service_code": "JOB-COUNSEL"}])
    told = await _explained(bench, (await bench.accept(document))["referrals"][0]["id"])

    assert (told["agency"], told["agency_title"]) == ("", "정해지지 않음")
    assert told["summary"][1] == "이 서비스를 맡은 기관이 아직 없어 보내지 않고 기다리고 있습니다."


async def test_it_needs_nothing_that_is_sealed(ruled: Bench) -> None:
    """After the case's key is gone it explains as before."""
    referral_id = (await ruled.accept(broken()))["referrals"][0]["id"]
    before = await _explained(ruled, referral_id)
    ruled.services.store.write_now(lambda conn: conn.execute(update(cases).values(wrapped_key=b"", sealed_client=b"")))

    assert await _explained(ruled, referral_id) == before


async def test_reading_it_is_noted(bench: Bench) -> None:
    """Whose referral was explained, and to whom."""
    accepted = await bench.accept()
    await _explained(bench, accepted["referrals"][0]["id"])
    query = select(audit_entries).where(audit_entries.c.action == "explanation_read")
    (noted,) = bench.services.store.read_now(lambda conn: conn.execute(query).all())

    assert (noted.client_id, noted.referral_id) == (accepted["client_id"], accepted["referrals"][0]["id"])
