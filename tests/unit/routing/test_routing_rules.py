from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.routing.facts import FLAGS, FactName, Facts, Span, exactly
from hub.routing.grounds import AppliedRule
from hub.routing.holds import Hold, next_hold
from hub.routing.rules import Judged, Rule, Verdict, judge, rule_named
from schemas.services import ServiceCode

F, V = FactName, Verdict
DAY = date(2026, 3, 2)


def rule(*any_of: dict[str, Any], **more: Any) -> Rule:
    """Make a rule as configuration writes it."""
    written = {
        "id": "days", "services": ["DEBT-PRE"], "any_of": any_of, "words": "연체 31~89일", "source": "안내문",
        "mark": "S2", "from": DAY,
    }  # fmt: skip
    return Rule.model_validate(written | more)


@pytest.mark.parametrize(
    ("bound", "span", "expected"),
    [
        ({"at_most": 30}, exactly(30), V.MET),
        ({"at_most": 30}, exactly(31), V.UNMET),
        ({"at_most": 30}, Span(30, 31), V.OPEN),
        ({"at_least": 90}, exactly(90), V.MET),
        ({"at_least": 90}, exactly(89), V.UNMET),
        ({"at_least": 90}, Span(89, 90), V.OPEN),
        ({"below": 30}, exactly(29.999), V.MET),
        ({"below": 30}, exactly(30), V.UNMET),
        ({"above": 20}, exactly(20.001), V.MET),
        ({"above": 20}, exactly(20), V.UNMET),
        ({"at_least": 31, "at_most": 89}, exactly(31), V.MET),
        ({"at_least": 31, "at_most": 89}, exactly(89), V.MET),
        ({"at_least": 31, "at_most": 89}, exactly(30), V.UNMET),
        ({"at_least": 31, "at_most": 89}, exactly(90), V.UNMET),
        ({"at_least": 31, "at_most": 89}, Span(90, 900), V.UNMET),
        ({"at_least": 31, "at_most": 89}, Span(31, 90), V.OPEN),
    ],
)
def test_a_figure_is_judged_by_its_bounds(bound: dict[str, int], span: Span, expected: Verdict) -> None:
    """The bound itself belongs to at_most and at_least, and not to below and above."""
    assert rule({"fact": "days_overdue", **bound}).judge({F.DAYS_OVERDUE: span}) == expected


@pytest.mark.parametrize(("wanted", "met"), [(True, exactly(1)), (False, exactly(0))])
def test_a_flag_is_judged_by_equality(wanted: bool, met: Span) -> None:
    """True or false, or not known."""
    asked = rule({"fact": "illegal_collection", "equals": wanted})
    unmet = exactly(1 - met.low)
    verdicts = [asked.judge({F.ILLEGAL_COLLECTION: span}) for span in (met, unmet, Span(0, 1))]
    assert verdicts == [V.MET, V.UNMET, V.OPEN]


@pytest.mark.parametrize(
    ("collection", "rate", "expected"),
    [
        (exactly(1), None, V.MET),
        (None, exactly(24), V.MET),
        (exactly(0), exactly(24), V.MET),
        (exactly(0), exactly(20), V.UNMET),
        (exactly(0), None, V.OPEN),
        (None, None, V.OPEN),
    ],
)
def test_one_condition_of_several_is_enough(collection: Span | None, rate: Span | None, expected: Verdict) -> None:
    """채무자대리인: illegal collection, or more than 20 % a year; unmet only when both are known and neither holds."""
    asked = rule({"fact": "illegal_collection", "equals": True}, {"fact": "highest_rate_percent", "above": 20})
    known = {F.ILLEGAL_COLLECTION: collection, F.HIGHEST_RATE_PERCENT: rate}
    assert asked.judge({name: span for name, span in known.items() if span is not None}) == expected


@given(st.integers(-40, 40), st.none() | st.integers(0, 40))
def test_a_rule_takes_effect_on_its_day(offset: int, length: int | None) -> None:
    """It is judged by from its first day to its last, and on no other."""
    last = None if length is None else DAY + timedelta(days=length)
    asked = rule({"fact": "days_overdue", "at_least": 31}, to=last)
    day = DAY + timedelta(days=offset)
    found = judge([asked], ServiceCode.DEBT_PRE, day, {F.DAYS_OVERDUE: exactly(5)})
    expected = (Judged(asked, V.UNMET),) if offset >= 0 and (length is None or offset <= length) else ()
    assert found == expected


