"""What a proof hands in: the same for the same seed, about people whom nobody could take for real."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hub.cli.proof.plan import made_up_rrn, plan_cases, read_template
from schemas.case import CaseDocument
from schemas.identifiers import rrn_checksum_holds

TEMPLATE = read_template(Path(__file__).parents[4] / "examples" / "cases" / "everything-qualifies.json")


def test_the_seed_decides() -> None:
    """The same seed plans the same cases, another one others."""
    assert plan_cases(TEMPLATE, 40, 1) == plan_cases(TEMPLATE, 40, 1)
    assert plan_cases(TEMPLATE, 40, 1) != plan_cases(TEMPLATE, 40, 2)


def test_as_many_referrals_as_asked_for_at_all_agencies() -> None:
    """The cases have exactly so many referrals, and every service is asked for."""
    cases = plan_cases(TEMPLATE, 200, 3)
    services = {referral["service_code"] for case in cases for referral in case.document["referrals"]}
    assert sum(case.size for case in cases) == 200
    assert services == {referral["service_code"] for referral in TEMPLATE["referrals"]}


def test_every_document_is_one_that_a_centre_may_hand_in() -> None:
    """The hub's schema takes every planned document."""
    for case in plan_cases(TEMPLATE, 150, 4):
        CaseDocument.model_validate(case.document)


def test_clients_differ_and_are_nobody() -> None:
    """No two clients share a birthday; a number ends in six zeros that do not check."""
    clients = [case.document["client"] for case in plan_cases(TEMPLATE, 400, 5)]
    numbers = [client["rrn"] for client in clients if "rrn" in client]
    assert len({client["birth_date"] for client in clients}) == len(clients)
    assert all(number.endswith("000000") and not rrn_checksum_holds(number) for number in numbers)


def test_where_zeros_would_check_there_is_no_number() -> None:
    """A birthday whose zeros happen to check gets no number at all."""
    numbers = {made_up_rrn(date(1970, 1, day), "male") for day in range(1, 29)}
    assert None in numbers


def test_clients_think_better_of_it() -> None:
    """Some never consent, some later, some take it back, some call it off."""
    cases = plan_cases(TEMPLATE, 400, 6)
    minds = {change.mind for case in cases for change in case.changes}
    silent = [
        case
        for case in cases
        for referral in case.document["referrals"]
        if not any(referral["service_code"] in consent["purposes"] for consent in case.document["consents"])
    ]
    assert minds == {"later", "withdraws", "cancels"}
    assert silent


def test_some_regret_what_they_consented_to_later() -> None:
    """Of those who consent later about half take it back, after they gave it; others keep it."""
    later = [
        ([c.mind for c in sorted(case.changes, key=lambda c: c.after_seconds) if c.service == change.service], case)
        for case in plan_cases(TEMPLATE, 2_000, 6)
        for change in case.changes
        if change.mind == "later"
    ]
    regrets = [case for minds, case in later if minds == ["later", "withdraws"]]
    kept = [case for minds, case in later if minds == ["later"]]
    assert len(regrets) + len(kept) == len(later)
    assert min(len(regrets), len(kept)) > len(later) / 4
    assert all(case.unsteady for case in regrets)


def test_too_many_clients_are_refused() -> None:
    """There are only so many birthdays."""
    with pytest.raises(ValueError, match="birthday"):
        plan_cases({**TEMPLATE, "referrals": TEMPLATE["referrals"][:1]}, 26_001, 1)
