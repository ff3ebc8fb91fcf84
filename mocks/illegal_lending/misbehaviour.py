"""The faults of the kit's catalogue that only this agency can carry out, since they keep to its forms of reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from mocks.illegal_lending import replies
from mocks.illegal_lending.book import Complaint, Step
from mocks.illegal_lending.contract import CODES
from mocks.kit.agency import Reply

OWN_FAULTS = frozenset({
    "agency_fault_200",
    "agency_fault_500",
    "agency_fault_after_acceptance",
    "other_operation_reply",
    "late_result",
    "duplicate_result",
    "out_of_order_result",
})  # fmt: skip

_FAILURES = {"agency_fault_200": 200, "agency_fault_500": 500, "agency_fault_after_acceptance": 200}
_STRANGER = "IL20250102-999999"


def misbehave(fault: str, operation: str, tran_id: str, complaint: Complaint | None, honest: Reply) -> Reply:
    """Answer as one of `OWN_FAULTS` asks. The `…_result` faults change honest status answers only.

    Args:
        fault: its name.
        operation: the operation that was asked for.
        tran_id: the request's `TRAN_ID`.
        complaint: the one that a status query asks about, if there is one.
        honest: the honest answer.
    """
    if fault in _FAILURES:
        failure = replies.refusal(operation, tran_id, "E999", CODES["MESSAGE"]["E999"]["ko"])
        return replace(failure, status=_FAILURES[fault])
    if fault == "other_operation_reply":
        return _other(operation, tran_id)
    if operation != "status" or complaint is None:
        return honest
    return replies.status_of(tran_id, complaint.receipt, _rearranged(fault, complaint.steps))


def _other(operation: str, tran_id: str) -> Reply:
    """Answer a registration with the status of a stranger's complaint, anything else as if a stranger's was taken."""
    first = Step(1, "received", datetime(2025, 1, 2, tzinfo=UTC))
    if operation == "register":
        return replies.status_of(tran_id, _STRANGER, [first])
    return replies.received(tran_id, _STRANGER, first)


def _rearranged(fault: str, steps: list[Step]) -> list[Step]:
    if fault == "late_result":
        return steps[:1]
    if fault == "duplicate_result":
        return [step for step in steps for _ in range(2)]
    return steps[::-1]
