from __future__ import annotations

import json
import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from api_bench import Bench, bench_in
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk import Capacity
from hub.api import examples
from hub.api.asked import Precheck, PrecheckFacts
from hub.api.precheck_views import precheck_view
from hub.clock import wall_now
from hub.routing.capacity import Answer, NotKnown
from hub.routing.facts import FactName, exactly
from hub.routing.prechecks import Checked, Outlook, outlook_of
from hub.routing.rules import Rule, judge
from hub.store.tables import audit_entries, metadata
from schemas.services import ServiceCode

NOW = wall_now()
RULES: list[dict[str, Any]] = [
    {
        "id": name, "services": ["WEL-EMERG"], "any_of": any_of, "words": f"{name} 기준.", "source": f"{name} 고시",
        "mark": "S", "from": "2025-01-01",
    }
    for name, any_of in (
        ("income", [{"fact": "median_income_percent", "at_most": 75}]),
        ("harm", [{"fact": "illegal_collection", "equals": True}, {"fact": "highest_rate_percent", "above": 20}]),
    )
]  # fmt: skip


@pytest.fixture
async def ruled(tmp_path: Path) -> AsyncIterator[Bench]:
    """The API with rules for one of its two services."""
    async with bench_in(tmp_path, rules=RULES) as opened:
        yield opened


async def _ask(bench: Bench, *services: str, **facts: Any) -> list[dict[str, Any]]:
    body = {"services": services or ("WEL-EMERG",), "facts": facts}
    reply = await bench.ask.post("/v1/prechecks", json=body)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["services"]
    return found


@pytest.mark.parametrize(
    ("facts", "outlook", "lacking"),
    [
        ({}, "needs_agency_answer", ["median_income_percent", "illegal_collection", "highest_rate_percent"]),
        ({"median_income_percent": 75}, "needs_agency_answer", ["illegal_collection", "highest_rate_percent"]),
        ({"median_income_percent": 75, "illegal_collection": True}, "likely_eligible", []),
        ({"median_income_percent": 75, "highest_rate_percent": 24.5}, "likely_eligible", []),
        ({"median_income_percent": 76}, "rule_not_met", ["illegal_collection", "highest_rate_percent"]),
        ({"median_income_percent": 76, "illegal_collection": True}, "rule_not_met", []),
    ],
)
async def test_facts_make_an_outlook(ruled: Bench, facts: dict[str, Any], outlook: str, lacking: list[str]) -> None:
    """All rules met, one not met, or the agency must say; and which facts would tell more."""
    (answer,) = await _ask(ruled, **facts)

    assert (answer["outlook"], answer["lacking"]) == (outlook, lacking)
    assert answer["agency"] == "pier"


async def test_each_rule_is_shown_with_its_source(ruled: Bench) -> None:
    """Words, source, mark and first day stand beside each verdict."""
    (answer,) = await _ask(ruled, median_income_percent=80)

    assert answer["rules"][0] == {
        "id": "income", "verdict": "unmet", "verify": False,
        "words": "income 기준.", "source": "income 고시", "mark": "S",
        "valid_from": "2025-01-01", "valid_to": None,
    }  # fmt: skip
    assert [rule["verdict"] for rule in answer["rules"]] == ["unmet", "open"]


async def test_services_without_rules_or_way_are_told_so(ruled: Bench) -> None:
    """No rule: the agency must say. No agency: the reason is told beside; the order is the question's."""
    answers = await _ask(ruled, "JOB-COUNSEL", "WEL-CASE")

    assert [(a["service_code"], a["outlook"], a["unrouted"]) for a in answers] == [
        ("JOB-COUNSEL", "needs_agency_answer", "no_agency"),
        ("WEL-CASE", "needs_agency_answer", None),
    ]
    assert [a["capacity"] for a in answers] == [None, None]


@pytest.mark.parametrize(
    "more",
    [
        {"client": {"name": "홍길동"}},
        {"name": "홍길동"},
        {"facts": {"rrn": "8503031000000"}},
        {"facts": {"name": "홍길동"}},
        {"facts": {"total_debt": 8503031000000}},
        {"facts": {"total_debt": "홍길동"}},
        {"region": "홍길동"},
        {"region": "8503031000000"},
        {"region": "4115010100"},
        {"services": ["홍길동"]},
        {"services": []},
        {"services": ["WEL-CASE", "WEL-CASE"]},
        {"reference": "홍길동"},
    ],
)
async def test_nothing_that_says_who_is_taken(ruled: Bench, more: dict[str, Any]) -> None:
    """A field or value that could name somebody is refused, and no word of it comes back."""
    reply = await ruled.ask.post("/v1/prechecks", json={"services": ["WEL-EMERG"], **more})

    assert (reply.status_code, reply.json()["type"]) == (422, "urn:naru:problem:invalid-document")
    assert not any(word in reply.text for word in ("홍길동", "850303", "rrn", '"name"', "client"))


