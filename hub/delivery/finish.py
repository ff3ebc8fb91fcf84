"""The transaction after a call: store what became of the attempt, its delivery, its referral, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from adapters.sdk import BadReplyError, Delivered, Fact, Found, HostileReplyError, Verb, Verified
from hub.agencies import ActiveAgency
from hub.delivery.acts import Act, is_followed
from hub.delivery.arrival import note_arrival
from hub.delivery.begin import Job
from hub.delivery.eligibility import after_question
from hub.delivery.ending import end_telling
from hub.delivery.lanes import Alert
from hub.delivery.outages import note_call
from hub.delivery.results import Before, Change, Result, change_after
from hub.delivery.room import Papers, Room, read_papers, text_sealer
from hub.delivery.settle import settle
from hub.delivery.steps import TELL_BY_HAND
from hub.delivery.supplementing import let_go_of_unknown
from hub.delivery.taking_back import ask_to_tell_by_hand, take_back_if_consent_is_gone
from hub.delivery.verifying import keep_answer
from hub.following.facts import Source, take_facts
from hub.notices.alarms import pause_misconfigured
from hub.settings import DeliverySettings
from hub.store.attempts import disclosing_attempts, end_attempt, last_errors_of
from hub.store.deliveries import DeliveryRecord, delivery_by_id, delivery_of_kind, update_delivery
from hub.store.referrals import append_event, events_of_kind, referral_by_id, update_referral
from schemas.events import EventKind
from schemas.status import BusinessStatus, DeliveryStatus

_SOURCES: dict[Verb, Source] = {
    Verb.SUBMIT: "submit", Verb.FIND: "find", Verb.STATUS: "poll", Verb.WITHDRAW: "withdraw",
    Verb.SUPPLEMENT: "supplement",
}  # fmt: skip
_DEFECT = "defect"
_OUTSIDE = frozenset({BadReplyError.__name__, HostileReplyError.__name__})
_BAD_IN_A_ROW = 3
"""After so many polls outside the contract, one after the other, staff are told: nobody follows the referral."""
_ASKS = frozenset({Verb.FIND, Verb.STATUS})
"""Verbs that tell an agency nothing new."""


def finish(conn: Connection, room: Room, job: Job, result: Result) -> Alert | None:
    """Store the result of a job; return what the operators are to be told of the agency, once this is committed.

    A result that comes after the lease was taken away still counts if it is a receipt.
    """
    now = room.clock.now()
    alert = note_call(conn, room, room.agencies.active[job.agency], job.delivery_id, result, now, job.act)
    _store(conn, room, job, result, now)
    return alert


def _store(conn: Connection, room: Room, job: Job, result: Result, now: datetime) -> None:
    delivery = delivery_by_id(conn, job.delivery_id)
    if delivery is None:
        raise LookupError(f"{job.delivery_id} vanished while it was sent")
    agency, papers = room.agencies.active[job.agency], read_papers(conn, room, delivery)
    change = _change_after(result, _before(room, job, delivery, papers, agency), now, room.settings)
    error = type(result).__name__ if isinstance(result, Exception) else None
    if job.verb in _ASKS:
        end_attempt(conn, job.attempt_id, now, change.result, error=error, raw_code=change.raw_code)
    else:
        end_telling(conn, papers.referral, job.attempt_id, now, change.result, error=error, raw_code=change.raw_code)
    if delivery.token != job.token and not isinstance(result, Delivered | Found):
        return  # somebody else works on it now; only a receipt is news
    if change.pause_lane:
        pause_misconfigured(conn, agency.slug, now)
    if job.verb is Verb.VERIFY:
        keep_answer(conn, room, papers, change, now)
        return
    change = _believe_the_agency(change, papers, now)
    settle_change(conn, room, papers, change, now)
    if isinstance(result, Found) and result.duplicates:
        actor = f"agency:{agency.slug}"
        append_event(conn, papers.referral.id, EventKind.FACT_FLAGGED, now, actor, reason="registered_twice_at_agency")
    if job.act is Act.POLL and change.result == _DEFECT:
        _flag_once(conn, papers, _DEFECT, now)
    elif job.act is Act.POLL and isinstance(result, BadReplyError) and _is_usual(conn, papers):
        _flag_once(conn, papers, "poll_outside_contract", now)
    learn(conn, room, papers, agency, change, _SOURCES[job.verb], now)


def _is_usual(conn: Connection, papers: Papers) -> bool:
    """Return whether the last calls about a referral were all answered outside the contract: no passing trouble."""
    last = last_errors_of(conn, papers.delivery.id, _BAD_IN_A_ROW)
    return len(last) == _BAD_IN_A_ROW and _OUTSIDE.issuperset(last)


def _flag_once(conn: Connection, papers: Papers, reason: str, now: datetime) -> None:
    """Show staff that an agency's answers cannot be taken in, at the first of the polls that meet with it."""
    flagged = events_of_kind(conn, papers.referral.id, EventKind.FACT_FLAGGED)
    if all(event.reason != reason for event in flagged):
        actor = f"agency:{papers.referral.agency}"
        append_event(conn, papers.referral.id, EventKind.FACT_FLAGGED, now, actor, reason=reason)


