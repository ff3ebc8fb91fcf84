"""What became of a file that was frozen: it lies where the agency collects it, it never left, or nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.delivery.batches.freezing import batching_of
from hub.delivery.ending import end_telling
from hub.delivery.room import Papers, Room
from hub.delivery.settle import settle
from hub.delivery.steps import RETRY_OFF
from hub.delivery.taking_back import ask_to_tell_by_hand
from hub.delivery.waits import doubling_seconds
from hub.store.batches import (
    BatchRecord,
    BatchStatus,
    MemberEnd,
    MemberRecord,
    batch_by_id,
    cancel_is_asked,
    end_member,
    members_of,
    memberships_of,
    overdue_batches,
    update_batch,
)
from hub.store.deliveries import delivery_by_id
from hub.store.referrals import referral_by_id
from schemas.status import DeliveryStatus

FILES_AT_MOST = 3
"""Files that the agency may reject with one delivery in them; after the last one a person decides."""


_WHY: dict[str | None, str] = {"NotSentError": "agency_unreachable", "NameTakenError": "misconfigured"}
"""What staff are told of members whose file could not be laid down, by the class of the error."""


def hand_over(conn: Connection, room: Room, batch_id: str) -> None:
    """Note that a file lies where the agency collects it, and until when its result must be there."""
    batch, now = batch_by_id(conn, batch_id), room.clock.now()
    if batch is None or batch.status is not BatchStatus.FROZEN:
        return
    for member, papers in _live(conn, batch):
        end_telling(conn, papers.referral, member.attempt_id, now, "handed_over")
        if papers.delivery.status is DeliveryStatus.SENDING:
            settle(conn, papers, DeliveryStatus.HANDED_OVER, now)
    days = batching_of(room.agencies.active[batch.agency]).result_days
    update_batch(
        conn,
        batch.id,
        status=BatchStatus.HANDED_OVER,
        look_at=None,
        left_at=now,
        result_due_at=room.working_days.end_of(batch.day, days),
    )


def release(conn: Connection, room: Room, batch_id: str, error: str | None) -> None:
    """Let the members of a file that surely never lay there go free, for a new file; `error`: the class, if any."""
    batch, now = batch_by_id(conn, batch_id), room.clock.now()
    if batch is None or batch.status is not BatchStatus.FROZEN:
        return
    for member, papers in _live(conn, batch):
        end_telling(conn, papers.referral, member.attempt_id, now, "not_sent", error=error)
        end_member(conn, member, MemberEnd.RELEASED)
        if papers.delivery.status is DeliveryStatus.SENDING:
            over = _why_over(room, papers, now)
            _free(conn, papers, now, over or _WHY.get(error), None if over else batch.cut_off_at)
    update_batch(conn, batch.id, status=BatchStatus.RELEASED, look_at=None, left_at=now)


def _why_over(room: Room, papers: Papers, now: datetime) -> str | None:
    """Return why a member goes into no further file by itself; None if it does."""
    if not _is_retried(room, papers):
        return RETRY_OFF
    return "tried_for_long" if papers.delivery.kind is Verb.SUBMIT and _was_tried_for_long(room, papers, now) else None


def _is_retried(room: Room, papers: Papers) -> bool:
    agency = room.agencies.active.get(papers.delivery.agency)
    return agency is None or agency.retries


def _was_tried_for_long(room: Room, papers: Papers, now: datetime) -> bool:
    age, settings = now - (papers.delivery.tried_since or now), room.settings
    return papers.delivery.tries >= settings.max_tries or age > timedelta(hours=settings.max_age_hours)


def give_up(conn: Connection, room: Room, batch_id: str, error: str) -> None:
    """Give the members of a file of which nobody can tell whether it lay there to a person; new files may go.

    They are in no other file until a person said that they did not arrive. A late result still settles them.
    """
    batch, now = batch_by_id(conn, batch_id), room.clock.now()
    if batch is None or batch.status is not BatchStatus.FROZEN:
        return
    for member, papers in _live(conn, batch):
        end_telling(conn, papers.referral, member.attempt_id, now, "unknown", error=error)
        waits = papers.delivery.status is DeliveryStatus.SENDING
        end_member(conn, member, MemberEnd.OVERDUE if waits else MemberEnd.SETTLED)
        if waits:
            _ask_a_person(conn, papers, now)
    update_batch(conn, batch.id, status=BatchStatus.DOUBTFUL, look_at=None, left_at=now)


def postpone(conn: Connection, room: Room, batch_id: str) -> None:
    """Look for a file again later: what can be known of it now is nothing."""
    batch, now = batch_by_id(conn, batch_id), room.clock.now()
    if batch is not None and batch.status is BatchStatus.FROZEN:
        first, longest = room.settings.lookup_first_seconds, room.settings.lookup_longest_seconds
        wait = timedelta(seconds=doubling_seconds(batch.looks, first, longest))
        update_batch(conn, batch.id, looks=batch.looks + 1, look_at=now + wait)


def reject(conn: Connection, room: Room, batch: BatchRecord, raw_code: str) -> None:
    """Put the members of a file of which the agency took nothing into a new one, a bounded number of times."""
    now = room.clock.now()
    for member, papers in _undecided(conn, batch):
        end_member(conn, member, MemberEnd.REJECTED)
        if papers.delivery.kind is Verb.SUBMIT and cancel_is_asked(conn, papers.delivery.id):
            settle(conn, papers, DeliveryStatus.CANCELLED, now, reason="cancelled_by_centre", raw_code=raw_code)
        elif _rejections(conn, papers) >= FILES_AT_MOST or not _is_retried(room, papers):
            _free(conn, papers, now, "file_rejected", None, raw_code)
        else:
            _free(conn, papers, now, "file_rejected", now, raw_code)
    for member, _ in _live(conn, batch):
        end_member(conn, member, MemberEnd.SETTLED)  # the agency, or a person, was faster
    update_batch(conn, batch.id, status=BatchStatus.REJECTED, result_due_at=None)


def expire(conn: Connection, room: Room, slug: str, by: datetime) -> int:
    """Give what no result decided `by` its deadline to a person; return how many. A late result still settles it."""
    now, given = room.clock.now(), 0
    for batch in overdue_batches(conn, slug, by):
        for member, papers in _live(conn, batch):
            waits = papers.delivery.status is DeliveryStatus.HANDED_OVER
            end_member(conn, member, MemberEnd.OVERDUE if waits else MemberEnd.SETTLED)
            if waits:
                _ask_a_person(conn, papers, now)
                given += 1
        update_batch(conn, batch.id, result_due_at=None)
    return given


def _free(
    conn: Connection,
    papers: Papers,
    now: datetime,
    reason: str | None,
    due_at: datetime | None,
    raw_code: str | None = None,
) -> None:
    """Make a member pending again for the file that is due then, or fail it for a person if none is."""
    status = DeliveryStatus.PENDING if due_at else DeliveryStatus.FAILED
    changes = {"due_at": due_at, "unknown_since": None}
    settle(conn, papers, status, now, reason=reason, raw_code=raw_code, delivery=changes)
    if due_at is None:
        _tell_staff(conn, papers, "withdrawal_failed", now)


def _ask_a_person(conn: Connection, papers: Papers, now: datetime) -> None:
    changes = {"due_at": None, "unknown_since": now}
    settle(conn, papers, DeliveryStatus.UNKNOWN, now, reason="person_decides", delivery=changes)
    _tell_staff(conn, papers, "withdrawal_unanswered", now)


def _tell_staff(conn: Connection, papers: Papers, reason: str, now: datetime) -> None:
    """Ask a person for what became of a withdrawal: the status that staff see is the submit's."""
    if papers.delivery.kind is Verb.WITHDRAW:
        ask_to_tell_by_hand(conn, papers.referral.id, now, reason)


