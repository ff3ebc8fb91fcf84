"""Routes of cases: the hand-over of one document, one more service later, and the roll-up over the agencies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy import Connection

from hub.api import examples
from hub.api.asked import MoreReferrals
from hub.api.bodies import Received, body_of
from hub.api.callers import CurrentActor
from hub.api.described import UNDER_KEY, IdempotencyKey, answers, link, problems, takes
from hub.api.next_steps import Surroundings
from hub.api.problems import (
    DESTROYED,
    INVALID_DOCUMENT,
    MALFORMED_JSON,
    OVERLOADED,
    TOO_LARGE,
    UNKNOWN_ID,
    UNSUPPORTED_MEDIA_TYPE,
)
from hub.api.reads import read_case
from hub.api.rollup import CaseView, case_view
from hub.api.services import Hub
from hub.api.views import AcceptedView, accepted_view
from hub.store.attempts import asked_first_among
from hub.store.consents import consents_of_case
from hub.store.deliveries import withdrawals_of_case
from hub.store.lanes import paused_lanes
from hub.store.referrals import referrals_of_case
from hub.store.turning_points import turning_points
from schemas.case import CaseDocument

router = APIRouter(tags=["cases"])
CaseId = Annotated[str, Path(description="사례 식별자 (a case's id).", examples=[examples.CASE_ID])]
_LINKS = {
    "case": link("one_case", case_id="/id"),
    "more_referrals": link("add_referrals", case_id="/id"),
    "referral": link("one_referral", referral_id="/referrals/0/id"),
    "events": link("events_of_referral", referral_id="/referrals/0/id"),
    "cancel": link("cancel", referral_id="/referrals/0/id"),
    "consent": link("one_consent", consent_id="/consents/0"),
    "withdraw": link("withdraw_consent", consent_id="/consents/0"),
}
_ACCEPTING = (
    *UNDER_KEY, MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT, OVERLOADED, DESTROYED
)  # fmt: skip


@router.post(
    "/v1/cases",
    status_code=202,
    summary="사례 접수 (hand over a case)",
    openapi_extra=takes(CaseDocument, examples.CASE),
    responses={
        202: answers("받아 두었습니다. 이제부터 나루가 책임집니다.", links=_LINKS, Location="사례의 주소."),
        **problems(*_ACCEPTING),
    },
)
async def accept_case(
    hub: Hub,
    actor: CurrentActor,
    key: IdempotencyKey,
    body: Annotated[Received[CaseDocument], Depends(body_of(CaseDocument))],
    response: Response,
) -> AcceptedView:
    """Take over one client's consents and referrals, all or nothing. What was answered with 202 is not lost."""
    accepted = await hub.intake.accept_case(actor, key, body.text, body.document)
    response.headers["Location"] = f"/v1/cases/{accepted.case_id}"
    return accepted_view(accepted)


@router.get(
    "/v1/cases/{case_id}",
    summary="사례 조회 (read a case)",
    responses={200: answers("기관별 진행 상황."), **problems(UNKNOWN_ID, DESTROYED)},
)
async def one_case(hub: Hub, actor: CurrentActor, case_id: CaseId) -> CaseView:
    """Roll a case up over the agencies: what is done, what waits on whom, and which consents could be withdrawn."""

    def read(conn: Connection) -> CaseView:
        case = read_case(conn, actor, case_id, hub.clock.now())
        rules, deadlines = hub.settings.routing.rules, hub.settings.deadlines
        files = {slug: agency.profile.batching for slug, agency in hub.agencies.active.items()}
        cut_offs = {slug: batching.cut_off for slug, batching in files.items() if batching is not None}
        around = Surroundings(hub.clock.now(), paused_lanes(conn), rules, deadlines, hub.working_days, cut_offs)
        referrals = referrals_of_case(conn, case.id)
        return case_view(
            case,
            referrals,
            consents_of_case(conn, case.id),
            turning_points(conn, case.id),
            withdrawals_of_case(conn, case.id),
            asked_first_among(conn, [one.id for one in referrals]),
            around,
        )

    return await hub.store.write(read)


@router.post(
    "/v1/cases/{case_id}/referrals",
    status_code=202,
    summary="의뢰 추가 (add referrals to a case)",
    openapi_extra=takes(MoreReferrals, examples.MORE_REFERRALS),
    responses={
        202: answers("받아 두었습니다.", Location="사례의 주소."),
        **problems(UNKNOWN_ID, *_ACCEPTING),
    },
)
async def add_referrals(
    hub: Hub,
    actor: CurrentActor,
    key: IdempotencyKey,
    case_id: CaseId,
    body: Annotated[Received[MoreReferrals], Depends(body_of(MoreReferrals))],
    response: Response,
) -> AcceptedView:
    """Ask for more services for a client whom the hub knows from this case."""
    accepted = await hub.intake.accept_referrals(actor, key, body.text, case_id, body.document)
    response.headers["Location"] = f"/v1/cases/{accepted.case_id}"
    return accepted_view(accepted)
