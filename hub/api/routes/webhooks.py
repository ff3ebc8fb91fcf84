"""Routes of webhooks: a centre registers, changes, tests and removes its own, and has what was given up sent again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy import Connection

from hub.access.actor import Actor
from hub.api.bodies import Received, body_of, nothing_sent
from hub.api.callers import CurrentActor
from hub.api.described import answers, problems, takes
from hub.api.paging import Page, lead_on
from hub.api.problems import (
    INVALID_DOCUMENT,
    INVALID_PARAMETER,
    MALFORMED_JSON,
    TOO_LARGE,
    TOO_MANY_WEBHOOKS,
    UNKNOWN_ID,
    UNSUPPORTED_MEDIA_TYPE,
    Fault,
    ProblemError,
)
from hub.api.services import Hub
from hub.api.webhook_bodies import (
    NEW_WEBHOOK,
    REDELIVERY,
    ROTATION,
    WEBHOOK_CHANGE,
    WEBHOOK_ID,
    NewWebhook,
    Redelivery,
    Rotation,
    WebhookChange,
)
from hub.api.webhook_views import (
    NewWebhookView,
    PingView,
    RedeliveredView,
    RotatedView,
    ShelfView,
    WebhooksView,
    WebhookView,
    ping_view,
    shelved_view,
    webhook_view,
)
from hub.store.ids import new_id
from hub.store.messages import Message, shelf_of, standing_of
from hub.store.webhooks import pace_of, webhooks_of
from hub.wiring import Services

router = APIRouter(tags=["webhooks"])
WebhookId = Annotated[str, Path(description="웹훅 식별자 (a webhook's id).", examples=[WEBHOOK_ID])]
_BODY = (MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT)


def _view(conn: Connection, hub: Services, actor: Actor, webhook_id: str) -> WebhookView:
    record, target = hub.webhooks.find(conn, actor, webhook_id)
    return webhook_view(record, target, pace_of(conn, webhook_id), standing_of(conn, webhook_id))


def _check(hub: Services, url: str | None) -> None:
    try:
        if url is not None:
            hub.sender.check(url)
    except ValueError as error:
        fault = Fault(pointer="/url", code="invalid_value", detail=str(error))
        raise ProblemError(INVALID_DOCUMENT, errors=[fault]) from None


@router.post(
    "/v1/webhooks",
    status_code=201,
    summary="웹훅 등록 (register a webhook)",
    openapi_extra=takes(NewWebhook, NEW_WEBHOOK),
    responses={201: answers("등록했습니다. 비밀값은 이번에만 보입니다."), **problems(TOO_MANY_WEBHOOKS, *_BODY)},
)
async def register_webhook(
    hub: Hub, actor: CurrentActor, body: Annotated[Received[NewWebhook], Depends(body_of(NewWebhook))]
) -> NewWebhookView:
    """Have events sent to an address from now on, signed as Standard Webhooks says. What happened before is not."""
    said = body.document
    _check(hub, said.url)

    def register(conn: Connection) -> NewWebhookView:
        record, target = hub.webhooks.register(conn, actor, said.url, said.events)
        return NewWebhookView(**dict(_view(conn, hub, actor, record.id)), secret=target.secret)

    return await hub.store.write(register)


@router.get(
    "/v1/webhooks", summary="웹훅 목록 (list webhooks)", responses={200: answers("이 센터의 웹훅."), **problems()}
)
async def list_of_webhooks(hub: Hub, actor: CurrentActor) -> WebhooksView:
    """List the caller's webhooks, and how they are getting on."""

    def read(conn: Connection) -> WebhooksView:
        found = webhooks_of(conn, actor.centre_id)
        return WebhooksView(webhooks=tuple(_view(conn, hub, actor, record.id) for record in found))

    return await hub.store.read(read)


@router.get(
    "/v1/webhooks/{webhook_id}",
    summary="웹훅 조회 (read a webhook)",
    responses={200: answers("웹훅의 설정과 상태."), **problems(UNKNOWN_ID)},
)
async def one_webhook(hub: Hub, actor: CurrentActor, webhook_id: WebhookId) -> WebhookView:
    """Say where a webhook leads, and what still waits for it."""
    return await hub.store.read(partial(_view, hub=hub, actor=actor, webhook_id=webhook_id))


@router.patch(
    "/v1/webhooks/{webhook_id}",
    summary="웹훅 변경 (change a webhook)",
    openapi_extra=takes(WebhookChange, WEBHOOK_CHANGE),
    responses={200: answers("변경한 뒤의 설정."), **problems(UNKNOWN_ID, *_BODY)},
)
async def change_webhook(
    hub: Hub,
    actor: CurrentActor,
    webhook_id: WebhookId,
    body: Annotated[Received[WebhookChange], Depends(body_of(WebhookChange))],
) -> WebhookView:
    """Change the address, what is sent, or whether it is sent; what waited while it was off is sent then."""
    said = body.document
    _check(hub, said.url)

    def change(conn: Connection) -> WebhookView:
        hub.webhooks.change(conn, actor, webhook_id, url=said.url, subjects=said.events, enabled=said.enabled)
        return _view(conn, hub, actor, webhook_id)

    view = await hub.store.write(change)
    hub.notifier.wake()
    return view


