"""Routes of agencies: which there are, and holding everything that goes to one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy import Connection

from hub.access.actor import HubActor
from hub.api.bodies import nothing_sent
from hub.api.callers import CurrentCaller, CurrentHubActor
from hub.api.described import answers, problems
from hub.api.problems import (
    ILLEGAL_STEP,
    INVALID_DOCUMENT,
    MALFORMED_JSON,
    TOO_LARGE,
    UNKNOWN_AGENCY,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemError,
)
from hub.api.services import Hub
from hub.api.views import AgenciesView, AgencyView, agency_view
from hub.store.following import Unmatched, unmatched_of_agencies
from hub.store.lanes import LaneState, all_lanes
from hub.wiring import Services

router = APIRouter(tags=["agencies"])
Slug = Annotated[str, Path(description="기관 slug.", examples=["community_center"])]
_STEP = problems(UNKNOWN_AGENCY, ILLEGAL_STEP, MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT)


@router.get("/v1/agencies", summary="기관 목록 (list agencies)", responses={200: answers("설치된 기관."), **problems()})
async def list_of_agencies(hub: Hub, caller: CurrentCaller) -> AgenciesView:
    """List the agencies that are installed, what each may be told, and whether it can be reached.

    Operators of the hub see too how much of what each told names no referral that the hub knows.
    """
    lanes, unmatched = await hub.store.read(_standing)
    sees_all, now = isinstance(caller, HubActor), hub.clock.now()
    return AgenciesView(
        agencies=tuple(
            agency_view(
                agency,
                lanes.get(slug, LaneState(slug)),
                unmatched.get(slug, Unmatched()) if sees_all else None,
                now,
            )
            for slug, agency in hub.agencies.items()
        )
    )


def _standing(conn: Connection) -> tuple[Mapping[str, LaneState], Mapping[str, Unmatched]]:
    """Return the lanes of agencies, and those of which calls are unmatched with how many."""
    return all_lanes(conn), unmatched_of_agencies(conn)


async def _step(hub: Services, slug: str, step: Callable[[Connection], None]) -> AgencyView:
    if slug not in hub.agencies.active:
        raise ProblemError(UNKNOWN_AGENCY)

    def take(conn: Connection) -> tuple[Mapping[str, LaneState], Mapping[str, Unmatched]]:
        step(conn)
        return _standing(conn)

    lanes, unmatched = await hub.store.write(take)
    hub.engine.wake()
    lane = lanes.get(slug, LaneState(slug))
    return agency_view(hub.agencies[slug], lane, unmatched.get(slug, Unmatched()), hub.clock.now())


@router.post(
    "/v1/agencies/{slug}/pause",
    summary="기관 전송 중지 (pause)",
    dependencies=[Depends(nothing_sent)],
    responses={200: answers("중지했습니다."), **_STEP},
)
async def pause(hub: Hub, actor: CurrentHubActor, slug: Slug) -> AgencyView:
    """Send nothing to an agency until it is resumed, for no centre; what is queued waits."""
    return await _step(hub, slug, partial(hub.commands.pause_agency, actor=actor, slug=slug))


@router.post(
    "/v1/agencies/{slug}/resume",
    summary="기관 전송 재개 (resume)",
    dependencies=[Depends(nothing_sent)],
    responses={200: answers("다시 보냅니다."), **_STEP},
)
async def resume(hub: Hub, actor: CurrentHubActor, slug: Slug) -> AgencyView:
    """Let what waited for a paused agency go on."""
    return await _step(hub, slug, partial(hub.commands.resume_agency, actor=actor, slug=slug))
