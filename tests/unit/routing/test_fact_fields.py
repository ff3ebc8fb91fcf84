from __future__ import annotations

import re
from datetime import date

import pytest

from hub.routing.fact_fields import FACT_FIELDS, FACT_TITLES, OFFICE_FIELDS
from hub.routing.facts import FactName, facts_of
from schemas.client import DisclosedClient
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.privacy import prune

DAY = date(2026, 3, 2)
WHOLE = Disclosure(
    client=DisclosedClient.model_validate_json("""{
        "name": "홍길동",
        "address": {"adm_cd": "4115010100", "zip_no": "11622"},
        "household": {"size": 2, "median_income_percent": 60},
        "employment": {"status": "self_employed", "business_registered_on": "2024-01-01"},
        "debts": [
            {"creditor": "가", "amount": 1000, "secured": true, "days_overdue": 10, "taken_on": "2020-01-01",
             "annual_rate_percent": 30.0, "illegal_collection": true, "creditor_phone": "010-0000-1234"},
            {"creditor": "나", "amount": 500, "secured": false, "days_overdue": 3, "taken_on": "2026-01-01",
             "annual_rate_percent": 5.0, "illegal_collection": false}
        ]
    }""")
)


def test_every_fact_has_a_title_and_fields_of_the_schema() -> None:
    """A fact that is added must be explainable."""
    assert list(FactName) == list(FACT_TITLES) == list(FACT_FIELDS)
    assert all(re.search("[가-힣]", title) for title in FACT_TITLES.values())
    assert {path for paths in (*FACT_FIELDS.values(), OFFICE_FIELDS) for path in paths} <= set(FIELD_PATHS)


@pytest.mark.parametrize("fact", FactName)
def test_the_fields_of_a_fact_are_all_that_it_needs(fact: FactName) -> None:
    """Worked out of these fields alone a fact is the same, and without any one of them it is known less well."""
    fields = frozenset(FACT_FIELDS[fact])
    known = facts_of(WHOLE, DAY)[fact]

    assert facts_of(prune(WHOLE, fields), DAY)[fact] == known
    for field in fields:
        others = frozenset(FIELD_PATHS) - {field}
        assert facts_of(prune(WHOLE, others), DAY).get(fact) != known
