"""The one decision of routing: the map of services in force on a day, then the agency's own word on the office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from adapters.sdk import Verb
from adapters.sdk.verbs import ChoosesOffice
from hub.agencies import Agency
from hub.settings import Route
from schemas.disclosure import Disclosure
from schemas.privacy import prune
from schemas.services import ServiceCode


class RoutingReason(StrEnum):
    """Why a referral has nowhere to go for now. It is held, never denied."""

    NO_AGENCY = "no_agency"
    """No agency is set for the service on this day, or its adapter is not installed."""
    AGENCY_DISABLED = "agency_disabled"
    """The agency is installed but not active."""
    NO_OFFICE = "no_office"
    """관할 없음: none of the agency's offices is in charge of the client's address."""


@dataclass(frozen=True)
class Routed:
    """Where a referral goes; `office` is a 기관코드 (7 digits) for an agency with offices."""

    agency: str
    office: str | None = None
    since: date | None = None
    """The first day of the route that was taken."""


@dataclass(frozen=True)
class Unrouted:
    """A referral that is held, and the agency that it is meant for as far as the map tells."""

    agency: str | None
    reason: RoutingReason
    since: date | None = None
    """The first day of the route that was taken, if there is one."""


def route(
    document: Disclosure,
    day: date,
    services: Mapping[ServiceCode, Sequence[Route]],
    agencies: Mapping[str, Agency],
) -> Routed | Unrouted:
    """Return where the document's service goes on `day`. The office is judged on what that agency may see."""
    code = document.referral.service_code
    way = next((way for way in services.get(code, ()) if way.holds_on(day)), None) if code else None
    if way is None:
        return Unrouted(None, RoutingReason.NO_AGENCY)
    agency = agencies.get(way.agency)
    if agency is None:
        return Unrouted(way.agency, RoutingReason.NO_AGENCY, way.valid_from)
    if agency.adapter is None or agency.profile is None:
        return Unrouted(agency.slug, RoutingReason.AGENCY_DISABLED, way.valid_from)
    if Verb.OFFICE_FOR not in agency.verbs or not isinstance(agency.adapter, ChoosesOffice):
        return Routed(agency.slug, since=way.valid_from)
    office = agency.adapter.office_for(prune(document, agency.profile.discloses), day)
    if office is None:
        return Unrouted(agency.slug, RoutingReason.NO_OFFICE, way.valid_from)
    return Routed(agency.slug, office, way.valid_from)