async def test_nobody_asks_without_a_key(ruled: Bench) -> None:
    """A pre-check costs agencies a question: only centres may ask."""
    assert (await ruled.nobody.post("/v1/prechecks", json=examples.PRECHECK)).status_code == 401


async def test_nothing_of_it_is_stored_but_that_it_was_asked(ruled: Bench) -> None:
    """One audit entry says how many services were asked about; no fact, no service, no other row."""

    def rows() -> dict[str, list[Any]]:
        return ruled.services.store.read_now(
            lambda conn: {table.name: list(conn.execute(table.select())) for table in metadata.sorted_tables}
        )

    before = rows()
    await _ask(ruled, "WEL-EMERG", "WEL-CASE", median_income_percent=77)
    after = rows()
    changed = [name for name in after if after[name] != before[name]]
    (entry,) = [row for row in after["audit_entries"] if row not in before["audit_entries"]]

    assert changed == [audit_entries.name]
    assert (entry.action, entry.data, entry.client_id, entry.case_id) == ("prechecked", {"services": 2}, None, None)
    assert "77" not in json.dumps(entry.data)


@pytest.mark.parametrize(
    ("answer", "room", "places"),
    [
        (Answer(Capacity(is_open=True, raw_code="00", places=3), NOW), "open", 3),
        (Answer(Capacity(is_open=False, raw_code="09", next_on=NOW.date()), NOW), "full", None),
        *[(Answer(reason, NOW), "unknown", None) for reason in NotKnown],
        *[(reason, "unknown", None) for reason in NotKnown],
    ],
)
def test_capacity_is_shown_with_its_reason(answer: Answer | NotKnown, room: str, places: int | None) -> None:
    """Open or full with the agency's own code; what is not known says why, in words."""
    checked = Checked(ServiceCode.WEL_CASE, "pier", None, None, (), answer)
    shown = precheck_view(NOW.date(), [checked]).services[0].capacity

    assert shown is not None
    assert (shown.room, shown.places, shown.reason is None) == (room, places, room != "unknown")
    assert (shown.raw_code is None) == (shown.reason_text is not None) == (room == "unknown")


def test_the_guide_shows_what_is_taken() -> None:
    """The body and the rule in docs/rules.md are a pre-check and a rule."""
    guide = (Path(__file__).parents[3] / "docs/rules.md").read_text("utf-8")
    shown = dict(re.findall(r"^```(json|toml)\n(.*?)^```", guide, re.MULTILINE | re.DOTALL))

    assert Precheck.model_validate_json(shown["json"]).region == "41150"
    assert Rule.model_validate(tomllib.loads(shown["toml"])["routing"]["rules"][0]).id == "agent-harm"


def test_every_figure_and_flag_can_be_told() -> None:
    """The facts of a pre-check are those that rules may ask about; the province is told by the region."""
    assert {*PrecheckFacts.model_fields, FactName.IN_PROVINCE} == {*FactName}


facts = st.fixed_dictionaries({}, optional={
    FactName.MEDIAN_INCOME_PERCENT: st.integers(60, 90).map(exactly),
    FactName.ILLEGAL_COLLECTION: st.booleans().map(exactly),
    FactName.HIGHEST_RATE_PERCENT: st.integers(10, 30).map(exactly),
})  # fmt: skip


@given(facts, facts)
def test_a_fact_more_never_takes_an_outlook_back(known: dict[Any, Any], more: dict[Any, Any]) -> None:
    """Not met stays not met and likely stays likely, whatever else is told; only what needed an answer may change."""
    rules = [Rule.model_validate(rule) for rule in RULES]
    before, after = (
        outlook_of(
            one.verdict for one in judge(rules, ServiceCode.WEL_EMERG, Rule.model_validate(RULES[0]).valid_from, said)
        )
        for said in (known, {**more, **known})
    )
    assert before in {Outlook.NEEDS_AGENCY_ANSWER, after}
