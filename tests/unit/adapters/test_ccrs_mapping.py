"""What of a document gets into an application, and what the contract cannot carry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ccrs_samples import DOCUMENT, FakeAgency, golden, reply
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.ccrs import Ccrs
from adapters.ccrs.contract import CONTRACT
from adapters.ccrs.mapping import FIELDS, REQUIRED, register_body
from adapters.sdk import CannotExpressError, Verb
from adapters.sdk.testing import without
from mocks.kit.pki import Certificates
from schemas.client import DisclosedDebt
from schemas.disclosure import Disclosure
from schemas.privacy import prune
from schemas.services import ServiceCode


@pytest.fixture
def agency(certificates: Certificates) -> FakeAgency:
    return FakeAgency(certificates, lambda _request: reply(golden("register.reply"), 202))


def body_of(agency: FakeAgency, document: Disclosure) -> dict[str, Any]:
    """Return the body of an application."""
    return register_body(agency.submit_order(document))


def test_an_rrn_goes_only_if_it_was_disclosed(agency: FakeAgency) -> None:
    """Without it, neither the number nor the word that there is a law for it."""
    kept = body_of(agency, without(DOCUMENT, "client.rrn"))
    assert ("rrno" in kept, kept["unqInfoBassYn"]) == (False, "N")
    assert "6802091000000" not in json.dumps(kept)


@pytest.mark.parametrize("path", sorted(REQUIRED))
async def test_what_is_required_is_named(agency: FakeAgency, path: str) -> None:
    """A document that lacks it is not sent, and the field is named by its path."""
    with pytest.raises(CannotExpressError) as caught:
        await agency.adapter.submit(agency.submit_order(without(DOCUMENT, path)))
    absent = {path} if not path.startswith("client.debts.") else {p for p in REQUIRED if p.startswith("client.debts.")}
    assert (caught.value.path in absent, agency.sent) == (True, [])


async def test_a_supplement_needs_an_opinion(agency: FakeAgency) -> None:
    """It is what was asked for."""
    with pytest.raises(CannotExpressError, match=r"referral\.opinion"):
        await agency.adapter.supplement(agency.supplement_order(without(DOCUMENT, "referral.opinion")))


def test_a_supplement_says_nothing_of_who_it_is(agency: FakeAgency) -> None:
    """Name, birth date and RRN are known there."""
    need = Ccrs.profile.need_of(Verb.SUPPLEMENT)
    assert need.discloses & {"client.name", "client.birth_date", "client.rrn"} == frozenset()
    assert need.discloses < Ccrs.profile.discloses


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("client.phones", {"phones": ("010-0000-0001", "119")}),
        ("client.debts.amount", {"debts": (*DOCUMENT.client.debts, DisclosedDebt(creditor="다라카드", secured=False))}),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(agency: FakeAgency, path: str, changes: dict[str, Any]) -> None:
    """A number that is no telephone number there; one debt of several without its amount."""
    document = DOCUMENT.model_copy(update={"client": DOCUMENT.client.model_copy(update=changes)})
    with pytest.raises(CannotExpressError) as caught:
        await agency.adapter.submit(agency.submit_order(document))
    assert (caught.value.path, agency.sent) == (path, [])


async def test_a_service_of_another_agency_cannot_be_said(agency: FakeAgency) -> None:
    """No product has its code."""
    referral = DOCUMENT.referral.model_copy(update={"service_code": ServiceCode.JOB_COUNSEL})
    with pytest.raises(CannotExpressError, match=r"referral\.service_code"):
        await agency.adapter.submit(agency.submit_order(DOCUMENT.model_copy(update={"referral": referral})))


@given(fields=st.sets(st.sampled_from(sorted(Ccrs.profile.discloses))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_what_is_allowed_is_said(agency: FakeAgency, fields: set[str]) -> None:
    """Whatever the decision opens: no other field is in the body, and each flag is a Y exactly for what it opens."""
    document = prune(DOCUMENT, frozenset(fields))
    body = body_of(agency, document)
    told = {FIELDS[name] for name in _names(body) if name in FIELDS}
    assert told <= fields
    assert CONTRACT.violation("RegisterBody", body) is None or not fields >= REQUIRED
    assert (body["crdtInfoAgreYn"] == "Y") >= bool({"incmAmt", "ovduDcnt", "debtList"} & body.keys())
    assert (body["unqInfoBassYn"] == "Y") == ("rrno" in body)


def _names(body: dict[str, Any]) -> set[str]:
    inside = {name for debt in body.get("debtList", []) for name in debt}
    return set(body) | inside
