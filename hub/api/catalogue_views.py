"""What `GET /v1/services` answers: services of the catalogues, and how old what is shown is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from adapters.sdk.catalogue import Pointer, Scope, ServiceDetail, WelfareService
from hub.api.views import View
from hub.catalogue.keeping import Kept
from hub.catalogue.library import Found, Source, SourceState
from schemas.welfare import HouseholdGroup, LifeStage, Theme


class SourceView(View):
    """출처: one catalogue, and how old what is shown of it is."""

    source: str
    title: str
    contract_basis: Literal["real", "assumed", "mixed"]
    fetched_at: datetime | None
    """When it was read; null if nothing of it is at hand, so that its services are missing."""
    age_seconds: int | None
    stale: bool
    """Whether it is older than it should be: its source did not answer since, or is being read anew."""


class ServiceView(View):
    """복지서비스: one service, in its source's words."""

    id: str
    """The source's id."""
    source: str
    """The catalogue that lists it."""
    name: str
    summary: str
    scope: Scope
    """national: 중앙부처; local: 지자체."""
    provider: str
    """소관."""
    province: str | None
    municipality: str | None
    """null: the whole province, or the whole country."""
    life: tuple[LifeStage, ...]
    targets: tuple[HouseholdGroup, ...]
    themes: tuple[Theme, ...]
    unknown_labels: tuple[str, ...]
    """Groups that the source names and no code covers."""
    cycle: str | None
    """지원주기."""
    provision: str | None
    """제공유형."""
    online: bool | None
    """Whether it can be applied for online; null: the source does not say."""
    how_to_apply: str | None
    contact: str | None
    link: str | None
    listed_on: date | None
    """When it was entered, or last changed (KST)."""


class ServicesView(View):
    """One page of services by source and id; the header `Link` with `rel="next"` leads to the next one."""

    total: int
    """How many there are on all pages."""
    services: tuple[ServiceView, ...]
    sources: tuple[SourceView, ...]


class PointerView(View):
    """A name and what it leads to: a number, an address, a file."""

    name: str
    value: str | None


class ServiceDetailView(ServiceView):
    """복지서비스 상세: what the list leaves out, as far as its source says."""

    who: str | None
    """지원대상."""
    criteria: str | None
    """선정기준."""
    benefit: str | None
    """지원내용."""
    how_to_apply: str | None
    """신청방법."""
    begins_on: date | None
    ends_on: date | None
    """The last day (KST); null: open-ended."""
    contacts: tuple[PointerView, ...]
    sites: tuple[PointerView, ...]
    forms: tuple[PointerView, ...]
    laws: tuple[str, ...]
    sources: tuple[SourceView, ...]


def services_view(found: Found, start: int, limit: int) -> ServicesView:
    """Return one page of what was found."""
    return ServicesView(
        total=len(found.services),
        services=tuple(ServiceView(**_values(*one)) for one in found.services[start : start + limit]),
        sources=tuple(_source_view(state) for state in found.sources),
    )


def detail_view(source: Source, service: WelfareService, kept: Kept[ServiceDetail | None]) -> ServiceDetailView:
    """Return one service with its detail; what its source says no more is absent."""
    detail = kept.thing or ServiceDetail(id=service.id)
    told = {
        "who": detail.who,
        "criteria": detail.criteria,
        "benefit": detail.benefit,
        "how_to_apply": detail.how_to_apply or service.how_to_apply,
        "begins_on": detail.begins_on,
        "ends_on": detail.ends_on,
        "contacts": _pointers(detail.contacts),
        "sites": _pointers(detail.sites),
        "forms": _pointers(detail.forms),
        "laws": detail.laws,
        "sources": (_source_view(SourceState(source.profile, kept)),),
    }
    return ServiceDetailView(**{**_values(source.profile.slug, service), **told})


def _values(slug: str, service: WelfareService) -> dict[str, object]:
    values: dict[str, object] = {"source": slug}
    for name in ServiceView.model_fields.keys() - {"source"}:
        value = getattr(service, name)
        values[name] = tuple(sorted(value)) if isinstance(value, frozenset) else value
    return values


def _pointers(pointers: Sequence[Pointer]) -> tuple[PointerView, ...]:
    return tuple(PointerView(name=pointer.name, value=pointer.value) for pointer in pointers)


def _source_view(state: SourceState) -> SourceView:
    profile, kept = state.profile, state.kept
    return SourceView(
        source=profile.slug,
        title=profile.title,
        contract_basis=profile.contract_basis,
        fetched_at=kept.read_at if kept else None,
        age_seconds=int(kept.age_seconds) if kept else None,
        stale=kept is None or kept.is_stale,
    )
