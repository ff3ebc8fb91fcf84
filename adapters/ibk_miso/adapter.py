"""IbkMiso: what IBK미소금융재단 is to the hub, and the verbs that its contract has.

A verb writes a telegram, says it once and reads the answer; forms live in `telegrams` and `mapping`, meanings in
`codes`.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from adapters.ibk_miso import codes
from adapters.ibk_miso.mapping import (
    FIELDS,
    REQUIRED,
    cancel_data,
    cancelled_from,
    capacity_data,
    inquired_from,
    register_data,
    registered_from,
    room_from,
    service_code,
)
from adapters.ibk_miso.settings import IbkMisoSettings
from adapters.ibk_miso.telegrams import NAME, Answer, Asked, check_understood, open_answer, write
from adapters.sdk import (
    Acknowledged,
    Adapter,
    AdapterSettings,
    BadReplyError,
    Capacity,
    Decision,
    Delivered,
    FindOrder,
    Found,
    Impersonal,
    Lane,
    NotFound,
    PrecheckOrder,
    Profile,
    RefusalReason,
    Refused,
    Repeat,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    TelegramEndpoint,
    WireKey,
    Wires,
    WithdrawOrder,
)
from adapters.sdk.kst import utc_now

_LANE = Lane(concurrency=2, per_second=5.0)
_KEY_BYTES = 20


class IbkMiso(Adapter[IbkMisoSettings]):
    """IBK미소금융재단: telegrams in CP949; a second registration under one key is answered 0707 and never made."""

    profile: ClassVar[Profile] = Profile(
        slug=NAME,
        title="IBK미소금융재단",
        wire="TCP telegram, CP949, fixed length",
        contract_basis="assumed",
        services=frozenset(codes.SERVICES),
        discloses=frozenset(FIELDS.values()),
        requires=REQUIRED,
        repeat=Repeat.LOOKUP,
        wire_key=WireKey(width=_KEY_BYTES),
        receipt=r"[0-9A-Z]{1,16}",  # the contract says no more of it than its length
        settling_seconds=30.0,
        lane=_LANE,
    )
    settings_type: ClassVar[type[AdapterSettings]] = IbkMisoSettings

    def __init__(self, settings: IbkMisoSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        endpoint = TelegramEndpoint(
            settings.base_url,
            settings.timeout_seconds,
            settings.max_reply_bytes,
            connections=min(settings.concurrency or _LANE.concurrency, _LANE.concurrency),
            tls=settings.tls(),
        )
        self._wire = wires.telegram(endpoint)

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """0200 대출상담 의뢰 등록. 0707 기접수: an earlier attempt had arrived; its receipt comes again."""
        answer = await self._say("0200", order.wire_key, order, register_data(order))
        if answer.code == codes.MALFORMED and answer.error_field in FIELDS:
            return Refused(RefusalReason.INVALID_CONTENT, answer.code, f"오류항목 {answer.error_field}")
        check_understood(answer)
        if answer.code in codes.REFUSALS:
            return Refused(codes.REFUSALS[answer.code], answer.code)
        receipt, received = registered_from(answer.data)
        return Delivered(receipt, answer.code, (received,))

    async def find(self, order: FindOrder) -> Found | NotFound:
        """0300 조회 by 거래고유번호. 0404 미등록 is to be believed after 30 seconds."""
        answer = await self._inquire(order)
        if answer.code == codes.NOT_REGISTERED:
            return NotFound(answer.code)
        receipt, state, facts = inquired_from(answer.data)
        return Found(receipt, state, facts)

    async def status(self, order: StatusOrder) -> StatusReport:
        """0300 조회 by 거래고유번호, of what has a receipt."""
        answer = await self._inquire(order)
        if answer.code == codes.NOT_REGISTERED:
            raise BadReplyError(f"{NAME}: what the agency took is not registered there ({answer.code})")
        receipt, _, facts = inquired_from(answer.data)
        if receipt != order.receipt:
            raise BadReplyError(f"{NAME}: the answer is about another referral (RCPT_NO)")
        return StatusReport(facts)

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        """0400 취소(철회). Again, it gives the first answer."""
        answer = await self._say("0400", order.wire_key, order, cancel_data(order))
        check_understood(answer)
        if answer.code in codes.REFUSALS:
            return Refused(codes.REFUSALS[answer.code], answer.code)
        receipt, state = cancelled_from(answer.data)
        if receipt != order.receipt:
            raise BadReplyError(f"{NAME}: the answer is about another referral (RCPT_NO)")
        return Acknowledged(state)

    async def precheck(self, order: PrecheckOrder) -> Capacity:
        """0500 여력 조회: what our branch still takes this month."""
        answer = await self._say("0500", order.message_id[:_KEY_BYTES], order, capacity_data(order.service))
        check_understood(answer)
        return room_from(answer.data, service_code(order.service))

    async def probe(self, decision: Impersonal) -> None:
        """0800 회선시험."""
        trace = uuid.uuid4().hex
        answer = await self._exchange("0800", trace[:_KEY_BYTES], trace, decision, utc_now())
        check_understood(answer)
        if answer.data:
            raise BadReplyError(f"{NAME}: the contract has no data behind 0810")

    async def _inquire(self, order: FindOrder | StatusOrder) -> Answer:
        answer = await self._say("0300", order.wire_key, order)
        check_understood(answer)
        return answer

    async def _say(
        self,
        number: str,
        key: str,
        order: SubmitOrder | FindOrder | StatusOrder | WithdrawOrder | PrecheckOrder,
        data: bytes = b"",
    ) -> Answer:
        return await self._exchange(number, key, order.message_id, order.decision, order.sent_at, data)

    async def _exchange(
        self, number: str, key: str, trace: str, decision: Decision, sent_at: datetime, data: bytes = b""
    ) -> Answer:
        asked = Asked(number, self.settings.org_code, key, trace)
        return open_answer(await self._wire.send(decision, write(asked, sent_at, data)), asked)
