"""Callbacks that came before their referral could be found: stored, and taken in as soon as it can."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from hub.audit.entries import Action, record
from hub.delivery.room import Room, referral_subject
from hub.following.facts import take_facts
from hub.following.kept_calls import apart, open_call
from hub.store.following import InboxRecord, mark_matched, mark_of_other_office, unmatched_calls
from hub.store.referrals import ReferralRecord, append_event, referral_by_id
from schemas.events import EventKind


def take_waiting_calls(conn: Connection, room: Room, referral_id: str, case_key: bytes, now: datetime) -> int:
    """Take in the stored calls, shelved ones too, that name this referral by key or receipt.

    One of another office than the one that has it is flagged, and kept until the referral moves there; one that cannot
    be taken in waits on, and goes on the shelf in its time. Returns how many facts were new.
    """
    referral, new = referral_by_id(conn, referral_id), 0
    if referral is None:
        return 0
    for waiting in unmatched_calls(conn, referral.agency, referral.wire_key, referral.receipt):
        take = partial(_take, conn, room, referral, waiting, case_key, now)
        new += apart(conn, referral.agency, waiting.id, take) or 0
    return new


def _take(
    conn: Connection, room: Room, referral: ReferralRecord, waiting: InboxRecord, case_key: bytes, now: datetime
) -> int:
    told, agency, new = open_call(room, waiting), f"agency:{referral.agency}", 0
    if told.office in {None, _office_of(conn, referral.id)}:
        mark_matched(conn, waiting.id, referral.id)
        new = take_facts(conn, room, referral.id, case_key, told.facts, "callback", now)
    else:
        mark_of_other_office(conn, waiting.id, referral.id)
        append_event(conn, referral.id, EventKind.FACT_FLAGGED, now, agency, reason="other_office")
    record(
        conn, at=now, actor=agency, action=Action.CALLBACK_RECEIVED, **referral_subject(referral),
        data={"inbox": waiting.id},
    )  # fmt: skip
    return new


def _office_of(conn: Connection, referral_id: str) -> str | None:
    """Return the office that has a referral now: the call before may have told of its transfer (이송)."""
    referral = referral_by_id(conn, referral_id)
    return referral.office if referral is not None else None
