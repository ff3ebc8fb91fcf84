"""What one line of a result file does to the delivery that it is about. Each in the transaction of its file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from adapters.sdk import Acknowledged, Delivered, RefusalReason, Refused, ResultLine, Verb
from hub.agencies import ActiveAgency
from hub.delivery.arrival import believe_it_arrived, note_arrival
from hub.delivery.ending import end_telling
from hub.delivery.finish import learn, settle_change
from hub.delivery.results import Change
from hub.delivery.room import Papers, Room, read_papers
from hub.delivery.settle import settle
from hub.following.facts import take_facts
from hub.store.attempts import open_attempt
from hub.store.batches import memberships_of, settle_member
from hub.store.deliveries import delivery_of_kind, update_delivery
from hub.store.referrals import ReferralRecord, update_referral
from schemas.status import DeliveryStatus

_D = DeliveryStatus
_AWAITED = frozenset({_D.SENDING, _D.HANDED_OVER, _D.UNKNOWN})
"""A file of ours may be under way: a refusal can be its answer. That the agency has it, it may say at any time."""

CONTRADICTS = "result_contradicts"


def take_line(
    conn: Connection,
    room: Room,
    agency: ActiveAgency,
    referral: ReferralRecord,
    line: ResultLine,
    now: datetime,
    *,
    answered: str | None,
) -> str | None:
    """Settle what a line is about; return why it could not, or None. Its facts are taken in either way.

    `answered` is the id of the file of ours that the line's file answers; None: of none.
    """
    kind = Verb.WITHDRAW if line.is_withdrawal or isinstance(line.outcome, Acknowledged) else Verb.SUBMIT
    delivery = delivery_of_kind(conn, referral.id, kind)
    submit = delivery_of_kind(conn, referral.id, Verb.SUBMIT)
    if submit is None:
        raise LookupError(f"{referral.id} has no delivery")
    problem = None
    if line.outcome is not None:
        problem = CONTRADICTS
        if delivery is not None and _counts(conn, delivery.id, line.outcome, answered):
            problem = _take_outcome(conn, room, agency, read_papers(conn, room, delivery), line.outcome, now)
    papers = read_papers(conn, room, submit)
    take_facts(conn, room, referral.id, papers.case_key, line.facts, "result", now)
    if line.facts and submit.status is not _D.DELIVERED and kind is Verb.SUBMIT and line.outcome is None:
        _believe(conn, room, papers, now)
    return problem


def _counts(
    conn: Connection, delivery_id: str, outcome: Delivered | Refused | Acknowledged, answered: str | None
) -> bool:
    """Return whether a file may settle a delivery: a no only the newest that it was in, a yes any, at any time."""
    newest = next(iter(memberships_of(conn, delivery_id)), None)
    return not isinstance(outcome, Refused) or (newest is not None and newest.batch_id == answered)


def _take_outcome(
    conn: Connection,
    room: Room,
    agency: ActiveAgency,
    papers: Papers,
    outcome: Delivered | Refused | Acknowledged,
    now: datetime,
) -> str | None:
    status = papers.delivery.status
    if isinstance(outcome, Refused):
        if status not in _AWAITED:
            return CONTRADICTS
        if _is_our_own_duplicate(conn, papers, outcome):
            _end_attempt(conn, papers, now)
            changes = {"due_at": None, "unknown_since": now}
            settle(conn, papers, _D.UNKNOWN, now, reason="person_decides", raw_code=outcome.raw_code, delivery=changes)
            settle_member(conn, papers.delivery.id)
            return None
    elif isinstance(outcome, Delivered) is not (papers.delivery.kind is Verb.SUBMIT):
        return CONTRADICTS
    elif status is _D.DELIVERED:
        return _take_again(conn, room, papers, outcome, now)
    _settle(conn, room, agency, papers, outcome, now)
    return None


def _settle(
    conn: Connection,
    room: Room,
    agency: ActiveAgency,
    papers: Papers,
    outcome: Delivered | Refused | Acknowledged,
    now: datetime,
) -> None:
    _end_attempt(conn, papers, now)
    change = _change(outcome)
    settle_change(conn, room, papers, change, now)
    settle_member(conn, papers.delivery.id)
    learn(conn, room, papers, agency, change, "result", now)


def _change(outcome: Delivered | Refused | Acknowledged) -> Change:
    match outcome:
        case Delivered(receipt, raw_code, facts):
            return Change(_D.DELIVERED, "delivered", receipt=receipt, raw_code=raw_code, facts=facts)
        case Acknowledged(raw_code):
            return Change(_D.DELIVERED, "delivered", raw_code=raw_code)
        case Refused(reason, raw_code, text, offers):
            return Change(_D.REFUSED, "refused", reason=str(reason), raw_code=raw_code, text=text, offers=offers)


def _take_again(
    conn: Connection, room: Room, papers: Papers, outcome: Delivered | Acknowledged, now: datetime
) -> str | None:
    """Take the word of an agency about what is delivered already: a repetition, the receipt at last, or another one."""
    settle_member(conn, papers.delivery.id)
    if isinstance(outcome, Acknowledged) or outcome.receipt == papers.referral.receipt:
        return None
    if papers.referral.receipt is not None:
        return "registered_twice_at_agency"
    update_referral(conn, papers.referral.id, now, receipt=outcome.receipt)
    take_facts(conn, room, papers.referral.id, papers.case_key, outcome.facts, "result", now)
    note_arrival(conn, room, papers, now)
    return None


def _is_our_own_duplicate(conn: Connection, papers: Papers, refused: Refused) -> bool:
    """Return whether the agency may hold this from an earlier file of ours: then it is no refusal."""
    earlier = memberships_of(conn, papers.delivery.id)[1:]
    return refused.reason is RefusalReason.DUPLICATE and bool(earlier)


def _believe(conn: Connection, room: Room, papers: Papers, now: datetime) -> None:
    """The agency tells of what it must have: no word on the outcome is needed any more."""
    before = papers.delivery.status
    believe_it_arrived(conn, room, papers, now)
    if before in {_D.SENDING, _D.REFUSED}:
        return  # the file's own end looks again; what was refused stays refused, and its facts are kept
    update_delivery(conn, papers.delivery.id, due_at=None)
    settle_member(conn, papers.delivery.id)


def _end_attempt(conn: Connection, papers: Papers, now: datetime) -> None:
    """The answer to a file that nobody knew to be there: then it was."""
    attempt = open_attempt(conn, papers.delivery.id)
    if attempt is not None:
        end_telling(conn, papers.referral, attempt.id, now, "handed_over")
