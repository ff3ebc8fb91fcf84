"""Asks an agency about eligibility before a referral is sent to it, where a rule says so (자격 확인).

The question is a delivery of its own, and the submit waits for it: it is looked for whenever the submit comes due, so
whatever makes that due, nothing is sent before the answer. It goes to the referral's own agency and nobody else, and of
its answer is kept what it said of eligibility and its code: nothing that could be passed on (개인정보 보호법 19조).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.agencies import ActiveAgency
from hub.consent.policy import Withheld
from hub.consent.reasons import WithheldReason
from hub.delivery.eligibility import said_by, why_not_asked
from hub.delivery.results import Change
from hub.delivery.room import Papers, Room, text_sealer
from hub.delivery.settle import settle
from hub.delivery.steps import NOT_VERIFIED, PAUSED, VerificationReason
from hub.store.consents import next_consent_begins
from hub.store.deliveries import DeliveryRecord, delivery_of_kind, insert_delivery, update_delivery
from hub.store.ids import new_id
from hub.store.referrals import ReferralRecord, append_event, update_referral
from schemas.events import EventKind
from schemas.status import DeliveryStatus, Verification

_D = DeliveryStatus
_ELIGIBLE = "verification_eligible"
_ASKED = frozenset({_D.PENDING, _D.SENDING})
"""A question in these statuses is on its way already."""


def must_be_verified(referral: ReferralRecord) -> bool:
    """Return whether the agency must still say that the client is eligible before the referral may be sent to it."""
    is_open = referral.verification not in {None, Verification.ELIGIBLE}
    return is_open and NOT_VERIFIED.isdisjoint(referral.overridden)


def is_awaited(conn: Connection, referral: ReferralRecord) -> bool:
    """Return whether the submit of a referral still waits for the answer."""
    submit = delivery_of_kind(conn, referral.id, Verb.SUBMIT)
    return submit is not None and submit.status is _D.PENDING and must_be_verified(referral)


def ask_first(conn: Connection, papers: Papers, agency: ActiveAgency, now: datetime) -> None:
    """Let a due submit wait, and see to it that the agency is asked. `papers` are the submit's."""
    if Verb.VERIFY not in agency.verbs or agency.profile.batching is not None:
        settle(conn, papers, _D.HELD, now, reason=VerificationReason.NOT_OFFERED, delivery={"due_at": None})
        return
    settle(conn, papers, _D.PENDING, now, reason=VerificationReason.ON_ITS_WAY, delivery={"due_at": None})
    before = delivery_of_kind(conn, papers.referral.id, Verb.VERIFY)
    if before is not None and before.status in _ASKED:
        return
    question = DeliveryRecord(
        id=new_id("dlv"),
        referral_id=papers.referral.id,
        agency=agency.slug,
        kind=Verb.VERIFY,
        status=_D.PENDING,
        wire_key=papers.referral.wire_key,
        urgent=papers.referral.urgent,
        due_at=now,
        created_at=now,
    )
    insert_delivery(conn, question)


def withhold_question(conn: Connection, papers: Papers, withheld: Withheld, now: datetime) -> None:
    """Hold the referral for which the agency may not be asked. `papers` are the question's."""
    settle(conn, papers, _D.CANCELLED, now, delivery={"due_at": None})
    not_yet = withheld.reason is WithheldReason.CONSENT_NOT_YET
    due_at = next_consent_begins(conn, papers.referral.case_id, now) if not_yet else None
    submit = _submit_of(conn, papers)
    settle(
        conn, submit, _D.HELD, now, reason=why_not_asked(withheld.reason), paths=withheld.paths,
        delivery={"due_at": due_at},
    )  # fmt: skip


def keep_answer(conn: Connection, room: Room, papers: Papers, change: Change, now: datetime) -> None:
    """Store what a question came to, and let the submit go, or hold it. `papers` are the question's.

    An answer that nobody waits for any more changes nothing; that it was told stands in the journal.
    """
    if papers.delivery.status is not _D.SENDING:
        return  # stopped, or given to be asked again, while the answer was on its way
    settle(conn, papers, change.status, now, delivery={"due_at": change.due_at})
    said = said_by(change)
    if said is not None:
        update_referral(conn, papers.referral.id, now, verification=said)
        append_event(
            conn, papers.referral.id, EventKind.VERIFIED, now, f"agency:{papers.referral.agency}",
            reason=change.reason or _ELIGIBLE, raw_code=change.raw_code,
            seal_text=None if change.text is None else text_sealer(room, papers, change.text),
        )  # fmt: skip
    if change.status is not _D.PENDING and is_awaited(conn, papers.referral):
        _conclude(conn, _submit_of(conn, papers), change, now)


def _conclude(conn: Connection, submit: Papers, change: Change, now: datetime) -> None:
    """Let the submit go if the client is eligible; hold it for a person otherwise, with the agency's own code."""
    if change.status is _D.DELIVERED:
        paused = submit.delivery.paused
        reason = PAUSED if paused else None
        settle(conn, submit, _D.PENDING, now, reason=reason, delivery={"due_at": now, "paused": paused})
        return
    status = _D.FAILED if change.status is _D.FAILED else _D.HELD
    more = {} if change.raw_code is None else {"raw_code": change.raw_code}
    settle(
        conn, submit, status, now, reason=change.reason, paths=change.reason_paths, raw_code=change.raw_code,
        delivery={"due_at": None}, referral=more,
    )  # fmt: skip


def give_question_up(conn: Connection, papers: Papers, now: datetime, reason: VerificationReason) -> None:
    """Ask no more: the submit that waits for the answer goes to the shelf. `papers` are the question's."""
    settle(conn, papers, _D.FAILED, now, delivery={"due_at": None})
    if is_awaited(conn, papers.referral):
        _conclude(conn, _submit_of(conn, papers), Change(_D.FAILED, "not_sent", reason=reason), now)


def question_under_way(conn: Connection, referral: ReferralRecord) -> bool:
    """Return whether somebody is asking the agency at this moment."""
    question = _latest_of(conn, referral)
    return question is not None and question.lease_until_wall is not None


def pause_question(conn: Connection, referral: ReferralRecord, *, paused: bool) -> None:
    """Stop asking, or go on, with the referral."""
    question = _latest_of(conn, referral)
    if question is not None:
        update_delivery(conn, question.id, paused=paused)


def _latest_of(conn: Connection, referral: ReferralRecord) -> DeliveryRecord | None:
    return None if referral.verification is None else delivery_of_kind(conn, referral.id, Verb.VERIFY)


def _submit_of(conn: Connection, papers: Papers) -> Papers:
    submit = delivery_of_kind(conn, papers.referral.id, Verb.SUBMIT)
    if submit is None:
        raise LookupError(f"{papers.referral.id} has no delivery")
    return replace(papers, delivery=submit)
