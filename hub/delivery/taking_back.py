"""Tells an agency that what it was sent is withdrawn (철회): when, and the delivery that does it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.agencies import ActiveAgency
from hub.consent.policy import Permission
from hub.delivery.permission import ask_policy
from hub.delivery.room import Papers, Room, unseal_document
from hub.store.attempts import accepted_submit
from hub.store.consents import consents_of_case
from hub.store.deliveries import DeliveryRecord, delivery_of_kind, insert_delivery
from hub.store.ids import new_id
from hub.store.referrals import append_event
from schemas.events import EventKind
from schemas.status import DeliveryStatus


def take_back_if_consent_is_gone(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, now: datetime
) -> bool:
    """Withdraw a delivered referral if a consent that its disclosure rests on is withdrawn; return whether it is.

    If what is left still carries the referral, the agency keeps it, and an event asks staff to tell it which items
    the client took back: no contract that we know has a message for a part. The recipient is the one that was told,
    whatever office carries the referral since.
    """
    attempt = accepted_submit(conn, papers.delivery.id)
    if attempt is None:
        return False
    rested_on = {basis for bases in attempt.bases.values() for basis in bases}
    consents = consents_of_case(conn, papers.referral.case_id)
    gone = any(c.withdrawn_at is not None and c.withdrawn_at <= now and c.id in rested_on for c in consents)
    if not gone:
        return False
    document = unseal_document(room, papers)
    permission = ask_policy(conn, room, papers, agency.profile, document, now, attempt.recipient)
    if isinstance(permission, Permission):
        append_event(
            conn, papers.referral.id, EventKind.CONSENT_CHANGED, now, "hub", reason="tell_agency_of_partial_withdrawal"
        )
        return False
    take_back(conn, papers, agency, now)
    return True


def take_back(conn: Connection, papers: Papers, agency: ActiveAgency, now: datetime) -> None:
    """Queue the withdrawal at the agency, once; without such a verb, an event asks staff to do it by hand."""
    if delivery_of_kind(conn, papers.referral.id, Verb.WITHDRAW) is not None:
        return
    if Verb.WITHDRAW not in agency.verbs:
        append_event(conn, papers.referral.id, EventKind.CONSENT_CHANGED, now, "hub", reason="tell_agency_by_hand")
        return
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
