"""The roll-up of a case over its agencies: what is done, what waits on whom, and by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from hub.api.next_steps import NextStep, Surroundings, next_step, objection_until, what_became
from hub.api.standing import Party, WaitsOn
from hub.api.views import CaseConsentView, ReferralView, View, consent_as, referral_view
from hub.consent.records import ConsentRecord
from hub.store.cases import CaseRecord
from hub.store.referrals import ReferralRecord
from hub.store.turning_points import TurningPoints
from schemas.services import ServiceCode
from schemas.status import BusinessStatus

_WAITING = {
    Party.CLIENT: "동의 대기",
    Party.COUNSELLOR: "상담사 확인",
    Party.OPERATOR: "운영자 조치",
    Party.AGENCY: "기관 처리",
    Party.HUB: "나루 전송",
}
_SERVED = frozenset({BusinessStatus.COMPLETED, BusinessStatus.AFTERCARE})


class Waiting(View):
    """How many referrals of a case wait on whom."""

    hub: int
    centre: int
    agency: int


class NextStepView(View):
    """다음 할 일: what waits, on whom, and by when."""

    referral_id: str
    service_code: ServiceCode
    agency: str
    who: Party
    what: str
    """What is to be done, or awaited (Korean)."""
    by: date | None
    """기한 (KST), its last day; null if nothing sets one."""
    because: str | None
    """Whose term that is: the centre's own, or a rule with its source (Korean)."""
    extended_to: date | None
    """Until when the agency may make it longer."""
    overdue: bool


class FinishedView(View):
    """끝난 의뢰: what became of it."""

    referral_id: str
    service_code: ServiceCode
    agency: str
    what: str
    """What became of it (Korean)."""
    objection_until: date | None
    """이의신청: the last day (KST) on which the client may object to a negative decision."""


class CaseView(View):
    """사례: the roll-up over the agencies."""

    id: str
    reference: str | None
    """The centre's own number."""
    created_at: datetime
    summary: str
    """How it stands, in a sentence (Korean)."""
    done: int
    """Referrals of which nothing more is expected."""
    waiting: Waiting
    next_steps: tuple[NextStepView, ...]
    """What waits, on whom, by when; what is due first comes first, what has no term last."""
    finished: tuple[FinishedView, ...]
    """What is done, in the order of the referrals."""
    consents: tuple[CaseConsentView, ...]
    """In the order in which they came, the withdrawn ones too."""
    referrals: tuple[ReferralView, ...]


def case_view(
    case: CaseRecord,
    referrals: Sequence[ReferralRecord],
    consents: Sequence[ConsentRecord],
    points: Mapping[str, TurningPoints],
    around: Surroundings,
) -> CaseView:
    """Return the roll-up of a case; `points` are the turning points of its referrals by their ids."""
    known = [(referral, points.get(referral.id, TurningPoints())) for referral in referrals]
    steps = [(referral, next_step(referral, its_points, around)) for referral, its_points in known]
    views = tuple(referral_view(record, around.rules) for record in referrals)
    waits = [view.waits_on for view in views]
    todo = [(referral, step) for referral, step in steps if step is not None]
    return CaseView(
        id=case.id,
        reference=case.reference,
        created_at=case.created_at,
        summary=_summary(len(referrals), todo),
        done=waits.count(WaitsOn.NOBODY),
        waiting=Waiting(
            hub=waits.count(WaitsOn.HUB), centre=waits.count(WaitsOn.CENTRE), agency=waits.count(WaitsOn.AGENCY)
        ),
        next_steps=tuple(sorted((_step_view(*one) for one in todo), key=lambda view: view.by or date.max)),
        finished=tuple(
            _finished_view(referral, objection_until(referral, its_points, around))
            for (referral, its_points), (_, step) in zip(known, steps, strict=True)
            if step is None
        ),
        consents=tuple(consent_as(CaseConsentView, consent) for consent in consents),
        referrals=views,
    )


def _step_view(referral: ReferralRecord, step: NextStep) -> NextStepView:
    return NextStepView(
        referral_id=referral.id,
        service_code=ServiceCode(referral.service_code),
        agency=referral.agency,
        who=step.who,
        what=step.what,
        by=step.term.last_day if step.term else None,
        because=step.term.because if step.term else None,
        extended_to=step.term.extended_to if step.term else None,
        overdue=step.overdue,
    )


def _finished_view(referral: ReferralRecord, until: date | None) -> FinishedView:
    return FinishedView(
        referral_id=referral.id,
        service_code=ServiceCode(referral.service_code),
        agency=referral.agency,
        what=what_became(referral),
        objection_until=until,
    )


def _summary(total: int, todo: Sequence[tuple[ReferralRecord, NextStep]]) -> str:
    """Say how a case stands; a service that was given and only waits for its 종결 is no work left."""
    left = [step for referral, step in todo if referral.business not in _SERVED]
    counted = ((words, sum(step.who is party for step in left)) for party, words in _WAITING.items())
    waiting = ", ".join(f"{words} {count}건" for words, count in counted if count)
    served, overdue = len(todo) - len(left), sum(step.overdue for step in left)
    return " ".join([
        f"의뢰 {total}건 가운데 {total - len(todo)}건이 끝났습니다.",
        *([f"서비스를 마치고 종결이 남은 것이 {served}건입니다."] if served else []),
        *([f"남은 일: {waiting}."] if waiting else []),
        *([f"기한이 지난 것이 {overdue}건 있습니다."] if overdue else []),
    ])  # fmt: skip
