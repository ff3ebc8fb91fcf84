"""The shelf of what agencies told and nobody can place (짝 없는 통보): who waits too long goes there, and is told once.

What lies there is kept, sealed, and taken in like anything that waits, as soon as its referral can be found.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.audit.entries import Action, record
from hub.delivery.giving_up import is_passing
from hub.delivery.room import Room, read_papers
from hub.following.waiting import take_waiting_calls
from hub.logs import places
from hub.notices.alarms import Alarm, raise_alarm
from hub.store.cases import is_purged
from hub.store.deliveries import delivery_of_kind
from hub.store.following import LeftCall, calls_waiting_since, is_any_waiting_since, mark_shelved, still_waits
from hub.store.referrals import referral_by_key

_log = structlog.get_logger("naru.following")
AT_ONCE = 50
"""Calls of one transaction."""


def is_any_left(conn: Connection, room: Room) -> bool:
    """Return whether a call has waited too long."""
    return is_any_waiting_since(conn, _too_long_ago(room))


def _too_long_ago(room: Room) -> datetime:
    return room.clock.now() - timedelta(hours=room.settings.unmatched_hours)


def shelve_calls(conn: Connection, room: Room) -> list[LeftCall]:
    """Put some of the calls that have waited too long on the shelf; return them, for the log.

    Each has an entry in the audit trail, each agency of them one alarm. One whose referral can be found after all is
    taken in instead. A call is shelved in one transaction, by one process; that is what makes it told once.
    """
    now = room.clock.now()
    waiting = calls_waiting_since(conn, _too_long_ago(room), AT_ONCE)
    shelved = [call for call in waiting if not _is_taken_in(conn, room, call, now)]
    for call in shelved:
        mark_shelved(conn, call.id)
        record(conn, at=now, actor="hub", action=Action.CALL_SHELVED, data={"agency": call.agency, "inbox": call.id})
    for agency in sorted({call.agency for call in shelved}):
        raise_alarm(conn, Alarm.CALL_SHELVED, agency, now)
    return shelved


def _is_taken_in(conn: Connection, room: Room, call: LeftCall, now: datetime) -> bool:
    """Take a call in if the referral that it names has turned up; return whether it waits no more."""
    referral = referral_by_key(conn, call.agency, call.wire_key, call.receipt)
    if referral is None or is_purged(conn, referral.case_id):
        return False
    delivery = delivery_of_kind(conn, referral.id, Verb.SUBMIT)
    if delivery is None:
        return False
    try:
        with conn.begin_nested():  # one call that cannot be read must not keep the others from being told
            take_waiting_calls(conn, room, referral.id, read_papers(conn, room, delivery).case_key, now)
    except Exception as error:  # whatever is wrong with it, a person is told of it
        if is_passing(error):
            raise  # the store's trouble, not this call's
        _log.error("call_not_taken", agency=call.agency, inbox=call.id, error=type(error).__name__, at=places(error))
    return not still_waits(conn, call.id)
