"""What becomes of a delivery whose next call could not even be prepared: it must not wait for ever without a word.

Nothing here needs the case's key: that it does not open may be why.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from adapters.sdk import Verb
from hub.delivery.room import Papers, Room
from hub.delivery.settle import settle
from hub.delivery.steps import TELL_BY_HAND, VerificationReason
from hub.delivery.taking_back import ask_to_tell_by_hand
from hub.delivery.verifying import give_question_up
from hub.delivery.waits import doubling_seconds
from hub.settings import DeliverySettings
from hub.store.deliveries import DeliveryRecord, delivery_by_id, update_delivery
from hub.store.failures import failure_of
from hub.store.referrals import referral_by_id
from hub.vault.keyring import KeyFileError
from schemas.status import DeliveryStatus

_PASSING = (SQLAlchemyError, KeyFileError, MemoryError)
_NEVER_LEFT = frozenset({DeliveryStatus.PENDING, DeliveryStatus.HELD})


def is_passing(error: Exception) -> bool:
    """Return whether the store, the keys or the machine failed, and not this delivery: it is tried again as it is."""
    if isinstance(error, DBAPIError):
        return failure_of(error) is not None  # else the database refused what it was told of this one
    return isinstance(error, _PASSING)


def give_up_beginning(conn: Connection, room: Room, delivery_id: str) -> None:
    """Settle a due delivery whose call could not be prepared. What another process has taken up since is left to it.

    What never left is failed; what may have arrived, or did, is asked about again later, and later each time. Of a
    withdrawal a person is told in any case: the agency must hear of it.
    """
    now, papers = room.clock.now(), papers_unopened(conn, delivery_id)
    if papers is None or not _is_still_due(papers.delivery, now):
        return
    delivery = papers.delivery
    update_delivery(conn, delivery_id, picked_until_wall=None)
    if delivery.status in _NEVER_LEFT:
        fail_by_defect(conn, papers, now)
        return
    update_delivery(conn, delivery_id, lookups=delivery.lookups + 1, due_at=_asked_at(papers, now, room.settings))
    if delivery.kind is Verb.WITHDRAW and papers.referral.reason != TELL_BY_HAND:
        ask_to_tell_by_hand(conn, papers.referral.id, now, reason="withdrawal_unanswered")


def papers_unopened(conn: Connection, delivery_id: str) -> Papers | None:
    """Read a delivery with its referral, and nothing that opens them; None if one of the two is gone."""
    delivery = delivery_by_id(conn, delivery_id)
    referral = None if delivery is None else referral_by_id(conn, delivery.referral_id)
    if delivery is None or referral is None:
        return None
    return Papers(delivery, referral, case_key=b"", sealed_client=b"")


def fail_by_defect(conn: Connection, papers: Papers, now: datetime) -> None:
    """Put on the shelf what never left, and what hangs on it; a withdrawal that cannot be sent is told by a person."""
    kind = papers.delivery.kind
    if kind is Verb.VERIFY:
        give_question_up(conn, papers, now, VerificationReason.DEFECT)
        return
    reason = "defect" if kind is Verb.SUBMIT else None
    settle(conn, papers, DeliveryStatus.FAILED, now, reason=reason, delivery={"due_at": None})
    if kind is Verb.WITHDRAW:
        ask_to_tell_by_hand(conn, papers.referral.id, now, reason="withdrawal_failed")


def _is_still_due(delivery: DeliveryRecord, now: datetime) -> bool:
    return delivery.lease_until_wall is None and delivery.due_at is not None and delivery.due_at <= now


def _asked_at(papers: Papers, now: datetime, settings: DeliverySettings) -> datetime:
    wait = doubling_seconds(papers.delivery.lookups, settings.lookup_first_seconds, settings.lookup_longest_seconds)
    return now + timedelta(seconds=wait)
