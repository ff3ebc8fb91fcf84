"""Both status tables, and which facts of an agency can follow which."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.services import SERVICES, ServiceCode
from schemas.status import (
    BUSINESS_TRANSITIONS,
    DELIVERY_TRANSITIONS,
    ENDED,
    NEGATIVE,
    BusinessStatus,
    DeliveryStatus,
    can_follow,
)

B, D = BusinessStatus, DeliveryStatus
OPEN = frozenset(B) - ENDED - NEGATIVE
LEADS_BACK = frozenset({B.TRANSFERRED, B.COUNCIL, B.OBJECTED})


def test_every_status_has_a_row() -> None:
    """A status without a row would fail at the first fact that carries it."""
    assert set(BUSINESS_TRANSITIONS) == set(B)
    assert set(DELIVERY_TRANSITIONS) == set(D)


def test_nothing_follows_the_end() -> None:
    """종결 and 철회 end the business, delivered and refused a delivery; only the agency's word undoes a cancelling."""
    assert {status for status, after in BUSINESS_TRANSITIONS.items() if not after} == ENDED == {B.CLOSED, B.WITHDRAWN}
    assert {status for status, after in DELIVERY_TRANSITIONS.items() if not after} == {D.DELIVERED}
    assert DELIVERY_TRANSITIONS[D.CANCELLED] == DELIVERY_TRANSITIONS[D.REFUSED] == {D.DELIVERED}


def test_no_status_follows_itself_by_the_rules() -> None:
    """A transition changes something; a fact told twice is no transition."""
    assert [s for s, after in BUSINESS_TRANSITIONS.items() if s in after] == []
    assert [s for s, after in DELIVERY_TRANSITIONS.items() if s in after] == []


@pytest.mark.parametrize("status", sorted(OPEN - {B.TRANSFERRED}))
def test_open_cases_can_be_transferred_withdrawn_or_taken_to_the_council(status: BusinessStatus) -> None:
    """From any open state 이송, 철회, 협의체상정."""
    assert {B.TRANSFERRED, B.WITHDRAWN, B.COUNCIL} - {status} <= BUSINESS_TRANSITIONS[status]


@pytest.mark.parametrize("status", sorted(NEGATIVE))
def test_objection_follows_a_negative_decision_only(status: BusinessStatus) -> None:
    """이의신청 answers 부적합, 기각, 각하 and 반려, and nothing else."""
    assert B.OBJECTED in BUSINESS_TRANSITIONS[status]
    assert {s for s, after in BUSINESS_TRANSITIONS.items() if B.OBJECTED in after} == NEGATIVE


def test_the_usual_way_is_legal_step_by_step() -> None:
    """접수, 배정, 조사중, 보완요청, 심사중, 결정, 서비스진행중, 완료, 사후관리, 종결."""
    way = [B.RECEIVED, B.ASSIGNED, B.INVESTIGATING, B.SUPPLEMENT_REQUESTED, B.REVIEWING, B.APPROVED, B.IN_SERVICE,
           B.COMPLETED, B.AFTERCARE, B.CLOSED]  # fmt: skip
    assert [(a, b) for a, b in pairwise(way) if b not in BUSINESS_TRANSITIONS[a]] == []


@given(before=st.sampled_from(sorted(B)), after=st.sampled_from(sorted(B)))
def test_a_legal_step_or_the_same_fact_always_applies(before: BusinessStatus, after: BusinessStatus) -> None:
    """What the table allows, and what is told twice, is never flagged; the first fact may be any."""
    assert can_follow(None, after)
    assert can_follow(before, after) or (after != before and after not in BUSINESS_TRANSITIONS[before])


@pytest.mark.parametrize(
    ("before", "after"),
    [(B.RECEIVED, B.APPROVED), (B.RECEIVED, B.CLOSED), (B.ASSIGNED, B.SUPPLEMENT_REQUESTED),
     (B.REVIEWING, B.IN_SERVICE), (B.APPROVED, B.CLOSED), (B.TRANSFERRED, B.REVIEWING),
     (B.COUNCIL, B.IN_SERVICE), (B.OBJECTED, B.IN_SERVICE)],
)  # fmt: skip
def test_facts_jump_forward(before: BusinessStatus, after: BusinessStatus) -> None:
    """Missed facts do not block the ones that come later."""
    assert can_follow(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [(B.ASSIGNED, B.RECEIVED), (B.REVIEWING, B.ASSIGNED), (B.APPROVED, B.REVIEWING), (B.IN_SERVICE, B.RECEIVED),
     (B.CLOSED, B.IN_SERVICE), (B.UNSUITABLE, B.REVIEWING), (B.COMPLETED, B.IN_SERVICE)],
)  # fmt: skip
def test_late_facts_do_not_lead_back(before: BusinessStatus, after: BusinessStatus) -> None:
    """A callback that arrives out of order is kept and flagged, but moves nothing back."""
    assert not can_follow(before, after)


@pytest.mark.parametrize("ended", sorted(ENDED))
@pytest.mark.parametrize("after", sorted(B))
def test_no_fact_leads_out_of_the_end(ended: BusinessStatus, after: BusinessStatus) -> None:
    """After 종결 or 철회 only the same fact again applies."""
    assert can_follow(ended, after) == (after == ended)


@given(st.lists(st.sampled_from(sorted(set(B) - LEADS_BACK)), min_size=2, max_size=12))
def test_applied_facts_never_run_in_circles(told: list[BusinessStatus]) -> None:
    """Without 이송, 협의체 and 이의신청 the stage of a case only grows, whatever order the facts come in."""
    stage = {B.RECEIVED: 0, B.ASSIGNED: 1, B.IN_SERVICE: 4, B.COMPLETED: 5, B.AFTERCARE: 6, B.CLOSED: 7, B.WITHDRAWN: 7}
    stage |= dict.fromkeys((B.REVIEWING, B.INVESTIGATING, B.SUPPLEMENT_REQUESTED), 2)
    stage |= dict.fromkeys((*NEGATIVE, B.APPROVED), 3)
    now: BusinessStatus | None = None
    for fact in told:
        if can_follow(now, fact):
            assert now is None or stage[fact] >= stage[now]
            now = fact


def test_every_service_has_a_title_and_a_theme() -> None:
    """Each service code is named in Korean and belongs to a 복지로 theme of three digits."""
    assert set(SERVICES) == set(ServiceCode)
    assert [code for code, service in SERVICES.items() if not (service.title and len(service.theme) == 3)] == []
