"""What each fact is called, and which fields of a document it is worked out of (`facts.py`): to explain a routing."""

from __future__ import annotations

from collections.abc import Mapping

from hub.routing.facts import FactName

FACT_TITLES: Mapping[FactName, str] = {
    FactName.DAYS_OVERDUE: "가장 오래된 연체의 일수",
    FactName.TOTAL_DEBT: "총 채무액",
    FactName.SECURED_DEBT: "담보 채무액",
    FactName.UNSECURED_DEBT: "무담보 채무액",
    FactName.NEW_DEBT_PERCENT: "최근 6개월 신규 채무 비율",
    FactName.MEDIAN_INCOME_PERCENT: "기준중위소득 대비 비율",
    FactName.BUSINESS_MONTHS: "사업자등록 후 지난 개월 수",
    FactName.HIGHEST_RATE_PERCENT: "가장 높은 연 이자율",
    FactName.ILLEGAL_COLLECTION: "불법추심을 당하고 있는지",
    FactName.CREDITOR_MOBILE_KNOWN: "채권자 휴대전화를 아는지",
    FactName.IN_PROVINCE: "경기도에 사는지",
}

FACT_FIELDS: Mapping[FactName, tuple[str, ...]] = {
    FactName.DAYS_OVERDUE: ("client.debts.days_overdue",),
    FactName.TOTAL_DEBT: ("client.debts.amount",),
    FactName.SECURED_DEBT: ("client.debts.amount", "client.debts.secured"),
    FactName.UNSECURED_DEBT: ("client.debts.amount", "client.debts.secured"),
    FactName.NEW_DEBT_PERCENT: ("client.debts.amount", "client.debts.taken_on"),
    FactName.MEDIAN_INCOME_PERCENT: ("client.household.median_income_percent",),
    FactName.BUSINESS_MONTHS: ("client.employment.business_registered_on",),
    FactName.HIGHEST_RATE_PERCENT: ("client.debts.annual_rate_percent",),
    FactName.ILLEGAL_COLLECTION: ("client.debts.illegal_collection",),
    FactName.CREDITOR_MOBILE_KNOWN: ("client.debts.creditor_phone",),
    FactName.IN_PROVINCE: ("client.address.adm_cd",),
}

OFFICE_FIELDS = ("client.address.adm_cd",)
"""What an agency's office in charge (관할) is judged by."""