def _rejections(conn: Connection, papers: Papers) -> int:
    """Return how many files were rejected with this delivery in them since a person last acted on it."""
    lately = memberships_of(conn, papers.delivery.id)[: papers.delivery.tries]
    return sum(member.ended is MemberEnd.REJECTED for member in lately)


def _live(conn: Connection, batch: BatchRecord) -> Iterator[tuple[MemberRecord, Papers]]:
    """Yield the members that the file may still decide."""
    for member in members_of(conn, batch.id):
        if member.ended is None:
            yield member, _papers(conn, member)


def _undecided(conn: Connection, batch: BatchRecord) -> Iterator[tuple[MemberRecord, Papers]]:
    """Yield the members that wait for the file's result, or for a person because none came; in no later file."""
    for member in members_of(conn, batch.id):
        papers = _papers(conn, member)
        is_last = memberships_of(conn, member.delivery_id)[0].batch_id == batch.id
        waits = papers.delivery.status in {DeliveryStatus.HANDED_OVER, DeliveryStatus.UNKNOWN}
        if is_last and waits and member.ended in {None, MemberEnd.OVERDUE}:
            yield member, papers


def _papers(conn: Connection, member: MemberRecord) -> Papers:
    """Read a member's rows. What became of it is said without its case's key, which may be lost: nothing is sealed."""
    delivery = delivery_by_id(conn, member.delivery_id)
    referral = None if delivery is None else referral_by_id(conn, delivery.referral_id)
    if delivery is None or referral is None:
        raise LookupError(f"{member.delivery_id} vanished while it was in a file")
    return Papers(delivery, referral, case_key=b"", sealed_client=b"")
