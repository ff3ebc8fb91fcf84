"""IllegalLending: what 불법사금융 피해구제 is to the hub, and the two verbs that its contract has.

A verb fills in a form, posts it once and reads the reply; forms live in `form` and `mapping`, meanings in `codes`.
"""

from __future__ import annotations

from typing import ClassVar

from adapters.illegal_lending import codes
from adapters.illegal_lending.contract import form_of
from adapters.illegal_lending.form import Filled, write_form
from adapters.illegal_lending.mapping import FIELDS, REQUIRED, facts_from, outcome_from, register_form
from adapters.illegal_lending.replies import NAME, Answer, open_reply
from adapters.illegal_lending.settings import IllegalLendingSettings
from adapters.sdk import (
    RECEIPT,
    Adapter,
    AdapterSettings,
    BadReplyError,
    Delivered,
    HttpEndpoint,
    Profile,
    Refused,
    Repeat,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    WireKey,
    Wires,
)

_HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=EUC-KR", "Accept": "text/xml"}


class IllegalLending(Adapter[IllegalLendingSettings]):
    """불법사금융 피해구제 / 채무자대리인: form posts in EUC-KR, replies in XML. Nothing sent twice is ever one."""

    profile: ClassVar[Profile] = Profile(
        slug=NAME,
        title="불법사금융 피해구제 / 채무자대리인",
        wire="HTTP form POST in EUC-KR, XML reply",
        contract_basis="assumed",
        services=frozenset(codes.SERVICES),
        discloses=frozenset(FIELDS.values()),
        requires=REQUIRED,
        repeat=Repeat.NEVER,
        wire_key=WireKey(width=20),  # ours alone: the contract has no field for a key
        receipt=r"IL[0-9]{8}-[0-9]{6}",
    )
    settings_type: ClassVar[type[AdapterSettings]] = IllegalLendingSettings

    def __init__(self, settings: IllegalLendingSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        self._wire = wires.http(
            HttpEndpoint(settings.base_url, settings.timeout_seconds, settings.max_reply_bytes),
        )

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """피해신고·신청 접수. Sent twice, it is two complaints."""
        return outcome_from(await self._post("register", order, register_form(order)))

    async def status(self, order: StatusOrder) -> StatusReport:
        """진행상태 조회 by receipt."""
        asked = Filled({"TRAN_ID": order.message_id, "RCPT_NO": order.receipt})
        answer = await self._post("status", order, asked)
        if answer.is_refusal or answer.values["RCPT_NO"] != order.receipt:
            raise BadReplyError(f"{NAME}: a status query was not answered ({answer.message})")
        return StatusReport(facts_from(answer.steps))

    async def _post(self, operation: str, order: SubmitOrder | StatusOrder, filled: Filled) -> Answer:
        form, encoding = form_of(operation), self.settings.encoding
        body = write_form(form, filled, encoding, {**FIELDS, "RCPT_NO": RECEIPT})
        reply = await self._wire.send(order.decision, "POST", form.path, body=body, headers=_HEADERS)
        return open_reply(reply, form.reply, order.message_id, encoding)