@router.delete(
    "/v1/webhooks/{webhook_id}",
    status_code=204,
    summary="웹훅 삭제 (remove a webhook)",
    dependencies=[Depends(nothing_sent)],
    responses={204: answers("삭제했습니다. 기다리던 알림도 보내지 않습니다."), **problems(UNKNOWN_ID, *_BODY)},
)
async def remove_webhook(hub: Hub, actor: CurrentActor, webhook_id: WebhookId) -> None:
    """Remove a webhook with everything that was still to be sent to it."""
    await hub.store.write(partial(hub.webhooks.remove, actor=actor, webhook_id=webhook_id))


@router.post(
    "/v1/webhooks/{webhook_id}/rotate",
    summary="비밀값 교체 (rotate the secret)",
    openapi_extra=takes(Rotation, ROTATION),
    responses={200: answers("교체했습니다. 새 비밀값은 이번에만 보입니다."), **problems(UNKNOWN_ID, *_BODY)},
)
async def rotate_secret(
    hub: Hub,
    actor: CurrentActor,
    webhook_id: WebhookId,
    body: Annotated[Received[Rotation], Depends(body_of(Rotation))],
) -> RotatedView:
    """Make a new secret. During the overlap every message is signed with both: a receiver that knows one goes on.

    A rotation within the overlap of the one before ends that one's: only the last two secrets sign.
    """
    overlap = timedelta(hours=body.document.overlap_hours)
    rotate = partial(hub.webhooks.rotate, actor=actor, webhook_id=webhook_id, overlap=overlap)
    target = await hub.store.write(rotate)
    return RotatedView(id=webhook_id, secret=target.secret, previous_secret_until=target.previous_until)


@router.post(
    "/v1/webhooks/{webhook_id}/ping",
    summary="시험 알림 (send a test)",
    dependencies=[Depends(nothing_sent)],
    responses={200: answers("시험 알림의 결과."), **problems(UNKNOWN_ID, *_BODY)},
)
async def ping_webhook(hub: Hub, actor: CurrentActor, webhook_id: WebhookId) -> PingView:
    """Send one `webhook.ping` now, once, also to a webhook that is off, and say what came of it."""
    _, target = await hub.store.read(partial(hub.webhooks.find, actor=actor, webhook_id=webhook_id))
    message = Message(id=new_id("msg"), type="webhook.ping", at=hub.clock.now())
    return ping_view(await hub.sender.send(target, message))


class Shelf(Page):
    """The pages of a webhook's shelf."""


@router.get(
    "/v1/webhooks/{webhook_id}/shelf",
    summary="보내지 못한 알림 (list what was given up)",
    responses={
        200: answers("보내지 못한 알림, 오래된 것부터.", Link="다음 쪽."),
        **problems(UNKNOWN_ID, INVALID_PARAMETER),
    },
)
async def shelf_of_webhook(
    hub: Hub, actor: CurrentActor, webhook_id: WebhookId, query: Annotated[Shelf, Query()], response: Response
) -> ShelfView:
    """List the messages that were tried for long, or waited for long, in vain."""

    def read(conn: Connection) -> list[Message]:
        hub.webhooks.find(conn, actor, webhook_id)
        return shelf_of(conn, webhook_id, after=query.cursor, limit=query.limit + 1)

    found = await hub.store.read(read)
    page = found[: query.limit]
    lead_on(response, f"/v1/webhooks/{webhook_id}/shelf", query, page[-1].id if len(found) > len(page) else None)
    return ShelfView(messages=tuple(shelved_view(message) for message in page))


@router.post(
    "/v1/webhooks/{webhook_id}/redeliver",
    summary="알림 다시 보내기 (send again what was given up)",
    openapi_extra=takes(Redelivery, REDELIVERY),
    responses={200: answers("다시 보낼 알림의 수."), **problems(UNKNOWN_ID, *_BODY)},
)
async def redeliver(
    hub: Hub,
    actor: CurrentActor,
    webhook_id: WebhookId,
    body: Annotated[Received[Redelivery], Depends(body_of(Redelivery))],
) -> RedeliveredView:
    """Let messages of the shelf, all or some, be sent as if they were new, under their old ids."""
    again = partial(hub.webhooks.redeliver, actor=actor, webhook_id=webhook_id, ids=body.document.messages)
    count = await hub.store.write(again)
    hub.notifier.wake()
    return RedeliveredView(count=count)
