"""Field paths with one privacy class each, and pruning a document to the paths that may be seen."""

from __future__ import annotations

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemas_samples import client, referral

from schemas.address import Address, DisclosedAddress
from schemas.base import Frozen, Line
from schemas.client import Client, DisclosedClient
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.privacy import PrivacyClass, field_paths, present_paths, prune
from schemas.referral import DisclosedReferral, ReferralRequest

FULL = Disclosure(client=client(), referral=referral())
PATHS = sorted(FIELD_PATHS)
SOME = st.frozensets(st.sampled_from(PATHS))


def test_every_leaf_has_exactly_one_class() -> None:
    """The paths of what centres hand in are those of what agencies may see, class by class."""
    handed_in = {f"client.{path}": kind for path, kind in field_paths(Client).items()}
    handed_in |= {f"referral.{path}": kind for path, kind in field_paths(ReferralRequest).items()}
    assert dict(FIELD_PATHS) == handed_in
    assert set(FIELD_PATHS.values()) == set(PrivacyClass)


@pytest.mark.parametrize(
    ("path", "privacy"),
    [
        ("client.name", PrivacyClass.PERSONAL),
        ("client.rrn", PrivacyClass.UNIQUE_IDENTIFIER),
        ("client.admin_number", PrivacyClass.UNIQUE_IDENTIFIER),
        ("client.health_condition", PrivacyClass.SENSITIVE),
        ("client.household.monthly_income", PrivacyClass.CREDIT),
        ("client.debts.amount", PrivacyClass.CREDIT),
        ("referral.service_code", PrivacyClass.PLAIN),
        ("referral.opinion", PrivacyClass.PERSONAL),
    ],
)
def test_classes_are_what_the_law_says(path: str, privacy: PrivacyClass) -> None:
    """RRNs are unique identifiers, health is sensitive, income and debts are credit information."""
    assert FIELD_PATHS[path] is privacy


def test_a_leaf_without_a_class_is_an_error() -> None:
    """A new field cannot be forgotten: without a class, or with two, nothing is imported."""

    class Bare(Frozen):
        name: Line | None = None

    class Twice(Frozen):
        name: Annotated[Line | None, PrivacyClass.PLAIN, PrivacyClass.CREDIT] = None

    class Listed(Frozen):
        parts: list[DisclosedAddress]

    for model in (Bare, Twice, Listed):
        with pytest.raises(TypeError, match="exactly one PrivacyClass"):
            field_paths(model)


def test_the_sample_fills_every_path() -> None:
    """The tests below prune a document that holds every field but the 전산관리번호, which excludes the RRN."""
    assert present_paths(FULL) == FIELD_PATHS.keys() - {"client.admin_number"}


@given(SOME)
def test_pruning_keeps_what_is_allowed_and_nothing_else(allowed: frozenset[str]) -> None:
    """What is left are the allowed paths that were there: never one more."""
    assert present_paths(prune(FULL, allowed)) == allowed & present_paths(FULL)


@given(SOME, SOME)
def test_pruning_twice_is_pruning_to_both(first: frozenset[str], second: frozenset[str]) -> None:
    """prune(prune(d, a), b) equals prune(d, a & b), in either order; pruning again changes nothing."""
    both = prune(FULL, first & second)
    assert prune(prune(FULL, first), second) == both == prune(prune(FULL, second), first)
    assert prune(both, first & second) == both


@given(SOME)
def test_pruned_values_are_the_values_that_were_there(allowed: frozenset[str]) -> None:
    """Every kept leaf has its own value; lists lose no member that holds something allowed."""
    pruned = prune(FULL, allowed)
    assert pruned.client.name == (FULL.client.name if "client.name" in allowed else None)
    assert pruned.client.phones == (FULL.client.phones if "client.phones" in allowed else ())
    debts = [debt.amount for debt in FULL.client.debts]
    assert [debt.amount for debt in pruned.client.debts if debt.amount] == (
        debts if "client.debts.amount" in allowed else []
    )


@given(SOME)
def test_pruned_documents_are_sound(allowed: frozenset[str]) -> None:
    """A pruned document validates, survives JSON, and is made of the classes that agencies see."""
    pruned = prune(FULL, allowed)
    assert Disclosure.model_validate_json(pruned.model_dump_json()) == pruned
    assert (type(pruned.client), type(pruned.referral)) == (DisclosedClient, DisclosedReferral)
    assert pruned.client.address is None or type(pruned.client.address) is DisclosedAddress


def test_pruning_to_nothing_leaves_nothing() -> None:
    """No consent, no field: not even the defaults of what a centre hands in."""
    assert prune(FULL, frozenset()) == Disclosure()
    assert present_paths(prune(FULL, frozenset())) == frozenset()


def test_group_paths_open_nothing() -> None:
    """A group's name is no leaf: it lets nothing through."""
    assert prune(FULL, frozenset({"client", "client.address", "client.debts", "referral"})) == Disclosure()


def test_a_client_on_its_own_is_not_pruned() -> None:
    """Classes whose fields are required cannot stand for "not disclosed": pruning refuses them."""
    with pytest.raises(TypeError, match="Client"):
        prune(client(), frozenset({"name"}))
    with pytest.raises(TypeError, match="Address"):
        prune(Address(road_addr_part1="경기도 의정부시 시민로 1", adm_cd="4115010100"), frozenset({"adm_cd"}))
