"""Routes for whoever watches the process: alive, ready. They say which part is ill, never a value."""

from __future__ import annotations

from fastapi import APIRouter, Response

from hub.api.described import answers, problems
from hub.api.services import Hub
from hub.api.views import AliveView, ReadyView
from hub.api.wellness import how_ready

router = APIRouter(tags=["health"])


@router.get(
    "/livez",
    summary="살아 있음 (alive)",
    responses={200: answers("응답합니다."), **problems(known_callers_only=False)},
)
async def livez() -> AliveView:
    """Answer; nothing is looked at."""
    return AliveView()


@router.get(
    "/readyz",
    summary="준비됨 (ready)",
    responses={
        **problems(known_callers_only=False),
        200: answers("요청을 받을 수 있습니다."),
        503: answers("아직 요청을 받을 수 없습니다; 어느 부분인지.") | {"model": ReadyView},
    },
)
async def readyz(hub: Hub, response: Response) -> ReadyView:
    """Look at the store, its schema, the vault and the engine; name broken agencies."""
    view = await how_ready(hub)
    response.status_code = 200 if view.status == "ready" else 503
    return view
