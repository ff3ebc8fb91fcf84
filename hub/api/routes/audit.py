"""The route of the audit trail: a centre reads what was done with its clients' data; the hub's auditors read all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import Connection

from hub.access.actor import Actor
from hub.api import examples
from hub.api.audit_views import AuditView, audit_entry_view
from hub.api.callers import CurrentCaller
from hub.api.described import answers, problems
from hub.api.paging import Page, lead_on, sequence_of
from hub.api.problems import INVALID_PARAMETER
from hub.api.services import Hub
from hub.audit.entries import Action, record
from hub.store.audit_chain import entries_of
from schemas.base import Moment

router = APIRouter(tags=["audit"])
_ID = r"^[a-z]{2,4}_[0-9a-z]{1,27}$"


class AuditListing(Page):
    """The filters of the audit trail."""

    client: Annotated[str | None, Field(pattern=_ID, description="정보주체.", examples=[examples.CLIENT_ID])] = None
    case: Annotated[str | None, Field(pattern=_ID, description="사례.", examples=[examples.CASE_ID])] = None
    referral: Annotated[str | None, Field(pattern=_ID, description="의뢰.", examples=[examples.REFERRAL_ID])] = None
    actor: Annotated[
        str | None, Field(pattern=r"^[a-z]+(:[A-Za-z0-9_]{1,50})?$", description="행위자.", examples=["hub"])
    ] = None
    action: Annotated[
        str | None, Field(pattern=r"^[a-z_]{1,40}$", description="한 일의 코드.", examples=["disclosed"])
    ] = None
    since: Annotated[Moment | None, Field(description="이 시각부터 (업무 시각).")] = None
    until: Annotated[Moment | None, Field(description="이 시각 전까지 (업무 시각).")] = None


@router.get(
    "/v1/audit",
    summary="접속기록 조회 (read the audit trail)",
    responses={200: answers("접속기록, 봉인된 순서대로.", Link="다음 쪽."), **problems(INVALID_PARAMETER)},
)
async def audit_trail(
    hub: Hub, caller: CurrentCaller, query: Annotated[AuditListing, Query()], response: Response
) -> AuditView:
    """List sealed entries, oldest first: of the caller's centre, or of the whole hub for its own auditors.

    An entry is sealed, and shown, within seconds. Reading is an entry of its own, written before anything is shown.
    """
    centre_id = caller.centre_id if isinstance(caller, Actor) else None
    found = await hub.store.read(partial(_read, query=query, centre_id=centre_id))
    page = found[: query.limit]

    def note(conn: Connection) -> None:
        asked = query.model_dump(mode="json", exclude_none=True, exclude={"cursor", "limit"})
        record(
            conn, at=hub.clock.now(), actor=caller.name, origin=caller.origin, action=Action.AUDIT_READ,
            centre_id=centre_id, client_id=query.client, case_id=query.case, referral_id=query.referral,
            data={"asked": asked, "after": sequence_of(query.cursor), "shown": len(page)},
        )  # fmt: skip

    await hub.store.write(note)
    lead_on(response, "/v1/audit", query, str(page[-1]["sequence"]) if len(found) > len(page) else None)
    return AuditView(entries=tuple(audit_entry_view(row) for row in page))


def _read(conn: Connection, query: AuditListing, centre_id: str | None) -> list[Mapping[str, Any]]:
    return entries_of(
        conn, centre_id, after=sequence_of(query.cursor), limit=query.limit + 1, begin=query.since, end=query.until,
        client_id=query.client, case_id=query.case, referral_id=query.referral, actor=query.actor, action=query.action,
    )  # fmt: skip
