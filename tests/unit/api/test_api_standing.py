from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from hub.api.standing import WaitsOn, waits_on
from hub.store.referrals import ReferralRecord
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _referral(
    delivery: DeliveryStatus,
    business: BusinessStatus | None = None,
    reason: str | None = None,
    outcome: OutcomeCode | None = None,
) -> ReferralRecord:
    return ReferralRecord(
        id="ref_1", case_id="case_1", centre_id="ctr_1", client_id="cli_1", agency="pier", office=None,
        service_code="WEL-EMERG", urgent=False, delivery=delivery, business=business, raw_code=None, reason=reason,
        reason_paths=(), receipt=None, wire_key="k", possible_duplicate_of=None, overridden=(), outcome=outcome,
        due_on=None, events=1, sealed_request=b"", created_at=NOW, updated_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("referral", "who"),
    [
        (_referral(DeliveryStatus.PENDING), WaitsOn.HUB),
        (_referral(DeliveryStatus.HELD), WaitsOn.CENTRE),
        (_referral(DeliveryStatus.FAILED), WaitsOn.CENTRE),
        (_referral(DeliveryStatus.UNKNOWN, reason="answer_lost"), WaitsOn.HUB),
        (_referral(DeliveryStatus.UNKNOWN, reason="person_decides"), WaitsOn.CENTRE),
        (_referral(DeliveryStatus.DELIVERED), WaitsOn.AGENCY),
        (_referral(DeliveryStatus.DELIVERED, BusinessStatus.REVIEWING), WaitsOn.AGENCY),
        (_referral(DeliveryStatus.DELIVERED, BusinessStatus.SUPPLEMENT_REQUESTED), WaitsOn.CENTRE),
        (_referral(DeliveryStatus.DELIVERED, BusinessStatus.DISMISSED), WaitsOn.NOBODY),
        (_referral(DeliveryStatus.DELIVERED, BusinessStatus.CLOSED), WaitsOn.NOBODY),
        (_referral(DeliveryStatus.DELIVERED, BusinessStatus.WITHDRAWN), WaitsOn.NOBODY),
        (_referral(DeliveryStatus.DELIVERED, BusinessStatus.APPROVED, outcome=OutcomeCode.HELPED), WaitsOn.AGENCY),
        (_referral(DeliveryStatus.DELIVERED, BusinessStatus.COMPLETED, outcome=OutcomeCode.HELPED), WaitsOn.AGENCY),
        (_referral(DeliveryStatus.DELIVERED, outcome=OutcomeCode.HELPED), WaitsOn.AGENCY),
        (_referral(DeliveryStatus.REFUSED), WaitsOn.NOBODY),
        (_referral(DeliveryStatus.FAILED, outcome=OutcomeCode.OTHER), WaitsOn.NOBODY),
    ],
)
def test_next_step_belongs_to(referral: ReferralRecord, who: WaitsOn) -> None:
    """Each status leaves the next step to the one who can take it."""
    assert waits_on(referral) == who


def test_every_combination_has_an_answer() -> None:
    """No pair of statuses leaves open who is waited for."""
    answers = {waits_on(_referral(*pair)) for pair in product(DeliveryStatus, [None, *BusinessStatus])}

    assert answers == set(WaitsOn)
