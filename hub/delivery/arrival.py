"""What follows as soon as the agency is known to hold a referral, however that came to be known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from hub.delivery.room import Papers, Room
from hub.delivery.settle import settle
from hub.delivery.taking_back import take_back, take_back_if_consent_is_gone
from hub.following.waiting import take_waiting_calls
from hub.store.batches import cancel_is_asked
from hub.store.referrals import append_event
from schemas.events import EventKind
from schemas.status import DeliveryStatus

_D = DeliveryStatus
_UNTIL_NOW_NOT_THERE = frozenset({_D.PENDING, _D.HELD, _D.HANDED_OVER, _D.UNKNOWN, _D.FAILED, _D.CANCELLED})

_FLAGGED = {_D.CANCELLED: "arrived_after_cancel", _D.REFUSED: "arrived_after_refusal"}


def believe_it_arrived(conn: Connection, room: Room, papers: Papers, now: datetime) -> None:
    """Settle a submit that the agency told us of as delivered, whatever we believed: it must not be sent again.

    Nothing changes while a call is under way (its end looks again), or when the agency refused or has it already.
    """
    if papers.delivery.lease_until_wall is not None or papers.delivery.status not in _UNTIL_NOW_NOT_THERE:
        return
    changes = {"due_at": now, "unknown_since": None, "lookups": 0}  # due: the next look decides whether to poll
    settle(conn, papers, DeliveryStatus.DELIVERED, now, actor=f"agency:{papers.referral.agency}", delivery=changes)
    note_arrival(conn, room, papers, now)


def note_arrival(conn: Connection, room: Room, papers: Papers, now: datetime) -> int:
    """Take in what the agency told before, and take back what nobody wants there any more; return the new facts.

    `papers` are the submit's, as it was before: that it arrives after it was cancelled or refused is flagged.
    """
    before = papers.delivery.status
    if before in _FLAGGED:
        append_event(conn, papers.referral.id, EventKind.FACT_FLAGGED, now, "hub", reason=_FLAGGED[before])
    new = take_waiting_calls(conn, room, papers.referral.id, papers.case_key, now)
    if before is DeliveryStatus.CANCELLED or cancel_is_asked(conn, papers.delivery.id):
        take_back(conn, room, papers, now)
    else:
        take_back_if_consent_is_gone(conn, room, papers, now)
    return new
