from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.sdk import Verb
from hub.clients.outcomes import SendOutcome, outcome_of
from hub.clients.register import from_position, to_position
from hub.store.attempts import AttemptRecord
from hub.store.deliveries import DeliveryRecord
from hub.store.register import Place, Sending
from schemas.status import DeliveryStatus

NOW = datetime(2026, 3, 2, 1, 0, 0, 123, tzinfo=UTC)
Out, D = SendOutcome, DeliveryStatus


def _sending(result: str | None, status: DeliveryStatus, ended: str | None, *, only: bool) -> Sending:
    attempt = AttemptRecord(
        id="att_1", delivery_id="dlv_1", referral_id="ref_1", case_id="case_1", verb=Verb.SUBMIT, decision="disclose",
        recipient="pier", token=1, message_id="m", fields=(), bases={}, fields_hmac=None, started_at=NOW, result=result,
    )  # fmt: skip
    delivery = DeliveryRecord(
        id="dlv_1", referral_id="ref_1", agency="pier", kind=Verb.SUBMIT, status=status, wire_key="k", urgent=False,
        due_at=None, created_at=NOW,
    )  # fmt: skip
    return Sending(attempt, delivery, ended, only)


@pytest.mark.parametrize(
    ("result", "status", "ended", "only", "outcome"),
    [
        (None, D.SENDING, None, True, Out.UNDER_WAY),
        ("delivered", D.DELIVERED, None, False, Out.DELIVERED),
        ("refused", D.REFUSED, None, False, Out.REFUSED),
        ("refused", D.DELIVERED, None, False, Out.REFUSED),
        ("busy", D.PENDING, None, True, Out.TURNED_AWAY),
        ("unknown", D.UNKNOWN, None, True, Out.MAY_HAVE_ARRIVED),
        ("unknown", D.DELIVERED, None, True, Out.DELIVERED),
        ("unknown", D.DELIVERED, None, False, Out.MAY_HAVE_ARRIVED),
        ("interrupted", D.DELIVERED, None, False, Out.MAY_HAVE_ARRIVED),
        ("unknown", D.PENDING, None, True, Out.MAY_HAVE_ARRIVED),
        ("unknown", D.CANCELLED, None, True, Out.MAY_HAVE_ARRIVED),
        ("defect", D.FAILED, None, True, Out.MAY_HAVE_ARRIVED),
        ("handed_over", D.HANDED_OVER, None, True, Out.HANDED_OVER),
        ("handed_over", D.PENDING, "rejected", True, Out.TURNED_AWAY),
        ("handed_over", D.DELIVERED, "rejected", False, Out.TURNED_AWAY),
        ("handed_over", D.DELIVERED, "settled", False, Out.DELIVERED),
        ("handed_over", D.REFUSED, "settled", True, Out.REFUSED),
        ("handed_over", D.UNKNOWN, "overdue", True, Out.MAY_HAVE_ARRIVED),
        ("handed_over", D.DELIVERED, "overdue", True, Out.DELIVERED),
        ("handed_over", D.DELIVERED, "overdue", False, Out.MAY_HAVE_ARRIVED),
    ],
)
def test_a_doubt_stays_a_doubt_unless_it_is_settled(
    result: str | None, status: DeliveryStatus, ended: str | None, only: bool, outcome: SendOutcome
) -> None:
    """An answer is an answer; without one, only what became of the one possible send tells what came of it."""
    assert outcome_of(_sending(result, status, ended, only=only)) is outcome


def test_a_place_survives_its_cursor() -> None:
    """To the microsecond, with whatever key."""
    place = Place(NOW, "ref_01m8p0k73r667q7shb99x2zxf0_10000001")
    assert from_position(to_position(place)) == place


@pytest.mark.parametrize("position", [None, "", "att_1", "999999999999999999_att_1", "17_"])
def test_a_position_of_elsewhere_is_the_beginning(position: str | None) -> None:
    """Another listing's cursor leads to the first page, never to an error of ours."""
    assert from_position(position) is None
