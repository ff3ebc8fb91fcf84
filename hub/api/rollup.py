"""The roll-up of a case over its agencies: what is done, what waits on whom, and by when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from hub.api.next_steps import NextStep, Surroundings, next_step, objection_until, what_became
from hub.api.standing import Party, WaitsOn, waits_on
from hub.api.views import CaseConsentView, HolderView, ReferralView, View, consent_as, holder_views, referral_view
from hub.consent.records import ConsentRecord
from hub.store.cases import CaseRecord
from hub.store.deliveries import DeliveryRecord
from hub.store.referrals import ReferralRecord
from hub.store.turning_points import TurningPoints
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

_WAITING = {
    Party.CLIENT: "동의 대기",
    Party.COUNSELLOR: "상담사 확인",
    Party.OPERATOR: "운영자 조치",
    Party.AGENCY: "기관 처리",
    Party.HUB: "나루 전송",
}


class Waiting(View):
    """How many referrals of a case, but for those that are done, wait on whom; client and operator: `centre`."""

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
    has_term: bool
    """기한이 있는가: false where nothing sets one, and `because` says so."""
    by: date | None
    """기한 (KST), its last day; null exactly if there is none. For what the hub sends: the day of its next try."""
    because: str
    """Whose term that is: the centre's own, or a rule with its source; or that there is none (Korean)."""
    sends_at: datetime | None
    """When the hub sends or asks next: its next try, or the cut-off of the next batch file (마감)."""
    extended_to: date | None
    """Until when the agency may make it longer."""
    overdue: bool
    escalated_at: datetime | None
    """Since when a term of it is over that was told as an event (`escalated`); null if none is."""


class FinishedView(View):
    """끝난 의뢰: what became of it.

    완료 and 사후관리 are here too: the client got the service, and only the agency's own 종결 is left (`closed` false).
    """

    referral_id: str
    service_code: ServiceCode
    agency: str
    what: str
    """What became of it (Korean)."""
    business: BusinessStatus | None
    outcome: OutcomeCode | None
    """종결 사유, where the agency or the centre named one."""
    closed: bool
    """False while the agency has its 종결 still before it."""
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
    """끝난 의뢰: of which nothing more is expected, or of which the service was given (`finished` lists them)."""
    waiting: Waiting
    next_steps: tuple[NextStepView, ...]
    """What waits, on whom, by when; what is due first comes first, what has no term last."""
    finished: tuple[FinishedView, ...]
    """What is done, in the order of the referrals."""
    consents: tuple[CaseConsentView, ...]
    """In the order in which they came, the withdrawn ones too."""
    holders: tuple[HolderView, ...]
    """누가 아직 가지고 있는가: each referral, and what its agency has of it."""
    referrals: tuple[ReferralView, ...]


def case_view(
    case: CaseRecord,
    referrals: Sequence[ReferralRecord],
    consents: Sequence[ConsentRecord],
    points: Mapping[str, TurningPoints],
    withdrawals: Mapping[str, DeliveryRecord],
    asked_first: Collection[str],
    around: Surroundings,
) -> CaseView:
    """Return the roll-up of a case; `points` are the turning points of its referrals by their ids."""
    known = [(referral, points.get(referral.id, TurningPoints())) for referral in referrals]
    steps = [(referral, next_step(referral, its_points, around)) for referral, its_points in known]
    views = tuple(referral_view(record, around.rules) for record in referrals)
    todo = [(referral, step) for referral, step in steps if step is not None]
    return CaseView(
        id=case.id,
        reference=case.reference,
        created_at=case.created_at,
        summary=_summary(referrals, [step for _, step in steps]),
        done=len(steps) - len(todo),
        waiting=Waiting(**{place: sum(waits_on(one) == place for one, _ in todo) for place in Waiting.model_fields}),
        next_steps=tuple(sorted((_step_view(*one) for one in todo), key=lambda view: view.by or date.max)),
        finished=tuple(
            _finished_view(referral, objection_until(referral, its_points, around))
            for (referral, its_points), (_, step) in zip(known, steps, strict=True)
            if step is None
        ),
        consents=tuple(consent_as(CaseConsentView, consent) for consent in consents),
        holders=holder_views(referrals, withdrawals, asked_first),
        referrals=views,
    )


def _step_view(referral: ReferralRecord, step: NextStep) -> NextStepView:
    return NextStepView(
        referral_id=referral.id,
        service_code=ServiceCode(referral.service_code),
        agency=referral.agency,
        who=step.who,
        what=step.what,
        has_term=step.term is not None,
        by=step.term.last_day if step.term else None,
        because=step.because,
        sends_at=step.sends_at,
        extended_to=step.term.extended_to if step.term else None,
        overdue=step.overdue,
        escalated_at=referral.overdue_since,
    )


def _finished_view(referral: ReferralRecord, until: date | None) -> FinishedView:
    return FinishedView(
        referral_id=referral.id,
        service_code=ServiceCode(referral.service_code),
        agency=referral.agency,
        what=what_became(referral),
        business=referral.business,
        outcome=OutcomeCode(referral.outcome) if referral.outcome else None,
        closed=waits_on(referral) is WaitsOn.NOBODY,
        objection_until=until,
    )


def _summary(referrals: Sequence[ReferralRecord], steps: Sequence[NextStep | None]) -> str:
    """Say how a case stands; a service that was given is done, though its agency may still have to close it."""
    left = [step for step in steps if step is not None]
    ended = [referral for referral, step in zip(referrals, steps, strict=True) if step is None]
    counted = ((words, sum(step.who is party for step in left)) for party, words in _WAITING.items())
    waiting = ", ".join(f"{words} {count}건" for words, count in counted if count)
    open_ = sum(waits_on(referral) is not WaitsOn.NOBODY for referral in ended)
    overdue = sum(step.overdue for step in left)
    return " ".join([
        f"의뢰 {len(steps)}건 가운데 {len(ended)}건이 끝났습니다.",
        *([f"그 가운데 서비스를 마치고 기관의 종결만 남은 것이 {open_}건입니다."] if open_ else []),
        *([f"남은 일: {waiting}."] if waiting else []),
        *([f"기한이 지난 것이 {overdue}건 있습니다."] if overdue else []),
    ])  # fmt: skip
