"""The route of pre-checks: eligibility and capacity without identity. Nothing of it is stored but that it was asked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import Connection

from adapters.sdk.kst import kst_today
from hub.api import examples
from hub.api.asked import Precheck
from hub.api.bodies import Received, body_of
from hub.api.callers import CurrentActor
from hub.api.described import answers, problems, takes
from hub.api.precheck_views import PrecheckView, precheck_view
from hub.api.problems import INVALID_DOCUMENT, MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
from hub.api.services import Hub
from hub.audit.entries import Action, record
from hub.store.lanes import paused_lanes

router = APIRouter(tags=["prechecks"])


@router.post(
    "/v1/prechecks",
    summary="사전 확인 (check eligibility and capacity without identity)",
    openapi_extra=takes(Precheck, examples.PRECHECK),
    responses={
        200: answers("서비스마다 기준과 기관의 여력."),
        **problems(MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT),
    },
)
async def precheck(
    hub: Hub, actor: CurrentActor, body: Annotated[Received[Precheck], Depends(body_of(Precheck))]
) -> PrecheckView:
    """Say for each service what its rules make of the facts, and whether its agency has room.

    No field of it can say who is meant, nothing of it is stored, and nothing about anybody goes to an agency.
    누구인지 알 수 있는 항목은 받지 않습니다. 결과는 약속이 아니며, 결정은 기관이 합니다.
    """
    said, now = body.document, hub.clock.now()

    def note(conn: Connection) -> Collection[str]:
        record(
            conn, at=now, actor=actor.name, origin=actor.origin, action=Action.PRECHECKED, centre_id=actor.centre_id,
            data={"services": len(said.services)},
        )  # fmt: skip
        return paused_lanes(conn)

    paused, day = await hub.store.write(note), kst_today(now)
    return precheck_view(day, await hub.prechecker.check(said.services, said.region, said.facts.spans(), day, paused))
