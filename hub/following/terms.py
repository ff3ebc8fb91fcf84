"""Which term of a referral runs now, from when, and whether it is over. Pure: the roll-up shows it, the watch tells it.

A term is the agency's (결정, 이의신청에 대한 결정) or the centre's (보완 제출, 담당자 확인). The client's own time to
object is nobody's to answer for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.calendar import WorkingDays
from hub.delivery.steps import PAUSED, RECEIPT_WRONG, TELL_BY_HAND, SupplementReason
from hub.following.deadlines import Deadline, DeadlineKind, Due, due, last_day_before
from hub.store.referrals import ReferralRecord
from hub.store.turning_points import TurningPoints
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, DeliveryStatus

_B, _D, _K = BusinessStatus, DeliveryStatus, DeadlineKind
UNDECIDED = frozenset({None, _B.RECEIVED, _B.ASSIGNED, _B.REVIEWING, _B.INVESTIGATING, _B.TRANSFERRED, _B.COUNCIL})
"""What an agency says before its decision."""
_NOT_THERE = frozenset({_D.PENDING, _D.HELD, _D.SENDING, _D.FAILED, _D.UNKNOWN})
"""Whether it waits for a person, or the hub tries in vain, or nobody looks for its file: somebody has to look."""


@dataclass(frozen=True)
class Overdue:
    """A term that is over, and since when; an extension that is over too is a second term."""

    kind: DeadlineKind
    since: datetime
    reason: str
    """The code of the event that tells it."""


@dataclass(frozen=True)
class Watched:
    """What follows from a look: what is over, if anything, and when to look again, if ever."""

    overdue: Overdue | None = None
    again_at: datetime | None = None


def running_term(
    referral: ReferralRecord, points: TurningPoints, deadlines: Iterable[Deadline], calendar: WorkingDays
) -> Due | None:
    """Return the term that runs for a referral, by the deadline in force when it began; None if none does."""
    kind = _kind_of(referral)
    start = None if kind is None else _start_of(kind, referral, points)
    if kind is None or start is None:
        return None
    return due(deadlines, ServiceCode(referral.service_code), kind, start, calendar)


def look(term: Due | None, now: datetime) -> Watched:
    """Return what follows from a term at a moment."""
    if term is None:
        return Watched()
    moments = [term.over_at] if term.extended_over_at is None else [term.over_at, term.extended_over_at]
    passed = [moment for moment in moments if moment <= now]
    again_at = next((moment for moment in moments if moment > now), None)
    if not passed:
        return Watched(None, again_at)
    kind = term.deadline.kind
    reason = f"overdue_{kind}_extended" if len(passed) > 1 else f"overdue_{kind}"
    return Watched(Overdue(kind, passed[-1], reason), again_at)


def look_for_result(result_due_at: datetime | None, calendar: WorkingDays, now: datetime) -> Watched:
    """Return what follows for a referral in a file whose result should be there by a moment.

    The agency's clerk asks a person when it has read the folder after that. If a working day later it has not, nobody
    reads it: the agency is switched off, or the machine that has its folders is gone.
    """
    if result_due_at is None:
        return Watched()
    told_at = calendar.end_of(last_day_before(result_due_at), 1)
    if now < told_at:
        return Watched(None, told_at)
    return Watched(Overdue(_K.ATTENTION, result_due_at, "overdue_result"))


def by_hand_at(referral: ReferralRecord, points: TurningPoints, patience: timedelta) -> datetime | None:
    """Return when a person is asked to tell the agency of a withdrawal that it has not acknowledged; None: not again.

    That the hub goes on trying does not keep a person from telling it: whichever comes first is acknowledged.
    """
    if points.told_since is None or referral.reason == TELL_BY_HAND:
        return None
    return points.told_since + patience


def _kind_of(referral: ReferralRecord) -> DeadlineKind | None:
    if referral.delivery is _D.DELIVERED:
        return _kind_at_agency(referral.business, referral.reason)
    return _K.ATTENTION if referral.delivery in _NOT_THERE and referral.outcome is None else None


def _kind_at_agency(business: BusinessStatus | None, reason: str | None) -> DeadlineKind | None:
    if reason == RECEIPT_WRONG or (reason == TELL_BY_HAND and business is not _B.WITHDRAWN):
        return _K.ATTENTION
    if business is _B.SUPPLEMENT_REQUESTED:
        return None if reason == SupplementReason.ACKNOWLEDGED else _K.SUPPLEMENT
    if business is _B.OBJECTED:
        return _K.OBJECTION_ANSWER
    return _K.DECISION if business in UNDECIDED else None


def _start_of(kind: DeadlineKind, referral: ReferralRecord, points: TurningPoints) -> datetime | None:
    match kind:
        case _K.DECISION:
            return points.taken_at
        case _K.SUPPLEMENT | _K.OBJECTION_ANSWER if referral.business is not None:
            return points.told_at.get(referral.business)
        case _K.ATTENTION if referral.reason == PAUSED:
            return points.paused_at
        case _K.ATTENTION if referral.reason == TELL_BY_HAND:
            return points.taken_back_at
        case _K.ATTENTION:
            return points.moved_at
        case _:
            return None
