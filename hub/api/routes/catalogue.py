"""Routes of the welfare catalogue: which services there are. Nothing about a person goes in or comes out."""

from __future__ import annotations

import math
import unicodedata
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import AfterValidator, Field

from adapters.sdk.catalogue import CatalogueQuery
from adapters.sdk.kst import kst_today
from hub.api.callers import CurrentActor
from hub.api.catalogue_views import ServiceDetailView, ServicesView, detail_view, services_view
from hub.api.described import answers, link, problems
from hub.api.paging import Page, lead_on, sequence_of
from hub.api.problems import INVALID_PARAMETER, NO_CATALOGUE, UNKNOWN_ID, Fault, ProblemError
from hub.api.services import Hub
from hub.catalogue.keeping import NothingKeptError
from hub.catalogue.library import UnknownServiceError
from hub.catalogue.places import UnknownPlaceError, region_of
from schemas.welfare import HouseholdGroup, LifeStage, Theme

router = APIRouter(tags=["services"])


class ServiceListing(Page):
    """What to look for; all that is given must hold."""

    life: Annotated[LifeStage | None, Field(description="생애주기 코드.")] = None
    target: Annotated[HouseholdGroup | None, Field(description="가구상황 코드.")] = None
    theme: Annotated[Theme | None, Field(description="관심주제 코드.")] = None
    region: Annotated[
        str | None,
        Field(
            min_length=2,
            max_length=20,
            description="법정동코드 앞 5자리나 이름: 그 시군과 경기도 전체, 전국의 서비스.",
            examples=["41150", "의정부시"],
        ),
    ] = None
    q: Annotated[
        str | None,
        Field(min_length=1, max_length=100, description="이름, 요약, 소관에 모두 들어 있어야 할 낱말들."),
        AfterValidator(lambda text: None if text is None else unicodedata.normalize("NFC", text)),
    ] = None


@router.get(
    "/v1/services",
    summary="복지서비스 목록 (search the welfare catalogue)",
    responses={
        200: answers(
            "조건에 맞는 서비스.",
            links={"service": link("one_service", service_id="/services/0/id")},
            Link="다음 쪽.",
        ),
        **problems(INVALID_PARAMETER, NO_CATALOGUE),
    },
)
async def list_of_services(
    hub: Hub,
    actor: CurrentActor,  # noqa: ARG001 - no anonymous call
    query: Annotated[ServiceListing, Query()],
    response: Response,
) -> ServicesView:
    """Search the welfare services that the catalogues list; the body says where they are from and how old they are.

    목록은 하루에 한 번 받아 옵니다. 받아 오지 못하면 앞서 받은 것을 보여 주고 stale로 알립니다.
    """
    try:
        region = None if query.region is None else region_of(query.region, kst_today(hub.clock.now()))
    except UnknownPlaceError as error:
        fault = Fault(parameter="region", code="unknown_region", detail=str(error))
        raise ProblemError(INVALID_PARAMETER, errors=[fault]) from None
    asked = CatalogueQuery(life=query.life, target=query.target, theme=query.theme, region=region, text=query.q)
    try:
        found = await hub.library.search(asked)
    except NothingKeptError as error:
        raise _nothing_kept(error) from None
    start = sequence_of(query.cursor)
    end = start + query.limit
    lead_on(response, "/v1/services", query, str(end) if end < len(found.services) else None)
    return services_view(found, start, query.limit)


@router.get(
    "/v1/services/{service_id}",
    summary="복지서비스 조회 (read a welfare service)",
    responses={200: answers("서비스의 상세."), **problems(UNKNOWN_ID, NO_CATALOGUE)},
)
async def one_service(
    hub: Hub,
    actor: CurrentActor,  # noqa: ARG001 - no anonymous call
    service_id: Annotated[str, Path(description="서비스 식별자 (a service's id).", examples=["WLF00000109"])],
) -> ServiceDetailView:
    """Say who may have a service, what it gives and how it is applied for, in its source's words."""
    try:
        return detail_view(*await hub.library.detail(service_id))
    except UnknownServiceError:
        raise ProblemError(UNKNOWN_ID, detail="목록에 그런 서비스가 없습니다. 식별자를 확인해 주십시오.") from None
    except NothingKeptError as error:
        raise _nothing_kept(error) from None


def _nothing_kept(error: NothingKeptError) -> ProblemError:
    return ProblemError(NO_CATALOGUE, headers={"Retry-After": str(max(1, math.ceil(error.seconds)))})