def _change_after(result: Result, before: Before, now: datetime, settings: DeliverySettings) -> Change:
    if before.act is Act.ASK:
        return after_question(result, before, now, settings)
    outcome = TypeError("an answer to a question that was not asked") if isinstance(result, Verified) else result
    return change_after(outcome, before, now, settings)


def _before(room: Room, job: Job, delivery: DeliveryRecord, papers: Papers, agency: ActiveAgency) -> Before:
    return Before(
        act=job.act,
        status=delivery.status,
        tries=delivery.tries,
        may_give_up=delivery.kind is not Verb.WITHDRAW,
        lookups=delivery.lookups,
        tried_since=delivery.tried_since or job.started_at,
        unknown_since=delivery.unknown_since,
        started_at=job.started_at,
        byte_left=room.gate.has_left(job.attempt_id),
        repeat=agency.repeat_of(delivery.kind),
        settling_seconds=agency.settling_seconds,
        polling=agency.profile.polling,
        may_retry=agency.retries,
        watched_since=room.clock.since,
        followed=delivery.kind is Verb.SUBMIT and is_followed(papers.referral.business, agency.verbs),
    )


def _believe_the_agency(change: Change, papers: Papers, now: datetime) -> Change:
    """A callback may have come before the answer was lost: then the agency has the referral, whatever the call says."""
    told = papers.delivery.kind is Verb.SUBMIT and papers.referral.business is not None
    if told and change.status in {DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED, DeliveryStatus.PENDING}:
        return replace(
            change,
            status=DeliveryStatus.DELIVERED,
            reason=None,
            receipt=papers.referral.receipt,
            unknown_since=None,
            due_at=now,  # the next look decides whether there is anything to follow
        )
    return change


def settle_change(conn: Connection, room: Room, papers: Papers, change: Change, now: datetime) -> None:
    """Store what an answer changes on the delivery and its referral.

    A receipt that is known stays: an answer may come after the news that another office gave the referral a new one
    (이송), and asked by the old one the agency knows nothing. A different one is flagged.
    """
    seal_text = None if change.text is None else text_sealer(room, papers, change.text)
    delivery: dict[str, Any] = {
        "due_at": change.due_at,
        "lookups": change.lookups,
        "unknown_since": change.unknown_since,
    }
    known = papers.referral.receipt
    referral: dict[str, Any] = {"receipt": change.receipt} if known is None and change.receipt is not None else {}
    if change.raw_code is not None and change.status is DeliveryStatus.REFUSED:
        referral["raw_code"] = change.raw_code
    settle(
        conn, papers, change.status, now, reason=change.reason, paths=change.reason_paths, raw_code=change.raw_code,
        offers=change.offers, seal_text=seal_text, delivery=delivery, referral=referral,
    )  # fmt: skip
    if change.receipt is not None and known not in {None, change.receipt}:
        actor = f"agency:{papers.referral.agency}"
        append_event(conn, papers.referral.id, EventKind.FACT_FLAGGED, now, actor, reason="other_receipt")


