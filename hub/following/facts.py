"""Takes an agency's facts into the referral: each once, in the order they are told, with an event for each change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from sqlalchemy import Connection

from adapters.sdk import Fact
from hub.delivery.room import Room
from hub.delivery.supplementing import hear_of_business
from hub.following.kept_calls import apart, open_call
from hub.following.placing import Placing, digest_of, place_fact
from hub.store.following import (
    InboxRecord,
    calls_of_other_offices,
    fact_is_known,
    insert_fact,
    latest_applied,
    mark_matched,
)
from hub.store.ids import new_id
from hub.store.referrals import ReferralRecord, append_event, referral_by_id, update_referral
from hub.vault.boxes import event_text_place, place
from schemas.events import EventKind
from schemas.status import can_follow

_CLOCKS_DIFFER_AT_MOST = timedelta(days=1)

Source = Literal["submit", "find", "poll", "withdraw", "supplement", "callback", "result"]


def take_facts(
    conn: Connection,
    room: Room,
    referral_id: str,
    case_key: bytes,
    facts: Sequence[Fact],
    source: Source,
    now: datetime,
) -> int:
    """Store the facts that are new and apply those that can; return how many were new.

    If they say that the referral moved to another office, what that one told before is taken in too.
    """
    new, moved = 0, False
    for number, fact in enumerate(facts, start=1):
        referral = referral_by_id(conn, referral_id)
        if referral is None:
            raise LookupError(f"{referral_id} vanished while its facts were taken")
        digest = digest_of(fact)
        if fact_is_known(conn, referral_id, digest):
            if number < len(facts) or not _is_back(referral, fact):
                continue
            digest = digest_of(replace(fact, serial=f"again-{referral.events}"))
        moved |= _take(conn, room, referral, case_key, fact, digest, source, now)
        new += 1
    return new + _take_kept(conn, room, referral_id, case_key, now) if moved else new


def _take_kept(conn: Connection, room: Room, referral_id: str, case_key: bytes, now: datetime) -> int:
    """Take in what the office told that has the referral now: its words overtook the ones of the transfer (이송)."""
    referral, new = referral_by_id(conn, referral_id), 0
    for kept in calls_of_other_offices(conn, referral_id):
        if referral is not None:
            take = partial(_take_if_in_charge, conn, room, referral, case_key, kept, now)
            new += apart(conn, referral.agency, kept.id, take) or 0
    return new


def _take_if_in_charge(
    conn: Connection, room: Room, referral: ReferralRecord, case_key: bytes, kept: InboxRecord, now: datetime
) -> int:
    told = open_call(room, kept)
    if told.office != referral.office:
        return 0
    mark_matched(conn, kept.id, referral.id)
    return take_facts(conn, room, referral.id, case_key, told.facts, "callback", now)


def _is_back(referral: ReferralRecord, fact: Fact) -> bool:
    """Return whether the last word of an agency that tells no times and no numbers is a status it was in before."""
    nameless = fact.occurred_at is None and fact.serial is None
    moved = referral.business is not None and referral.business is not fact.business
    return nameless and moved and can_follow(referral.business, fact.business)


def _take(
    conn: Connection,
    room: Room,
    referral: ReferralRecord,
    case_key: bytes,
    fact: Fact,
    digest: str,
    source: Source,
    now: datetime,
) -> bool:
    """Store one fact and apply it if it can be; return whether it moved the referral to another office."""
    if fact.occurred_at is not None and fact.occurred_at > now + _CLOCKS_DIFFER_AT_MOST:
        fact = replace(fact, occurred_at=None)  # a slip of the agency's clock: it would make all that follows history
        append_event(
            conn, referral.id, EventKind.FACT_FLAGGED, now, _actor(referral), business=fact.business,
            raw_code=fact.raw_code, reason="time_in_future",
        )  # fmt: skip
    placing = place_fact(referral.business, latest_applied(conn, referral.id), fact)
    fact_id = new_id("fct")
    sealed = fact.text and room.vault.seal_text(case_key, place("facts", "sealed_text", fact_id), fact.text)
    insert_fact(
        conn,
        id=fact_id,
        referral_id=referral.id,
        digest=digest,
        business=fact.business,
        raw_code=fact.raw_code,
        occurred_at=fact.occurred_at,
        office=fact.office,
        learnt_at=now,
        source=source,
        applied=placing is Placing.APPLIED,
        sealed_text=sealed or None,
    )
    words = fact.text and partial(_seal_words, room, case_key, referral.id, fact.text)
    if placing is Placing.APPLIED:
        return _apply(conn, referral, fact, now, words or None)
    if placing is Placing.FLAGGED:
        append_event(
            conn, referral.id, EventKind.FACT_FLAGGED, now, _actor(referral), business=fact.business,
            raw_code=fact.raw_code, reason="cannot_follow", seal_text=words or None,
        )  # fmt: skip
    return False


def _seal_words(room: Room, case_key: bytes, referral_id: str, text: str, sequence: int) -> bytes:
    """Seal the agency's words for the event of that sequence."""
    return room.vault.seal_text(case_key, event_text_place(referral_id, sequence), text)


def _apply(
    conn: Connection, referral: ReferralRecord, fact: Fact, now: datetime, words: Callable[[int], bytes] | None
) -> bool:
    changes: dict[str, Any] = {"business": fact.business, "raw_code": fact.raw_code}
    moved = fact.office is not None and fact.office != referral.office
    if moved:
        changes["office"] = fact.office
    if fact.receipt is not None:
        changes["receipt"] = fact.receipt
    if fact.outcome is not None:
        changes["outcome"] = fact.outcome
    update_referral(conn, referral.id, now, **changes)
    hear_of_business(conn, referral, fact.business, now)
    if fact.business is not referral.business:
        append_event(
            conn,
            referral.id,
            EventKind.BUSINESS_CHANGED,
            now,
            _actor(referral),
            business=fact.business,
            raw_code=fact.raw_code,
            outcome=fact.outcome,
            seal_text=words,
        )
    if moved:
        append_event(conn, referral.id, EventKind.OFFICE_CHANGED, now, _actor(referral), raw_code=fact.raw_code)
    return moved


def _actor(referral: ReferralRecord) -> str:
    return f"agency:{referral.agency}"
