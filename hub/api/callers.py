"""Who calls, and whether they may: a key or token in the Authorization header, and the route's line in the table.

A route asks for `CurrentActor` (a caller of a centre), `CurrentHubActor` (an operator of the hub) or `CurrentCaller`
(either); what scopes it wants stands in `hub/api/authorisation.py` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub.access.actor import Actor, HubActor
from hub.access.admission import KeysUnreachableError, TooOftenError, TurnedAwayError
from hub.access.caller import Caller
from hub.access.scopes import in_text
from hub.api.authorisation import AUTHORISATION, Access, Who
from hub.api.limits import note_standing
from hub.api.problems import (
    FORBIDDEN,
    HUB_ONLY,
    NO_CENTRE,
    TOO_OFTEN,
    UNAUTHENTICATED,
    UNAVAILABLE,
    ProblemError,
)
from hub.api.services import Hub

_REALM = 'Bearer realm="naru"'
_bearer = HTTPBearer(auto_error=False)  # how it is described stands in `hub/api/openapi.py`


async def current_caller(
    request: Request, hub: Hub, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor | HubActor:
    """Return who calls, if they may call this route, and may call now.

    Raises:
        ProblemError: `unauthenticated`, whatever is wrong with the key or token; `forbidden`, `hub-only`, `no-centre`;
            `too-many-requests`; `unavailable`, if nobody can say whether a token is good.
    """
    route, origin = request.scope["route"], _origin(request)
    presented = credentials.credentials if credentials is not None else ""
    try:
        caller, standing = await hub.admission.admit(presented, origin, route.name)
    except TurnedAwayError:
        raise ProblemError(UNAUTHENTICATED, headers={"WWW-Authenticate": _challenge(presented)}) from None
    except TooOftenError as error:
        note_standing(request, error.standing)
        raise ProblemError(TOO_OFTEN, headers={"Retry-After": str(error.standing.wait)}) from None
    except KeysUnreachableError:
        raise ProblemError(UNAVAILABLE, headers=_LATER) from None
    note_standing(request, standing)
    structlog.contextvars.bind_contextvars(actor=caller.name)
    try:
        check_may_call(caller, AUTHORISATION[f"{request.method} {route.path}"])
    except ProblemError as refused:
        await hub.admission.note_refusal(caller, origin, route.name, refused.kind.code)
        raise
    if caller.centre_id is None:
        return HubActor(caller.name, origin)
    return Actor(caller.name, caller.centre_id, origin)


_LATER = {"Retry-After": "5"}


def _challenge(presented: str) -> str:
    """Return what RFC 6750 has a server ask with: an error only to those who presented something."""
    return _REALM + (', error="invalid_token"' if presented else "")


CurrentCaller = Annotated[Actor | HubActor, Depends(current_caller)]


async def current_actor(caller: CurrentCaller) -> Actor:
    """Return who calls for a centre; the table has refused everybody else."""
    if not isinstance(caller, Actor):
        raise TypeError("a caller without a centre came through to a centre's route")
    return caller


async def current_hub_actor(caller: CurrentCaller) -> HubActor:
    """Return who calls for the hub as a whole; the table has refused everybody else."""
    if not isinstance(caller, HubActor):
        raise TypeError("a centre's caller came through to a route of the whole hub")
    return caller


CurrentActor = Annotated[Actor, Depends(current_actor)]
CurrentHubActor = Annotated[HubActor, Depends(current_hub_actor)]

PROOFS: Mapping[object, Iterable[Who]] = {
    current_caller: (Who.CENTRE, Who.HUB, Who.EITHER),
    current_actor: (Who.CENTRE,),
    current_hub_actor: (Who.HUB,),
}
"""The dependencies that prove who calls, and the lines of the table that each goes with."""


def check_may_call(caller: Caller, access: Access) -> None:
    """Check a known caller against a route's line.

    Raises:
        ProblemError: `forbidden` names the scopes of which one is needed; `hub-only`, `no-centre`.
    """
    wanted = in_text(access.scopes)
    refused = {"WWW-Authenticate": f'{_REALM}, error="insufficient_scope", scope="{wanted}"'}
    if access.who is Who.HUB and caller.centre_id is not None:
        raise ProblemError(HUB_ONLY, headers=refused)
    if access.who is Who.CENTRE and caller.centre_id is None:
        raise ProblemError(NO_CENTRE, headers=refused)
    if not access.scopes & caller.scopes:
        detail = f"이 처리에 필요한 권한: {wanted.replace(' ', ' 또는 ')}. {FORBIDDEN.detail}"
        raise ProblemError(FORBIDDEN, detail=detail, headers=refused)


def _origin(request: Request) -> str | None:
    return request.client.host if request.client is not None else None
