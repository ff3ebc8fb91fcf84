"""One page of the register of provisions to third parties (제3자 제공 내역), with all that its entries name.

Sources: 개인정보 보호법 35 (열람) and 29 (접속기록), 신용정보법 35. How it is shown is `hub/api/register_views.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from hub.consent.records import ConsentRecord
from hub.store.attempts import asked_first_among
from hub.store.consents import consents_by_id
from hub.store.referrals import ReferralRecord, events_of
from hub.store.register import (
    Entry,
    EntryKind,
    Place,
    Sending,
    Withdrawal,
    office_after,
    referrals_by_id,
    register_of,
    sendings,
    withdrawals_of,
)
from schemas.events import Event

CONSENT_PREFIX = "con_"
"""What the ids of consents begin with; a basis without it is an article of law."""
_POSITION = re.compile(r"(\d{1,17})_([a-z0-9_]{1,42})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class RegisterPage:
    """Entries, oldest first, and what they name: sends by attempt, events by place, referrals and consents in order."""

    entries: Sequence[Entry]
    sendings: Mapping[str, Sending]
    events: Mapping[tuple[str, int], Event]
    offices: Mapping[tuple[str, int], str | None]
    """Where a referral was transferred to, by the event."""
    referrals: Sequence[ReferralRecord]
    consents: Sequence[ConsentRecord]
    withdrawals: Mapping[str, Withdrawal]
    asked_first: Collection[str]
    """The referrals whose agency was asked about the client beforehand."""
    has_more: bool


def read_page(conn: Connection, centre_id: str, client_id: str, after: Place | None, limit: int) -> RegisterPage:
    """Read a page of a client's register at one centre; `after`: the place of the last entry of the page before."""
    found = register_of(conn, centre_id, client_id, after=after, limit=limit + 1)
    entries = found[:limit]
    sent = sendings(conn, [entry.id for entry in entries if entry.kind is EntryKind.SENT and entry.id])
    told = {
        (entry.referral_id, entry.sequence): event
        for entry in entries
        if entry.referral_id is not None and entry.sequence is not None
        for event in events_of(conn, entry.referral_id, after=entry.sequence - 1, limit=1)
    }
    moved = {
        (entry.referral_id, entry.sequence)
        for entry in entries
        if entry.kind is EntryKind.TRANSFERRED and entry.referral_id and entry.sequence
    }
    referral_ids = {entry.referral_id for entry in entries if entry.referral_id is not None}
    withdrawn = {entry.id for entry in entries if entry.kind is EntryKind.CONSENT_WITHDRAWN and entry.id}
    return RegisterPage(
        entries=entries,
        sendings=sent,
        events=told,
        offices={place: office_after(conn, place[0], told[place]) for place in moved},
        referrals=referrals_by_id(conn, referral_ids),
        consents=consents_by_id(conn, withdrawn | set(consents_among(sent.values()))),
        withdrawals=withdrawals_of(conn, referral_ids),
        asked_first=asked_first_among(conn, referral_ids),
        has_more=len(found) > limit,
    )


def consents_among(sends: Iterable[Sending]) -> Iterable[str]:
    """Yield the ids of the consents that sends rested on."""
    bases = (basis for sending in sends for named in sending.attempt.bases.values() for basis in named)
    return (basis for basis in bases if basis.startswith(CONSENT_PREFIX))


def to_position(place: Place) -> str:
    """Write a place of the register as the position that a cursor wraps."""
    return f"{(place.at - _EPOCH) // _INSTANT}_{place.key}"


def from_position(position: str | None) -> Place | None:
    """Read a position; None, the beginning, for none and for one of another listing."""
    found = _POSITION.fullmatch(position or "")
    return None if found is None else Place(_EPOCH + int(found[1]) * _INSTANT, found[2])
