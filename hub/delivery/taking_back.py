"""Tells an agency that what it was sent is withdrawn (철회): when, and the delivery that does it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.consent.policy import Permission
from hub.delivery.permission import ask_policy
from hub.delivery.room import Papers, Room, unseal_document
from hub.store.attempts import disclosing_attempts
from hub.store.consents import consents_of_case
from hub.store.deliveries import DeliveryRecord, delivery_of_kind, insert_delivery
from hub.store.ids import new_id
from hub.store.referrals import append_event, referral_by_id
from schemas.events import EventKind
from schemas.status import DeliveryStatus

_TELLS = frozenset({Verb.WITHDRAW, Verb.FOLD})
"""The verbs that can say a withdrawal, by a call or in a file."""


def take_back_if_consent_is_gone(conn: Connection, room: Room, papers: Papers, now: datetime) -> bool:
    """Withdraw a delivered referral if a consent that its disclosure rests on is withdrawn; return whether it is.

    If what is left still carries the referral, the agency keeps it, and an event asks staff to tell it which items
    the client took back: no contract that we know has a message for a part. The recipient is the one that was told,
    whatever office carries the referral since. An agency that is switched off is told when it is back.
    """
    told = disclosing_attempts(conn, papers.delivery.id)
    rested_on = {basis for attempt in told for bases in attempt.bases.values() for basis in bases}
    consents = consents_of_case(conn, papers.referral.case_id)
    if not any(c.withdrawn_at is not None and c.withdrawn_at <= now and c.id in rested_on for c in consents):
        return False
    agency = room.agencies.get(papers.referral.agency)
    if agency is not None and agency.profile is not None:
        document = unseal_document(room, papers)
        permission = ask_policy(conn, room, papers, agency.profile, document, now, told[-1].recipient)
        if isinstance(permission, Permission):
            _ask_staff(conn, papers, now, "tell_agency_of_partial_withdrawal")
            return False
    return take_back(conn, room, papers, now)


def take_back(conn: Connection, room: Room, papers: Papers, now: datetime) -> bool:
    """Queue the withdrawal at the agency, once; return whether it is told, or will be.

    An agency whose contract has no withdrawal, whose adapter is broken, or whose receipt nobody knows, must be told by
    hand: an event asks staff to.
    """
    before = delivery_of_kind(conn, papers.referral.id, Verb.WITHDRAW)
    if before is not None:
        return before.status is not DeliveryStatus.REFUSED
    agency, referral = room.agencies.get(papers.referral.agency), referral_by_id(conn, papers.referral.id)
    if agency is None or not agency.verbs & _TELLS or referral is None or referral.receipt is None:
        _ask_staff(conn, papers, now, "tell_agency_by_hand")
        return False
    withdrawal = DeliveryRecord(
        id=new_id("dlv"),
        referral_id=papers.referral.id,
        agency=papers.referral.agency,
        kind=Verb.WITHDRAW,
        status=DeliveryStatus.PENDING,
        wire_key=papers.referral.wire_key,
        urgent=True,
        due_at=now,
        created_at=now,
    )
    insert_delivery(conn, withdrawal)
    return True


def _ask_staff(conn: Connection, papers: Papers, now: datetime, reason: str) -> None:
    append_event(conn, papers.referral.id, EventKind.CONSENT_CHANGED, now, "hub", reason=reason)
