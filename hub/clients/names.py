"""What recipients are called in Korean: an agency by its title, its office by the 시군. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from hub.agencies import Agency
from schemas.regions import MUNICIPALITIES

_OFFICES = {municipality.org_code: municipality.name for municipality in MUNICIPALITIES}


def agency_title(slug: str, agencies: Mapping[str, Agency]) -> str:
    """Return an agency's title; its slug if it is installed no more."""
    agency = agencies.get(slug)
    return slug if agency is None or agency.profile is None else agency.profile.title


def office_title(office: str) -> str:
    """Return the 시군 whose 기관코드 (7 digits) this is; the code itself if it is none of the province's."""
    return _OFFICES.get(office, office)


def recipient_title(recipient: str, agencies: Mapping[str, Agency]) -> str:
    """Return what a recipient (a slug, or slug:기관코드) is called: `시군 주민센터 (의정부시)`."""
    slug, _, office = recipient.partition(":")
    title = agency_title(slug, agencies)
    return f"{title} ({office_title(office)})" if office else title
