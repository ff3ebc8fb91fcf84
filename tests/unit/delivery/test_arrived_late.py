"""An answer that comes when nobody waits for it any more: what arrived all the same is flagged, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest
from ferry import NAME, START, FerryAdapter, Landing, consent, fact
from test_callbacks_taken import tell
from test_cannot_begin import mend, poison
from test_receipts_after_transfer import call

from adapters.sdk import Fact, Repeat, Verb, capabilities
from hub.delivery.finish import finish
from hub.delivery.orphans import reclaim
from hub.delivery.steps import TELL_BY_HAND
from hub.store.deliveries import leased, update_delivery
from schemas.status import BusinessStatus, DeliveryStatus

B, D = BusinessStatus, DeliveryStatus
Open = Callable[..., Landing]


def take_over(landing: Landing) -> None:
    """Let the lease of a stopped process run out, and another process find that."""
    (delivery,) = landing.store.read_now(leased)
    landing.store.write_now(lambda conn: update_delivery(conn, delivery.id, lease_until_wall=1.0))
    assert landing.store.write_now(partial(reclaim, room=landing.room, delivery_id=delivery.id))


def said_by_a_person(open_landing: Open) -> Landing:
    """A landing whose agency cannot be asked."""
    return open_landing(Repeat.NEVER, verbs=capabilities(FerryAdapter) - {Verb.FIND})


def said_by_the_agency(open_landing: Open) -> Landing:
    """A landing whose agency shows what it took far later than its contract says."""
    landing = open_landing(Repeat.LOOKUP)
    landing.agency.visible_after = 1e6
    return landing


def learn_that_it_is_not_there(landing: Landing, referral_id: str) -> None:
    """Let whoever can say it say that the referral never arrived: it is pending again."""
    if landing.referral(referral_id).reason == "person_decides":
        landing.do(landing.commands.resolve, referral_id, arrived=False, receipt=None, reason="전화로 확인")
    else:
        landing.work()
        landing.clock.advance(60)
        landing.work()
    assert landing.referral(referral_id).delivery is D.PENDING


@pytest.mark.parametrize("by_client", [False, True], ids=["cancelled by the centre", "consent withdrawn"])
@pytest.mark.parametrize("opened", [said_by_a_person, said_by_the_agency])
def test_what_was_cancelled_and_arrived_is_taken_back(
    open_landing: Open, opened: Callable[[Open], Landing], *, by_client: bool
) -> None:
    """A process that was stopped after its call comes back with the receipt: the agency hears that it is withdrawn."""
    landing = opened(open_landing)
    referral_id = landing.accept()
    job, answer = call(landing)
    take_over(landing)
    learn_that_it_is_not_there(landing, referral_id)
    if by_client:
        landing.do(landing.consents.withdraw, landing.consent_ids[0])
    else:
        landing.do(landing.commands.cancel, referral_id)
    assert landing.referral(referral_id).delivery is D.CANCELLED
    landing.store.write_now(partial(finish, room=landing.room, job=job, result=answer))
    landing.settle(5)
    assert landing.events(referral_id).count(("fact_flagged", "arrived_after_cancel")) == 1
    assert landing.agency.withdrawn == [landing.referral(referral_id).wire_key]
    assert len(landing.agency.acts) == 1


def test_what_was_refused_and_arrived_is_flagged(open_landing: Open) -> None:
    """The agency has it, whatever it said to the second try: delivered, kept there, and shown to a person."""
    landing = open_landing(Repeat.KEYED)
    referral_id = landing.accept()
    job, answer = call(landing)
    take_over(landing)
    landing.agency.script.append("no")
    landing.work()
    assert landing.referral(referral_id).delivery is D.REFUSED
    landing.store.write_now(partial(finish, room=landing.room, job=job, result=answer))
    landing.settle(5)
    assert landing.referral(referral_id).delivery is D.DELIVERED
    assert landing.events(referral_id).count(("fact_flagged", "arrived_after_refusal")) == 1
    assert landing.agency.withdrawn == []


@pytest.mark.parametrize("receipt", [None, "R-1"])
def test_what_is_believed_without_an_answer_is_taken_back(landing: Landing, receipt: str | None) -> None:
    """A notice, a withdrawal, then the answer is lost: the agency hears of it, by hand where no receipt is known."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    job, answer = call(landing)
    tell(landing, fact(B.RECEIVED, 1), wire_key=landing.referral(referral_id).wire_key, receipt=receipt)
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert done.in_flight == [referral_id]
    landing.store.write_now(partial(finish, room=landing.room, job=job, result=answer))
    landing.settle(5)
    (withdrawal,) = (one for one in landing.deliveries(referral_id) if one.kind is Verb.WITHDRAW)
    referral, by_hand = landing.referral(referral_id), receipt is None
    assert (referral.delivery, referral.reason) == (D.DELIVERED, TELL_BY_HAND if by_hand else None)
    assert (withdrawal.status, len(landing.agency.withdrawn)) == ((D.HELD, 0) if by_hand else (D.DELIVERED, 1))


