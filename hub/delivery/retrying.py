"""What was tried at an agency whose retries are turned off (재시도 끔): it is not tried again, and a person decides.

Only what was tried already is stopped: a first try, and each one that a person asks for, is made. Looking up and
polling repeat nothing, and go on. What is stopped is on the shelf or with a person, so that turning retries on again
replays nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.agencies import ActiveAgency
from hub.delivery.acts import Act, next_act
from hub.delivery.room import Papers
from hub.delivery.settle import settle
from hub.delivery.steps import RETRY_OFF, VerificationReason
from hub.delivery.taking_back import ask_to_tell_by_hand
from hub.delivery.verifying import give_question_up
from schemas.status import DeliveryStatus


def stop_if_retries_are_off(conn: Connection, papers: Papers, agency: ActiveAgency, now: datetime) -> bool:
    """Give what would be tried again to a person; return whether it was."""
    delivery = papers.delivery
    if agency.retries or not delivery.tries:
        return False
    repeat, business = agency.repeat_of(delivery.kind), papers.referral.business
    act = next_act(delivery.kind, delivery.status, business, repeat, agency.verbs)
    if act is Act.ASK:
        give_question_up(conn, papers, now, VerificationReason.FAILED)
        return True
    if act is not Act.SEND:
        return False
    unknown = delivery.status is DeliveryStatus.UNKNOWN
    status = DeliveryStatus.UNKNOWN if unknown else DeliveryStatus.FAILED
    settle(conn, papers, status, now, reason="person_decides" if unknown else RETRY_OFF, delivery={"due_at": None})
    if delivery.kind is Verb.WITHDRAW:
        ask_to_tell_by_hand(
            conn, papers.referral.id, now, reason="withdrawal_unanswered" if unknown else "withdrawal_failed"
        )
    return True
