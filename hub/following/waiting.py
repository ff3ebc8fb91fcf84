"""Callbacks that came before their referral could be found: stored, and taken in as soon as it can."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from hub.audit.entries import Action, record
from hub.delivery.room import Room, referral_subject
from hub.following.facts import take_facts
from hub.following.kept_calls import open_call
from hub.store.following import mark_matched, unmatched_calls
from hub.store.referrals import referral_by_id


def take_waiting_calls(conn: Connection, room: Room, referral_id: str, case_key: bytes, now: datetime) -> int:
    """Take in the stored calls, shelved ones too, that name this referral by key or receipt.

    Returns how many facts were new.
    """
    referral = referral_by_id(conn, referral_id)
    if referral is None:
        return 0
    new = 0
    for waiting in unmatched_calls(conn, referral.agency, referral.wire_key, referral.receipt):
        new += take_facts(conn, room, referral_id, case_key, open_call(room, waiting).facts, "callback", now)
        mark_matched(conn, waiting.id, referral_id)
        record(
            conn, at=now, actor=f"agency:{referral.agency}", action=Action.CALLBACK_RECEIVED,
            **referral_subject(referral), data={"inbox": waiting.id},
        )  # fmt: skip
    return new
