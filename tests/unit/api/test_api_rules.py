from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from api_bench import Bench, bench_in, case
from sqlalchemy import update

from adapters.sdk.kst import kst_today
from hub.api import examples
from hub.clock import wall_now
from hub.store.tables import events, referrals

RULES = [
    {
        "id": name, "services": ["WEL-EMERG"], "any_of": [condition], "words": words, "source": f"{name} 고시",
        "mark": "S2", "from": "2025-01-01",
    }
    for name, condition, words in (
        ("income", {"fact": "median_income_percent", "at_most": 75}, "중위소득 75% 이하입니다."),
        ("debt", {"fact": "total_debt", "at_most": 1_000}, "채무 1천 원 이하입니다."),
        ("days", {"fact": "days_overdue", "at_most": 30}, "연체 30일 이하입니다."),
    )
]  # fmt: skip
DEADLINES = [
    {
        "kind": "decision", "services": ["WEL-EMERG"], "days": 30, "extension": 30, "words": "30일 안에 결정합니다.",
        "source": "결정법", "mark": "S", "from": "2025-01-01",
    },
    {
        "kind": "objection", "services": ["WEL-EMERG"], "days": 90, "words": "90일 안에 이의신청합니다.",
        "source": "이의법", "mark": "S", "from": "2025-01-01",
    },
]  # fmt: skip


@pytest.fixture
async def ruled(tmp_path: Path) -> AsyncIterator[Bench]:
    """The API with rules and deadlines for its one service."""
    async with bench_in(tmp_path, rules=RULES, deadlines=DEADLINES) as opened:
        yield opened


def broken(**more: Any) -> dict[str, Any]:
    """Return a case that two of the rules do not fit, and of which the third knows."""
    debts = [{"creditor": "가상캐피탈", "amount": 2_000, "secured": False, "days_overdue": 3}]
    client = examples.CASE["client"] | {"debts": debts, "household": {"median_income_percent": 80}}
    return case(client=client, **more)


