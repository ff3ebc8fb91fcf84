"""The facts that rules may ask about, a closed list, and how each is worked out of a document. Pure; knows no rule.

A document may say only a part of what decides a fact: a debt without a rate, say. A fact is therefore a *span*: the
least and the most that it can be by what is known. What a document says nothing about is not among its facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import inf

from schemas.client import DisclosedClient, DisclosedDebt
from schemas.disclosure import Disclosure
from schemas.regions import municipality_of

_MOBILE = re.compile(r"01[016789]")
_MONTHS_OF_NEW_DEBT = 6


class FactName(StrEnum):
    """What a rule can be about. A figure is compared by bounds, a flag by equality."""

    DAYS_OVERDUE = "days_overdue"
    """연체 일수: of the debt that is longest overdue."""
    TOTAL_DEBT = "total_debt"
    """총 채무액, whole won."""
    SECURED_DEBT = "secured_debt"
    """담보 채무액, whole won."""
    UNSECURED_DEBT = "unsecured_debt"
    """무담보 채무액, whole won."""
    NEW_DEBT_PERCENT = "new_debt_percent"
    """최근 6개월 신규 채무 비율: by amount, per cent of all debt; fewer than six full months have passed."""
    MEDIAN_INCOME_PERCENT = "median_income_percent"
    """기준중위소득 대비, per cent."""
    BUSINESS_MONTHS = "business_months"
    """사업자등록 후 지난 개월 수, full months."""
    HIGHEST_RATE_PERCENT = "highest_rate_percent"
    """가장 높은 연 이자율, per cent a year."""
    ILLEGAL_COLLECTION = "illegal_collection"
    """불법추심을 당하고 있는지 (a flag)."""
    CREDITOR_MOBILE_KNOWN = "creditor_mobile_known"
    """채권자 휴대폰 번호를 아는지 (a flag)."""
    IN_PROVINCE = "in_province"
    """경기도에 사는지, by 법정동코드 (a flag)."""


FLAGS = frozenset({FactName.ILLEGAL_COLLECTION, FactName.CREDITOR_MOBILE_KNOWN, FactName.IN_PROVINCE})
"""The facts that are true or false."""


@dataclass(frozen=True)
class Span:
    """What is known of a fact: it is not below `low` and not above `high`. A flag is 1 or 0."""

    low: float
    high: float


def exactly(value: float) -> Span:
    """Return the span of a fact that is known."""
    return Span(value, value)


Facts = Mapping[FactName, Span]


def facts_of(document: Disclosure, day: date) -> Facts:
    """Return what the document says about each fact on a day in Korea."""
    return dict(_facts_of(document.client, day))


def _facts_of(client: DisclosedClient, day: date) -> Iterator[tuple[FactName, Span]]:
    if client.debts:
        yield from _debt_facts(client.debts, day)
    if client.household is not None and client.household.median_income_percent is not None:
        yield FactName.MEDIAN_INCOME_PERCENT, exactly(client.household.median_income_percent)
    if client.employment is not None and client.employment.business_registered_on is not None:
        yield FactName.BUSINESS_MONTHS, exactly(_full_months(client.employment.business_registered_on, day))
    if client.address is not None and client.address.adm_cd is not None:
        yield FactName.IN_PROVINCE, exactly(municipality_of(client.address.adm_cd, day) is not None)


def _debt_facts(debts: Sequence[DisclosedDebt], day: date) -> Iterator[tuple[FactName, Span]]:
    total = _sum(debts, lambda _: True)
    new = _sum(debts, lambda debt: None if debt.taken_on is None else _is_new(debt.taken_on, day))
    yield FactName.DAYS_OVERDUE, _most([debt.days_overdue for debt in debts])
    yield FactName.TOTAL_DEBT, total
    yield FactName.SECURED_DEBT, _sum(debts, lambda debt: debt.secured)
    yield FactName.UNSECURED_DEBT, _sum(debts, lambda debt: None if debt.secured is None else not debt.secured)
    yield FactName.NEW_DEBT_PERCENT, _share(new, total)
    yield FactName.HIGHEST_RATE_PERCENT, _most([debt.annual_rate_percent for debt in debts])
    yield FactName.ILLEGAL_COLLECTION, _any([debt.illegal_collection for debt in debts])
    mobiles = [debt.creditor_phone is not None and bool(_MOBILE.match(debt.creditor_phone)) for debt in debts]
    yield FactName.CREDITOR_MOBILE_KNOWN, exactly(any(mobiles))


def _most(values: Sequence[float | None]) -> Span:
    """Return the span of the greatest value, of which some may not be known."""
    low = max((value for value in values if value is not None), default=0)
    return Span(low, inf if None in values else low)


def _any(flags: Sequence[bool | None]) -> Span:
    return Span(any(flags), any(flag is not False for flag in flags))


def _sum(debts: Sequence[DisclosedDebt], counts: Callable[[DisclosedDebt], bool | None]) -> Span:
    """Add up the amounts of the debts that count; `counts` is None for one of which that is not known."""
    least = sum(debt.amount or 0 for debt in debts if counts(debt))
    most = sum(inf if debt.amount is None else debt.amount for debt in debts if counts(debt) is not False)
    return Span(least, most)


def _share(part: Span, whole: Span) -> Span:
    """Return a part in per cent of the whole; of nothing it is nothing."""
    if whole.high == 0:
        return exactly(0)
    if whole.low != whole.high:
        return Span(0, 100)
    return Span(part.low * 100 / whole.low, part.high * 100 / whole.low)


def _is_new(taken_on: date, day: date) -> bool:
    return _full_months(taken_on, day) < _MONTHS_OF_NEW_DEBT


def _full_months(first: date, day: date) -> int:
    """Return how many months have passed in full; none before the first day."""
    months = (day.year - first.year) * 12 + day.month - first.month - (day.day < first.day)
    return max(0, months)
