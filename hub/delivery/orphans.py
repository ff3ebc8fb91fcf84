"""Attempts that nobody will finish: their process died, or their lease ran out. What may have left is unknown."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from adapters.sdk import Repeat, Verb
from hub.delivery.ending import end_telling
from hub.delivery.room import Room, read_papers
from hub.delivery.settle import settle
from hub.store.attempts import end_attempt, open_attempt
from hub.store.deliveries import DeliveryRecord, forget_turns, leased, update_delivery
from hub.store.referrals import referral_by_id
from hub.store.wall import wall_of
from schemas.status import DeliveryStatus


def reclaim_all(conn: Connection, room: Room) -> int:
    """Take every turn and lease back: right at the start of the only process, when nobody can be at work.

    Return how many leases there were.
    """
    forget_turns(conn)
    return _reclaim(conn, room, leased(conn), ())


def reclaim_expired(conn: Connection, room: Room, busy: Collection[str]) -> int:
    """Take the leases back that are over, except those of deliveries that this process still works on."""
    return _reclaim(conn, room, leased(conn, before_wall=wall_of(conn)), busy)


def _reclaim(conn: Connection, room: Room, orphans: list[DeliveryRecord], busy: Collection[str]) -> int:
    lost = [delivery for delivery in orphans if delivery.id not in busy]
    for delivery in lost:
        _let_go(conn, room, delivery)
    return len(lost)


def _let_go(conn: Connection, room: Room, delivery: DeliveryRecord) -> None:
    """End the open attempt; a send becomes unknown, a look-up or poll is simply due again."""
    now, attempt = room.clock.now(), open_attempt(conn, delivery.id)
    referral = None if attempt is None else referral_by_id(conn, attempt.referral_id)
    if attempt is not None and (referral is None or attempt.decision == "reconcile"):
        end_attempt(conn, attempt.id, now, "interrupted")
    elif attempt is not None and referral is not None:
        end_telling(conn, referral, attempt.id, now, "interrupted")
    if delivery.kind is Verb.VERIFY and delivery.status is DeliveryStatus.SENDING:
        settle(conn, read_papers(conn, room, delivery), DeliveryStatus.PENDING, now, delivery={"due_at": now})
        return  # a question may be asked again, by a decision of its own
    if delivery.status is not DeliveryStatus.SENDING:
        unknown_since = now if delivery.status is DeliveryStatus.UNKNOWN else delivery.unknown_since
        update_delivery(conn, delivery.id, lease_until_wall=None, due_at=now, unknown_since=unknown_since)
        return
    agency = room.agencies.active.get(delivery.agency)
    reconcilable = agency is not None and agency.repeat_of(delivery.kind) in {Repeat.KEYED, Repeat.LOOKUP}
    settle(
        conn,
        read_papers(conn, room, delivery),
        DeliveryStatus.UNKNOWN,
        now,
        reason="answer_lost" if reconcilable else "person_decides",
        delivery={"due_at": now if reconcilable else None, "unknown_since": now, "lookups": 0},
    )
