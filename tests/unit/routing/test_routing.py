from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk import Adapter, AdapterSettings, Gate, Profile, Repeat, Verb, WireKey, Wires
from hub.agencies import Agency, AgencyState
from hub.routing.routing import Routed, RoutingReason, Unrouted, route
from hub.settings import Route
from schemas.address import DisclosedAddress
from schemas.client import DisclosedClient
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths
from schemas.referral import DisclosedReferral
from schemas.services import ServiceCode

DAY = date(2025, 3, 17)
SEEN: list[frozenset[str]] = []


class Harbour(Adapter[AdapterSettings]):
    """Has one office, in charge of 의정부; notes what it was shown."""

    profile = Profile(
        slug="harbour",
        title="항구",
        wire="in memory",
        contract_basis="assumed",
        services=frozenset({ServiceCode.WEL_CASE}),
        discloses=frozenset({"client.address.adm_cd", "referral.service_code"}),
        requires=frozenset({"client.address.adm_cd"}),
        repeat=Repeat.KEYED,
        wire_key=WireKey(20),
    )

    def office_for(self, document: Disclosure, day: date) -> str | None:
        SEEN.append(present_paths(document))
        address = document.client.address
        return "3820000" if address and (address.adm_cd or "").startswith("4115") else None


def harbour(state: AgencyState = AgencyState.ACTIVE, verbs: frozenset[Verb] = frozenset({Verb.OFFICE_FOR})) -> Agency:
    """Make the agency in a state."""
    adapter = Harbour(AdapterSettings(), Wires("harbour", Gate())) if state is AgencyState.ACTIVE else None
    return Agency("harbour", state, None if state is AgencyState.BROKEN else Harbour.profile, verbs, adapter)


def document(adm_cd: str = "4115010100") -> Disclosure:
    """Make a document with more than the agency may see."""
    return Disclosure(
        client=DisclosedClient(name="홍길동", address=DisclosedAddress(adm_cd=adm_cd)),
        referral=DisclosedReferral(service_code=ServiceCode.WEL_CASE),
    )


def services(agency: str = "harbour", first: date = DAY, last: date | None = DAY) -> Mapping[ServiceCode, list[Route]]:
    """Make a map with one route."""
    return {ServiceCode.WEL_CASE: [Route(agency=agency, valid_from=first, valid_to=last)]}


def test_the_agency_names_its_office() -> None:
    """A route in force and an office in charge: that is where it goes."""
    assert route(document(), DAY, services(), {"harbour": harbour()}) == Routed("harbour", "3820000", DAY)


def test_an_agency_without_offices_has_none() -> None:
    """It is reached as a whole."""
    assert route(document(), DAY, services(), {"harbour": harbour(verbs=frozenset())}) == Routed("harbour", since=DAY)


@pytest.mark.parametrize(
    ("agencies", "reason"),
    [
        ({}, RoutingReason.NO_AGENCY),
        ({"harbour": harbour(AgencyState.DISABLED)}, RoutingReason.AGENCY_DISABLED),
        ({"harbour": harbour(AgencyState.BROKEN)}, RoutingReason.AGENCY_DISABLED),
    ],
)
def test_an_agency_that_is_not_active_holds(agencies: dict[str, Agency], reason: RoutingReason) -> None:
    """Not installed, switched off, or broken: the referral waits, and says for whom."""
    assert route(document(), DAY, services(), agencies) == Unrouted("harbour", reason, DAY)


def test_no_office_holds() -> None:
    """관할 없음: an address outside holds the referral."""
    found = route(document("1111010100"), DAY, services(), {"harbour": harbour()})
    assert found == Unrouted("harbour", RoutingReason.NO_OFFICE, DAY)


def test_a_service_without_a_route_holds() -> None:
    """Nobody is named for it."""
    assert route(document(), DAY, {}, {"harbour": harbour()}) == Unrouted(None, RoutingReason.NO_AGENCY)


def test_the_office_is_chosen_on_what_the_agency_may_see() -> None:
    """The adapter is shown the fields that it discloses, and no others."""
    SEEN.clear()
    route(document(), DAY, services(), {"harbour": harbour()})
    assert [frozenset({"client.address.adm_cd", "referral.service_code"})] == SEEN


near = st.integers(-40, 40).map(lambda number: DAY + timedelta(days=number))


@given(near, near, st.none() | st.integers(0, 40))
def test_a_route_holds_from_its_first_to_its_last_day(day: date, first: date, length: int | None) -> None:
    """Both days are included, and without a last one it holds for good."""
    last = None if length is None else first + timedelta(days=length)
    found = route(document(), day, services(first=first, last=last), {"harbour": harbour()})
    assert isinstance(found, Routed) == (first <= day and (last is None or day <= last))
