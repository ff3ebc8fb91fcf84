"""The transaction before a file: every member is gated by the policy, then all are frozen together under one name.

The decisions, the attempts and the file's row are committed before a byte is written. From then on the file's name
says what became of it; a name is used for one content only, ever.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from adapters.sdk import Batching, CannotExpressError, FoldOrder, SubmitOrder, Verb, WithdrawOrder
from adapters.sdk.decisions import steady_now
from adapters.sdk.kst import kst_today
from adapters.sdk.verbs import Folds
from hub.agencies import ActiveAgency
from hub.consent.policy import Permission, Withheld
from hub.delivery.arrival import believe_it_arrived
from hub.delivery.gating import (
    Attempt,
    head_of,
    journal,
    mark_sending,
    new_attempt,
    submit_order,
    withdraw_order,
    withhold,
)
from hub.delivery.giving_up import fail_by_defect, is_passing, papers_unopened
from hub.delivery.retrying import stop_if_retries_are_off
from hub.delivery.room import Papers, Room, read_papers, unseal_document
from hub.delivery.settle import settle_without_call
from hub.store.attempts import attempts_of
from hub.store.batches import (
    BatchRecord,
    BatchStatus,
    MemberRecord,
    due_for_file,
    insert_batch,
    members_of,
    next_number,
)
from hub.store.deliveries import delivery_by_id, update_delivery
from hub.store.ids import new_id
from hub.store.lanes import lane_of, save_lane
from schemas.privacy import prune
from schemas.status import DeliveryStatus

_log = structlog.get_logger("naru.batches")
_OVER = 0.0
"""A moment on `steady_now`'s clock that is always past."""


@dataclass(frozen=True)
class Frozen:
    """What one freezing came to."""

    seen: int
    """Deliveries that were due; none: there is no more to freeze."""
    batch_id: str | None = None
    order: FoldOrder | None = None
    """The file to write; None if nobody may be in it."""
    broken: tuple[str, ...] = ()
    """Deliveries that cannot be frozen at present: they rest, and the others go on."""


@dataclass(frozen=True)
class _Member:
    delivery_id: str
    attempt_id: str
    order: SubmitOrder | WithdrawOrder


def freeze(conn: Connection, room: Room, slug: str, cut_off: datetime, without: Collection[str]) -> Frozen:
    """Freeze what was due by the last cut-off into one file; `without`: deliveries that rest.

    Nothing while the agency is paused: who is told that it is may rely on it.
    """
    lane = lane_of(conn, slug, lock=True)
    if lane.is_paused:
        return Frozen(0)
    save_lane(conn, lane)  # where nobody was called or paused yet, there was no row to lock
    agency, now = room.agencies.active[slug], room.clock.now()
    due = due_for_file(conn, slug, cut_off, batching_of(agency).largest, without)
    members, broken = list[_Member](), list[str]()
    until = steady_now() + room.settings.send_window_seconds / 2
    for delivery_id in due:
        if members and steady_now() >= until:
            break  # the first of them must still be allowed when the file is written; the next file takes the others
        try:
            with conn.begin_nested():  # one poisoned case must not hold up the file
                member = _admit(conn, room, agency, delivery_id, now)
        except Exception as error:  # whatever is wrong with it, the others go on
            if isinstance(error, DBAPIError) and is_passing(error):
                raise  # the store's trouble, not this one's
            _log.error("member_failed", agency=slug, delivery=delivery_id, error=type(error).__name__)
            papers = papers_unopened(conn, delivery_id)
            if papers is None or is_passing(error):
                broken.append(delivery_id)
            else:
                fail_by_defect(conn, papers, now)
        else:
            members += [member] if member else []
    if not members:
        return Frozen(len(due), broken=tuple(broken))
    batch = _freeze(conn, room, agency, members, cut_off, now)
    order = FoldOrder(
        name=batch.name, number=batch.number, made_at=now, members=tuple(member.order for member in members)
    )
    return Frozen(len(due), batch.id, order, tuple(broken))


def batching_of(agency: ActiveAgency) -> Batching:
    """Return when the agency is given files.

    Raises:
        LookupError: it takes none.
    """
    if agency.profile.batching is None:
        raise LookupError(f"{agency.slug} takes no files")
    return agency.profile.batching


def folding(agency: ActiveAgency) -> Folds:
    """Return the adapter of an agency that takes files."""
    return cast("Folds", agency.adapter)


