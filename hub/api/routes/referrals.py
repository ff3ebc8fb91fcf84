"""Routes of referrals: reading them and their events, and the steps that a person may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from hub.access.actor import Actor
from hub.api import examples
from hub.api.asked import Acknowledgement, Closing, Override, Resolution
from hub.api.bodies import Received, body_of, nothing_sent
from hub.api.callers import CurrentActor
from hub.api.described import answers, or_page, problems, takes
from hub.api.explanation_page import explanation_page
from hub.api.explanation_views import ExplanationView, explanation_view
from hub.api.pages import VARIES, as_page, wants_page
from hub.api.paging import Page, lead_on, sequence_of
from hub.api.problems import (
    DESTROYED,
    ILLEGAL_STEP,
    INVALID_DOCUMENT,
    INVALID_PARAMETER,
    MALFORMED_JSON,
    NO_SUPPLEMENT,
    TOO_LARGE,
    UNKNOWN_ID,
    UNSUPPORTED_MEDIA_TYPE,
)
from hub.api.reads import known, read_referral, texts_of
from hub.api.services import Hub
from hub.api.views import EventsView, ReferralsView, ReferralView, event_view, referral_view
from hub.audit.entries import Action, record
from hub.store.referrals import ReferralRecord, events_of, events_of_kind, list_referrals, referral_by_id
from hub.wiring import Services
from schemas.events import Event, EventKind
from schemas.referral import Supplement
from schemas.status import BusinessStatus, DeliveryStatus

router = APIRouter(tags=["referrals"])
ReferralId = Annotated[str, Path(description="의뢰 식별자 (a referral's id).", examples=[examples.REFERRAL_ID])]
_BODY = (MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT)
_STEP = problems(UNKNOWN_ID, DESTROYED, ILLEGAL_STEP, *_BODY)


class Listing(Page):
    """The filters of a listing."""

    delivery: Annotated[DeliveryStatus | None, Field(description="전달 상태.")] = None
    business: Annotated[BusinessStatus | None, Field(description="기관 처리 상태.")] = None
    agency: Annotated[
        str | None, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", description="기관 slug.", examples=["community_center"])
    ] = None
    overdue: Annotated[bool | None, Field(description="기한이 지난 것만(true), 또는 지나지 않은 것만(false).")] = None


@router.get(
    "/v1/referrals",
    summary="의뢰 목록 (list referrals)",
    responses={200: answers("이 센터의 의뢰, 오래된 것부터.", Link="다음 쪽."), **problems(INVALID_PARAMETER)},
)
async def list_of_referrals(
    hub: Hub, actor: CurrentActor, query: Annotated[Listing, Query()], response: Response
) -> ReferralsView:
    """List the caller's referrals, oldest first; a page is followed by the header Link with rel="next"."""

    def read(conn: Connection) -> list[ReferralRecord]:
        found = list_referrals(
            conn,
            actor.centre_id,
            delivery=query.delivery,
            business=query.business,
            agency=query.agency,
            overdue=query.overdue,
            after=query.cursor,
            limit=query.limit + 1,
        )
        shown = [referral.id for referral in found[: query.limit]]
        record(
            conn, at=hub.clock.now(), actor=actor.name, origin=actor.origin, action=Action.REFERRALS_LISTED,
            centre_id=actor.centre_id, data={"referrals": shown},
        )  # fmt: skip
        return found

    found = await hub.store.write(read)
    page = found[: query.limit]
    lead_on(response, "/v1/referrals", query, page[-1].id if len(found) > len(page) else None)
    return ReferralsView(referrals=tuple(referral_view(referral, hub.settings.routing.rules) for referral in page))


@router.get(
    "/v1/referrals/{referral_id}",
    summary="의뢰 조회 (read a referral)",
    responses={200: answers("의뢰의 현재 상태."), **problems(UNKNOWN_ID, DESTROYED)},
)
async def one_referral(hub: Hub, actor: CurrentActor, referral_id: ReferralId) -> ReferralView:
    """Say how far a referral has come, and on whom it waits."""
    rules = hub.settings.routing.rules
    return await hub.store.write(
        lambda conn: referral_view(read_referral(conn, actor, referral_id, hub.clock.now()), rules)
    )