def test_only_the_rules_of_the_service_are_asked() -> None:
    """A rule for another programme is nobody's business here; all of one's own are named, in their order."""
    one, other = rule({"fact": "days_overdue", "at_least": 31}), rule({"fact": "total_debt", "at_most": 5}, id="total")
    foreign = rule({"fact": "days_overdue", "at_least": 90}, id="foreign", services=["DEBT-IND"])
    found = judge([one, foreign, other], ServiceCode.DEBT_PRE, DAY, {})
    assert [judged.rule.id for judged in found] == ["days", "total"]


def test_a_rule_is_found_again_by_id_and_first_day() -> None:
    """An ended version goes on explaining the referrals that it was applied to."""
    old, new = (rule({"fact": "days_overdue", "at_least": 31}, **{"from": day}) for day in (date(2025, 1, 1), DAY))
    assert rule_named([old, new], "days", DAY) == new
    assert rule_named([old, new], "days", date(2024, 1, 1)) is None


@pytest.mark.parametrize(
    "condition",
    [
        {"fact": "days_overdue"},
        {"fact": "days_overdue", "equals": True},
        {"fact": "days_overdue", "at_most": "30"},
        {"fact": "days_overdue", "at_most": float("nan")},
        {"fact": "illegal_collection", "at_least": 1},
        {"fact": "illegal_collection", "equals": True, "at_least": 1},
        {"fact": "hair_colour", "equals": True},
        {"fact": "days_overdue", "at_mots": 30},
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(condition: dict[str, Any]) -> None:
    """A figure has bounds, a flag is true or false, and a fact is one of the list."""
    with pytest.raises(ValidationError):
        rule(condition)


figures = st.sampled_from(sorted(set(FactName) - FLAGS))
bounds = st.dictionaries(st.sampled_from(["at_most", "at_least", "below", "above"]), st.integers(0, 50), min_size=1)
conditions = st.one_of(
    st.builds(lambda fact, bound: {"fact": fact, **bound}, figures, bounds),
    st.builds(lambda fact, value: {"fact": fact, "equals": value}, st.sampled_from(sorted(FLAGS)), st.booleans()),
)


@st.composite
def spans(draw: st.DrawFn, name: FactName) -> tuple[Span, Span]:
    """Draw what is known of a fact, and the same known better."""
    highest = 1 if name in FLAGS else 60
    points = sorted(draw(st.lists(st.integers(0, highest), min_size=4, max_size=4)))
    return Span(points[0], points[3]), Span(points[1], points[2])


@given(st.lists(conditions, min_size=1, max_size=4), st.data())
def test_knowing_more_never_takes_a_verdict_back(any_of: list[dict[str, Any]], data: st.DataObject) -> None:
    """A fact added or known better may settle what was open; what was met stays met, and unmet stays unmet."""
    asked = rule(*any_of)
    pairs = {name: data.draw(spans(name)) for name in FactName}
    kept = data.draw(st.sets(st.sampled_from(FactName)))
    less: Facts = {name: pair[0] for name, pair in pairs.items() if name in kept}
    more: Facts = {name: pair[1] for name, pair in pairs.items()}
    before, after = asked.judge(less), asked.judge(more)
    assert before in {V.OPEN, after}


@given(st.booleans(), st.booleans(), st.sets(st.sampled_from(["", "consent_missing", *Hold])))
def test_deciding_against_one_hold_opens_no_other(duplicate: bool, unmet: bool, overridden: set[str]) -> None:
    """What holds a referral is always one that is so and that nobody decided against; only then nothing does."""
    holding = {Hold.POSSIBLE_DUPLICATE: duplicate, Hold.RULE_NOT_MET: unmet}
    left = [hold for hold, is_so in holding.items() if is_so and hold not in overridden]
    assert next_hold(duplicate=duplicate, unmet=unmet, overridden=overridden) == (left[0] if left else None)


def test_a_rule_that_asks_is_open_without_conditions() -> None:
    """Only the agency can tell; with conditions the facts decide where they can, and then nobody is asked."""
    always = rule(verify=True)
    assert (always.judge({F.DAYS_OVERDUE: exactly(40)}), always.facts) == (V.OPEN, ())
    partly = rule({"fact": "days_overdue", "at_most": 30}, verify=True)
    told = [partly.judge(known) for known in ({}, {F.DAYS_OVERDUE: exactly(30)}, {F.DAYS_OVERDUE: exactly(31)})]
    assert told == [V.OPEN, V.MET, V.UNMET]
    assert [AppliedRule.of(Judged(partly, one)).verify for one in told] == [True, False, False]


def test_a_rule_without_conditions_must_ask() -> None:
    """A rule that neither judges nor asks is a slip."""
    with pytest.raises(ValidationError, match="any_of"):
        rule()
