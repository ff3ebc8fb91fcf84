"""What is still to be done about a referral, by whom and by when; or what became of it. Pure; words in Korean."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from adapters.sdk.kst import KST
from hub.api.meanings import MEANINGS
from hub.api.reasons import text_of
from hub.api.rule_views import reason_in_words
from hub.api.standing import Party, WaitsOn, waits_on
from hub.calendar import WorkingDays
from hub.consent.reasons import WithheldReason
from hub.delivery.steps import LASTING
from hub.following.deadlines import Deadline, DeadlineKind, Due, due, last_day_before
from hub.routing.rules import Rule
from hub.store.referrals import ReferralRecord
from hub.store.turning_points import TurningPoints
from schemas.services import ServiceCode
from schemas.status import NEGATIVE, BusinessStatus, DeliveryStatus, OutcomeCode

_B = BusinessStatus
_UNDECIDED = frozenset({
    None, _B.RECEIVED, _B.ASSIGNED, _B.REVIEWING, _B.INVESTIGATING, _B.TRANSFERRED, _B.COUNCIL,
})  # fmt: skip
_CLIENTS = frozenset(WithheldReason) - {WithheldReason.STATUTE_MISSING, WithheldReason.FIELD_MISSING}
_OPERATORS = frozenset({"no_agency", "agency_disabled", "misconfigured", "defect", WithheldReason.STATUTE_MISSING})


@dataclass(frozen=True)
class Surroundings:
    """What decides beside the referral: the moment, paused agencies, the configuration, the offices' calendar."""

    now: datetime
    paused: Collection[str]
    rules: Sequence[Rule]
    deadlines: Sequence[Deadline]
    calendar: WorkingDays


@dataclass(frozen=True)
class Term:
    """A term, and whose it is; `over_at` is the first moment past it."""

    over_at: datetime
    because: str
    extended_to: date | None = None
    """The last day if it is made longer as far as it may be."""

    @property
    def last_day(self) -> date:
        """The day in Korea on which it ends."""
        return last_day_before(self.over_at)


@dataclass(frozen=True)
class NextStep:
    """What waits, on whom, by when, and whether that is over."""

    who: Party
    what: str
    term: Term | None
    overdue: bool


def next_step(referral: ReferralRecord, points: TurningPoints, around: Surroundings) -> NextStep | None:
    """Return what is to be done next about a referral; None if nothing is."""
    who = _party(referral, around.paused)
    if who is None:
        return None
    terms = [*_wish(referral), *_agency_term(referral, points, around)]
    term = min(terms, key=lambda term: term.over_at, default=None)
    overdue = term is not None and around.now >= term.over_at
    return NextStep(who, _what(referral, who, around.rules), term, overdue)


def _wish(referral: ReferralRecord) -> Iterator[Term]:
    if referral.due_on is not None:
        over = date.fromisoformat(referral.due_on) + timedelta(days=1)
        yield Term(datetime.combine(over, time.min, KST), "센터가 적은 처리 기한입니다.")


def _agency_term(referral: ReferralRecord, points: TurningPoints, around: Surroundings) -> Iterator[Term]:
    if referral.delivery is DeliveryStatus.HANDED_OVER and points.result_due_at is not None:
        yield Term(points.result_due_at, "일괄 파일의 결과를 받을 기한입니다.")
    if referral.delivery is not DeliveryStatus.DELIVERED:
        return
    found = None
    if referral.business is BusinessStatus.OBJECTED:
        found = _due(referral, DeadlineKind.OBJECTION_ANSWER, points.told_at.get(referral.business), around)
    elif referral.business in _UNDECIDED:
        found = _due(referral, DeadlineKind.DECISION, points.taken_at, around)
    if found is not None:
        because = f"{found.deadline.words} ({found.deadline.source})"
        yield Term(found.over_at, because, found.extended_to)


def _party(referral: ReferralRecord, paused: Collection[str]) -> Party | None:
    match waits_on(referral):
        case WaitsOn.NOBODY:
            return None
        case WaitsOn.AGENCY:
            return Party.AGENCY
        case WaitsOn.HUB if referral.reason in _OPERATORS or referral.agency in paused:
            return Party.OPERATOR
        case WaitsOn.HUB:
            return Party.HUB
        case _ if referral.reason in _CLIENTS:
            return Party.CLIENT
        case _:
            return Party.OPERATOR if referral.reason in _OPERATORS else Party.COUNSELLOR


def _what(referral: ReferralRecord, who: Party, rules: Sequence[Rule]) -> str:
    if referral.reason in LASTING and referral.delivery is DeliveryStatus.DELIVERED:
        return text_of(referral.reason, referral.reason_paths) or _meaning(referral.delivery)
    if referral.delivery is DeliveryStatus.DELIVERED:
        return _meaning(referral.business) if referral.business else _meaning(referral.delivery)
    if who is Party.OPERATOR and referral.reason not in _OPERATORS:
        return "이 기관으로 보내는 일이 중지되어 있습니다. 운영자가 다시 시작하면 보냅니다."
    return reason_in_words(referral, rules) or _meaning(referral.delivery)


def _meaning(value: StrEnum) -> str:
    return MEANINGS[type(value).__name__][value]


def _due(referral: ReferralRecord, kind: DeadlineKind, start: datetime | None, around: Surroundings) -> Due | None:
    if start is None:
        return None
    return due(around.deadlines, ServiceCode(referral.service_code), kind, start, around.calendar)


def what_became(referral: ReferralRecord) -> str:
    """Say what became of a referral of which nothing more is expected."""
    if referral.delivery is DeliveryStatus.DELIVERED and referral.business is not None:
        said = _meaning(referral.business)
    else:
        said = text_of(referral.reason, referral.reason_paths) or _meaning(referral.delivery)
    return f"{said} 종결 사유: {_meaning(OutcomeCode(referral.outcome))}" if referral.outcome else said


def objection_until(referral: ReferralRecord, points: TurningPoints, around: Surroundings) -> date | None:
    """Return the last day (KST) on which the client may object to a negative decision; None if there is none."""
    if referral.business not in NEGATIVE or referral.outcome is not None:
        return None
    found = _due(referral, DeadlineKind.OBJECTION, points.told_at.get(referral.business), around)
    return None if found is None else found.last_day