@router.get(
    "/v1/referrals/{referral_id}/explanation",
    summary="자동 배정 설명 (why it went there)",
    response_model=ExplanationView,
    responses={
        200: or_page(answers("왜 이 기관으로 갔는가. Accept: text/html이면 인쇄할 문서.", Vary="Accept.")),
        **problems(UNKNOWN_ID, DESTROYED),
    },
)
async def explanation_of_referral(
    request: Request, hub: Hub, actor: CurrentActor, referral_id: ReferralId, response: Response
) -> ExplanationView | Response:
    """Explain to the client why this agency (개인정보 보호법 37조의2), as JSON or as a page to hand to them."""

    def read(conn: Connection) -> ExplanationView:
        referral = read_referral(conn, actor, referral_id, hub.clock.now(), Action.EXPLANATION_READ)
        overrides = events_of_kind(conn, referral_id, EventKind.OVERRIDDEN)
        return explanation_view(referral, overrides, hub.settings.routing.rules, hub.agencies)

    told = await hub.store.write(read)
    if wants_page(request):
        return as_page(explanation_page(told))
    response.headers.update(VARIES)
    return told


class EventListing(Page):
    """The pages of a referral's events."""


@router.get(
    "/v1/referrals/{referral_id}/events",
    summary="의뢰 이력 (read a referral's events)",
    responses={
        200: answers("일어난 일, 순서대로.", Link="다음 쪽."),
        **problems(UNKNOWN_ID, DESTROYED, INVALID_PARAMETER),
    },
)
async def events_of_referral(
    hub: Hub, actor: CurrentActor, referral_id: ReferralId, query: Annotated[EventListing, Query()], response: Response
) -> EventsView:
    """List what happened to a referral, in order, with what the agency said and why people decided."""
    after = sequence_of(query.cursor)

    def read(conn: Connection) -> tuple[ReferralRecord, Sequence[Event], Mapping[int, str]]:
        referral = read_referral(conn, actor, referral_id, hub.clock.now(), Action.EVENTS_READ)
        events = events_of(conn, referral_id, after=after, limit=query.limit + 1)
        return referral, events, texts_of(conn, hub.vault, referral, events)

    referral, found, texts = await hub.store.write(read)
    page = found[: query.limit]
    last = str(page[-1].sequence) if len(found) > len(page) else None
    lead_on(response, f"/v1/referrals/{referral_id}/events", query, last)
    shown = (event_view(event, texts.get(event.sequence), referral.grounds) for event in page)
    return EventsView(events=tuple(shown))


async def _step(hub: Services, actor: Actor, referral_id: str, step: Callable[[Connection], None]) -> ReferralView:
    """Take one step in one transaction, wake the worker, and show what came of it."""

    def take(conn: Connection) -> ReferralView:
        step(conn)
        found = known(referral_by_id(conn, referral_id, centre_id=actor.centre_id))
        return referral_view(found, hub.settings.routing.rules)

    view = await hub.store.write(take)
    hub.engine.wake()
    return view


@router.post(
    "/v1/referrals/{referral_id}/cancel",
    summary="의뢰 취소 (cancel)",
    dependencies=[Depends(nothing_sent)],
    responses={200: answers("취소한 뒤의 상태."), **_STEP},
)
async def cancel(hub: Hub, actor: CurrentActor, referral_id: ReferralId) -> ReferralView:
    """Stop a referral that has not arrived.

    One that is in a batch file (`handed_over`) waits for the file's result: if the agency has it by then, the next
    file takes it back. What the agency has taken is not cancelled here: withdraw the client's consent
    (`POST /v1/consents/{consent_id}/withdraw`), which the agency is told of, or ask the agency.
    기관에 접수되지 않은 의뢰만 취소합니다. 일괄 파일에 든 의뢰는 접수된 뒤 철회를 알립니다.
    이미 접수된 의뢰는 동의를 철회하거나 기관에 직접 요청하십시오.
    A supplement that was handed in and not sent yet is stopped by it; the referral itself stays with the agency.
    """
    return await _step(hub, actor, referral_id, partial(hub.commands.cancel, actor=actor, referral_id=referral_id))


@router.post(
    "/v1/referrals/{referral_id}/pause",
    summary="일시 중지 (pause)",
    dependencies=[Depends(nothing_sent)],
    responses={200: answers("멈춘 뒤의 상태."), **_STEP},
)
async def pause_referral(hub: Hub, actor: CurrentActor, referral_id: ReferralId) -> ReferralView:
    """Stop sending and looking up until it is resumed. What the agency tells by itself still counts."""
    return await _step(hub, actor, referral_id, partial(hub.commands.pause, actor=actor, referral_id=referral_id))


@router.post(
    "/v1/referrals/{referral_id}/resume",
    summary="재개 (resume)",
    dependencies=[Depends(nothing_sent)],
    responses={200: answers("재개한 뒤의 상태."), **_STEP},
)
async def resume_referral(hub: Hub, actor: CurrentActor, referral_id: ReferralId) -> ReferralView:
    """Let a paused referral go on where it was."""
    return await _step(hub, actor, referral_id, partial(hub.commands.resume, actor=actor, referral_id=referral_id))


