"""On whom a referral waits now: the hub, the centre, its agency, or nobody any more. Pure."""

from __future__ import annotations

from enum import StrEnum

from hub.store.referrals import ReferralRecord
from schemas.status import ENDED, NEGATIVE, BusinessStatus, DeliveryStatus


class WaitsOn(StrEnum):
    """Who has the next step."""

    HUB = "hub"
    """나루: it is being sent, or looked up."""
    CENTRE = "centre"
    """센터: a person must decide or supply something."""
    AGENCY = "agency"
    """기관: it was taken and is being worked on."""
    NOBODY = "nobody"
    """끝남: nothing more is expected."""


_DONE = ENDED | NEGATIVE
_BY_DELIVERY = {
    DeliveryStatus.PENDING: WaitsOn.HUB,
    DeliveryStatus.SENDING: WaitsOn.HUB,
    DeliveryStatus.HELD: WaitsOn.CENTRE,
    DeliveryStatus.FAILED: WaitsOn.CENTRE,
    DeliveryStatus.HANDED_OVER: WaitsOn.AGENCY,
    DeliveryStatus.REFUSED: WaitsOn.NOBODY,
    DeliveryStatus.CANCELLED: WaitsOn.NOBODY,
}


def waits_on(referral: ReferralRecord) -> WaitsOn:
    """Return who has the next step of a referral."""
    if referral.delivery is DeliveryStatus.DELIVERED:
        return _at_agency(referral.business)
    if referral.outcome is not None or referral.business in ENDED:
        return WaitsOn.NOBODY
    if referral.delivery is DeliveryStatus.UNKNOWN:
        return WaitsOn.CENTRE if referral.reason in {"person_decides", "defect"} else WaitsOn.HUB
    return _BY_DELIVERY[referral.delivery]


def _at_agency(business: BusinessStatus | None) -> WaitsOn:
    """Tell by the agency's status alone: an outcome that it names before the end ends nothing."""
    if business is BusinessStatus.SUPPLEMENT_REQUESTED:
        return WaitsOn.CENTRE
    return WaitsOn.NOBODY if business in _DONE else WaitsOn.AGENCY
