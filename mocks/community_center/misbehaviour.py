"""The faults of the kit's catalogue that only this agency can carry out, since they keep to its envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mocks.community_center.contract import CODES, CONTRACT
from mocks.community_center.envelope import reply_header
from mocks.kit.agency import Reply, Request
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

_FAILURES = {
    "agency_fault_200": ("3003", 200),
    "agency_fault_500": ("3003", 500),
    "agency_fault_after_acceptance": ("4001", 200),
}
_STRANGER = {"rcptNo": "3820000-20250102-999999", "rcptOrgCd": "3820000", "refRqstNo": "00000000000000000000"}


def misbehave(fault: str, operation: str, request: Request, reply: Reply | None) -> Reply:
    """Answer as one of `OWN_FAULTS` asks. The `…_result` faults change status answers only."""
    if fault in _FAILURES:
        return _fail(*_FAILURES[fault], request)
    if fault == "other_operation_reply":
        return _answer_other(operation, request)
    honest = reply or Reply(200)
    message = parse(honest.body)
    if operation != "status" or "sttsList" not in message["body"]:
        return honest
    return replace(honest, body=to_bytes({**message, "body": _rearrange(fault, message["body"])}))


def _fail(code: str, status: int, request: Request) -> Reply:
    header = reply_header(_header(request), datetime.now(UTC), code, CODES["resultCode"][code]["ko"])
    message = {"header": header, "body": {}}
    CONTRACT.assure("RegisterReply", message)
    return Reply(status, to_bytes(message))


def _answer_other(operation: str, request: Request) -> Reply:
    """Answer a registration with the result of a withdrawal, anything else with the receipt of a registration."""
    other = "withdraw" if operation == "register" else "register"
    service = CODES["operations"][other]
    ids = {"integrationId": service["integrationId"], "providerServiceId": service["providerServiceId"]}
    header = {**_header(request), **ids}
    if other == "withdraw":
        rest = {"whdrwRqstNo": _STRANGER["refRqstNo"], "prgrSttsCd": "92", "whdrwDt": "20250102090000"}
    else:
        rest = {"rcptDt": "20250102090000", "prgrSttsCd": "10", "dplctYn": "N"}
    message = {
        "header": reply_header(header, datetime.now(UTC), "0000", CODES["resultCode"]["0000"]["ko"]),
        "body": {**_STRANGER, **rest},
    }
    CONTRACT.assure("WithdrawReply" if other == "withdraw" else "RegisterReply", message)
    return Reply(200, to_bytes(message))


def _rearrange(fault: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    facts = body["sttsList"]
    if fault == "late_result":
        return {**body, "prgrSttsCd": facts[0]["prgrSttsCd"], "sttsList": facts[:1]}
    if fault == "duplicate_result":
        return {**body, "sttsList": [fact for fact in facts for _ in range(2)]}
    return {**body, "sttsList": facts[::-1]}


def _header(request: Request) -> Mapping[str, Any]:
    try:
        message = parse(request.body)
    except ValueError:
        return {}
    header = message.get("header") if isinstance(message, Mapping) else None
    return header if isinstance(header, Mapping) else {}
