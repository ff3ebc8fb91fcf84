"""The transaction before a call: decide, journal, and hand the worker an order; or settle it without a call.

The decision and the attempt's row are committed together, before the first byte leaves. If the process dies after
that, the attempt has no outcome, and the delivery is *unknown* until the agency or a person says otherwise.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from sqlalchemy import Connection

from adapters.sdk import (
    Disclose,
    FindOrder,
    Order,
    Reconcile,
    StatusOrder,
    SubmitOrder,
    Verb,
    Withdraw,
    WithdrawOrder,
    WithdrawReason,
)
from adapters.sdk.decisions import steady_now
from hub.agencies import ActiveAgency
from hub.audit.entries import Action, record
from hub.clock import wall_now
from hub.consent.policy import Withheld, WithheldReason
from hub.delivery.acts import Act, next_act
from hub.delivery.arrival import believe_it_arrived
from hub.delivery.permission import ask_policy
from hub.delivery.room import Papers, Room, read_papers, referral_subject, unseal_document
from hub.delivery.settle import settle_without_call
from hub.store.attempts import AttemptRecord, insert_attempt
from hub.store.consents import consents_of_case
from hub.store.deliveries import DeliveryRecord, delivery_by_id, update_delivery
from hub.store.following import paused_lanes
from hub.store.ids import new_id
from hub.store.referrals import update_referral
from schemas.privacy import prune
from schemas.status import DeliveryStatus


@dataclass(frozen=True)
class Job:
    """One call that the worker shall make: which verb, with which order, for which attempt."""

    attempt_id: str
    delivery_id: str
    agency: str
    act: Act
    verb: Verb
    token: int
    started_at: datetime
    order: Order


@dataclass(frozen=True)
class _Attempt:
    """The identity of an attempt that is being prepared."""

    id: str
    token: int
    message_id: str
    started_at: datetime
    send_by: float


def begin(conn: Connection, room: Room, delivery_id: str) -> Job | None:
    """Prepare the next call of a delivery; None if there is none to make now."""
    delivery, now = delivery_by_id(conn, delivery_id), room.clock.now()
    agency = None if delivery is None else room.agencies.active.get(delivery.agency)
    if delivery is None or agency is None or not _may_work(conn, delivery, now):
        return None
    papers = read_papers(conn, room, delivery)
    if _is_settled_without_call(conn, room, papers, now):
        return None
    act = next_act(
        delivery.kind, delivery.status, papers.referral.business, agency.repeat_of(delivery.kind), agency.verbs
    )
    send_by = steady_now() + room.settings.send_window_seconds
    attempt = _Attempt(new_id("att"), delivery.token + 1, uuid.uuid4().hex, now, send_by)
    match act:
        case Act.SEND if delivery.kind is Verb.WITHDRAW:
            return _withdraw(conn, room, papers, agency, attempt)
        case Act.SEND:
            return _disclose(conn, room, papers, agency, attempt)
        case Act.LOOK_UP | Act.POLL:
            return _reconcile(conn, room, papers, agency, act, attempt)
        case Act.NOTHING:
            update_delivery(conn, delivery.id, due_at=None)
            return None


def _may_work(conn: Connection, delivery: DeliveryRecord, now: datetime) -> bool:
    """Return whether the delivery is due, its lane is open, and nobody else works on it."""
    is_due = delivery.due_at is not None and delivery.due_at <= now
    return is_due and delivery.lease_until_wall is None and delivery.agency not in paused_lanes(conn)


def _is_settled_without_call(conn: Connection, room: Room, papers: Papers, now: datetime) -> bool:
    """Settle what needs no call: what was held till now is decided anew; what the agency told of is not sent again."""
    delivery = papers.delivery
    if delivery.status is DeliveryStatus.HELD:
        settle_without_call(conn, papers, DeliveryStatus.PENDING, now, due_at=now)
        return True
    told_of = delivery.kind is Verb.SUBMIT and papers.referral.business is not None
    if told_of and delivery.status is not DeliveryStatus.DELIVERED:
        believe_it_arrived(conn, room, papers, now)
        return True
    return False


def _disclose(conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, attempt: _Attempt) -> Job | None:
    document = unseal_document(room, papers)
    permission = ask_policy(conn, room, papers, agency.profile, document, attempt.started_at, papers.recipient)
    if isinstance(permission, Withheld):
        return _withhold(conn, room, papers, agency, permission, attempt)
    decision = room.mint.disclose(
        permission,
        attempt_id=attempt.id,
        recipient=papers.recipient,
        send_by=attempt.send_by,
        case_key=papers.case_key,
    )
    order = SubmitOrder(**_head(papers, attempt), decision=decision, document=prune(document, decision.fields))
    return _start(conn, room, papers, agency, attempt, Act.SEND, papers.delivery.kind, order)


def _withhold(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, withheld: Withheld, attempt: _Attempt
) -> Job | None:
    """Nothing may be disclosed. What may have arrived is still asked about; what did not is held or cancelled."""
    if papers.delivery.status is DeliveryStatus.UNKNOWN:
        if Verb.FIND in agency.verbs:
            return _reconcile(conn, room, papers, agency, Act.LOOK_UP, attempt)
        update_delivery(conn, papers.delivery.id, due_at=None)
        update_referral(conn, papers.referral.id, attempt.started_at, reason="person_decides")
        return None
    record(
        conn,
        at=attempt.started_at,
        actor="hub",
        action=Action.WITHHELD,
        **referral_subject(papers.referral),
        data={"recipient": papers.recipient, "reason": withheld.reason, "paths": list(withheld.paths)},
    )
    withdrawn = withheld.reason is WithheldReason.CONSENT_WITHDRAWN
    status = DeliveryStatus.CANCELLED if withdrawn else DeliveryStatus.HELD
    due = _begins_at(conn, papers, attempt.started_at) if withheld.reason is WithheldReason.CONSENT_NOT_YET else None
    settle_without_call(
        conn, papers, status, attempt.started_at, reason=str(withheld.reason), paths=withheld.paths, due_at=due
    )
    return None


def _begins_at(conn: Connection, papers: Papers, now: datetime) -> datetime | None:
    """Return when the next consent of the case begins to hold."""
    coming = [consent.signed_at for consent in consents_of_case(conn, papers.referral.case_id)]
    return min((moment for moment in coming if moment > now), default=None)


def _withdraw(conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, attempt: _Attempt) -> Job | None:
    receipt = papers.referral.receipt
    if receipt is None:  # the row that asked for a withdrawal is only made for a delivered referral
        raise LookupError(f"{papers.delivery.id} withdraws a referral without a receipt")
    decision = room.mint.withdraw(attempt_id=attempt.id, recipient=papers.recipient, send_by=attempt.send_by)
    consents = consents_of_case(conn, papers.referral.case_id)
    by_client = any(consent.withdrawn_at is not None for consent in consents)
    reason = WithdrawReason.CONSENT_WITHDRAWN if by_client else WithdrawReason.CANCELLED
    order = WithdrawOrder(**_head(papers, attempt), decision=decision, receipt=receipt, reason=reason)
    return _start(conn, room, papers, agency, attempt, Act.SEND, Verb.WITHDRAW, order)


def _reconcile(conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, act: Act, attempt: _Attempt) -> Job:
    decision = room.mint.reconcile(attempt_id=attempt.id, recipient=papers.recipient, send_by=attempt.send_by)
    if act is Act.LOOK_UP:
        find = FindOrder(**_head(papers, attempt), decision=decision)
        return _start(conn, room, papers, agency, attempt, act, Verb.FIND, find)
    status = StatusOrder(**_head(papers, attempt), decision=decision, receipt=papers.referral.receipt or "")
    return _start(conn, room, papers, agency, attempt, act, Verb.STATUS, status)


class _Head(TypedDict):
    """What every order begins with."""

    wire_key: str
    message_id: str
    office: str | None
    sent_at: datetime


def _head(papers: Papers, attempt: _Attempt) -> _Head:
    return _Head(
        wire_key=papers.referral.wire_key,
        message_id=attempt.message_id,
        office=papers.referral.office,
        sent_at=wall_now(),
    )


def _start(
    conn: Connection,
    room: Room,
    papers: Papers,
    agency: ActiveAgency,
    attempt: _Attempt,
    act: Act,
    verb: Verb,
    order: SubmitOrder | WithdrawOrder | FindOrder | StatusOrder,
) -> Job:
    """Write the attempt down and take the lease: after this commit, what becomes of it must be found out."""
    _journal(conn, papers, attempt, verb, order.decision)
    update_delivery(conn, papers.delivery.id, token=attempt.token, lease_until_wall=_lease_end(room, agency))
    if act is Act.SEND:
        _mark_sending(conn, papers, attempt)
    else:
        update_delivery(conn, papers.delivery.id, lookups=papers.delivery.lookups + 1)
    return Job(attempt.id, papers.delivery.id, agency.slug, act, verb, attempt.token, attempt.started_at, order)


def _mark_sending(conn: Connection, papers: Papers, attempt: _Attempt) -> None:
    """Show that a send is under way; one that repeats an unknown one stays unknown, for nothing is known better yet."""
    update_delivery(conn, papers.delivery.id, tries=papers.delivery.tries + 1)
    if papers.delivery.status is DeliveryStatus.PENDING:
        update_delivery(conn, papers.delivery.id, status=DeliveryStatus.SENDING)
        if papers.delivery.kind is Verb.SUBMIT:
            update_referral(conn, papers.referral.id, attempt.started_at, delivery=DeliveryStatus.SENDING)


def _journal(
    conn: Connection, papers: Papers, attempt: _Attempt, verb: Verb, decision: Disclose | Reconcile | Withdraw
) -> None:
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
    if disclosed:
        record(
            conn,
            at=attempt.started_at,
            actor="hub",
            action=Action.DISCLOSED,
            **referral_subject(papers.referral),
            data={"attempt": attempt.id, "recipient": decision.recipient, "fields": sorted(disclosed.fields)},
        )


def _lease_end(room: Room, agency: ActiveAgency) -> float:
    """Return when the attempt must be over (epoch seconds): after its send window, its call and some seconds more."""
    longest = room.settings.send_window_seconds + float(agency.adapter.settings.timeout_seconds) + 10.0
    return time.time() + max(room.settings.lease_seconds, longest)
