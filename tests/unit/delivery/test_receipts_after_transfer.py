"""이송 while our own answer is on its way: the receipt that is kept is the one of the office that has the referral."""

from __future__ import annotations

import asyncio
from functools import partial

from ferry import Landing, fact
from test_callbacks_taken import tell

from hub.delivery.begin import Job, begin
from hub.delivery.finish import finish
from hub.delivery.results import Result
from schemas.status import BusinessStatus, DeliveryStatus

B, D = BusinessStatus, DeliveryStatus
NEW_OFFICE = "3820000"
TRANSFER = fact(B.TRANSFERRED, 5, office=NEW_OFFICE, receipt="R-NEW")


def call(landing: Landing) -> tuple[Job, Result]:
    """Make the call that is due; nothing of its answer is stored yet."""
    (delivery_id,) = landing.due()
    job = landing.store.write_now(partial(begin, room=landing.room, delivery_id=delivery_id))
    assert job is not None
    return job, asyncio.run(landing.worker._call(job))


def test_a_notice_of_a_transfer_names_the_old_receipt_and_brings_the_new_one(landing: Landing) -> None:
    """After a lost answer, what the notice itself is about does not replace what it tells."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    tell(landing, TRANSFER, wire_key=landing.referral(referral_id).wire_key, receipt="R-OLD")
    referral = landing.referral(referral_id)
    assert (referral.delivery, referral.office, referral.receipt) == (D.DELIVERED, NEW_OFFICE, "R-NEW")


def test_what_waited_under_the_old_receipt_is_taken_in_with_the_notice(landing: Landing) -> None:
    """A call that named the old receipt only, before anybody knew it, is not lost by the transfer."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    tell(landing, fact(B.ASSIGNED, 4), receipt="R-OLD")
    tell(landing, TRANSFER, wire_key=landing.referral(referral_id).wire_key, receipt="R-OLD")
    changes = [change for kind, change in landing.events(referral_id) if kind == "business_changed"]
    assert changes == [B.ASSIGNED, B.TRANSFERRED]
    assert landing.referral(referral_id).receipt == "R-NEW"


def test_an_answer_after_the_notice_does_not_bring_the_old_receipt_back(landing: Landing) -> None:
    """The call's own answer, slower than the notice, is flagged for its receipt; the new office is asked by its own."""
    referral_id = landing.accept()
    job, answer = call(landing)
    tell(landing, TRANSFER, wire_key=landing.referral(referral_id).wire_key, receipt="R-OLD")
    landing.store.write_now(partial(finish, room=landing.room, job=job, result=answer))
    referral = landing.referral(referral_id)
    assert (referral.delivery, referral.office, referral.receipt) == (D.DELIVERED, NEW_OFFICE, "R-NEW")
    assert ("fact_flagged", "other_receipt") in landing.events(referral_id)


def test_the_same_receipt_again_is_no_news(landing: Landing) -> None:
    """A call that is quicker than the answer, and says the same, is nothing that a person must look at."""
    referral_id = landing.accept()
    job, answer = call(landing)
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.RECEIVED, 1), wire_key=key, receipt=f"R-{key}")
    landing.store.write_now(partial(finish, room=landing.room, job=job, result=answer))
    assert landing.referral(referral_id).receipt == f"R-{key}"
    assert "fact_flagged" not in [kind for kind, _ in landing.events(referral_id)]
