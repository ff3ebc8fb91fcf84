"""The route that takes one step for many referrals: a preview first, then with its token the step."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends

from hub.api import asked, examples
from hub.api.asked import BulkAction
from hub.api.bodies import Received, body_of
from hub.api.bulk_views import BulkDoneView, BulkPreviewView, done_view, preview_view
from hub.api.callers import CurrentActor
from hub.api.described import answers, problems, takes
from hub.api.problems import BULK_CHANGED, INVALID_DOCUMENT, MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
from hub.api.services import Hub
from hub.delivery.bulk import Bulk, Filter, Take
from hub.delivery.commands import Commands
from hub.delivery.steps import Step
from schemas.status import OutcomeCode

router = APIRouter(tags=["referrals"])
_BODY = (MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT)


@router.post(
    "/v1/referrals/bulk",
    summary="일괄 처리 (one step for many)",
    openapi_extra=takes(asked.Bulk, examples.BULK),
    responses={
        200: answers("confirm이 없으면 미리보기, 있으면 처리 결과."),
        **problems(*_BODY, BULK_CHANGED),
    },
)
async def bulk(
    hub: Hub, actor: CurrentActor, body: Annotated[Received[asked.Bulk], Depends(body_of(asked.Bulk))]
) -> BulkPreviewView | BulkDoneView:
    """Retry, close, cancel, pause or resume all referrals that a filter finds, as each one's own route would.

    Without `confirm` nothing is done: the answer counts what would be. With the preview's `confirm` the step is taken
    for exactly those referrals, at most 1,000; what changed meanwhile is skipped and named. Safe to send again.
    먼저 confirm 없이 보내 대상을 확인하고, 받은 confirm을 넣어 같은 요청을 다시 보내면 처리합니다.
    """
    said = body.document
    where = Filter(**dict(said.filter))
    text = said.model_dump_json(exclude={"confirm"})
    request = Bulk(hub.commands, actor, Step(said.action), where, text)
    if said.confirm is None:
        return preview_view(said.action, await hub.store.write(request.preview))
    done = await request.do(hub.store, request.confirmed(said.confirm), _take(hub.commands, said))
    hub.engine.wake()
    return done_view(said.action, done)


def _take(commands: Commands, said: asked.Bulk) -> Take:
    match said.action:
        case BulkAction.RETRY:
            return commands.retry
        case BulkAction.CANCEL:
            return commands.cancel
        case BulkAction.PAUSE:
            return commands.pause
        case BulkAction.RESUME:
            return commands.resume
        case BulkAction.CLOSE:
            outcome, reason = said.outcome or OutcomeCode.OTHER, said.reason or ""
            return partial(commands.close, outcome=outcome, reason=reason)
