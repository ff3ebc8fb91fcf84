"""The faults of the kit's catalogue that only this agency can carry out, since they keep to its messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mocks.kit.agency import Reply
from mocks.kit.json_contract import JsonContract, parse, to_bytes

_FAILURES = {"agency_fault_200": 200, "agency_fault_500": 500, "agency_fault_after_acceptance": 500}
_ROWS = frozenset({"late_result", "duplicate_result", "out_of_order_result"})
OWN_FAULTS = frozenset({*_FAILURES, *_ROWS, "other_operation_reply"})

_STRANGER = {"aplyNo": "C202501029999999", "clientRequestId": "0" * 36}


def misbehave(contract: JsonContract, fault: str, operation: str, reply: Reply | None) -> Reply:
    """Answer as one of `OWN_FAULTS` asks. The `…_result` faults change answers to queries only."""
    if fault in _FAILURES:
        failure = {"errCd": "E900", "errMsg": contract.codes["errCd"]["E900"]["ko"]}
        return _said(contract, _FAILURES[fault], "Error", failure)
    if fault == "other_operation_reply":
        return _answer_other(contract, operation)
    honest = reply or Reply(200)
    standing = parse(honest.body) if operation in {"find", "status"} else {}
    if "hstList" not in standing:
        return honest
    return replace(honest, body=to_bytes(_rearranged(fault, standing)))


def _answer_other(contract: JsonContract, operation: str) -> Reply:
    """Answer an application with the result of a withdrawal, anything else with the number of an application."""
    if operation == "register":
        withdrawn = {**_STRANGER, "prcsSttsCd": "92", "whdrwDt": "20250102090000"}
        return _said(contract, 200, "Withdrawn", withdrawn)
    return _said(contract, 202, "Accepted", {**_STRANGER, "prcsSttsCd": "01", "aplyDt": "20250102090000"})


def _rearranged(fault: str, standing: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = standing["hstList"]
    if fault == "late_result":
        return {**standing, "prcsSttsCd": rows[0]["prcsSttsCd"], "hstList": rows[:1]}
    if fault == "duplicate_result":
        return {**standing, "hstList": [row for row in rows for _ in range(2)]}
    return {**standing, "hstList": rows[::-1]}


def _said(contract: JsonContract, status: int, schema: str, message: Mapping[str, Any]) -> Reply:
    contract.assure(schema, message)
    return Reply(status, to_bytes(message))
