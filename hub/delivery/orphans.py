"""Attempts that nobody will finish: their process died, or their lease ran out. What may have left is unknown."""

from __future__ import annotations

import random
from collections.abc import Collection
from functools import partial

import structlog
from sqlalchemy import Connection

from adapters.sdk import Repeat, Verb
from hub.agencies import repeat_of
from hub.delivery.ending import end_telling
from hub.delivery.giving_up import papers_unopened
from hub.delivery.room import Room
from hub.delivery.settle import settle
from hub.store.attempts import end_attempt, open_attempt
from hub.store.deliveries import (
    DeliveryRecord,
    forget_turns,
    leased,
    leased_before,
    lock_leased,
    update_delivery,
)
from hub.store.store import Store
from hub.store.wall import wall_of
from schemas.status import DeliveryStatus

_log = structlog.get_logger("naru.delivery")


def reclaim_all(conn: Connection, room: Room) -> int:
    """Take every turn and lease back: right at the start of the only process, when nobody can be at work.

    Return how many leases there were.
    """
    forget_turns(conn)
    orphans = leased(conn)
    for delivery in orphans:
        _let_go(conn, room, delivery)
    return len(orphans)


async def reclaim_expired(store: Store, room: Room, busy: Collection[str] = ()) -> int:
    """Take the leases back that are over, except those of deliveries that this process still works on.

    Return how many they were. Each is a transaction of its own, in no order: several processes do this at once, and
    must neither wait for each other nor refuse each other for ever; and one that cannot be taken back keeps none of the
    others.
    """
    orphans = await store.read(lambda conn: leased_before(conn, wall_of(conn)))
    random.shuffle(orphans)
    lost = 0
    for delivery_id in orphans:
        if delivery_id in busy:
            continue
        try:
            lost += await store.write(partial(reclaim, room=room, delivery_id=delivery_id))
        except Exception as error:  # noqa: BLE001 - it is tried again at the next look
            _log.error("orphan_stays", delivery=delivery_id, error=type(error).__name__)
    return lost


def reclaim(conn: Connection, room: Room, delivery_id: str) -> bool:
    """Take one lease back; return False if it is not over, or another process does this at the moment."""
    delivery = lock_leased(conn, delivery_id, wall_of(conn))
    if delivery is not None:
        _let_go(conn, room, delivery)
    return delivery is not None


def _let_go(conn: Connection, room: Room, delivery: DeliveryRecord) -> None:
    """End the open attempt; a send becomes unknown, a look-up or poll is simply due again.

    Nothing is opened for it: a case that does not open must not keep the others, or the process, from going on.
    """
    now, attempt, papers = room.clock.now(), open_attempt(conn, delivery.id), papers_unopened(conn, delivery.id)
    if attempt is not None and (papers is None or attempt.decision == "reconcile"):
        end_attempt(conn, attempt.id, now, "interrupted")
    elif attempt is not None and papers is not None:
        end_telling(conn, papers.referral, attempt.id, now, "interrupted")
    if papers is None or delivery.status is not DeliveryStatus.SENDING:
        unknown_since = now if delivery.status is DeliveryStatus.UNKNOWN else delivery.unknown_since
        update_delivery(conn, delivery.id, lease_until_wall=None, due_at=now, unknown_since=unknown_since)
        return
    if delivery.kind is Verb.VERIFY:
        settle(conn, papers, DeliveryStatus.PENDING, now, delivery={"due_at": now})
        return  # a question may be asked again, by a decision of its own
    was_told_of = delivery.kind is Verb.SUBMIT and papers.referral.business is not None  # `begin` believes it
    asks = was_told_of or _may_ask(room, delivery)
    settle(
        conn,
        papers,
        DeliveryStatus.UNKNOWN,
        now,
        reason="answer_lost" if asks else "person_decides",
        delivery={"due_at": now if asks else None, "unknown_since": now, "lookups": 0},
    )


def _may_ask(room: Room, delivery: DeliveryRecord) -> bool:
    """Return whether the hub can find out by itself what became of a send, once the agency can be called.

    This process may have it switched off, or broken: what it allows is the same. Where not even that is known here,
    whoever calls it next finds out.
    """
    agency = room.agencies.get(delivery.agency)
    if agency is None or agency.profile is None:
        return True
    return repeat_of(agency.profile, delivery.kind) in {Repeat.KEYED, Repeat.LOOKUP}
