"""The transaction before a call: decide, journal, and hand the worker an order; or settle it without a call.

The decision and the attempt's row are committed together, before the first byte leaves. If the process dies after
that, the attempt has no outcome, and the delivery is *unknown* until the agency or a person says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters.sdk import (
    FindOrder,
    Order,
    StatusOrder,
    SubmitOrder,
    SupplementOrder,
    Verb,
    VerifyOrder,
    WithdrawOrder,
)
from hub.agencies import ActiveAgency
from hub.consent.policy import Withheld
from hub.delivery.acts import Act, next_act
from hub.delivery.arrival import believe_it_arrived
from hub.delivery.gating import (
    Attempt,
    head_of,
    journal,
    mark_sending,
    new_attempt,
    note_withheld,
    submit_order,
    supplement_order,
    verify_order,
    withdraw_order,
    withhold,
)
from hub.delivery.retrying import stop_if_retries_are_off
from hub.delivery.room import Papers, Room, read_papers
from hub.delivery.settle import settle_without_call
from hub.delivery.supplementing import NOT_WANTED, is_taken_back, is_wanted
from hub.delivery.verifying import ask_first, is_awaited, must_be_verified, withhold_question
from hub.store.deliveries import DeliveryRecord, delivery_by_id, update_delivery
from hub.store.lanes import lane_of
from hub.store.wall import wall_of
from schemas.status import DeliveryStatus

_ORDERS = {Verb.SUBMIT: submit_order, Verb.SUPPLEMENT: supplement_order, Verb.VERIFY: verify_order}


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


def begin(conn: Connection, room: Room, delivery_id: str) -> Job | None:
    """Prepare the next call of a delivery that was given out; None if there is none to make now."""
    delivery, now = delivery_by_id(conn, delivery_id), room.clock.now()
    agency = None if delivery is None else room.agencies.active.get(delivery.agency)
    if delivery is None or agency is None or not _take_up(conn, delivery, agency, now):
        return None
    papers = read_papers(conn, room, delivery)
    if _is_settled_without_call(conn, room, papers, agency, now):
        return None
    act = next_act(
        delivery.kind, delivery.status, papers.referral.business, agency.repeat_of(delivery.kind), agency.verbs
    )
    attempt = new_attempt(room, delivery, now)
    match act:
        case Act.SEND if delivery.kind is Verb.WITHDRAW:
            order = withdraw_order(conn, room, papers, attempt)
            return _start(conn, room, papers, agency, attempt, Act.SEND, Verb.WITHDRAW, order)
        case Act.SEND | Act.ASK:
            return _disclose(conn, room, papers, agency, act, attempt)
        case Act.LOOK_UP | Act.POLL:
            return _reconcile(conn, room, papers, agency, act, attempt)
        case Act.NOTHING:
            _leave(conn, papers, now)
            return None


def _leave(conn: Connection, papers: Papers, now: datetime) -> None:
    """Look no more at a delivery of which nobody can be asked by a call; an unknown is a person's from now on."""
    if papers.delivery.status is DeliveryStatus.UNKNOWN:
        settle_without_call(conn, papers, DeliveryStatus.UNKNOWN, now, reason="person_decides")
    else:
        update_delivery(conn, papers.delivery.id, due_at=None)


def _take_up(conn: Connection, delivery: DeliveryRecord, agency: ActiveAgency, now: datetime) -> bool:
    """Take the delivery's turn; return whether it had one, and may be worked on now.

    A turn that is over its lane no longer counts, and gives out anew: begun all the same, it would be a call too many.
    """
    until = delivery.picked_until_wall
    if until is None or until <= wall_of(conn):
        return False
    update_delivery(conn, delivery.id, picked_until_wall=None)
    is_due = delivery.due_at is not None and delivery.due_at <= now and not delivery.paused
    is_free = delivery.lease_until_wall is None and agency.profile.batching is None
    return is_due and is_free and not lane_of(conn, delivery.agency).is_paused


def _is_settled_without_call(conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, now: datetime) -> bool:
    """Settle what needs no call: what was held till now is decided anew; what the agency told of is not sent again.

    What a rule wants verified first waits for the agency's answer.
    """
    delivery = papers.delivery
    if delivery.kind is Verb.VERIFY and not is_awaited(conn, papers.referral):
        settle_without_call(conn, papers, DeliveryStatus.CANCELLED, now)
        return True
    if delivery.kind is Verb.SUPPLEMENT and _is_supplement_settled(conn, papers, now):
        return True
    if delivery.status is DeliveryStatus.HELD:
        settle_without_call(conn, papers, DeliveryStatus.PENDING, now, due_at=now)
        return True
    told_of = delivery.kind is Verb.SUBMIT and papers.referral.business is not None
    if told_of and delivery.status is not DeliveryStatus.DELIVERED:
        believe_it_arrived(conn, room, papers, now)
        return True
    return stop_if_retries_are_off(conn, papers, agency, now) or _is_asked_first(conn, papers, agency, now)


