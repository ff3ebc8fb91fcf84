"""The faults of the kit's catalogue that only this agency can carry out, since they keep to its messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mocks.kit.agency import Reply
from mocks.kit.json_contract import parse, to_bytes
from mocks.klac.contract import CONTRACT, RefusalError

OWN_FAULTS = frozenset(
    {
        "agency_fault_500",
        "agency_fault_after_acceptance",
        "other_operation_reply",
        "late_result",
        "duplicate_result",
        "out_of_order_result",
    },
)

_STRANGER = {"idmpKey": "0" * 36, "rcptNo": "KLC-20250102-999999"}
_RECEIPT = {**_STRANGER, "brnchCd": "GG01", "prgrSttsCd": "10", "rcptDt": "20250102090000"}
_ACKNOWLEDGEMENT = {**_STRANGER, "prgrSttsCd": "92", "prcsDt": "20250102090000"}


def misbehave(fault: str, operation: str, reply: Reply | None) -> Reply:
    """Answer as one of `OWN_FAULTS` asks. The `…_result` faults change look-ups only."""
    if fault.startswith("agency_fault"):
        error = RefusalError("E999")
        return Reply(error.status, to_bytes(error.as_json()))
    if fault == "other_operation_reply":
        return _answer_other(operation)
    honest = reply or Reply(200)
    if operation != "case" or honest.status != 200:  # noqa: PLR2004 - HTTP's OK
        return honest
    return replace(honest, body=to_bytes(_rearrange(fault, parse(honest.body))))


def _answer_other(operation: str) -> Reply:
    """Answer with the acknowledgement of a withdrawal, or where that is due with the receipt of an application."""
    acknowledged = operation in {"withdraw", "supplement"}
    schema, message = ("AidReceipt", _RECEIPT) if acknowledged else ("Acknowledgement", _ACKNOWLEDGEMENT)
    CONTRACT.assure(schema, message)
    return Reply(200, to_bytes(message))


def _rearrange(fault: str, case: Mapping[str, Any]) -> Mapping[str, Any]:
    facts = case["sttsList"]
    if fault == "late_result":
        return {**case, "prgrSttsCd": facts[0]["prgrSttsCd"], "sttsList": facts[:1]}
    if fault == "duplicate_result":
        return {**case, "sttsList": [fact for fact in facts for _ in range(2)]}
    return {**case, "sttsList": facts[::-1]}
