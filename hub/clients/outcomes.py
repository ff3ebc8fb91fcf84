"""What came of one send, as far as the hub knows and no further: what may have arrived is called that. Pure."""

from __future__ import annotations

from enum import StrEnum

from hub.store.batches import MemberEnd
from hub.store.register import Sending
from schemas.status import DeliveryStatus


class SendOutcome(StrEnum):
    """전송 결과: what came of a send."""

    UNDER_WAY = "under_way"
    """It has no answer yet: it may arrive any moment, or have arrived."""
    HANDED_OVER = "handed_over"
    """It lies in a file where the agency collects it; the result is awaited."""
    DELIVERED = "delivered"
    """The agency has it: by its answer, or because it was told of nothing else."""
    ANSWERED = "answered"
    """The agency answered what it was asked about the client (자격 확인); it has no referral by that."""
    REFUSED = "refused"
    """The agency saw it, and did not take it."""
    TURNED_AWAY = "turned_away"
    """The agency took nothing (it was busy, did not know us, or gave the file back); it may have seen what was sent."""
    MAY_HAVE_ARRIVED = "may_have_arrived"
    """Nobody knows: the answer was lost."""


_ANSWERED = {
    "delivered": SendOutcome.DELIVERED,
    "answered": SendOutcome.ANSWERED,
    "refused": SendOutcome.REFUSED,
    "busy": SendOutcome.TURNED_AWAY,
    "not_sent": SendOutcome.TURNED_AWAY,  # and in the register all the same: the agency did not know us
    None: SendOutcome.UNDER_WAY,
}
_SETTLED = {DeliveryStatus.DELIVERED: SendOutcome.DELIVERED, DeliveryStatus.REFUSED: SendOutcome.REFUSED}
_FILED = "handed_over"


def outcome_of(sending: Sending) -> SendOutcome:
    """Return what came of a send; a doubt stays one unless what became of its delivery can only have come of it."""
    result = sending.attempt.result
    if result in _ANSWERED:
        return _ANSWERED[result]
    if result == _FILED and sending.member_ended is None:
        return SendOutcome.HANDED_OVER
    if result == _FILED and sending.member_ended == MemberEnd.REJECTED:
        return SendOutcome.TURNED_AWAY
    if sending.is_only or (result == _FILED and sending.member_ended == MemberEnd.SETTLED):
        return _SETTLED.get(sending.delivery.status, SendOutcome.MAY_HAVE_ARRIVED)
    return SendOutcome.MAY_HAVE_ARRIVED