def _is_asked_first(conn: Connection, papers: Papers, agency: ActiveAgency, now: datetime) -> bool:
    """Let a submit wait for the agency's answer, if a rule wants that and it has not come."""
    is_next = papers.delivery.kind is Verb.SUBMIT and papers.delivery.status is DeliveryStatus.PENDING
    if not is_next or not must_be_verified(papers.referral):
        return False
    ask_first(conn, papers, agency, now)
    return True


def _is_supplement_settled(conn: Connection, papers: Papers, now: datetime) -> bool:
    """Settle a supplement that nobody waits for; what may have arrived is not sent again to who is told to forget."""
    if papers.delivery.status is DeliveryStatus.UNKNOWN:
        taken_back = is_taken_back(conn, papers.referral.id)
        if taken_back:
            update_delivery(conn, papers.delivery.id, due_at=None)
        return taken_back
    if is_wanted(conn, papers.referral):
        return False
    settle_without_call(conn, papers, DeliveryStatus.CANCELLED, now, reason=NOT_WANTED)
    return True


def _disclose(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, act: Act, attempt: Attempt
) -> Job | None:
    kind = papers.delivery.kind
    order: SubmitOrder | SupplementOrder | VerifyOrder | Withheld = _ORDERS[kind](conn, room, papers, agency, attempt)
    if not isinstance(order, Withheld):
        return _start(conn, room, papers, agency, attempt, act, kind, order)
    if kind is Verb.VERIFY:
        note_withheld(conn, papers, order, attempt.started_at)
        withhold_question(conn, papers, order, attempt.started_at)
        return None
    if papers.delivery.status is not DeliveryStatus.UNKNOWN:
        withhold(conn, papers, order, attempt.started_at)
        return None
    if kind is Verb.SUPPLEMENT:  # no look-up knows it
        settle_without_call(conn, papers, DeliveryStatus.UNKNOWN, attempt.started_at, reason="person_decides")
        return None
    if Verb.FIND in agency.verbs:  # what may have arrived is still asked about
        return _reconcile(conn, room, papers, agency, Act.LOOK_UP, attempt)
    settle_without_call(conn, papers, DeliveryStatus.UNKNOWN, attempt.started_at, reason="person_decides")
    return None


def _reconcile(conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, act: Act, attempt: Attempt) -> Job:
    head = head_of(papers, attempt.message_id)
    decision = room.mint.reconcile(attempt_id=attempt.id, recipient=papers.recipient, send_by=attempt.send_by)
    if act is Act.LOOK_UP:
        find = FindOrder(**head, decision=decision)
        return _start(conn, room, papers, agency, attempt, act, Verb.FIND, find)
    status = StatusOrder(**head, decision=decision, receipt=papers.referral.receipt or "")
    return _start(conn, room, papers, agency, attempt, act, Verb.STATUS, status)


def _start(
    conn: Connection,
    room: Room,
    papers: Papers,
    agency: ActiveAgency,
    attempt: Attempt,
    act: Act,
    verb: Verb,
    order: SubmitOrder | SupplementOrder | VerifyOrder | WithdrawOrder | FindOrder | StatusOrder,
) -> Job:
    """Write the attempt down and take the lease: after this commit, what becomes of it must be found out."""
    journal(conn, papers, attempt, verb, order.decision)
    update_delivery(conn, papers.delivery.id, token=attempt.token, lease_until_wall=_lease_end(conn, room, agency))
    if act in {Act.SEND, Act.ASK}:
        mark_sending(conn, papers, attempt)
    else:
        update_delivery(conn, papers.delivery.id, lookups=papers.delivery.lookups + 1)
    return Job(attempt.id, papers.delivery.id, agency.slug, act, verb, attempt.token, attempt.started_at, order)


def _lease_end(conn: Connection, room: Room, agency: ActiveAgency) -> float:
    """Return when the attempt must be over (epoch seconds): after its send window, its call and some seconds more."""
    longest = room.settings.send_window_seconds + float(agency.adapter.settings.timeout_seconds) + 10.0
    return wall_of(conn) + max(room.settings.lease_seconds, longest)
