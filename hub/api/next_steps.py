"""What is still to be done about a referral, by whom and by when; or what became of it. Pure; words in Korean."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from adapters.sdk.kst import KST, kst_today
from hub.api.meanings import MEANINGS
from hub.api.reasons import text_of
from hub.api.rule_views import reason_in_words
from hub.api.standing import Party, WaitsOn, waits_on
from hub.calendar import WorkingDays
from hub.consent.reasons import WithheldReason
from hub.delivery.steps import LASTING, VerificationReason
from hub.following.deadlines import Deadline, DeadlineKind, Due, due, last_day_before
from hub.following.terms import running_term
from hub.routing.rules import Rule
from hub.store.referrals import ReferralRecord
from hub.store.turning_points import TurningPoints
from schemas.services import ServiceCode
from schemas.status import NEGATIVE, BusinessStatus, DeliveryStatus, OutcomeCode

_B = BusinessStatus
_SERVED = frozenset({_B.COMPLETED, _B.AFTERCARE})
_CLIENTS = frozenset({*WithheldReason, VerificationReason.WITHOUT_CONSENT}) - {
    WithheldReason.STATUTE_MISSING, WithheldReason.FIELD_MISSING,
}  # fmt: skip
_OPERATORS = frozenset({
    "no_agency", "agency_disabled", "misconfigured", "defect", WithheldReason.STATUTE_MISSING,
    VerificationReason.WITHOUT_STATUTE, VerificationReason.NOT_OFFERED, VerificationReason.DEFECT,
})  # fmt: skip

AT_AGENCY: Mapping[BusinessStatus | None, str] = {
    None: "기관이 받았습니다. 처리를 기다립니다.",
    _B.RECEIVED: "기관이 접수했습니다. 담당자가 정해지기를 기다립니다.",
    _B.ASSIGNED: "기관의 담당자가 정해졌습니다. 심사나 조사를 기다립니다.",
    _B.REVIEWING: "기관이 심사하고 있습니다. 결정을 기다립니다.",
    _B.INVESTIGATING: "기관이 조사하고 있습니다. 결정을 기다립니다.",
    _B.SUPPLEMENT_REQUESTED: "기관이 자료를 더 달라고 합니다. 이력에서 내용을 보고 보완해 주십시오.",
    _B.APPROVED: "기관이 지원하기로 결정했습니다. 서비스가 시작되기를 기다립니다.",
    _B.UNSUITABLE: "기관이 부적합으로 결정했습니다.",
    _B.DISMISSED: "기관이 기각했습니다.",
    _B.REJECTED: "기관이 각하했습니다.",
    _B.RETURNED: "기관이 반려했습니다.",
    _B.IN_SERVICE: "기관이 서비스를 제공하고 있습니다.",
    _B.COMPLETED: "서비스를 마쳤습니다. 기관의 종결만 남았습니다.",
    _B.AFTERCARE: "서비스를 마쳤고, 기관이 사후관리를 하고 있습니다.",
    _B.CLOSED: "종결되었습니다.",
    _B.TRANSFERRED: "다른 기관코드로 이송되었습니다. 그곳의 접수를 기다립니다.",
    _B.WITHDRAWN: "의뢰가 철회되었습니다.",
    _B.COUNCIL: "기관이 협의체에 상정했습니다. 그 결과를 기다립니다.",
    _B.OBJECTED: "대상자가 이의신청을 했습니다. 기관의 결정을 기다립니다.",
}
"""What a roll-up says of a referral that its agency took, by its business status."""
_ON_THE_WAY: Mapping[DeliveryStatus, str] = {
    DeliveryStatus.PENDING: "나루가 차례대로 보냅니다.",
    DeliveryStatus.HELD: "보류되어 있습니다. 사람이 결정하거나 보완해야 합니다.",
    DeliveryStatus.SENDING: "나루가 지금 보내고 있습니다.",
    DeliveryStatus.HANDED_OVER: "일괄 파일에 담아 기관에 전달했습니다. 결과 파일을 기다립니다.",
    DeliveryStatus.DELIVERED: "기관이 받았습니다.",
    DeliveryStatus.REFUSED: "기관이 받지 않았습니다.",
    DeliveryStatus.UNKNOWN: "기관에 접수되었는지 확인하고 있습니다.",
    DeliveryStatus.FAILED: "오래 시도했으나 보내지 못했습니다. 사람이 결정해야 합니다.",
    DeliveryStatus.CANCELLED: "기관에 접수되기 전에 취소되었습니다.",
}
_NO_TERM: Mapping[Party, str] = {
    Party.AGENCY: "기한 없음: 이 단계의 처리 기한은 설정([[deadlines]])에 없습니다.",
    Party.HUB: "기한 없음: 나루가 차례대로 처리합니다.",
    **dict.fromkeys((Party.CLIENT, Party.COUNSELLOR, Party.OPERATOR), "기한 없음: 센터가 처리 기한을 적지 않았습니다."),
}


@dataclass(frozen=True)
class Surroundings:
    """What decides beside the referral: the moment, paused agencies, the configuration, the offices' calendar.

    `cut_offs`: at what time (KST) of a working day an agency that takes files is given the next one.
    """

    now: datetime
    paused: Collection[str]
    rules: Sequence[Rule]
    deadlines: Sequence[Deadline]
    calendar: WorkingDays
    cut_offs: Mapping[str, time] = field(default_factory=dict)


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
    """What waits, on whom, by when, and whether that is over; `sends_at`: when the hub sends or asks next."""

    who: Party
    what: str
    term: Term | None
    overdue: bool
    sends_at: datetime | None = None

    @property
    def because(self) -> str:
        """Whose term it is, or why there is none (Korean)."""
        return self.term.because if self.term else _NO_TERM[self.who]


def next_step(referral: ReferralRecord, points: TurningPoints, around: Surroundings) -> NextStep | None:
    """Return what is to be done next about a referral; None if nothing is."""
    who = _party(referral, around.paused)
    if who is None or is_served(referral, who):
        return None
    sends_at = _sends_at(referral, points, around) if who is Party.HUB else None
    terms = [*_wish(referral), *_agency_term(referral, points, around), *_hub_term(sends_at)]
    term = min(terms, key=lambda term: term.over_at, default=None)
    overdue = term is not None and around.now >= term.over_at
    return NextStep(who, _what(referral, who, around, sends_at), term, overdue, sends_at)


def is_served(referral: ReferralRecord, who: Party | None) -> bool:
    """Tell whether the client got the service (완료), and only the agency's own 종결 is left: no work for anybody."""
    taken = referral.delivery is DeliveryStatus.DELIVERED
    return taken and who is Party.AGENCY and referral.business in _SERVED


