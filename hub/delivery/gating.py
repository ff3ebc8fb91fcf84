"""What stands before every outbound act: the policy's decision, the order pruned to it, and the journal's row.

All of it runs inside one transaction, whatever the wire: one referral at a time (`begin`), or many frozen into one
file (`batches`).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from sqlalchemy import Connection

from adapters.sdk import (
    Disclose,
    Reconcile,
    SubmitOrder,
    SupplementOrder,
    Verb,
    VerifyOrder,
    Withdraw,
    WithdrawOrder,
    WithdrawReason,
)
from adapters.sdk.decisions import steady_now
from hub.agencies import ActiveAgency
from hub.audit.bases import fields_by_basis
from hub.audit.entries import Action, record
from hub.clock import wall_now
from hub.consent.policy import Withheld, WithheldReason
from hub.delivery.permission import ask_policy
from hub.delivery.room import Papers, Room, referral_subject, unseal_document
from hub.delivery.settle import settle_without_call
from hub.delivery.taking_back import rests_on_withdrawn
from hub.store.attempts import AttemptRecord, attempts_behind, insert_attempt
from hub.store.consents import next_consent_begins
from hub.store.deliveries import DeliveryRecord, update_delivery
from hub.store.ids import new_id
from hub.store.referrals import update_referral
from schemas.disclosure import Disclosure
from schemas.privacy import prune
from schemas.status import DeliveryStatus


@dataclass(frozen=True)
class Attempt:
    """The identity of an attempt that is being prepared. `send_by` is on the clock of `steady_now`, in seconds."""

    id: str
    token: int
    message_id: str
    started_at: datetime
    send_by: float


def new_attempt(room: Room, delivery: DeliveryRecord, now: datetime) -> Attempt:
    """Return the next attempt of a delivery; its window to send opens now."""
    send_by = steady_now() + room.settings.send_window_seconds
    return Attempt(new_id("att"), delivery.token + 1, uuid.uuid4().hex, now, send_by)


class Head(TypedDict):
    """What every order begins with."""

    wire_key: str
    message_id: str
    office: str | None
    sent_at: datetime


def head_of(papers: Papers, message_id: str) -> Head:
    """Return what an order of this referral begins with."""
    referral = papers.referral
    return Head(wire_key=referral.wire_key, message_id=message_id, office=referral.office, sent_at=wall_now())


def submit_order(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, attempt: Attempt
) -> SubmitOrder | Withheld:
    """Ask the policy, and return the order with what it allows; or why it allows nothing."""
    allowed = _allowed(conn, room, papers, agency, attempt)
    if isinstance(allowed, Withheld):
        return allowed
    decision, document = allowed
    return SubmitOrder(**head_of(papers, attempt.message_id), decision=decision, document=document)


def verify_order(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, attempt: Attempt
) -> VerifyOrder | Withheld:
    """Ask the policy as for a submit, about what the question says."""
    allowed = _allowed(conn, room, papers, agency, attempt)
    if isinstance(allowed, Withheld):
        return allowed
    decision, document = allowed
    return VerifyOrder(**head_of(papers, attempt.message_id), decision=decision, document=document)


def supplement_order(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, attempt: Attempt
) -> SupplementOrder | Withheld:
    """Ask the policy as for a submit, about what the supplement says; it has a decision and a key of its own.

    Raises:
        LookupError: the agency never gave a receipt: then nobody should have handed in a supplement.
    """
    receipt = papers.referral.receipt
    if receipt is None:
        raise LookupError(f"{papers.delivery.id} supplements a referral without a receipt")
    allowed = _allowed(conn, room, papers, agency, attempt)
    if isinstance(allowed, Withheld):
        return allowed
    decision, document = allowed
    return SupplementOrder(
        **head_of(papers, attempt.message_id), decision=decision, document=document, receipt=receipt,
        supplement_key=papers.delivery.wire_key,
    )  # fmt: skip


def _allowed(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, attempt: Attempt
) -> tuple[Disclose, Disclosure] | Withheld:
    """Return the decision with the document pruned to it; or why there is none."""
    document = unseal_document(room, papers, to_send=True)
    permission = ask_policy(conn, room, papers, agency.profile, document, attempt.started_at, papers.recipient)
    if isinstance(permission, Withheld):
        return permission
    decision = room.mint.disclose(
        permission,
        attempt_id=attempt.id,
        recipient=papers.recipient,
        send_by=attempt.send_by,
        case_key=papers.case_key,
    )
    return decision, prune(document, decision.fields)


def withdraw_order(
    conn: Connection, room: Room, papers: Papers, attempt: Attempt, frozen_at: datetime | None = None
) -> WithdrawOrder:
    """Return the order that tells the agency of a withdrawal: it rests on the disclosure already made.

    `frozen_at`: the moment whose reason it tells, if it is built again; what a client withdrew since is left aside.

    Raises:
        LookupError: the agency never gave a receipt: then nobody should have asked for a withdrawal.
    """
    receipt = papers.referral.receipt
    if receipt is None:
        raise LookupError(f"{papers.delivery.id} withdraws a referral without a receipt")
    decision = room.mint.withdraw(attempt_id=attempt.id, recipient=papers.recipient, send_by=attempt.send_by)
    told = attempts_behind(conn, papers.referral.id)
    by_client = rests_on_withdrawn(conn, papers.referral, told, frozen_at)
    reason = WithdrawReason.CONSENT_WITHDRAWN if by_client else WithdrawReason.CANCELLED
    return WithdrawOrder(**head_of(papers, attempt.message_id), decision=decision, receipt=receipt, reason=reason)


def withhold(conn: Connection, papers: Papers, withheld: Withheld, now: datetime) -> None:
    """Hold what may not be disclosed, or cancel it if the client took the consent back."""
    note_withheld(conn, papers, withheld, now)
    withdrawn = withheld.reason is WithheldReason.CONSENT_WITHDRAWN
    status = DeliveryStatus.CANCELLED if withdrawn else DeliveryStatus.HELD
    not_yet = withheld.reason is WithheldReason.CONSENT_NOT_YET
    due = next_consent_begins(conn, papers.referral.case_id, now) if not_yet else None
    settle_without_call(conn, papers, status, now, reason=str(withheld.reason), paths=withheld.paths, due_at=due)


def note_withheld(conn: Connection, papers: Papers, withheld: Withheld, now: datetime) -> None:
    """Write into the audit trail that the policy let nothing go, and why."""
    record(
        conn,
        at=now,
        actor="hub",
        action=Action.WITHHELD,
        **referral_subject(papers.referral),
        data={"recipient": papers.recipient, "reason": withheld.reason, "paths": list(withheld.paths)},
    )


def journal(
    conn: Connection, papers: Papers, attempt: Attempt, verb: Verb, decision: Disclose | Reconcile | Withdraw
) -> None:
    """Write the attempt down, before a byte leaves: once it is committed, what becomes of it must be found out."""
    disclosed = decision if isinstance(decision, Disclose) else None
    insert_attempt(
        conn,
        AttemptRecord(
            id=attempt.id,
            delivery_id=papers.delivery.id,
            referral_id=papers.referral.id,
            case_id=papers.referral.case_id,
            verb=verb,
            decision=type(decision).__name__.lower(),
            recipient=decision.recipient,
            token=attempt.token,
            message_id=attempt.message_id,
            fields=tuple(sorted(disclosed.fields)) if disclosed else (),
            bases=disclosed.bases if disclosed else {},
            fields_hmac=disclosed.fields_hmac if disclosed else None,
            started_at=attempt.started_at,
        ),
    )
    if isinstance(decision, Reconcile):
        return  # tells nothing new; the attempt itself is kept
    data: dict[str, object] = {"attempt": attempt.id, "verb": str(verb), "recipient": decision.recipient}
    if disclosed:
        data |= {"fields": sorted(disclosed.fields), "bases": fields_by_basis(disclosed.bases)}
    record(
        conn,
        at=attempt.started_at,
        actor="hub",
        action=Action.DISCLOSED if disclosed else Action.WITHDRAWAL_TOLD,
        **referral_subject(papers.referral),
        data=data,
    )


def mark_sending(conn: Connection, papers: Papers, attempt: Attempt) -> None:
    """Show that a send is under way; one that repeats an unknown one stays unknown, for nothing is known better yet."""
    delivery = papers.delivery
    since = delivery.tried_since if delivery.tries and delivery.tried_since else attempt.started_at
    update_delivery(conn, delivery.id, tries=delivery.tries + 1, tried_since=since)
    if papers.delivery.status is DeliveryStatus.PENDING:
        update_delivery(conn, papers.delivery.id, status=DeliveryStatus.SENDING)
        if papers.delivery.kind is Verb.SUBMIT:
            update_referral(conn, papers.referral.id, attempt.started_at, delivery=DeliveryStatus.SENDING)
