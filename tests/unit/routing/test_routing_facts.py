from __future__ import annotations

from datetime import date, timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.routing.facts import FLAGS, FactName, Facts, Span, exactly, facts_of
from schemas.address import DisclosedAddress
from schemas.client import DisclosedClient, DisclosedDebt, Employment, Household
from schemas.disclosure import Disclosure

F = FactName
DAY = date(2026, 3, 31)


def facts(*debts: dict[str, Any], **client: Any) -> Facts:
    """Work the facts out of a client with these debts."""
    known = DisclosedClient(debts=tuple(map(DisclosedDebt.model_validate, debts)), **client)
    return facts_of(Disclosure(client=known), DAY)


def debt(amount: int | None = 100, **more: Any) -> dict[str, Any]:
    """Say a debt."""
    return {"amount": amount, **more}


def test_a_document_that_says_nothing_has_no_facts() -> None:
    """What is not said is not known, and no rule can be broken by it."""
    assert facts() == {}


@pytest.mark.parametrize(
    ("debts", "name", "expected"),
    [
        ([debt(days_overdue=3), debt(days_overdue=40)], F.DAYS_OVERDUE, exactly(40)),
        ([debt(days_overdue=3), debt()], F.DAYS_OVERDUE, Span(3, inf)),
        ([debt(5), debt(7)], F.TOTAL_DEBT, exactly(12)),
        ([debt(5), debt(None)], F.TOTAL_DEBT, Span(5, inf)),
        ([debt(5, secured=True), debt(7, secured=False)], F.SECURED_DEBT, exactly(5)),
        ([debt(5, secured=True), debt(7, secured=False)], F.UNSECURED_DEBT, exactly(7)),
        ([debt(5, secured=True), debt(7)], F.UNSECURED_DEBT, Span(0, 7)),
        ([debt(30, taken_on="2026-03-01"), debt(70, taken_on="2020-01-01")], F.NEW_DEBT_PERCENT, exactly(30)),
        ([debt(30, taken_on="2026-03-01"), debt(70)], F.NEW_DEBT_PERCENT, Span(30, 100)),
        ([debt(30, taken_on="2026-03-01"), debt(None)], F.NEW_DEBT_PERCENT, Span(0, 100)),
        ([debt(0)], F.NEW_DEBT_PERCENT, exactly(0)),
        ([debt(annual_rate_percent=19.9), debt(annual_rate_percent=3.0)], F.HIGHEST_RATE_PERCENT, exactly(19.9)),
        ([debt(annual_rate_percent=19.9), debt()], F.HIGHEST_RATE_PERCENT, Span(19.9, inf)),
        ([debt(illegal_collection=False), debt(illegal_collection=True)], F.ILLEGAL_COLLECTION, exactly(1)),
        ([debt(illegal_collection=False)], F.ILLEGAL_COLLECTION, exactly(0)),
        ([debt(illegal_collection=False), debt()], F.ILLEGAL_COLLECTION, Span(0, 1)),
        ([debt(creditor_phone="010-0000-1234"), debt()], F.CREDITOR_MOBILE_KNOWN, exactly(1)),
        ([debt(creditor_phone="02-000-1234")], F.CREDITOR_MOBILE_KNOWN, exactly(0)),
        ([debt()], F.CREDITOR_MOBILE_KNOWN, exactly(0)),
    ],
)
def test_debts_make_facts(debts: list[dict[str, Any]], name: FactName, expected: Span) -> None:
    """Each fact is as wide as what the document leaves open, and no wider."""
    assert facts(*debts)[name] == expected


@pytest.mark.parametrize(
    ("taken_on", "is_new"),
    [("2025-09-30", False), ("2025-10-01", True), ("2026-03-31", True), ("2026-04-01", True), ("2020-10-10", False)],
)
def test_new_debt_is_younger_than_six_full_months(taken_on: str, is_new: bool) -> None:
    """On the last of March, the last of September is six months ago, and the first of October is not."""
    assert facts(debt(taken_on=taken_on))[F.NEW_DEBT_PERCENT] == exactly(100 * is_new)


@pytest.mark.parametrize(("registered", "months"), [("2025-10-01", 5), ("2025-09-30", 6), ("2026-04-01", 0)])
def test_business_counts_full_months(registered: str, months: int) -> None:
    """A month counts when it is over; a registration that is still to come counts as none."""
    employment = Employment(business_registered_on=date.fromisoformat(registered))
    assert facts(employment=employment) == {F.BUSINESS_MONTHS: exactly(months)}


def test_income_and_address_are_facts() -> None:
    """기준중위소득 대비 as the centre worked it out; the province by 법정동코드."""
    there = facts(household=Household(median_income_percent=80), address=DisclosedAddress(adm_cd="4115010100"))
    elsewhere = facts(address=DisclosedAddress(adm_cd="1111010100"))
    assert there == {F.MEDIAN_INCOME_PERCENT: exactly(80), F.IN_PROVINCE: exactly(1)}
    assert elsewhere == {F.IN_PROVINCE: exactly(0)}


days_ago = st.integers(0, 900).map(lambda days: DAY - timedelta(days=days))
full_debts = st.fixed_dictionaries({
    "amount": st.integers(0, 10**9),
    "secured": st.booleans(),
    "days_overdue": st.integers(0, 900),
    "taken_on": days_ago,
    "annual_rate_percent": st.floats(0, 100),
    "illegal_collection": st.booleans(),
    "creditor_phone": st.sampled_from(["010-0000-1234", "02-000-1234"]),
})  # fmt: skip


@given(st.lists(full_debts, min_size=1, max_size=4), st.data())
def test_saying_less_never_says_something_else(debts: list[dict[str, Any]], data: st.DataObject) -> None:
    """Whatever is left out of a debt, each fact still lies in the span; but a number that is not named is not known."""
    hidden = data.draw(st.lists(st.tuples(st.integers(0, len(debts) - 1), st.sampled_from([*debts[0]])), max_size=6))
    said = [{k: v for k, v in one.items() if (number, k) not in hidden} for number, one in enumerate(debts)]
    whole, part = facts(*debts), facts(*said)
    for name in whole.keys() - {F.CREDITOR_MOBILE_KNOWN}:
        assert part[name].low <= whole[name].low <= whole[name].high <= part[name].high


@given(st.lists(full_debts, min_size=1, max_size=4))
def test_a_full_document_leaves_nothing_open(debts: list[dict[str, Any]]) -> None:
    """Every fact about debts is then one value, and a flag is 0 or 1."""
    found = facts(*debts)
    assert all(span.low == span.high for span in found.values())
    assert all(found[name].low in {0, 1} for name in FLAGS & found.keys())
