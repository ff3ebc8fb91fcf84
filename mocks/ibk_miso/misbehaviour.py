"""The faults of the kit's catalogue that only this agency can carry out, since they keep to its telegrams."""

from __future__ import annotations

from dataclasses import replace

from mocks.ibk_miso.book import Registration
from mocks.ibk_miso.contract import COMMON, LAYOUT
from mocks.ibk_miso.services import history
from mocks.ibk_miso.telegrams import Telegram, write_answer
from mocks.kit.agency import Reply

OWN_FAULTS = frozenset(
    {
        "agency_fault_200",
        "agency_fault_after_acceptance",
        "other_operation_reply",
        "late_result",
        "duplicate_result",
        "out_of_order_result",
    }
)

_STRANGER = {"RCPT_NO": "MS20250102999999", "PRGR_ST": "10"}


def misbehave(fault: str, telegram: Telegram, found: Registration | None, reply: Reply) -> Reply:
    """Answer as one of `OWN_FAULTS` asks; `found` is the case of a look-up that the honest `reply` tells of."""
    if fault in {"agency_fault_200", "agency_fault_after_acceptance"}:
        return replace(reply, body=write_answer(telegram, "9999"))
    if fault == "other_operation_reply":
        return replace(reply, body=_answer_other(telegram))
    if found is None:
        return reply
    steps = found.steps
    arranged = {
        "late_result": steps[:1],
        "duplicate_result": [step for step in steps for _ in range(2)],
        "out_of_order_result": steps[::-1],
    }[fault]
    return replace(reply, body=reply.body[: COMMON.size] + history(found, arranged))


def _answer_other(telegram: Telegram) -> bytes:
    """Answer a registration with the result of a withdrawal, anything else with that of a registration."""
    if telegram.operation == "register":
        data = LAYOUT["cancelled"].write({**_STRANGER, "PRGR_ST": "92", "CNCL_DT": "20250102090000"})
        return write_answer(replace(telegram, number="0400"), "0000", data)
    data = LAYOUT["registered"].write(
        {**_STRANGER, "RCPT_DT": "20250102090000", "BR_CD": "0031", "BR_NM": "의정부지점"}
    )
    return write_answer(replace(telegram, number="0200"), "0000", data)
