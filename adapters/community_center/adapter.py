"""CommunityCenter: what the 시군 주민센터 are to the hub, and the verbs that their contract has.

A verb writes, sends once and reads; meanings live in `codes`, forms in `mapping` and `envelope`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar

from adapters.community_center import codes
from adapters.community_center.callback import read_notice
from adapters.community_center.contract import CONTRACT, NAME
from adapters.community_center.envelope import open_reply, request_header
from adapters.community_center.mapping import (
    FIELDS,
    REQUIRED,
    facts_from,
    received_fact,
    register_body,
    supplement_body,
    withdraw_body,
)
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import (
    RECEIPT,
    Acknowledged,
    Adapter,
    AdapterSettings,
    BadReplyError,
    BusyError,
    Callback,
    CannotExpressError,
    Delivered,
    FindOrder,
    Found,
    HttpEndpoint,
    InboundCall,
    NotFound,
    Profile,
    Refused,
    Repeat,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    SupplementOrder,
    UndecidedError,
    WireKey,
    Wires,
    WithdrawOrder,
)
from adapters.sdk.json_contract import Message, write_json
from schemas.disclosure import Disclosure
from schemas.regions import municipality_of

_OFFICE = re.compile(r"[0-9]{7}", re.ASCII)
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
_OPERATIONS = {
    "register": ("", "Register"),
    "status": ("/status", "Status"),
    "withdraw": ("/withdraw", "Withdraw"),
    "supplement": ("/supplement", "Supplement"),
}
"""Operation → the end of its path, and how the contract's schemas of its messages are called."""
_FIELDS = {**FIELDS, "rcptNo": RECEIPT}
"""Where a value on the wire comes from: the field of the document, or the office's own receipt."""

AnyOrder = SubmitOrder | SupplementOrder | FindOrder | StatusOrder | WithdrawOrder


class CommunityCenter(Adapter[CommunityCenterSettings]):
    """시군 주민센터: REST/JSON in the eGovFrame envelope; one office for each of the 31 시군."""

    profile: ClassVar[Profile] = Profile(
        slug=NAME,
        title="시군 주민센터",
        wire="REST/JSON, eGovFrame integration envelope",
        contract_basis="mixed",
        services=frozenset(codes.SERVICES),
        discloses=frozenset(FIELDS.values()),
        requires=REQUIRED,
        repeat=Repeat.KEYED,
        wire_key=WireKey(width=20),
        receipt=r"[0-9]{7}-[0-9]{8}-[0-9]{6}",
    )
    settings_type: ClassVar[type[AdapterSettings]] = CommunityCenterSettings

    def __init__(self, settings: CommunityCenterSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        self._wire = wires.http(
            HttpEndpoint(settings.base_url, settings.timeout_seconds, settings.max_reply_bytes),
        )

    def office_for(self, document: Disclosure, day: date) -> str | None:
        """Return the 기관코드 of the 시군 in charge of the client's 법정동코드 on `day`; None outside the province."""
        address = document.client.address
        if address is None or address.adm_cd is None:
            return None
        municipality = municipality_of(address.adm_cd, day)
        return municipality.org_code if municipality else None

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """서비스의뢰등록. The same key again, at whatever office, gives the first receipt."""
        answer = await self._call("register", order, register_body(order))
        if "errCd" in answer:
            return _refused(answer)
        fact = received_fact(answer, order.office or "")
        return Delivered(answer["rcptNo"], answer["prgrSttsCd"], (fact,))

    async def find(self, order: FindOrder) -> Found | NotFound:
        """진행상태조회 by our key."""
        answer = await self._call("status", order, {"refRqstNo": order.wire_key})
        if answer.get("errCd") == codes.UNKNOWN_HERE:
            return NotFound(codes.UNKNOWN_HERE)
        _expect_result(answer)
        return Found(answer["rcptNo"], answer["prgrSttsCd"], facts_from(answer))

    async def status(self, order: StatusOrder) -> StatusReport:
        """진행상태조회 by receipt. After 이송 the last fact names the new office and its receipt."""
        answer = await self._call("status", order, {"rcptNo": order.receipt})
        _expect_result(answer)
        return StatusReport(facts_from(answer))

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        """의뢰철회. Of a referral that was transferred, the office that has it now must be asked."""
        return _acknowledged(await self._call("withdraw", order, withdraw_body(order)))

    async def supplement(self, order: SupplementOrder) -> Acknowledged | Refused:
        """보완제출. The same supplement key again gives the first answer."""
        return _acknowledged(await self._call("supplement", order, supplement_body(order)))

    def read_callback(self, call: InboundCall) -> Callback:
        """Verify and read 진행상태통보 or 이송통보."""
        return read_notice(call, self.settings)

    async def _call(self, operation: str, order: AnyOrder, body: dict[str, Any]) -> Message:
        """Send one message to the office in charge; return the body of an answer that is about the same referral."""
        office = _office_of(order)
        end, schema = _OPERATIONS[operation]
        header = request_header(self.settings, operation, office, order.sent_at)
        message = {"header": header, "body": body}
        CONTRACT.check_sent(f"{schema}Request", message, _FIELDS)
        reply = await self._wire.send(
            order.decision, "POST", f"/{office}/referrals{end}", body=write_json(message), headers=_HEADERS
        )
        answer = open_reply(reply, f"{schema}Reply", header, order.sent_at)
        _check_about(answer, body)
        return answer


def _office_of(order: AnyOrder) -> str:
    """Return the office to call: the one in charge, which must be the one that the decision was made for."""
    if order.office is None or not _OFFICE.fullmatch(order.office):
        raise CannotExpressError(
            FIELDS["lgldongCd"], "경기도 31개 시군의 법정동코드가 필요합니다 (no office of the province is in charge)"
        )
    if order.decision.recipient not in {NAME, f"{NAME}:{order.office}"}:
        raise UndecidedError(f"{NAME}: a decision for another office was stopped")
    return order.office


def _check_about(answer: Message, asked: Message) -> None:
    """Make sure that a result repeats the keys and the receipt that it was asked about."""
    for name, value in asked.items():
        if name in {"refRqstNo", "whdrwRqstNo", "splmRqstNo", "rcptNo"} and answer.get(name, value) != value:
            raise BadReplyError(f"{NAME}: the answer is about another referral ({name})")


def _expect_result(answer: Message) -> None:
    if "errCd" in answer:
        raise BadReplyError(f"{NAME}: a status query was refused ({answer['errCd']})")


def _acknowledged(answer: Message) -> Acknowledged | Refused:
    if answer.get("errCd") == codes.TRANSFERRED_AWAY:
        raise BusyError(f"{NAME}: transferred to another office, which a poll or notice will name ({answer['errCd']})")
    return _refused(answer) if "errCd" in answer else Acknowledged(answer["prgrSttsCd"])


def _refused(answer: Message) -> Refused:
    return Refused(codes.REFUSALS[answer["errCd"]], answer["errCd"], answer["errMsg"])