@router.post(
    "/v1/referrals/{referral_id}/retry",
    summary="다시 보내기 (retry)",
    dependencies=[Depends(nothing_sent)],
    responses={200: answers("다시 보낼 예정인 상태."), **_STEP},
)
async def retry(hub: Hub, actor: CurrentActor, referral_id: ReferralId) -> ReferralView:
    """Try again what failed or is held; consent is judged anew."""
    return await _step(hub, actor, referral_id, partial(hub.commands.retry, actor=actor, referral_id=referral_id))


@router.post(
    "/v1/referrals/{referral_id}/resolve",
    summary="결과 확인 입력 (settle an unknown)",
    openapi_extra=takes(Resolution, examples.RESOLUTION),
    responses={200: answers("확인한 뒤의 상태."), **_STEP},
)
async def resolve(
    hub: Hub,
    actor: CurrentActor,
    referral_id: ReferralId,
    body: Annotated[Received[Resolution], Depends(body_of(Resolution))],
) -> ReferralView:
    """Say what a person learnt from the agency about a referral whose answer was lost."""
    said = body.document
    step = partial(
        hub.commands.resolve, actor=actor, referral_id=referral_id, arrived=said.arrived, receipt=said.receipt,
        reason=said.reason,
    )  # fmt: skip
    return await _step(hub, actor, referral_id, step)


@router.post(
    "/v1/referrals/{referral_id}/override",
    summary="예외 진행 (override a rule)",
    openapi_extra=takes(Override, examples.OVERRIDE),
    responses={200: answers("진행하기로 한 뒤의 상태."), **_STEP},
)
async def override(
    hub: Hub,
    actor: CurrentActor,
    referral_id: ReferralId,
    body: Annotated[Received[Override], Depends(body_of(Override))],
) -> ReferralView:
    """Let a referral go on against the rule that holds it; never against a missing consent."""
    step = partial(hub.commands.override, actor=actor, referral_id=referral_id, reason=body.document.reason)
    return await _step(hub, actor, referral_id, step)


@router.post(
    "/v1/referrals/{referral_id}/acknowledge",
    summary="철회 확인 입력 (record an acknowledged withdrawal)",
    openapi_extra=takes(Acknowledgement, examples.ACKNOWLEDGEMENT),
    responses={200: answers("확인을 적은 뒤의 상태."), **_STEP},
)
async def acknowledge(
    hub: Hub,
    actor: CurrentActor,
    referral_id: ReferralId,
    body: Annotated[Received[Acknowledgement], Depends(body_of(Acknowledgement))],
) -> ReferralView:
    """Record that the agency acknowledged a withdrawal that a person told it of (`tell_agency_by_hand`)."""
    step = partial(hub.commands.acknowledge, actor=actor, referral_id=referral_id, reason=body.document.reason)
    return await _step(hub, actor, referral_id, step)


@router.post(
    "/v1/referrals/{referral_id}/supplement",
    summary="보완 제출 (send what the agency asked for)",
    openapi_extra=takes(Supplement, examples.SUPPLEMENT),
    responses={
        200: answers("보낼 예정인 상태."),
        **problems(UNKNOWN_ID, DESTROYED, ILLEGAL_STEP, *_BODY, NO_SUPPLEMENT),
    },
)
async def supplement(
    hub: Hub,
    actor: CurrentActor,
    referral_id: ReferralId,
    body: Annotated[Received[Supplement], Depends(body_of(Supplement))],
) -> ReferralView:
    """Send more after the agency asked for it (`business` is `supplement_requested`), one supplement at a time.

    It goes with the client's circumstances that the agency's message has a place for, as far as the consents of the
    referral carry them. `reason` says how it stands; `cancel`, `retry` and `resolve` are about it while it is open.
    기관이 보완을 요청한 의뢰에만 제출하며, 동의한 항목만 함께 보냅니다.
    """
    step = partial(hub.commands.supplement, actor=actor, referral_id=referral_id, content=body.document)
    return await _step(hub, actor, referral_id, step)


@router.post(
    "/v1/referrals/{referral_id}/close",
    summary="종결 (close)",
    openapi_extra=takes(Closing, examples.CLOSING),
    responses={200: answers("종결한 뒤의 상태."), **_STEP},
)
async def close(
    hub: Hub,
    actor: CurrentActor,
    referral_id: ReferralId,
    body: Annotated[Received[Closing], Depends(body_of(Closing))],
) -> ReferralView:
    """End a referral with an outcome code and a reason."""
    said = body.document
    step = partial(hub.commands.close, actor=actor, referral_id=referral_id, outcome=said.outcome, reason=said.reason)
    return await _step(hub, actor, referral_id, step)
