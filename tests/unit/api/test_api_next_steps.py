from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any

import pytest

from adapters.sdk.kst import KST
from hub.api.next_steps import Surroundings, next_step, objection_until, what_became
from hub.api.reasons import text_of
from hub.api.standing import Party, WaitsOn, waits_on
from hub.calendar import WorkingDays
from hub.following.deadlines import Deadline
from hub.store.referrals import ReferralRecord
from hub.store.turning_points import TurningPoints
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode

D, B = DeliveryStatus, BusinessStatus
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
REFERRAL = ReferralRecord(
    id="ref_1", case_id="case_1", centre_id="ctr_1", client_id="cli_1", agency="pier", office=None,
    service_code="WEL-EMERG", urgent=False, delivery=D.PENDING, business=None, raw_code=None, reason=None,
    reason_paths=(), receipt=None, wire_key="k", possible_duplicate_of=None, overridden=(), outcome=None,
    due_on=None, events=1, sealed_request=b"", created_at=NOW, updated_at=NOW,
)  # fmt: skip


def deadline(kind: str, **period: int) -> Deadline:
    """Make a deadline as configuration writes it."""
    written = {
        "kind": kind,
        "services": ["WEL-EMERG"],
        "words": kind,
        "source": "법",
        "mark": "S",
        "from": "2025-01-01",
    }
    return Deadline.model_validate(written | period)


DEADLINES = [
    deadline("decision", days=30, extension=30), deadline("objection", days=90), deadline("objection_answer", days=10),
]  # fmt: skip
AROUND = Surroundings(NOW, (), (), DEADLINES, WorkingDays())


def referral(delivery: DeliveryStatus, **more: Any) -> ReferralRecord:
    """Make a referral in a state."""
    return replace(REFERRAL, delivery=delivery, **more)


def step_of(record: ReferralRecord, points: TurningPoints | None = None, **around: Any) -> Any:
    """Return its next step."""
    return next_step(record, points or TurningPoints(), replace(AROUND, **around))


@pytest.mark.parametrize(
    ("record", "who"),
    [
        (referral(D.HELD, reason="consent_missing"), Party.CLIENT),
        (referral(D.HELD, reason="consent_expired"), Party.CLIENT),
        (referral(D.HELD, reason="statute_missing"), Party.OPERATOR),
        (referral(D.HELD, reason="agency_disabled"), Party.OPERATOR),
        (referral(D.HELD, reason="field_missing"), Party.COUNSELLOR),
        (referral(D.HELD, reason="rule_not_met"), Party.COUNSELLOR),
        (referral(D.HELD, reason="no_office"), Party.COUNSELLOR),
        (referral(D.FAILED, reason="tried_for_long"), Party.COUNSELLOR),
        (referral(D.FAILED, reason="defect"), Party.OPERATOR),
        (referral(D.PENDING), Party.HUB),
        (referral(D.PENDING, reason="misconfigured"), Party.OPERATOR),
        (referral(D.UNKNOWN, reason="answer_lost"), Party.HUB),
        (referral(D.UNKNOWN, reason="person_decides"), Party.COUNSELLOR),
        (referral(D.HANDED_OVER), Party.AGENCY),
        (referral(D.DELIVERED, business=B.REVIEWING), Party.AGENCY),
        (referral(D.DELIVERED, business=B.SUPPLEMENT_REQUESTED), Party.COUNSELLOR),
    ],
)
def test_each_reason_belongs_to_who_can_do_something(record: ReferralRecord, who: Party) -> None:
    """Client, counsellor, operator, agency or hub: whoever can take the next step is named."""
    assert step_of(record).who == who


def test_nothing_is_to_be_done_exactly_when_nobody_is_waited_for() -> None:
    """The list of work and the coarser field of a referral never contradict each other, and words are always there.

    But for one: a service that was given (완료) is no work, though its agency has yet to close it.
    """
    for delivery, business, reason in product(D, [None, *B], [None, "consent_missing", "person_decides"]):
        record = referral(delivery, business=business, reason=reason)
        step = step_of(record)
        given = business in {B.COMPLETED, B.AFTERCARE} and waits_on(record) is WaitsOn.AGENCY
        assert (step is None) == (waits_on(record) is WaitsOn.NOBODY or (delivery is D.DELIVERED and given))
        said = step.what if step else what_became(record)
        assert said.endswith(("니다.", "시오."))  # a sentence, no fragment such as "접수."
        assert step is None or (step.term is None) == step.because.startswith("기한 없음")


