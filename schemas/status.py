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
    """What the agency did. Source: ours, in the words of Korean agencies; an agency's own code stays beside it."""

    RECEIVED = "received"
    """접수."""
    ASSIGNED = "assigned"
    """배정."""
    REVIEWING = "reviewing"
    """심사중."""
    INVESTIGATING = "investigating"
    """조사중."""
    SUPPLEMENT_REQUESTED = "supplement_requested"
    """보완요청."""
    APPROVED = "approved"
    """결정."""
    UNSUITABLE = "unsuitable"
    """부적합."""
    DISMISSED = "dismissed"
    """기각."""
    REJECTED = "rejected"
    """각하."""
    RETURNED = "returned"
    """반려."""
    IN_SERVICE = "in_service"
    """서비스진행중."""
    COMPLETED = "completed"
    """완료."""
    AFTERCARE = "aftercare"
    """사후관리."""
    CLOSED = "closed"
    """종결."""
    TRANSFERRED = "transferred"
    """이송."""
    WITHDRAWN = "withdrawn"
    """철회."""
    COUNCIL = "council"
    """협의체상정."""
    OBJECTED = "objected"
    """이의신청."""


class Verification(StrEnum):
    """자격 확인: what the agency said of eligibility before a referral is sent to it, where a rule asks for that."""

    WANTED = "wanted"
    """확인 전: not answered yet."""
    ELIGIBLE = "eligible"
    """대상."""
    NOT_ELIGIBLE = "not_eligible"
    """대상 아님: a counsellor may decide against it."""
    UNDETERMINED = "undetermined"
    """확정할 수 없음: the agency cannot say."""
    REFUSED = "refused"
    """답하지 않음: the agency could not answer about this person (성명·번호 불일치, …)."""


class OutcomeCode(StrEnum):
    """종결 사유: no closing without one."""

    HELPED = "helped"
    """지원."""
    NOT_ELIGIBLE = "not_eligible"
    """대상 아님."""
    NO_BUDGET = "no_budget"
    """예산 소진."""
    WITHDRAWN = "withdrawn"
    """본인 철회."""
    UNREACHABLE = "unreachable"
    """연락두절."""
    OTHER = "other"
    """기타."""


_D = DeliveryStatus
DELIVERY_TRANSITIONS: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    _D.PENDING: frozenset({_D.SENDING, _D.HELD, _D.HANDED_OVER, _D.FAILED, _D.CANCELLED, _D.DELIVERED}),
    _D.HELD: frozenset({_D.PENDING, _D.FAILED, _D.CANCELLED, _D.DELIVERED}),
    _D.SENDING: frozenset({
        _D.PENDING, _D.HELD, _D.HANDED_OVER, _D.DELIVERED, _D.REFUSED, _D.UNKNOWN, _D.FAILED, _D.CANCELLED,
    }),
    _D.HANDED_OVER: frozenset({_D.DELIVERED, _D.REFUSED, _D.UNKNOWN, _D.PENDING, _D.FAILED, _D.CANCELLED}),
    _D.UNKNOWN: frozenset({_D.SENDING, _D.PENDING, _D.DELIVERED, _D.REFUSED, _D.FAILED, _D.CANCELLED}),
    _D.FAILED: frozenset({_D.PENDING, _D.DELIVERED, _D.CANCELLED}),
    _D.DELIVERED: frozenset(),
    _D.REFUSED: frozenset({_D.DELIVERED}),
    _D.CANCELLED: frozenset({_D.DELIVERED}),
}  # fmt: skip
"""From each delivery status, the ones that may follow. To delivered: a late word of the agency proves it."""

_B = BusinessStatus
_DECISIONS = frozenset({_B.APPROVED, _B.UNSUITABLE, _B.DISMISSED, _B.REJECTED, _B.RETURNED})
NEGATIVE = _DECISIONS - {_B.APPROVED}
"""Negative decisions: an objection (이의신청) may follow."""
ENDED = frozenset({_B.CLOSED, _B.WITHDRAWN})
"""Nothing follows these."""
_ALWAYS = frozenset({_B.TRANSFERRED, _B.WITHDRAWN, _B.COUNCIL})
"""These may follow any status that is neither ended nor a negative decision."""

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
    _B.COMPLETED: frozenset({_B.AFTERCARE, _B.CLOSED}) | _ALWAYS,
    _B.AFTERCARE: frozenset({_B.CLOSED}) | _ALWAYS,
    _B.TRANSFERRED: frozenset({_B.RECEIVED, _B.ASSIGNED, _B.WITHDRAWN, _B.COUNCIL}),
    _B.COUNCIL: frozenset({_B.REVIEWING, _B.INVESTIGATING, _B.CLOSED}) | _DECISIONS | (_ALWAYS - {_B.COUNCIL}),
    _B.CLOSED: frozenset(),
    _B.WITHDRAWN: frozenset(),
}
"""From each business status, the ones that may follow. Source: ours."""

_DETOURS = frozenset({_B.TRANSFERRED, _B.COUNCIL, _B.OBJECTED})
"""A jump over missed facts does not lead through these: otherwise everything would follow everything."""


def _reachable(start: BusinessStatus) -> frozenset[BusinessStatus]:
    """Return all statuses that can follow `start` by one or more steps without a detour."""
    found: set[BusinessStatus] = set()
    frontier = set(BUSINESS_TRANSITIONS[start])
    while frontier:
        found |= frontier
        frontier = {after for before in frontier - _DETOURS for after in BUSINESS_TRANSITIONS[before]} - found
    return frozenset(found)


_REACHABLE = {status: _reachable(status) for status in BusinessStatus}


def can_follow(before: BusinessStatus | None, after: BusinessStatus) -> bool:
    """Return whether an agency's fact `after` can apply after `before` (None: nothing was told yet).

    Forward jumps over missed facts are legal. A fact that lies behind (배정 after 결정) or comes after the end
    (종결, 철회) does not apply; only 이송, 협의체상정 or 이의신청, once told, lead back.
    """
    return before is None or before == after or after in _REACHABLE[before]
