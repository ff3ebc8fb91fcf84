"""Routes of consents: adding them, reading one, and withdrawing it, which is no harder than giving it (38조④)."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlalchemy import Connection

from hub.access.holders import CENTRE, name_of
from hub.api import examples
from hub.api.asked import MoreConsents
from hub.api.bodies import Received, body_of, nothing_sent
from hub.api.callers import CurrentActor
from hub.api.described import UNDER_KEY, IdempotencyKey, answers, or_page, problems, takes
from hub.api.pages import VARIES, as_page, wants_page
from hub.api.problems import DESTROYED, INVALID_DOCUMENT, MALFORMED_JSON, TOO_LARGE, UNKNOWN_ID, UNSUPPORTED_MEDIA_TYPE
from hub.api.reads import known, opened_consent, read_consent
from hub.api.receipt_page import receipt_page
from hub.api.receipt_views import ReceiptView, receipt_view
from hub.api.services import Hub
from hub.api.views import AddedConsents, ConsentView, WithdrawalView, consent_view, holder_views
from hub.audit.entries import Action
from hub.delivery.taking_back import concerns
from hub.store.attempts import asked_first_among
from hub.store.cases import case_by_id
from hub.store.deliveries import withdrawals_of_case
from hub.store.referrals import referrals_of_case

router = APIRouter(tags=["consents"])
ConsentId = Annotated[str, Path(description="동의 식별자 (a consent's id).", examples=[examples.CONSENT_ID])]
_BODY = (MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT)


@router.post(
    "/v1/consents",
    status_code=201,
    summary="동의 추가 (add consents to a case)",
    openapi_extra=takes(MoreConsents, examples.MORE_CONSENTS),
    responses={201: answers("추가했습니다."), **problems(*UNDER_KEY, UNKNOWN_ID, DESTROYED, *_BODY)},
)
async def add_consents(
    hub: Hub,
    actor: CurrentActor,
    key: IdempotencyKey,
    body: Annotated[Received[MoreConsents], Depends(body_of(MoreConsents))],
) -> AddedConsents:
    """Add consents; referrals that are held for want of them go on by themselves."""
    said = body.document
    added = await hub.intake.accept_consents(actor, key, body.text, said.case_id, said.consents)
    return AddedConsents(**dict(added))


@router.get(
    "/v1/consents/{consent_id}",
    summary="동의 조회 (read a consent)",
    responses={200: answers("동의의 내용과 상태."), **problems(UNKNOWN_ID)},
)
async def one_consent(hub: Hub, actor: CurrentActor, consent_id: ConsentId) -> ConsentView:
    """Say what a consent opens, for whom, until when, and who still holds what was sent by it."""

    def read(conn: Connection) -> ConsentView:
        consent = read_consent(conn, actor, consent_id, hub.clock.now())
        referrals = referrals_of_case(conn, consent.case_id)
        about = [one for one in referrals if concerns(consent.recipient, consent.purposes, one)]
        asked_first = asked_first_among(conn, [one.id for one in about])
        return consent_view(consent, holder_views(about, withdrawals_of_case(conn, consent.case_id), asked_first))

    return await hub.store.write(read)


@router.get(
    "/v1/consents/{consent_id}/receipt",
    summary="동의 확인서 (a consent's receipt)",
    response_model=ReceiptView,
    responses={
        200: or_page(answers("무엇에 동의했는가. Accept: text/html이면 인쇄할 문서.", Vary="Accept.")),
        **problems(UNKNOWN_ID, DESTROYED),
    },
)
async def receipt_of_consent(
    request: Request, hub: Hub, actor: CurrentActor, consent_id: ConsentId, response: Response
) -> ReceiptView | Response:
    """Say what the client agreed to, as a receipt modelled on ISO/IEC TS 27560, or as a page to hand to them."""

    def read(conn: Connection) -> ReceiptView:
        now = hub.clock.now()
        consent = read_consent(conn, actor, consent_id, now, Action.RECEIPT_READ)
        case = known(case_by_id(conn, consent.case_id))
        return receipt_view(
            consent,
            opened_consent(conn, hub.vault, consent_id, case),
            client_id=case.client_id,
            centre_name=name_of(conn, CENTRE, case.centre_id),
            agencies=hub.agencies,
            now=now,
        )

    receipt = await hub.store.write(read)
    if wants_page(request):
        return as_page(receipt_page(receipt))
    response.headers.update(VARIES)
    return receipt


@router.post(
    "/v1/consents/{consent_id}/withdraw",
    summary="동의 철회 (withdraw a consent)",
    dependencies=[Depends(nothing_sent)],
    responses={
        200: answers("철회했습니다. 무엇을 멈추고 누구에게 알리는지."),
        **problems(UNKNOWN_ID, DESTROYED, *_BODY),
    },
)
async def withdraw_consent(hub: Hub, actor: CurrentActor, consent_id: ConsentId) -> WithdrawalView:
    """Withdraw a consent from this moment on. Asking twice is harmless."""
    done = await hub.store.write(partial(hub.consents.withdraw, actor=actor, consent_id=consent_id))
    hub.engine.wake()
    return WithdrawalView(
        id=consent_id,
        stopped=tuple(done.stopped),
        in_flight=tuple(done.in_flight),
        told=tuple(done.told),
        by_hand=tuple(done.by_hand),
        kept=tuple(done.kept),
    )
