"""On whom a referral waits now (the hub, the centre, its agency, nobody any more), and what can be done. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from hub.delivery.steps import PAUSED, RECEIPT_WRONG, TELL_BY_HAND, SupplementReason
from hub.delivery.supplementing import WhyNotNow
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
_BY_SUPPLEMENT: dict[str, WaitsOn] = {
    RECEIPT_WRONG: WaitsOn.CENTRE,
    SupplementReason.ON_ITS_WAY: WaitsOn.HUB,
    SupplementReason.ANSWER_LOST: WaitsOn.HUB,
    SupplementReason.WITHHELD: WaitsOn.CENTRE,
    SupplementReason.CANNOT_EXPRESS: WaitsOn.CENTRE,
    SupplementReason.PERSON_DECIDES: WaitsOn.CENTRE,
    SupplementReason.FAILED: WaitsOn.CENTRE,
    SupplementReason.REFUSED: WaitsOn.CENTRE,
    SupplementReason.ACKNOWLEDGED: WaitsOn.AGENCY,
}
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
        return WaitsOn.CENTRE if owed else _at_agency(referral.business, referral.reason)
    if referral.outcome is not None or referral.business in ENDED:
        return WaitsOn.NOBODY
    if referral.reason == PAUSED:
        return WaitsOn.CENTRE
    if referral.delivery is DeliveryStatus.UNKNOWN:
        return WaitsOn.CENTRE if referral.reason in {"person_decides", "defect"} else WaitsOn.HUB
    return _BY_DELIVERY[referral.delivery]


def _at_agency(business: BusinessStatus | None, reason: str | None) -> WaitsOn:
    """Tell by the agency's status and what it was sent since: an outcome that it names before the end ends nothing."""
    if reason in _BY_SUPPLEMENT and business not in _DONE:
        return _BY_SUPPLEMENT[reason]
    if business is BusinessStatus.SUPPLEMENT_REQUESTED:
        return WaitsOn.CENTRE
    return WaitsOn.NOBODY if business in _DONE else WaitsOn.AGENCY


_BY_CONSENT = (
    "이미 기관에 접수된 의뢰입니다. 대상자가 그만두려면 동의를 철회하거나(POST /v1/consents/{consent_id}/withdraw) "
    "기관에 직접 요청하십시오."
)


_WHY_NOT_NOW: dict[str, str] = {
    WhyNotNow.NOT_ASKED: "기관이 보완을 요청한 의뢰가 아닙니다. 기관이 보완을 요청하면(business) 제출하십시오.",
    WhyNotNow.TAKEN_BACK: "철회를 기관에 알린 의뢰여서 보완하지 않습니다. 다시 하려면 새 동의를 받아 의뢰하십시오.",
    WhyNotNow.UNDER_WAY: (
        "앞서 낸 보완 자료를 아직 처리하고 있습니다. 의뢰를 조회해 reason을 확인하고, 끝난 뒤에 다시 제출하십시오."
    ),
    WhyNotNow.ANSWERED: "기관이 보완 자료를 이미 받았습니다. 기관이 보완을 다시 요청하면 제출하십시오.",
    WhyNotNow.NO_RECEIPT: "기관의 접수번호를 몰라 전산으로 보완할 수 없습니다. 기관에 직접 제출하십시오.",
}


def what_can_be_done(current: str, legal: Sequence[str], why: str | None = None) -> str:
    """Say (Korean) what is left when a step is refused: why, the steps that are legal, how a client still withdraws."""
    if why is not None:
        return _WHY_NOT_NOW[why]
    said = "현재 상태(current)에서 할 수 있는 처리는 legal에 있습니다." if legal else "지금 할 수 있는 처리가 없습니다."
    return f"{said} {_BY_CONSENT}" if current == DeliveryStatus.DELIVERED else said