def _freeze(
    conn: Connection,
    room: Room,
    agency: ActiveAgency,
    members: Sequence[_Member],
    cut_off: datetime,
    now: datetime,
) -> BatchRecord:
    day = kst_today(now)  # of the moment that the file itself tells: a day may end while its members are gated
    number = next_number(conn, agency.slug, day)
    batch = BatchRecord(
        id=new_id("bat"),
        agency=agency.slug,
        day=day,
        number=number,
        name=folding(agency).file_name(day, number),
        status=BatchStatus.FROZEN,
        cut_off_at=cut_off,
        frozen_at=now,
        look_at=room.clock.now() + timedelta(seconds=room.settings.send_window_seconds),  # till then it may be written
    )
    rows = [
        MemberRecord(batch_id=batch.id, position=position, delivery_id=one.delivery_id, attempt_id=one.attempt_id)
        for position, one in enumerate(members, start=1)
    ]
    insert_batch(conn, batch, rows)
    return batch


def _admit(conn: Connection, room: Room, agency: ActiveAgency, delivery_id: str, now: datetime) -> _Member | None:
    """Gate one delivery; None if it is settled otherwise: held, cancelled, known to have arrived, not expressible."""
    papers = _pending_papers(conn, room, delivery_id, now)
    if papers is None or stop_if_retries_are_off(conn, papers, agency, now):
        return None
    attempt = new_attempt(room, papers.delivery, now)
    order = _gate(conn, room, papers, agency, attempt)
    if isinstance(order, Withheld):
        withhold(conn, papers, order, now)
        return None
    try:
        folding(agency).express(order)
    except CannotExpressError as error:
        _set_aside(conn, papers, error, now)
        return None
    journal(conn, papers, attempt, papers.delivery.kind, order.decision)
    update_delivery(conn, delivery_id, token=attempt.token, due_at=None)
    mark_sending(conn, papers, attempt)
    return _Member(delivery_id, attempt.id, order)


def _pending_papers(conn: Connection, room: Room, delivery_id: str, now: datetime) -> Papers | None:
    """Read a delivery; what was held till now is decided anew, what the agency told of is not sent again."""
    delivery = delivery_by_id(conn, delivery_id)
    if delivery is None:
        raise LookupError(f"{delivery_id} vanished while it was frozen")
    papers = read_papers(conn, room, delivery)
    if delivery.kind is Verb.SUBMIT and papers.referral.business is not None:
        believe_it_arrived(conn, room, papers, now)
        return None
    if delivery.status is DeliveryStatus.HELD:
        settle_without_call(conn, papers, DeliveryStatus.PENDING, now, due_at=delivery.due_at)
        return _pending_papers(conn, room, delivery_id, now)
    return papers


def _gate(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, attempt: Attempt
) -> SubmitOrder | WithdrawOrder | Withheld:
    if papers.delivery.kind is Verb.WITHDRAW:
        return withdraw_order(conn, room, papers, attempt)
    return submit_order(conn, room, papers, agency, attempt)


def _set_aside(conn: Connection, papers: Papers, error: CannotExpressError, now: datetime) -> None:
    """Hold a referral with the field that must change; a withdrawal that no file can carry is told by a person."""
    if papers.delivery.kind is Verb.SUBMIT:
        held = DeliveryStatus.HELD
        settle_without_call(conn, papers, held, now, reason="cannot_express", paths=(error.path,))
        return
    fail_by_defect(conn, papers, now)


def order_as_frozen(conn: Connection, room: Room, batch: BatchRecord) -> FoldOrder:
    """Build a file's order again as it was frozen. Its decisions' time is over, so all that it can do is look.

    An adapter that is given it finds the file under its name, or the gate stops it before it writes one.
    """
    orders = (_member_as_frozen(conn, room, member) for member in members_of(conn, batch.id))
    return FoldOrder(name=batch.name, number=batch.number, made_at=batch.frozen_at, members=tuple(orders))


def _member_as_frozen(conn: Connection, room: Room, member: MemberRecord) -> SubmitOrder | WithdrawOrder:
    delivery = delivery_by_id(conn, member.delivery_id)
    if delivery is None:
        raise LookupError(f"{member.delivery_id} vanished while it was in a file")
    papers = read_papers(conn, room, delivery)
    told = next(one for one in attempts_of(conn, papers.referral.id) if one.id == member.attempt_id)
    if delivery.kind is Verb.WITHDRAW:
        again = Attempt(told.id, told.token, told.message_id, told.started_at, _OVER)
        return withdraw_order(conn, room, papers, again, frozen_at=told.started_at)
    fields = frozenset(told.fields)
    decision = room.mint.disclose(
        Permission(recipient=told.recipient, fields=fields, bases=told.bases, left_out={}),
        attempt_id=told.id,
        recipient=told.recipient,
        send_by=_OVER,
        case_key=papers.case_key,
    )
    document = prune(unseal_document(room, papers), fields)
    return SubmitOrder(**head_of(papers, told.message_id), decision=decision, document=document)
