"""On whom a referral waits now (the hub, the centre, its agency, nobody any more), and what can be done. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from hub.delivery.steps import PAUSED, TELL_BY_HAND
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


class Party(StrEnum):
    """Who has the next step, as people would say it; `waits_on` says the same more coarsely."""

    CLIENT = "client"
    """대상자: a consent."""
    COUNSELLOR = "counsellor"
    """상담사: a decision, or something to supply."""
    OPERATOR = "operator"
    """운영자: a setting, a legal basis, a paused lane."""
    AGENCY = "agency"
    """기관."""
    HUB = "hub"
    """나루."""


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
        owed = referral.reason == TELL_BY_HAND and referral.business is not BusinessStatus.WITHDRAWN
        return WaitsOn.CENTRE if owed else _at_agency(referral.business)
    if referral.outcome is not None or referral.business in ENDED:
        return WaitsOn.NOBODY
    if referral.reason == PAUSED:
        return WaitsOn.CENTRE
    if referral.delivery is DeliveryStatus.UNKNOWN:
        return WaitsOn.CENTRE if referral.reason in {"person_decides", "defect"} else WaitsOn.HUB
    return _BY_DELIVERY[referral.delivery]


def _at_agency(business: BusinessStatus | None) -> WaitsOn:
    """Tell by the agency's status alone: an outcome that it names before the end ends nothing."""
    if business is BusinessStatus.SUPPLEMENT_REQUESTED:
        return WaitsOn.CENTRE
    return WaitsOn.NOBODY if business in _DONE else WaitsOn.AGENCY


_BY_CONSENT = (
    "이미 기관에 접수된 의뢰입니다. 대상자가 그만두려면 동의를 철회하거나(POST /v1/consents/{consent_id}/withdraw) "
    "기관에 직접 요청하십시오."
)


def what_can_be_done(current: str, legal: Sequence[str]) -> str:
    """Say (Korean) what is left when a step is refused: the steps that are legal, and how a client still withdraws."""
    said = "현재 상태(current)에서 할 수 있는 처리는 legal에 있습니다." if legal else "지금 할 수 있는 처리가 없습니다."
    return f"{said} {_BY_CONSENT}" if current == DeliveryStatus.DELIVERED else said
