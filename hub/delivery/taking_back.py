"""Tells an agency that what it was sent is withdrawn (철회): when, and the delivery that does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection

from adapters.sdk import Profile, Verb
from hub.consent.policy import Permission, Withheld
from hub.delivery.permission import ask_policy
from hub.delivery.room import Papers, Room, unseal_document
from hub.delivery.steps import TELL_BY_HAND
from hub.delivery.supplementing import STOPPED, stop_unsent
from hub.store.attempts import AttemptRecord, attempts_behind
from hub.store.consents import consents_of_case
from hub.store.deliveries import DeliveryRecord, delivery_of_kind, insert_delivery
from hub.store.ids import new_id
from hub.store.referrals import ReferralRecord, append_event, referral_by_id, update_referral
from hub.vault.boxes import SealBrokenError
from schemas.events import EventKind
from schemas.status import DeliveryStatus

_log = structlog.get_logger("naru.delivery")
_TELLS = frozenset({Verb.WITHDRAW, Verb.FOLD})
"""The verbs that can say a withdrawal, by a call or in a file."""


class Told(StrEnum):
    """How an agency hears that a referral is taken back."""

    NOT = "not"
    """It keeps the referral."""
    BY_US = "by_us"
    """A delivery tells it, or told it."""
    BY_HAND = "by_hand"
    """A person must: the task stays open until somebody records that the agency acknowledged."""


def take_back_if_consent_is_gone(
    conn: Connection, room: Room, papers: Papers, now: datetime, told: Sequence[AttemptRecord] | None = None
) -> Told:
    """Withdraw a delivered referral if a consent that its disclosure rests on is withdrawn; say how it is told.

    If what is left still carries the referral, the agency keeps it, and an event asks staff to tell it which items
    the client took back: no contract that we know has a message for a part. The recipient is the one that was told,
    whatever office carries the referral since. An agency that is switched off is told when it is back.

    `papers` are the submit's; `told` are the disclosures that are asked about: all of the referral, unless given.
    """
    if told is None:
        told = attempts_behind(conn, papers.referral.id)
    if not rests_on_withdrawn(conn, papers.referral, told):
        return Told.NOT
    agency, recipient = room.agencies.get(papers.referral.agency), told[-1].recipient if told else papers.recipient
    if agency is not None and agency.profile is not None:
        left = left_after_withdrawal(conn, room, papers, agency.profile, now, recipient)
        if isinstance(left, Permission):
            _ask_staff(conn, papers, now, "tell_agency_of_partial_withdrawal")
            return Told.NOT
    return take_back(conn, room, papers, now)


def left_after_withdrawal(
    conn: Connection, room: Room, papers: Papers, profile: Profile, now: datetime, recipient: str
) -> Permission | Withheld | None:
    """Return what other consents still carry of what a withdrawn one is about; None if the document does not open.

    Then nobody can tell, and nothing is carried: so the client who withdraws would have it.
    """
    try:
        document = unseal_document(room, papers)
    except (SealBrokenError, ValidationError) as error:
        _log.error("withdrawn_unread", delivery=papers.delivery.id, error=type(error).__name__)
        return None
    return ask_policy(conn, room, papers, profile, document, now, recipient)


def rests_on_withdrawn(
    conn: Connection, referral: ReferralRecord, told: Sequence[AttemptRecord], by: datetime | None = None
) -> bool:
    """Return whether a consent on which these disclosures rest is withdrawn, or was `by` a moment.

    Of what the agency has and no journal knows, that is every consent about the referral.
    """
    consents = consents_of_case(conn, referral.case_id)
    rested_on = {basis for attempt in told for bases in attempt.bases.values() for basis in bases}
    if not told:
        rested_on = {one.id for one in consents if concerns(one.recipient, one.purposes, referral)}
    withdrawn = [(one.id, one.withdrawn_at) for one in consents if one.withdrawn_at is not None]
    return any(one in rested_on and (by is None or at <= by) for one, at in withdrawn)


def concerns(recipient: str, purposes: Sequence[str] | frozenset[str], referral: ReferralRecord) -> bool:
    """Return whether a consent is about this referral: its agency, whatever office carries it now, and its service."""
    return recipient.partition(":")[0] == referral.agency and referral.service_code in purposes


def take_back(conn: Connection, room: Room, papers: Papers, now: datetime) -> Told:
    """Queue the withdrawal at the agency, once; say how it is told.

    An agency whose contract has no withdrawal, whose adapter is broken, or whose receipt nobody knows, must be told by
    hand: the withdrawal is held, and the referral says so, until a person records the acknowledgement.
    """
    before = delivery_of_kind(conn, papers.referral.id, Verb.WITHDRAW)
    if before is not None:
        return _told_by(before)
    stop_unsent(conn, papers.referral.id, now, STOPPED)
    agency, referral = room.agencies.get(papers.referral.agency), referral_by_id(conn, papers.referral.id)
    by_us = agency is not None and agency.verbs & _TELLS and referral is not None and referral.receipt is not None
    withdrawal = DeliveryRecord(
        id=new_id("dlv"),
        referral_id=papers.referral.id,
        agency=papers.referral.agency,
        kind=Verb.WITHDRAW,
        status=DeliveryStatus.PENDING if by_us else DeliveryStatus.HELD,
        wire_key=papers.referral.wire_key,
        urgent=True,
        due_at=now if by_us else None,
        created_at=now,
    )
    insert_delivery(conn, withdrawal)
    if not by_us:
        ask_to_tell_by_hand(conn, papers.referral.id, now, reason=TELL_BY_HAND)
    return _told_by(withdrawal)


def ask_to_tell_by_hand(
    conn: Connection, referral_id: str, now: datetime, reason: str, actor: str = "hub", raw_code: str | None = None
) -> None:
    """Open the task of a person who tells the agency: it stays until the agency's acknowledgement is known.

    `reason` is the event's: the contract has no such message, or what became of the one that was tried.
    """
    update_referral(conn, referral_id, now, reason=TELL_BY_HAND, reason_paths=[])
    append_event(conn, referral_id, EventKind.CONSENT_CHANGED, now, actor, reason=reason, raw_code=raw_code)


def _told_by(withdrawal: DeliveryRecord) -> Told:
    """Return how a withdrawal is told: by a person, once we cannot, or the agency refused or never answered."""
    match withdrawal.status:
        case DeliveryStatus.HELD | DeliveryStatus.FAILED | DeliveryStatus.REFUSED:
            return Told.BY_HAND
        case DeliveryStatus.UNKNOWN if withdrawal.due_at is None:
            return Told.BY_HAND
        case _:
            return Told.BY_US


def _ask_staff(conn: Connection, papers: Papers, now: datetime, reason: str) -> None:
    append_event(conn, papers.referral.id, EventKind.CONSENT_CHANGED, now, "hub", reason=reason)
