"""Gjf: what the 경기도일자리재단 is to the hub, and the verbs that its contract has.

A verb writes, sends and reads; meanings live in `codes` and `replies`, forms in `mapping`, lists in `pages`.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr

from adapters.gjf.contract import CONTRACT, NAME
from adapters.gjf.mapping import FIELDS, REQUIRED, facts_from, found_from, received_fact, register_body, withdraw_body
from adapters.gjf.pages import ROWS, all_items
from adapters.gjf.replies import Decided, open_reply
from adapters.gjf.settings import GjfSettings
from adapters.sdk import (
    Acknowledged,
    Adapter,
    AdapterSettings,
    BadReplyError,
    Delivered,
    FindOrder,
    Found,
    HttpEndpoint,
    NotFound,
    Order,
    Profile,
    Refused,
    Repeat,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    WireKey,
    Wires,
    WithdrawOrder,
)
from adapters.sdk.json_contract import Message, write_json
from schemas.services import ServiceCode

_ACCEPT = {"Accept": "application/json"}
_JSON = {**_ACCEPT, "Content-Type": "application/json; charset=utf-8"}
_REFERRALS = "/job-seekers/referrals"


class Gjf(Adapter[GjfSettings]):
    """경기도일자리재단: REST/JSON behind a bearer token; lists come in pages, and news by asking only."""

    profile: ClassVar[Profile] = Profile(
        slug=NAME,
        title="경기도일자리재단",
        wire="REST/JSON, bearer token",
        contract_basis="assumed",
        services=frozenset({ServiceCode.JOB_COUNSEL}),
        discloses=frozenset(FIELDS.values()),
        requires=REQUIRED,
        repeat=Repeat.KEYED,
        wire_key=WireKey(width=32),
        receipt=r"GJ[0-9]{4}-[0-9]{8}",
    )
    settings_type: ClassVar[type[AdapterSettings]] = GjfSettings

    def __init__(self, settings: GjfSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        endpoint = HttpEndpoint(
            settings.base_url, settings.timeout_seconds, settings.max_reply_bytes, _Bearer(settings.token)
        )
        self._wire = wires.http(endpoint)

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """구직 의뢰. The same key again gives the first number."""
        answer = await self._post("register", order, _REFERRALS, "ReferralRequest", register_body(order))
        if isinstance(answer, Decided):
            return answer.as_refused()
        return Delivered(answer["rfrlNo"], answer["sttsCd"], (received_fact(answer),))

    async def find(self, order: FindOrder) -> Found | NotFound:
        """구직 의뢰 목록 by our key, page by page: one registration, if the agency keeps its word."""
        items = await all_items(partial(self._list, order))
        return NotFound(items.code) if isinstance(items, Decided) else found_from(items)

    async def status(self, order: StatusOrder) -> StatusReport:
        """진행 이력, page by page. By our key: it leads to one referral, whatever a person typed as its number."""
        rows = await all_items(partial(self._history, order))
        if isinstance(rows, Decided):
            raise BadReplyError(f"{NAME}: what it took before is not there ({rows.code})")
        return StatusReport(facts_from(rows))

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        """철회. Withdrawing twice gives the same answer."""
        path = f"{_REFERRALS}/{order.wire_key}/withdrawal"
        answer = await self._post("withdraw", order, path, "WithdrawalRequest", withdraw_body(order))
        return answer.as_refused() if isinstance(answer, Decided) else Acknowledged(answer["sttsCd"])

    async def _list(self, order: FindOrder, number: int) -> Message | Decided:
        answer = await self._page("list", order, _REFERRALS, number, extReqId=order.wire_key)
        if not isinstance(answer, Decided):
            for item in answer["items"]:
                _check_about(order, item)
        return answer

    async def _history(self, order: StatusOrder, number: int) -> Message | Decided:
        answer = await self._page("history", order, f"{_REFERRALS}/{order.wire_key}/history", number)
        _check_about(order, answer)
        return answer

    async def _page(
        self, operation: str, order: FindOrder | StatusOrder, path: str, number: int, **asked: str
    ) -> Message | Decided:
        """Ask for one page. The decision allows it again and again: looking up tells nothing new."""
        CONTRACT.check_sent("ExtReqId", order.wire_key, {})
        query = urlencode({**asked, "pageNo": number, "numOfRows": ROWS})
        reply = await self._wire.send(order.decision, "GET", f"{path}?{query}", headers=_ACCEPT)
        return open_reply(reply, operation, order.sent_at)

    async def _post(
        self, operation: str, order: SubmitOrder | WithdrawOrder, path: str, schema: str, body: dict[str, Any]
    ) -> Message | Decided:
        """Send one message; return an answer that is about the same referral."""
        CONTRACT.check_sent("ExtReqId", order.wire_key, {})
        CONTRACT.check_sent(schema, body, FIELDS)
        reply = await self._wire.send(order.decision, "POST", path, body=write_json(body), headers=_JSON)
        answer = open_reply(reply, operation, order.sent_at)
        _check_about(order, answer)
        return answer


class _Bearer(httpx.Auth):
    """Adds the token to a request that is built already, so that no text about the request shows it."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


def _check_about(order: Order, answer: Message | Decided) -> None:
    """Make sure that an answer repeats the key of the referral that it was asked about."""
    if not isinstance(answer, Decided) and answer["extReqId"] != order.wire_key:
        raise BadReplyError(f"{NAME}: the answer is about another referral (extReqId)")
