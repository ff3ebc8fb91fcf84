"""Who calls: an API key in the Authorization header, and the actor that it makes. No key, no answer."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub.access.actor import Actor
from hub.access.api_keys import find_caller
from hub.api.problems import UNAUTHENTICATED, ProblemError
from hub.api.services import Hub
from hub.clock import wall_now

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="api_key",
    bearerFormat="naru_<prefix>_<secret>",
    description="센터의 API 키 (an API key of a centre, made by `naru centres key`).",
)


async def current_actor(
    request: Request, hub: Hub, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor:
    """Return who calls.

    Raises:
        ProblemError: `unauthenticated`, whatever is wrong with the key.
    """
    key = credentials.credentials if credentials is not None else ""
    caller = await hub.store.read(lambda conn: find_caller(conn, key, wall_now())) if key else None
    if caller is None:
        raise ProblemError(UNAUTHENTICATED, headers={"WWW-Authenticate": 'Bearer realm="naru"'})
    actor = Actor(name=f"key:{caller.key_id}", centre_id=caller.centre_id, origin=_origin(request))
    structlog.contextvars.bind_contextvars(actor=actor.name)
    return actor


def _origin(request: Request) -> str | None:
    return request.client.host if request.client is not None else None


CurrentActor = Annotated[Actor, Depends(current_actor)]
