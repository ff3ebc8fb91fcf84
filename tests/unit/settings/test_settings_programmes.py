from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from settings_bench import problems_of, read

from adapters.sdk.registry import installed_adapters
from hub.configuration import read_settings
from hub.routing.facts import FactName, exactly
from hub.routing.grounds import AppliedRule, Grounds
from hub.routing.rules import Verdict, judge
from hub.settings import Settings
from schemas.services import ServiceCode

ROOT = Path(__file__).parents[3]
LAST, FIRST = date(2026, 2, 28), date(2026, 3, 1)
TODAY = date(2026, 3, 2)
BILLION = 10**9
RULE = """
[[routing.rules]]
id = "days"
services = ["DEBT-FAST"]
any_of = [{ fact = "days_overdue", at_most = 30 }]
words = "연체 30일 이하"
source = "안내문"
mark = "S2"
from = 2025-01-01
"""
DEADLINE = """
[[deadlines]]
kind = "decision"
services = ["WEL-BASIC"]
days = 30
words = "30일"
source = "법"
mark = "S"
from = 2025-01-01
"""


@pytest.fixture(scope="module")
def shipped() -> Settings:
    """The configuration at the root."""
    return read_settings(ROOT / "config.toml", {}, installed_adapters())


@pytest.mark.parametrize(
    ("service", "facts", "unmet"),
    [
        ("DEBT-FAST", {"days_overdue": 30}, []),
        ("DEBT-FAST", {"days_overdue": 31}, ["ccrs-days-fast"]),
        ("DEBT-PRE", {"days_overdue": 30}, ["ccrs-days-pre"]),
        ("DEBT-PRE", {"days_overdue": 31}, []),
        ("DEBT-PRE", {"days_overdue": 89}, []),
        ("DEBT-PRE", {"days_overdue": 90}, ["ccrs-days-pre"]),
        ("DEBT-IND", {"days_overdue": 89}, ["ccrs-days-ind"]),
        ("DEBT-IND", {"days_overdue": 90}, []),
        ("DEBT-IND", {"total_debt": 1.5 * BILLION, "secured_debt": BILLION, "unsecured_debt": BILLION / 2}, []),
        (
            "DEBT-IND",
            {"total_debt": 1.5 * BILLION + 1, "secured_debt": BILLION + 1, "unsecured_debt": BILLION / 2 + 1},
            ["ccrs-total-debt", "ccrs-secured-debt", "ccrs-unsecured-debt"],
        ),
        ("DEBT-FAST", {"new_debt_percent": 29.9}, []),
        ("DEBT-FAST", {"new_debt_percent": 30}, ["ccrs-new-debt"]),
        ("LAW-REHAB", {"median_income_percent": 125}, []),
        ("LAW-REHAB", {"median_income_percent": 126}, ["klac-income"]),
        ("LAW-AGENT", {"illegal_collection": False, "highest_rate_percent": 20}, ["agent-harm"]),
        ("LAW-AGENT", {"illegal_collection": False, "highest_rate_percent": 20.1}, []),
        ("LAW-AGENT", {"illegal_collection": True, "creditor_mobile_known": False}, ["agent-creditor-mobile"]),
        ("LOAN-MISO", {"business_months": 5}, ["miso-business"]),
        ("LOAN-MISO", {"business_months": 6}, []),
        ("WEL-EMERG", {"median_income_percent": 900}, []),
        ("WEL-BASIC", {"median_income_percent": 900}, []),
    ],
)
def test_shipped_rules_say_what_the_programmes_say(
    shipped: Settings, service: str, facts: Mapping[str, float], unmet: list[str]
) -> None:
    """Each programme's rule holds up to its bound, and not beyond."""
    known = {FactName(name): exactly(value) for name, value in facts.items()}
    found = judge(shipped.routing.rules, ServiceCode(service), TODAY, known)
    assert [judged.rule.id for judged in found if judged.verdict is Verdict.UNMET] == unmet


def test_the_shipped_question_is_put_where_the_income_is_not_known(shipped: Settings) -> None:
    """WEL-BASIC: whoever's income is known is referred without a question; nothing is disclosed for what is known."""
    for facts, asks in (({}, True), ({FactName.MEDIAN_INCOME_PERCENT: exactly(30)}, False)):
        judged = judge(shipped.routing.rules, ServiceCode.WEL_BASIC, TODAY, facts)
        assert Grounds(day=TODAY, rules=tuple(map(AppliedRule.of, judged))).to_verify == (
            ("basic-income-known",) if asks else ()
        )


def test_the_demo_has_the_same_rules(shipped: Settings) -> None:
    """What is tried out in the demo is what is shipped: the two files do not drift apart."""
    root, demo = (tomllib.loads((ROOT / name).read_text("utf-8")) for name in ("config.toml", "examples/demo.toml"))
    assert (root["routing"]["rules"], root["deadlines"]) == (demo["routing"]["rules"], demo["deadlines"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (RULE.replace("at_most", "at_mots"), "routing.rules.0.any_of.0.at_mots (config.toml): no such key"),
        (
            RULE.replace("at_most = 30", "equals = true"),
            "routing.rules.0.any_of.0 (config.toml): this fact is a",
        ),
        (RULE.replace("days_overdue", "hair_colour"), "routing.rules.0.any_of.0.fact (config.toml): "),
        (RULE.replace('"S2"', '"S3"'), "routing.rules.0.mark (config.toml): "),
        (RULE.replace('source = "안내문"\n', ""), "routing.rules.0.source (config.toml): is missing"),
        (RULE.replace("DEBT-FAST", "DEBT-SLOW"), "routing.rules.0.services.0 (config.toml): "),
        (RULE.replace("any_of", "# any_of"), "routing.rules.0 (config.toml): give any_of, or verify = true"),
        (RULE + "to = 2024-12-31", "routing.rules.0 (config.toml): `to` is before `from`"),
        (RULE + RULE, "routing.rules (config.toml): days stands twice on 2025-01-01"),
        (DEADLINE + "hours = 3", "deadlines.0 (config.toml): give one of days, working_days and hours"),
        (DEADLINE.replace("days", "weeks"), "deadlines.0.weeks (config.toml): no such key"),
        (DEADLINE + DEADLINE, "deadlines (config.toml): decision of WEL-BASIC stands twice on 2025-01-01"),
    ],
)
def test_a_bad_entry_is_told_by_its_key(tmp_path: Path, text: str, problem: str) -> None:
    """Whoever mistypes a rule or a deadline reads which key of which entry is wrong."""
    assert [said for said in problems_of(tmp_path, text) if said.startswith(problem)] != []


def test_a_rule_that_changes_stands_twice_under_one_id(tmp_path: Path) -> None:
    """Versions that follow each other are one rule, each on its days."""
    old = RULE + "to = 2026-02-28\n"
    new = RULE.replace("2025-01-01", "2026-03-01").replace("= 30", "= 20")
    rules = read(tmp_path, old + new).routing.rules
    found = [judge(rules, ServiceCode.DEBT_FAST, day, {FactName.DAYS_OVERDUE: exactly(25)}) for day in (LAST, FIRST)]
    assert [[judged.verdict for judged in day] for day in found] == [[Verdict.MET], [Verdict.UNMET]]
