"""The faults of the kit's catalogue that only this agency can carry out, since they keep to its messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mocks.gjf.contract import CONTRACT, ResultError, enveloped
from mocks.kit.agency import Reply
from mocks.kit.json_contract import parse, to_bytes

OWN_FAULTS = frozenset(
    {
        "agency_fault_200",
        "agency_fault_500",
        "agency_fault_after_acceptance",
        "other_operation_reply",
        "late_result",
        "duplicate_result",
        "out_of_order_result",
    },
)

_STRANGER = {"extReqId": "0" * 32, "rfrlNo": "GJ2025-99999999"}
_WITHDRAWAL = enveloped({**_STRANGER, "sttsCd": "10", "whdrwDt": "20250102090000"})
_REFERRAL = enveloped({**_STRANGER, "rcptDt": "20250102090000", "sttsCd": "01", "dplctYn": "N"})


def misbehave(fault: str, operation: str, reply: Reply | None) -> Reply:
    """Answer as one of `OWN_FAULTS` asks. The `…_result` faults change the history only."""
    if fault.startswith("agency_fault"):
        status = 200 if fault == "agency_fault_200" else 500
        return Reply(status, to_bytes(ResultError("99").as_json()))
    if fault == "other_operation_reply":
        return _answer_other(operation)
    honest = reply or Reply(200)
    message = parse(honest.body)
    if operation != "history" or not message["body"]:
        return honest
    body = message["body"]
    return replace(honest, body=to_bytes({**message, "body": {**body, **_rearrange(fault, body["items"])}}))


def _answer_other(operation: str) -> Reply:
    """Answer with the acknowledgement of a withdrawal; a withdrawal with the number of a referral."""
    schema, message = ("RegisterReply", _REFERRAL) if operation == "withdraw" else ("WithdrawReply", _WITHDRAWAL)
    CONTRACT.assure(schema, message)
    return Reply(200, to_bytes(message))


def _rearrange(fault: str, rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return another list, with a total that agrees with it: of a history that fits on one page."""
    items = {
        "late_result": rows[:1],
        "duplicate_result": [row for row in rows for _ in range(2)],
        "out_of_order_result": rows[::-1],
    }[fault]
    return {"items": items, "totalCount": len(items)}