async def _case(bench: Bench, accepted: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = (await bench.ask.get(f"/v1/cases/{accepted['id']}")).json()
    return told


async def test_the_referral_names_the_rules_that_hold_it(ruled: Bench) -> None:
    """Each rule that was applied is shown with words, source, mark and days; the unmet ones are in the reason too."""
    today = kst_today(wall_now())
    accepted = await ruled.accept(broken())
    told = await ruled.referral(accepted["referrals"][0]["id"])

    assert (told["delivery"], told["reason"], told["waits_on"]) == ("held", "rule_not_met", "centre")
    assert [(rule["id"], rule["verdict"]) for rule in told["rules"]] == [
        ("income", "unmet"), ("debt", "unmet"), ("days", "met"),
    ]  # fmt: skip
    assert told["rules"][0] | {"verdict": "unmet"} == {
        "id": "income", "verdict": "unmet", "verify": False,
        "words": "중위소득 75% 이하입니다.", "source": "income 고시", "mark": "S2",
        "valid_from": "2025-01-01", "valid_to": None,
    }  # fmt: skip
    assert "중위소득 75% 이하입니다. (출처: income 고시) / 채무 1천 원" in told["reason_text"]
    assert "연체" not in told["reason_text"]
    assert told["routed_on"] in {str(today), str(kst_today(wall_now()))}  # a day may end meanwhile
    assert told["route_from"] == "2020-01-01"


async def test_override_lets_it_go_and_stays_to_be_seen(ruled: Bench) -> None:
    """A counsellor's reason sends it; that the rules were not met, and that somebody decided so, is still told."""
    referral_id = (await ruled.accept(broken()))["referrals"][0]["id"]
    retried = await ruled.ask.post(f"/v1/referrals/{referral_id}/retry")
    told = (await ruled.ask.post(f"/v1/referrals/{referral_id}/override", json=examples.OVERRIDE)).json()
    async with ruled.engine_running():
        after = await ruled.until(referral_id, "delivered")

    assert (retried.status_code, retried.json()["legal"]) == (409, ["override", "cancel", "close"])
    assert (told["delivery"], told["overridden"]) == ("pending", ["rule_not_met"])
    assert [rule["verdict"] for rule in after["rules"]] == ["unmet", "unmet", "met"]


async def test_the_event_of_an_override_says_what_was_decided(ruled: Bench) -> None:
    """It names the rules, in the past: not what was to be done before."""
    referral_id = (await ruled.accept(broken()))["referrals"][0]["id"]
    await ruled.ask.post(f"/v1/referrals/{referral_id}/override", json=examples.OVERRIDE)
    events = (await ruled.ask.get(f"/v1/referrals/{referral_id}/events")).json()["events"]
    (overridden,) = (event for event in events if event["kind"] == "overridden")
    assert (overridden["rules"], overridden["reason_text"]) == (
        ["income", "debt"],
        "맞지 않는 기준(income, debt)이 있었으나 상담사가 사유를 적어 예외로 진행했습니다.",
    )
    assert [event["rules"] for event in events if event is not overridden] == [[]] * (len(events) - 1)


async def test_roll_up_says_who_decides_and_why(ruled: Bench) -> None:
    """A held referral waits on the counsellor, and the rules are named where the work is listed."""
    told = await _case(ruled, await ruled.accept(broken()))

    (step,) = told["next_steps"]
    assert (step["who"], step["has_term"], step["by"]) == ("counsellor", False, None)
    assert step["because"] == "기한 없음: 센터가 처리 기한을 적지 않았습니다."
    assert "출처: debt 고시" in told["next_steps"][0]["what"]
    assert told["summary"] == "의뢰 1건 가운데 0건이 끝났습니다. 남은 일: 상담사 확인 1건."


async def test_roll_up_waits_for_the_client(ruled: Bench) -> None:
    """Without a consent it is the client who is waited for."""
    accepted = await ruled.accept(case(consents=[]))
    async with ruled.engine_running():
        await ruled.until(accepted["referrals"][0]["id"], "held")
    (step,) = (await _case(ruled, accepted))["next_steps"]

    assert step["who"] == "client"
    assert step["what"].startswith("제공에 필요한 동의가 없습니다")


async def test_roll_up_says_by_when_the_agency_decides(ruled: Bench) -> None:
    """What the agency took is due by its programme's rule, with the rule's source and how much longer it may take."""
    accepted = await ruled.accept()
    async with ruled.engine_running():
        await ruled.until(accepted["referrals"][0]["id"], "delivered")
    (step,) = (await _case(ruled, accepted))["next_steps"]

    assert (step["who"], step["what"], step["overdue"]) == (
        "agency",
        "기관이 접수했습니다. 담당자가 정해지기를 기다립니다.",
        False,
    )
    assert step["because"] == "30일 안에 결정합니다. (결정법)"
    assert step["by"] >= str(kst_today(wall_now()) + timedelta(days=30))
    assert step["extended_to"] > step["by"]


async def test_roll_up_waits_for_the_operator_while_a_lane_rests(ruled: Bench) -> None:
    """A paused agency's referrals wait on whoever resumes it."""
    await ruled.operator.post("/v1/agencies/pier/pause")
    (step,) = (await _case(ruled, await ruled.accept()))["next_steps"]

    assert (step["who"], "운영자가 다시 시작하면" in step["what"]) == ("operator", True)


async def test_roll_up_keeps_what_is_done(ruled: Bench) -> None:
    """A refused referral is done; the agency's word is told, and nothing is waited for."""
    ruled.pier.mood = "refuses"
    accepted = await ruled.accept()
    async with ruled.engine_running():
        await ruled.until(accepted["referrals"][0]["id"], "refused")
    told = await _case(ruled, accepted)

    assert (told["next_steps"], told["done"]) == ([], 1)
    assert [(one["what"], one["objection_until"]) for one in told["finished"]] == [
        ("기관이 대상이 아니라고 답했습니다.", None)
    ]


async def test_roll_up_does_not_count_a_given_service_as_work(ruled: Bench) -> None:
    """A service that was given is done, and it is told that its 종결 is left to the agency."""
    accepted = await ruled.accept()
    referral_id = accepted["referrals"][0]["id"]
    async with ruled.engine_running():
        key = (await ruled.until(referral_id, "delivered"))["wire_key"]
        body = {"key": key, "state": "completed"}
        assert (await ruled.nobody.post("/v1/callbacks/pier", json=body, headers={"x-pier": "signed"})).is_success
    told = await _case(ruled, accepted)

    said = "의뢰 1건 가운데 1건이 끝났습니다. 그 가운데 서비스를 마치고 기관의 종결만 남은 것이 1건입니다."
    assert (told["summary"], told["done"], told["next_steps"]) == (said, 1, [])
    assert told["waiting"] == {"hub": 0, "centre": 0, "agency": 0}
    assert [(one["business"], one["closed"], one["what"]) for one in told["finished"]] == [
        ("completed", False, "서비스를 마쳤습니다. 기관의 종결만 남았습니다.")
    ]


async def test_what_is_overdue_is_listed_and_shown(tmp_path: Path) -> None:
    """The watch marks it: list, referral and roll-up say which term is over, and since when."""
    late = [DEADLINES[0] | {"kind": "attention", "days": None, "hours": 1, "extension": 0}]
    async with bench_in(tmp_path, rules=RULES, deadlines=late) as ruled:
        accepted = await ruled.accept(broken())
        referral_id = accepted["referrals"][0]["id"]
        before = (await ruled.ask.get("/v1/referrals?overdue=true")).json()["referrals"]
        hour_ago = wall_now() - timedelta(hours=2)
        ruled.services.store.write_now(
            lambda conn: (
                conn.execute(update(events).values(at=hour_ago))
                and conn.execute(update(referrals).values(watch_at=hour_ago))
            )
        )
        assert await ruled.services.watch.look() == 1
        after = (await ruled.ask.get("/v1/referrals?overdue=true")).json()["referrals"]
        fine = (await ruled.ask.get("/v1/referrals?overdue=false")).json()["referrals"]
        (step,) = (await _case(ruled, accepted))["next_steps"]
        told = (await ruled.ask.get(f"/v1/referrals/{referral_id}/events")).json()["events"]

    assert ([one["id"] for one in before], [one["id"] for one in after], fine) == ([], [referral_id], [])
    assert (after[0]["overdue"], step["overdue"]) == ("attention", True)
    assert step["escalated_at"] == after[0]["overdue_since"]
    assert (told[-1]["kind"], told[-1]["reason"], "기한이 지났습니다" in told[-1]["reason_text"]) == (
        "escalated", "overdue_attention", True,
    )  # fmt: skip
