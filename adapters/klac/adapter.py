"""Klac: what the 대한법률구조공단 is to the hub, and the verbs that its contract has.

A verb writes, sends once and reads; meanings live in `codes` and `replies`, forms in `mapping`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr

from adapters.klac import codes
from adapters.klac.contract import CONTRACT, NAME
from adapters.klac.mapping import (
    FIELDS,
    REQUIRED,
    SUPPLEMENT,
    aid_application,
    capacity_from,
    facts_from,
    is_aid,
    received_fact,
    reservation,
    supplement,
)
from adapters.klac.replies import Decided, open_reply
from adapters.klac.settings import KlacSettings
from adapters.sdk import (
    Acknowledged,
    Adapter,
    AdapterSettings,
    BadReplyError,
    Capacity,
    Delivered,
    FindOrder,
    Found,
    HttpEndpoint,
    Need,
    NotFound,
    Order,
    PrecheckOrder,
    Profile,
    Refused,
    Repeat,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    SupplementOrder,
    WireKey,
    Wires,
    WithdrawOrder,
)
from adapters.sdk.json_contract import Message, write_json
from adapters.sdk.kst import to_kst_day

_ACCEPT = {"Accept": "application/json"}
_JSON = {**_ACCEPT, "Content-Type": "application/json; charset=utf-8"}
_OPERATIONS = {
    "reserve": ("/counsel-reservations", "ReservationRequest"),
    "apply": ("/aid-applications", "AidRequest"),
    "withdraw": ("/cases/{key}/withdrawal", "WithdrawRequest"),
    "supplement": ("/cases/{key}/supplements", "SupplementRequest"),
}
"""What is posted: operation → its path, and how the contract calls the schema of its message."""

WritingOrder = SubmitOrder | SupplementOrder | WithdrawOrder


class Klac(Adapter[KlacSettings]):
    """대한법률구조공단: REST/JSON behind an API key; reservations of slots, and applications for aid."""

    profile: ClassVar[Profile] = Profile(
        slug=NAME,
        title="대한법률구조공단",
        wire="REST/JSON, API key",
        contract_basis="assumed",
        services=codes.SERVICES,
        discloses=frozenset(FIELDS.values()),
        requires=REQUIRED,
        repeat=Repeat.KEYED,
        wire_key=WireKey(width=36),
        receipt=r"(KLC|KLA)-[0-9]{8}-[0-9]{6}",
        narrower={"supplement": Need(SUPPLEMENT, frozenset({FIELDS["splmCn"]}))},
    )
    settings_type: ClassVar[type[AdapterSettings]] = KlacSettings

    def __init__(self, settings: KlacSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        endpoint = HttpEndpoint(
            settings.base_url, settings.timeout_seconds, settings.max_reply_bytes, _ApiKey(settings.api_key)
        )
        self._wire = wires.http(endpoint)

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """상담예약 or 구조신청, by the service. The same key again gives the first receipt."""
        if is_aid(order.document):
            answer = await self._post("apply", order, aid_application(order), order.wire_key)
        else:
            answer = await self._post("reserve", order, reservation(order), order.wire_key)
        if not isinstance(answer, Decided):
            return Delivered(answer["rcptNo"], answer["prgrSttsCd"], (received_fact(answer),))
        if answer.meaning is codes.Meaning.TAKEN_BEFORE:  # consents changed since, and the first content arrived
            return Delivered(answer.message["rcptNo"], answer.code)
        return answer.as_refused()

    async def find(self, order: FindOrder) -> Found | NotFound:
        """접수 건 조회 by our key."""
        answer = await self._case(order)
        if isinstance(answer, Decided):
            return NotFound(answer.code)
        return Found(answer["rcptNo"], answer["prgrSttsCd"], facts_from(answer))

    async def status(self, order: StatusOrder) -> StatusReport:
        """접수 건 조회. By our key too: it leads to one case, whatever a person may have typed as its receipt."""
        answer = await self._case(order)
        if isinstance(answer, Decided):
            raise BadReplyError(f"{NAME}: what it took before is not there ({answer.code})")
        return StatusReport(facts_from(answer))

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        """철회. The slot is free again; withdrawing twice gives the same answer."""
        answer = await self._post("withdraw", order, {"whdrwRsnCd": codes.WITHDRAWALS[order.reason]})
        if not isinstance(answer, Decided) and answer["prgrSttsCd"] != codes.WITHDRAWN:
            raise BadReplyError(f"{NAME}: a withdrawal left the case in {answer['prgrSttsCd']}")
        return _acknowledged(answer)

    async def supplement(self, order: SupplementOrder) -> Acknowledged | Refused:
        """보완제출. The same supplement key again gives the first answer."""
        return _acknowledged(await self._post("supplement", order, supplement(order), order.supplement_key))

    async def precheck(self, order: PrecheckOrder) -> Capacity:
        """예약 가능 시간 조회: every service begins with counselling, so free slots are the agency's room."""
        asked = {"brnch": self.settings.branch, "from": to_kst_day(order.sent_at)}
        query = urlencode({name: value for name, value in asked.items() if value})
        reply = await self._wire.send(order.decision, "GET", f"/counsel-slots?{query}", headers=_ACCEPT)
        answer = open_reply(reply, "slots", order.sent_at)
        if isinstance(answer, Decided):
            raise BadReplyError(f"{NAME}: a question about free slots was refused ({answer.code})")
        return capacity_from(answer)

    async def _case(self, order: FindOrder | StatusOrder) -> Message | Decided:
        CONTRACT.check_sent("IdempotencyKey", order.wire_key, {})
        reply = await self._wire.send(order.decision, "GET", f"/cases/{order.wire_key}", headers=_ACCEPT)
        return _about(order, open_reply(reply, "case", order.sent_at))

    async def _post(
        self, operation: str, order: WritingOrder, body: dict[str, Any], key: str | None = None
    ) -> Message | Decided:
        """Send one message, under `key` if the contract asks for one; return an answer about the same referral."""
        path, schema = _OPERATIONS[operation]
        for one in {order.wire_key, key or order.wire_key}:
            CONTRACT.check_sent("IdempotencyKey", one, {})
        CONTRACT.check_sent(schema, body, FIELDS)
        headers = {**_JSON, "Idempotency-Key": key} if key else _JSON
        reply = await self._wire.send(
            order.decision, "POST", path.format(key=order.wire_key), body=write_json(body), headers=headers
        )
        return _about(order, open_reply(reply, operation, order.sent_at))


class _ApiKey(httpx.Auth):
    """Adds the key to a request that is built already, so that no text about the request shows it."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["X-Api-Key"] = self._key.get_secret_value()
        yield request


def _about(order: Order, answer: Message | Decided) -> Message | Decided:
    """Make sure that an answer repeats the key of the referral that it was asked about."""
    if not isinstance(answer, Decided) and answer["idmpKey"] != order.wire_key:
        raise BadReplyError(f"{NAME}: the answer is about another referral (idmpKey)")
    return answer


def _acknowledged(answer: Message | Decided) -> Acknowledged | Refused:
    return answer.as_refused() if isinstance(answer, Decided) else Acknowledged(answer["prgrSttsCd"])