def test_what_the_hub_sends_is_said_with_its_next_try() -> None:
    """A queued referral names the moment of the next try, and its day; one that is due now names today."""
    later = NOW + timedelta(hours=20)
    waits = step_of(referral(D.PENDING, reason="agency_unreachable"), TurningPoints(sends_at=later))
    assert (waits.sends_at, waits.term.last_day, waits.overdue) == (later, date(2026, 3, 3), False)
    assert waits.what == "기관에 연결하지 못했습니다. 자동으로 다시 보냅니다. 다음 차례: 2026-03-03 06:00."
    due = step_of(REFERRAL, TurningPoints(sends_at=NOW - timedelta(days=2)))
    assert (due.sends_at, due.term.last_day, due.what, due.overdue) == (
        NOW, date(2026, 3, 2), "나루가 차례대로 보냅니다.", False,
    )  # fmt: skip


def test_what_goes_by_file_is_said_with_its_cut_off() -> None:
    """The 2nd is a day off: the next file is closed on the 3rd at 17:00, and the referral goes with it."""
    step = step_of(REFERRAL, TurningPoints(sends_at=NOW), cut_offs={"pier": time(17, 0)})
    assert (step.what, step.term.last_day) == (
        "다음 일괄 파일(2026-03-03 17:00 마감)에 담아 보냅니다.", date(2026, 3, 3),
    )  # fmt: skip


def test_a_paused_agency_waits_on_the_operator() -> None:
    """What would be sent by the hub waits on whoever resumes the agency; what the agency has does not."""
    assert step_of(REFERRAL, paused={"pier"}).who is Party.OPERATOR
    assert step_of(referral(D.DELIVERED), paused={"pier"}).who is Party.AGENCY


@pytest.mark.parametrize("business", [None, B.RECEIVED, B.REVIEWING, B.TRANSFERRED, B.COUNCIL])
def test_a_decision_is_due_from_the_taking(business: BusinessStatus | None) -> None:
    """Until it decided, the agency's term runs from the moment at which it took the referral."""
    step = step_of(referral(D.DELIVERED, business=business), TurningPoints(taken_at=NOW))
    assert (step.term.last_day, step.term.extended_to, step.overdue) == (date(2026, 4, 1), date(2026, 5, 4), False)


@pytest.mark.parametrize("business", [B.APPROVED, B.IN_SERVICE, B.SUPPLEMENT_REQUESTED])
def test_a_decided_referral_has_no_term_of_decision(business: BusinessStatus) -> None:
    """After the decision, and while the centre owes papers, no term of the agency's runs."""
    assert step_of(referral(D.DELIVERED, business=business), TurningPoints(taken_at=NOW)).term is None


def test_an_objection_is_due_an_answer() -> None:
    """From the objection on, the term of its answer runs."""
    points = TurningPoints(taken_at=NOW - timedelta(days=60), told_at={B.OBJECTED: NOW})
    step = step_of(referral(D.DELIVERED, business=B.OBJECTED), points)
    assert (step.term.because, step.term.last_day) == ("objection_answer (법)", date(2026, 3, 12))


def test_what_is_over_is_overdue() -> None:
    """The last day counts to its end in Korea; the next moment is too late."""
    record, points = referral(D.DELIVERED), TurningPoints(taken_at=NOW)
    midnight = datetime(2026, 4, 2, tzinfo=KST)
    found = [step_of(record, points, now=moment).overdue for moment in (midnight - timedelta(seconds=1), midnight)]
    assert found == [False, True]


def test_the_earlier_term_is_told() -> None:
    """The centre's own date goes before the agency's if it is earlier, and after it if it is later."""
    points = TurningPoints(taken_at=NOW)
    early, late = (step_of(referral(D.DELIVERED, due_on=day), points).term for day in ("2026-03-05", "2026-12-01"))
    assert (early.last_day, early.because) == (date(2026, 3, 5), "센터가 적은 처리 기한입니다.")
    assert (late.last_day, late.because) == (date(2026, 4, 1), "decision (법)")


def test_a_file_is_due_its_result() -> None:
    """What lies in a batch file waits on the agency until the file's result is due."""
    points = TurningPoints(result_due_at=datetime(2026, 3, 5, tzinfo=KST))
    assert step_of(referral(D.HANDED_OVER), points).term.last_day == date(2026, 3, 4)


def test_a_negative_decision_may_be_objected_to() -> None:
    """What is done may still be objected to for a while, unless the case was closed with an outcome."""
    record, points = referral(D.DELIVERED, business=B.DISMISSED), TurningPoints(told_at={B.DISMISSED: NOW})
    closed = replace(record, outcome=OutcomeCode.NOT_ELIGIBLE)
    assert objection_until(record, points, AROUND) == date(2026, 6, 1)  # the 31st of May is a Sunday
    assert objection_until(closed, points, AROUND) is None
    assert what_became(closed) == "기관이 기각했습니다. 종결 사유: 대상 아님."


def test_reasons_are_told_in_their_own_words() -> None:
    """The words of a reason are those of the referral itself."""
    assert step_of(referral(D.HELD, reason="no_office")).what == text_of("no_office")