def _sends_at(referral: ReferralRecord, points: TurningPoints, around: Surroundings) -> datetime | None:
    """Return when the hub sends or asks next: now, if that is due; with the next file, if the agency takes files."""
    cut_off = around.cut_offs.get(referral.agency)
    if cut_off is not None and referral.delivery is DeliveryStatus.PENDING:
        return around.calendar.next_cut_off(around.now, cut_off)
    return max(points.sends_at, around.now) if points.sends_at else None


def _hub_term(sends_at: datetime | None) -> Iterator[Term]:
    if sends_at is not None:
        over = kst_today(sends_at) + timedelta(days=1)
        yield Term(datetime.combine(over, time.min, KST), "나루가 다음에 보내거나 확인하는 날입니다.")


def _wish(referral: ReferralRecord) -> Iterator[Term]:
    if referral.due_on is not None:
        over = date.fromisoformat(referral.due_on) + timedelta(days=1)
        yield Term(datetime.combine(over, time.min, KST), "센터가 적은 처리 기한입니다.")


def _agency_term(referral: ReferralRecord, points: TurningPoints, around: Surroundings) -> Iterator[Term]:
    if referral.delivery is DeliveryStatus.HANDED_OVER and points.result_due_at is not None:
        yield Term(points.result_due_at, "일괄 파일의 결과를 받을 기한입니다.")
    found = running_term(referral, points, around.deadlines, around.calendar)
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


def _what(referral: ReferralRecord, who: Party, around: Surroundings, sends_at: datetime | None) -> str:
    if referral.reason in LASTING and referral.delivery is DeliveryStatus.DELIVERED:
        return text_of(referral.reason, referral.reason_paths) or _ON_THE_WAY[referral.delivery]
    if referral.delivery is DeliveryStatus.DELIVERED:
        return AT_AGENCY[referral.business]
    if who is Party.OPERATOR and referral.reason not in _OPERATORS:
        return "이 기관으로 보내는 일이 중지되어 있습니다. 운영자가 다시 시작하면 보냅니다."
    said = reason_in_words(referral, around.rules) or _ON_THE_WAY[referral.delivery]
    return said if sends_at is None else _with_moment(referral, said, around, sends_at)


def _with_moment(referral: ReferralRecord, said: str, around: Surroundings, sends_at: datetime) -> str:
    """Add when the hub sends or asks next."""
    if referral.agency in around.cut_offs and referral.delivery is DeliveryStatus.PENDING:
        again = f"{said} " if referral.reason else ""
        return f"{again}다음 일괄 파일({sends_at.astimezone(KST):%Y-%m-%d %H:%M} 마감)에 담아 보냅니다."
    if sends_at <= around.now:
        return said
    return f"{said} 다음 차례: {sends_at.astimezone(KST):%Y-%m-%d %H:%M}."


def _meaning(value: StrEnum) -> str:
    return MEANINGS[type(value).__name__][value]


def _due(referral: ReferralRecord, kind: DeadlineKind, start: datetime | None, around: Surroundings) -> Due | None:
    if start is None:
        return None
    return due(around.deadlines, ServiceCode(referral.service_code), kind, start, around.calendar)


def what_became(referral: ReferralRecord) -> str:
    """Say what became of a referral of which nothing more is expected."""
    if referral.delivery is DeliveryStatus.DELIVERED and referral.business is not None:
        said = AT_AGENCY[referral.business]
    else:
        said = text_of(referral.reason, referral.reason_paths) or _ON_THE_WAY[referral.delivery]
    return f"{said} 종결 사유: {_meaning(OutcomeCode(referral.outcome))}" if referral.outcome else said


def objection_until(referral: ReferralRecord, points: TurningPoints, around: Surroundings) -> date | None:
    """Return the last day (KST) on which the client may object to a negative decision; None if there is none."""
    if referral.business not in NEGATIVE or referral.outcome is not None:
        return None
    found = _due(referral, DeadlineKind.OBJECTION, points.told_at.get(referral.business), around)
    return None if found is None else found.last_day
