"""Who still holds a referral: what its agency has of it, and whether it acknowledged a withdrawal. Pure."""

from __future__ import annotations

from enum import StrEnum

from hub.store.deliveries import DeliveryRecord
from schemas.status import BusinessStatus, DeliveryStatus

_D = DeliveryStatus


class Holding(StrEnum):
    """보유 상태: what an agency has of a referral, as far as the hub knows."""

    NOTHING = "nothing"
    """It was never sent, or surely never arrived."""
    SEEN = "seen"
    """It was told, or asked about the client beforehand, and took nothing."""
    IN_FLIGHT = "in_flight"
    """It may have it: a send is under way, or its answer was lost."""
    HELD = "held"
    """It has it, and nobody takes it back."""
    BEING_TOLD = "being_told"
    """It has it; the withdrawal is on its way."""
    BY_HAND = "by_hand"
    """It has it; a person must tell it, and record that it acknowledged."""
    ACKNOWLEDGED = "acknowledged"
    """It confirmed the withdrawal."""


def holding_of(
    delivery: DeliveryStatus,
    business: BusinessStatus | None,
    withdrawal: DeliveryRecord | None,
    *,
    asked_first: bool = False,
) -> Holding:
    """Return what an agency holds of a referral in this status, of which this withdrawal was asked, if any.

    `asked_first`: before it was sent anything, it was asked about the client (자격 확인), which told it who that is.
    """
    match delivery:
        case _D.PENDING | _D.HELD | _D.FAILED | _D.CANCELLED if asked_first:
            return Holding.SEEN
        case _D.PENDING | _D.HELD | _D.FAILED | _D.CANCELLED:
            return Holding.NOTHING
        case _D.REFUSED:
            return Holding.SEEN
        case _D.SENDING | _D.HANDED_OVER | _D.UNKNOWN:
            return Holding.IN_FLIGHT
        case _D.DELIVERED if business is BusinessStatus.WITHDRAWN:
            return Holding.ACKNOWLEDGED
        case _D.DELIVERED:
            return Holding.HELD if withdrawal is None else _after(withdrawal)


def _after(withdrawal: DeliveryRecord) -> Holding:
    """Return how far a withdrawal came."""
    match withdrawal.status:
        case _D.DELIVERED:
            return Holding.ACKNOWLEDGED
        case _D.HELD | _D.REFUSED | _D.FAILED | _D.CANCELLED:
            return Holding.BY_HAND
        case _D.UNKNOWN if withdrawal.due_at is None and withdrawal.lease_until_wall is None:
            return Holding.BY_HAND
        case _:
            return Holding.BEING_TOLD
