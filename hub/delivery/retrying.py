"""What was tried at an agency whose retries are turned off (재시도 끔): it is not tried again, and a person decides.

Only what was tried already is stopped: a first try, and each one that a person asks for, is made. Looking up and
polling repeat nothing, and go on. What is stopped is on the shelf or with a person, so that turning retries on again
replays nothing.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.agencies import ActiveAgency
from hub.delivery.acts import Act, next_act
from hub.delivery.giving_up import papers_unopened
from hub.delivery.room import Papers, Room
from hub.delivery.settle import settle
from hub.delivery.steps import RETRY_OFF, VerificationReason
from hub.delivery.taking_back import ask_to_tell_by_hand
from hub.delivery.verifying import give_question_up
from hub.store.deliveries import waiting_again
from hub.store.store import Store
from schemas.status import DeliveryStatus

_log = structlog.get_logger("naru.delivery")


async def stop_where_retries_are_off(store: Store, room: Room) -> None:
    """Give to a person all that waits to be tried again at agencies whose retries are off, whenever it is due.

    Each in a transaction of its own: one that cannot be stopped is stopped when it falls due, and keeps none of the
    others.
    """
    for agency in room.agencies.active.values():
        if agency.retries:
            continue
        for delivery_id in await store.read(partial(waiting_again, agency=agency.slug)):
            try:
                await store.write(partial(_stop, room=room, agency=agency, delivery_id=delivery_id))
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are stopped
                _log.error("retry_not_stopped", delivery=delivery_id, error=type(error).__name__)


def _stop(conn: Connection, room: Room, agency: ActiveAgency, delivery_id: str) -> None:
    papers = papers_unopened(conn, delivery_id)
    if papers is None or papers.delivery.lease_until_wall is not None or papers.delivery.paused:
        return  # somebody was faster
    stop_if_retries_are_off(conn, papers, agency, room.clock.now())


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
