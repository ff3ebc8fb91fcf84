"""Routes of clients: what was sent about one, to whom and by which basis; and finding one again by who they are."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import Connection

from hub.access.admission import TooOftenError
from hub.api import examples
from hub.api.asked import ClientSearch
from hub.api.bodies import Received, body_of
from hub.api.callers import CurrentActor
from hub.api.described import answers, problems, takes
from hub.api.limits import note_standing
from hub.api.paging import Page, lead_on
from hub.api.problems import (
    INVALID_DOCUMENT,
    INVALID_PARAMETER,
    MALFORMED_JSON,
    TOO_LARGE,
    TOO_OFTEN,
    UNKNOWN_ID,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemError,
)
from hub.api.register_views import DisclosuresView, disclosures_view
from hub.api.services import Hub
from hub.api.views import View
from hub.audit.entries import Action, record
from hub.clients.register import RegisterPage, from_position, read_page, to_position
from hub.clients.searching import Found, find_clients
from hub.intake.identity import index_of_admin_number, index_of_likeness, index_of_rrn
from hub.store.cases import BlindIndex
from hub.store.register import client_is_of
from hub.vault.vault import Vault

router = APIRouter(tags=["clients"])
ClientId = Annotated[str, Path(description="대상자 식별자 (a client's id).", examples=[examples.CLIENT_ID])]


async def bounded(request: Request, hub: Hub, actor: CurrentActor) -> None:
    """Refuse a caller who searches too often.

    Raises:
        ProblemError: `too-many-requests`.
    """
    try:
        await hub.admission.admit_search(actor, request.scope["route"].name)
    except TooOftenError as error:
        note_standing(request, error.standing)
        raise ProblemError(TOO_OFTEN, headers={"Retry-After": str(error.standing.wait)}) from None


class FoundView(View):
    """찾은 대상자: opaque ids, and the client's cases, oldest first."""

    id: str
    cases: tuple[str, ...]


class FoundClientsView(View):
    """찾은 대상자, oldest first; none if the centre never handed such a person over, or all of it was destroyed."""

    clients: tuple[FoundView, ...]


@router.post(
    "/v1/clients/search",
    summary="대상자 찾기 (find a client)",
    dependencies=[Depends(bounded)],
    openapi_extra=takes(ClientSearch, examples.CLIENT_SEARCH),
    responses={
        200: answers("이 센터의 대상자 가운데 꼭 맞는 사람. 없으면 빈 목록."),
        **problems(MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_DOCUMENT),
    },
)
async def search_clients(
    hub: Hub, actor: CurrentActor, body: Annotated[Received[ClientSearch], Depends(body_of(ClientSearch))]
) -> FoundClientsView:
    """Find a client by number, or by name, birth date and telephone together: an exact match, within the centre."""
    asked, index = body.document, _index_of(hub.vault, body.document)

    def search(conn: Connection) -> list[Found]:
        found = find_clients(conn, actor.centre_id, index)
        ids = [one.client_id for one in found]
        record(
            conn, at=hub.clock.now(), actor=actor.name, origin=actor.origin, action=Action.CLIENT_SEARCHED,
            centre_id=actor.centre_id, client_id=ids[0] if len(ids) == 1 else None,
            data={"by": asked.way, "clients": ids},
        )  # fmt: skip
        return found

    found = await hub.store.write(search)
    return FoundClientsView(clients=tuple(FoundView(id=one.client_id, cases=one.cases) for one in found))


def _index_of(vault: Vault, asked: ClientSearch) -> BlindIndex:
    match asked:
        case ClientSearch(rrn=str() as rrn):
            return index_of_rrn(vault, rrn)
        case ClientSearch(admin_number=str() as number):
            return index_of_admin_number(vault, number)
        case ClientSearch(name=str() as name, birth_date=date() as born, phone=str() as phone):
            return index_of_likeness(vault, name, born, phone)
        case _:
            raise ProblemError(INVALID_DOCUMENT)  # the model refused it before


class Register(Page):
    """The pages of a client's register."""


@router.get(
    "/v1/clients/{client_id}/disclosures",
    summary="제3자 제공 내역 (what was sent about a client)",
    responses={
        200: answers("누구에게, 언제, 무엇을, 어떤 근거로 보냈고 어떻게 되었는가.", Link="다음 쪽."),
        **problems(UNKNOWN_ID, INVALID_PARAMETER),
    },
)
async def disclosures_of_client(
    hub: Hub, actor: CurrentActor, client_id: ClientId, query: Annotated[Register, Query()], response: Response
) -> DisclosuresView:
    """List every send about this client at this centre, every withdrawal, and who still holds what. Never a value."""

    def read(conn: Connection) -> RegisterPage:
        if not client_is_of(conn, client_id, actor.centre_id):
            raise ProblemError(UNKNOWN_ID)
        record(
            conn, at=hub.clock.now(), actor=actor.name, origin=actor.origin, action=Action.DISCLOSURES_READ,
            centre_id=actor.centre_id, client_id=client_id,
        )  # fmt: skip
        return read_page(conn, actor.centre_id, client_id, from_position(query.cursor), query.limit)

    page = await hub.store.write(read)
    last = to_position(page.entries[-1].place) if page.has_more else None
    lead_on(response, f"/v1/clients/{client_id}/disclosures", query, last)
    return disclosures_view(client_id, page, hub.agencies)
