"""Callbacks that came before their referral could be found: stored, and taken in as soon as it can."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from hub.audit.entries import Action, record
from hub.delivery.room import Room, referral_subject
from hub.following.facts import take_facts
from hub.following.kept_calls import open_call
from hub.store.following import mark_matched, mark_of_other_office, unmatched_calls
from hub.store.referrals import append_event, referral_by_id
from schemas.events import EventKind


def take_waiting_calls(conn: Connection, room: Room, referral_id: str, case_key: bytes, now: datetime) -> int:
    """Take in the stored calls, shelved ones too, that name this referral by key or receipt.

    One of another office than the one that has it is flagged, and kept until the referral moves there. Returns how many
    facts were new.
    """
    referral, new = referral_by_id(conn, referral_id), 0
    if referral is None:
        return 0
    agency = f"agency:{referral.agency}"
    for waiting in unmatched_calls(conn, referral.agency, referral.wire_key, referral.receipt):
        told = open_call(room, waiting)
        if told.office in {None, _office_of(conn, referral_id)}:
            mark_matched(conn, waiting.id, referral_id)
            new += take_facts(conn, room, referral_id, case_key, told.facts, "callback", now)
        else:
            mark_of_other_office(conn, waiting.id, referral_id)
            append_event(conn, referral_id, EventKind.FACT_FLAGGED, now, agency, reason="other_office")
        record(
            conn, at=now, actor=agency, action=Action.CALLBACK_RECEIVED, **referral_subject(referral),
            data={"inbox": waiting.id},
        )  # fmt: skip
    return new


def _office_of(conn: Connection, referral_id: str) -> str | None:
    """Return the office that has a referral now: the call before may have told of its transfer (이송)."""
    referral = referral_by_id(conn, referral_id)
    return referral.office if referral is not None else None
