"""Both statuses of a referral with their transition tables, and the outcome codes of a closed one. Pure tables.

*Delivery* says how far our sending has come; *business* says what the agency did. An agency's fact may jump forward
and is never dropped; only a caller of our API is refused an illegal step.
"""

from __future__ import annotations

from enum import StrEnum


class DeliveryStatus(StrEnum):
    """How far our sending has come."""

    PENDING = "pending"
    """보낼 예정: queued, or waiting to be tried again."""
    HELD = "held"
    """보류: something must be decided or supplied first; the reason says what."""
    SENDING = "sending"
    """전송 중: an attempt is under way."""
    HANDED_OVER = "handed_over"
    """전달됨: in a batch file, whose result is awaited."""
    DELIVERED = "delivered"
    """접수 확인: the agency took it and gave a receipt."""
    REFUSED = "refused"
    """접수 거절: the agency said no, with its code."""
    UNKNOWN = "unknown"
    """확인 필요: the agency may or may not have taken it."""
    FAILED = "failed"
    """실패: tried for long enough; a person decides."""
    CANCELLED = "cancelled"
    """취소: stopped before the agency took it."""


class BusinessStatus(StrEnum):
    """What the agency did. Source: domain §3."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    REVIEWING = "reviewing"
    INVESTIGATING = "investigating"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    APPROVED = "approved"
    UNSUITABLE = "unsuitable"
    DISMISSED = "dismissed"
    REJECTED = "rejected"
    RETURNED = "returned"
    IN_SERVICE = "in_service"
    COMPLETED = "completed"
    AFTERCARE = "aftercare"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    COUNCIL = "council"
    OBJECTED = "objected"


class OutcomeCode(StrEnum):
    """종결 사유: no closing without one."""

    HELPED = "helped"
    NOT_ELIGIBLE = "not_eligible"
    NO_BUDGET = "no_budget"
    WITHDRAWN = "withdrawn"
    UNREACHABLE = "unreachable"
    OTHER = "other"


_D = DeliveryStatus
DELIVERY_TRANSITIONS: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    _D.PENDING: frozenset({_D.SENDING, _D.HELD, _D.HANDED_OVER, _D.FAILED, _D.CANCELLED}),
    _D.HELD: frozenset({_D.PENDING, _D.FAILED, _D.CANCELLED}),
    _D.SENDING: frozenset({
        _D.PENDING, _D.HELD, _D.HANDED_OVER, _D.DELIVERED, _D.REFUSED, _D.UNKNOWN, _D.FAILED, _D.CANCELLED,
    }),
    _D.HANDED_OVER: frozenset({_D.DELIVERED, _D.REFUSED, _D.UNKNOWN, _D.PENDING, _D.CANCELLED}),
    _D.UNKNOWN: frozenset({_D.SENDING, _D.PENDING, _D.DELIVERED, _D.REFUSED, _D.FAILED, _D.CANCELLED}),
    _D.FAILED: frozenset({_D.PENDING, _D.DELIVERED, _D.CANCELLED}),
    _D.DELIVERED: frozenset(),
    _D.REFUSED: frozenset(),
    _D.CANCELLED: frozenset(),
}  # fmt: skip
"""From each delivery status, the ones that may follow. `failed → delivered`: a late fact proves that it arrived."""

_B = BusinessStatus
_DECISIONS = frozenset({_B.APPROVED, _B.UNSUITABLE, _B.DISMISSED, _B.REJECTED, _B.RETURNED})
NEGATIVE = _DECISIONS - {_B.APPROVED}
"""Negative decisions: an objection (이의신청) may follow."""
ENDED = frozenset({_B.CLOSED, _B.WITHDRAWN})
"""Nothing follows these."""
_ALWAYS = frozenset({_B.TRANSFERRED, _B.WITHDRAWN, _B.COUNCIL})

BUSINESS_TRANSITIONS: dict[BusinessStatus, frozenset[BusinessStatus]] = {
    _B.RECEIVED: frozenset({_B.ASSIGNED}) | _ALWAYS,
    _B.ASSIGNED: frozenset({_B.REVIEWING, _B.INVESTIGATING}) | _ALWAYS,
    _B.REVIEWING: frozenset({_B.INVESTIGATING, _B.SUPPLEMENT_REQUESTED}) | _DECISIONS | _ALWAYS,
    _B.INVESTIGATING: frozenset({_B.REVIEWING, _B.SUPPLEMENT_REQUESTED}) | _DECISIONS | _ALWAYS,
    _B.SUPPLEMENT_REQUESTED: frozenset({_B.REVIEWING, _B.INVESTIGATING}) | _ALWAYS,
    _B.APPROVED: frozenset({_B.IN_SERVICE}) | _ALWAYS,
    _B.UNSUITABLE: frozenset({_B.OBJECTED, _B.CLOSED, _B.COUNCIL}),
    _B.DISMISSED: frozenset({_B.OBJECTED, _B.CLOSED, _B.COUNCIL}),
    _B.REJECTED: frozenset({_B.OBJECTED, _B.CLOSED, _B.COUNCIL}),
    _B.RETURNED: frozenset({_B.OBJECTED, _B.CLOSED, _B.COUNCIL}),
    _B.OBJECTED: frozenset({_B.REVIEWING}) | _DECISIONS | _ALWAYS,
    _B.IN_SERVICE: frozenset({_B.COMPLETED}) | _ALWAYS,
    _B.COMPLETED: frozenset({_B.AFTERCARE, _B.CLOSED}),
    _B.AFTERCARE: frozenset({_B.CLOSED}) | _ALWAYS,
    _B.TRANSFERRED: frozenset({_B.RECEIVED, _B.ASSIGNED, _B.WITHDRAWN, _B.COUNCIL}),
    _B.COUNCIL: frozenset({_B.REVIEWING, _B.INVESTIGATING, _B.CLOSED}) | _DECISIONS | _ALWAYS,
    _B.CLOSED: frozenset(),
    _B.WITHDRAWN: frozenset(),
}
"""From each business status, the ones that may follow by the rules (domain §3)."""


def _reachable() -> dict[BusinessStatus, frozenset[BusinessStatus]]:
    """Close the table: all statuses that can follow by one or more steps."""
    reach = dict(BUSINESS_TRANSITIONS)
    for _ in BusinessStatus:
        reach = {start: ends.union(*(reach[end] for end in ends)) for start, ends in reach.items()}
    return reach


_REACHABLE = _reachable()


def can_follow(before: BusinessStatus | None, after: BusinessStatus) -> bool:
    """Return whether an agency's fact `after` can apply after `before`, forward jumps over missed facts included."""
    return before is None or before == after or after in _REACHABLE[before]
