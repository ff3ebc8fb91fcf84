"""What becomes of an agency's lane on the way of real calls: how long it waits, who goes first, when it is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ferry import START, Landing

from hub.store.lanes import LaneState, lane_of
from schemas.status import DeliveryStatus

D = DeliveryStatus


def lane(landing: Landing) -> LaneState:
    """Read the lane as every process reads it."""
    return landing.store.read_now(lambda conn: lane_of(conn, "ferry"))


@pytest.mark.parametrize("said", ["999999999", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_a_retry_after_beyond_all_reason_closes_the_lane_for_a_day(landing: Landing, said: str) -> None:
    """However far away the agency's moment is: its lane waits for a day, and what surely was not sent is pending."""
    landing.agency.script.append("busy")
    landing.agency.retry_after = said
    referral_id = landing.accept()
    landing.work()
    assert lane(landing).closed_until == START + timedelta(days=1)
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).reason) == (D.PENDING, "agency_busy")