@pytest.mark.parametrize("broken", ["facts", "case"])
@pytest.mark.parametrize("opened", [said_by_a_person, said_by_the_agency])
def test_what_the_agency_tells_of_is_not_sent_again(
    open_landing: Open, opened: Callable[[Open], Landing], broken: str
) -> None:
    """Even if its words cannot be taken in, or its case does not open: that the agency has it is believed."""
    landing = opened(open_landing)
    referral_id = landing.accept()
    call(landing)
    take_over(landing)
    learn_that_it_is_not_there(landing, referral_id)
    at = datetime(2026, 3, 2) if broken == "facts" else START  # noqa: DTZ001 - a defect of its adapter
    said = Fact(B.ASSIGNED, "10", at, text="배정 안내")
    key = poison(landing) if broken == "case" else b""
    tell(landing, said, wire_key=landing.referral(referral_id).wire_key, receipt="R-1")
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).receipt) == (D.DELIVERED, "R-1")
    assert landing.events(referral_id)[-1] == ("fact_flagged", "defect")
    if broken == "case":
        mend(landing, key)
    landing.settle(5)
    assert len(landing.agency.acts) == 1
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle(5)
    assert len(landing.agency.withdrawn) == 1


@pytest.mark.parametrize("told", [(), (Fact(B.ASSIGNED, "10", datetime(2026, 3, 2)),)])  # noqa: DTZ001 - a defect
def test_what_the_agency_tells_of_during_a_call_is_not_sent_again(landing: Landing, told: tuple[Fact, ...]) -> None:
    """Even if nothing of its words can be taken in, the end of the call knows that the agency has it."""
    referral_id = landing.accept()
    landing.agency.visible_after = 1e6
    call(landing)
    take_over(landing)
    learn_that_it_is_not_there(landing, referral_id)
    landing.agency.script.append("busy")
    job, answer = call(landing)
    tell(landing, *told, wire_key=landing.referral(referral_id).wire_key)
    landing.store.write_now(partial(finish, room=landing.room, job=job, result=answer))
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).business) == (D.DELIVERED, B.RECEIVED)
    landing.settle(5)
    assert len(landing.agency.acts) == 1


def test_another_office_is_not_believed_that_it_arrived(landing: Landing) -> None:
    """An office that the referral was not sent to proves nothing: it is flagged, and the referral is sent."""
    referral_id = landing.accept()
    tell(landing, fact(B.ASSIGNED), wire_key=landing.referral(referral_id).wire_key, office="9999999")
    assert landing.referral(referral_id).delivery is D.PENDING
    assert landing.events(referral_id)[-1] == ("fact_flagged", "other_office")


def test_a_poll_takes_nothing_back_again(landing: Landing) -> None:
    """However often the agency is asked how it stands, staff are asked once to tell it of a part that is withdrawn."""
    referral_id = landing.accept(consents=[consent([NAME]), consent(["referral.opinion"], required=False)])
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[1])
    landing.settle(10)
    assert landing.agency.seen.count("/status") > 1
    assert landing.events(referral_id).count(("consent_changed", "tell_agency_of_partial_withdrawal")) == 1
