"""Judges anew what is held since no law opens a field (법적 근거): the table of statutes has days, and changes."""

from __future__ import annotations

from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.consent.policy import Withheld
from hub.consent.reasons import WithheldReason
from hub.delivery.permission import ask_policy
from hub.delivery.room import Room, read_papers, unseal_document
from hub.delivery.settle import settle_without_call
from hub.delivery.steps import VerificationReason
from hub.store.deliveries import delivery_of_kind
from hub.store.referrals import append_event, referral_by_id, referrals_held_for
from schemas.events import EventKind
from schemas.status import DeliveryStatus

_ASKED_FOR = {WithheldReason.STATUTE_MISSING: Verb.SUBMIT, VerificationReason.WITHOUT_STATUTE: Verb.VERIFY}
"""Why a referral waits for a law → the delivery that needs it."""


def held_for_law(conn: Connection) -> list[str]:
    """Return the referrals that are held since no law opens a field."""
    return referrals_held_for(conn, [str(reason) for reason in _ASKED_FOR])


def release_if_lawful(conn: Connection, room: Room, referral_id: str) -> bool:
    """Let a referral go on for which a law now opens what it lacked; return whether it does."""
    referral, now = referral_by_id(conn, referral_id), room.clock.now()
    if referral is None or referral.delivery is not DeliveryStatus.HELD or referral.reason not in _ASKED_FOR:
        return False
    agency = room.agencies.active.get(referral.agency)
    submit = delivery_of_kind(conn, referral_id, Verb.SUBMIT)
    if agency is None or submit is None:
        return False
    papers = read_papers(conn, room, submit)
    kind = _ASKED_FOR[referral.reason]  # type: ignore[index]  # a member of both enumerations equals its text
    found = ask_policy(conn, room, papers, agency.profile, unseal_document(room, papers), now, papers.recipient, kind)
    if isinstance(found, Withheld):
        return False
    append_event(conn, referral_id, EventKind.CONSENT_CHANGED, now, "hub", reason="law_opened")
    settle_without_call(conn, papers, DeliveryStatus.PENDING, now, due_at=now)
    return True