def learn(
    conn: Connection, room: Room, papers: Papers, agency: ActiveAgency, change: Change, source: Source, now: datetime
) -> None:
    """Take in what the answer told beside its outcome, and do what follows from it."""
    facts = change.facts
    if papers.delivery.kind is Verb.WITHDRAW:
        _note_withdrawal(conn, papers, change, now)
        if change.status is DeliveryStatus.DELIVERED:
            facts = (Fact(BusinessStatus.WITHDRAWN, change.raw_code or ""),)
    elif change.receipt is not None and papers.referral.business is None and not facts:
        facts = (Fact(BusinessStatus.RECEIVED, change.raw_code or ""),)
    new = take_facts(conn, room, papers.referral.id, papers.case_key, facts, source, now)
    if papers.delivery.kind is Verb.SUPPLEMENT and change.status is DeliveryStatus.DELIVERED:
        note_supplement(conn, room, papers, now)
    if papers.delivery.kind is Verb.SUBMIT and change.status is DeliveryStatus.DELIVERED:
        if change.receipt is not None or papers.delivery.status is not DeliveryStatus.DELIVERED:  # a poll is neither
            new += note_arrival(conn, room, papers, now)
        _look_again(conn, papers.referral.id, papers.delivery.id, agency, change, new)


def note_supplement(conn: Connection, room: Room, papers: Papers, now: datetime) -> None:
    """Ask soon what the agency makes of a supplement that arrived; take all back if its consent went meanwhile."""
    submit = delivery_of_kind(conn, papers.referral.id, Verb.SUBMIT)
    agency = room.agencies.active.get(papers.referral.agency)
    if submit is None or agency is None:
        return
    if is_followed(papers.referral.business, agency.verbs):
        soon = now + timedelta(seconds=agency.profile.polling.first_seconds)
        update_delivery(conn, submit.id, due_at=soon, lookups=0)
    told = disclosing_attempts(conn, papers.referral.id, papers.delivery.id)
    take_back_if_consent_is_gone(conn, room, read_papers(conn, room, submit), now, told)


def _look_again(
    conn: Connection, referral_id: str, delivery_id: str, agency: ActiveAgency, change: Change, new: int
) -> None:
    """News makes the next poll come soon; the end of the referral makes it the last."""
    referral = referral_by_id(conn, referral_id)
    if referral is None or not is_followed(referral.business, agency.verbs):
        update_delivery(conn, delivery_id, due_at=None)
    elif new and change.result == "reported":
        update_delivery(conn, delivery_id, lookups=0)


def _note_withdrawal(conn: Connection, papers: Papers, change: Change, now: datetime) -> None:
    actor = f"agency:{papers.referral.agency}"
    if change.status is DeliveryStatus.DELIVERED:
        append_event(conn, papers.referral.id, EventKind.WITHDRAWAL_ACKNOWLEDGED, now, actor, raw_code=change.raw_code)
        let_go_of_unknown(conn, papers.referral.id, now, "hub")
        if papers.referral.reason == TELL_BY_HAND:
            update_referral(conn, papers.referral.id, now, reason=None)
    elif change.status in {DeliveryStatus.REFUSED, DeliveryStatus.FAILED}:
        ask_to_tell_by_hand(conn, papers.referral.id, now, f"withdrawal_{change.status}", actor, change.raw_code)
    elif change.status is DeliveryStatus.UNKNOWN and change.due_at is None:
        ask_to_tell_by_hand(conn, papers.referral.id, now, reason="withdrawal_unanswered")
