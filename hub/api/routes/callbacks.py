"""The door for agencies: bytes in, the agency's own form out. Who calls is proved to the adapter, not to us."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from adapters.sdk import InboundCall
from hub.api.bodies import read_body
from hub.api.described import REQUEST_ID, problems
from hub.api.problems import TOO_LARGE, UNKNOWN_AGENCY, ProblemError
from hub.api.services import Hub
from hub.clock import wall_now

router = APIRouter(tags=["callbacks"])
Slug = Annotated[str, Path(description="기관 slug.", examples=["community_center"])]
_ANSWERS = {
    "default": {"description": "기관 규격의 응답 (the agency's own form and status).", "headers": REQUEST_ID},
    **problems(UNKNOWN_AGENCY, TOO_LARGE, known_callers_only=False),
}
_BODY = {"requestBody": {"required": False, "content": {"*/*": {"schema": {}}}}}


async def _receive(hub: Hub, request: Request, slug: str, path: str) -> Response:
    if slug not in hub.agencies.active:
        raise ProblemError(UNKNOWN_AGENCY)
    call = InboundCall(
        method=request.method,
        path=path,
        headers={name: ", ".join(request.headers.getlist(name)) for name in request.headers},
        body=await read_body(request, hub.settings.http),
        received_at=wall_now(),
    )
    reply = await hub.callbacks.receive(slug, call)
    return Response(reply.body, reply.status, media_type=reply.content_type)


@router.post(
    "/v1/callbacks/{slug}",
    summary="기관 콜백 (an agency's call)",
    openapi_extra=_BODY,
    responses=_ANSWERS,
    response_class=Response,
)
async def callback(hub: Hub, request: Request, slug: Slug) -> Response:
    """Take a call of an agency, in whatever form its contract has."""
    return await _receive(hub, request, slug, "")


@router.post(
    "/v1/callbacks/{slug}/{path:path}",
    summary="기관 콜백, 하위 주소 (an agency's call to a sub-path)",
    openapi_extra=_BODY,
    responses=_ANSWERS,
    response_class=Response,
)
async def callback_below(
    hub: Hub, request: Request, slug: Slug, path: Annotated[str, Path(description="기관이 정한 하위 주소.")]
) -> Response:
    """Take a call of an agency whose contract calls sub-paths."""
    return await _receive(hub, request, slug, f"/{path}")
