"""What waits for a person: no loss where the agency leaves it to one, but never without a cause."""

from __future__ import annotations

import pytest
from auditor_papers import FIELDS, Papers, counts

from mocks.auditor import Terms

AGENCY = frozenset({"community_center"})
AT = "2025-03-04T02:00:01+00:00"


@pytest.fixture
def papers() -> Papers:
    """A promise of which nobody but a person can say what became of it."""
    papers = Papers()
    papers.final.update(delivery="unknown", reason="person_decides", receipt=None)
    papers.terms = Terms(left_to_person=AGENCY)
    return papers


def test_what_a_fault_explains_waits(papers: Papers) -> None:
    """A fault on the request is a cause: nothing is lost, and nothing is wrong."""
    papers.visit("register", FIELDS, AT, accepted=False, fault="no_answer")
    findings = papers.count()
    assert counts(findings) == (0, 0, 0, 0)
    assert len(findings.waiting) == 1
    assert findings.is_clean


def test_what_arrived_and_was_never_answered_waits_too(papers: Papers) -> None:
    """The agency has it and the client heard that a person decides: that is no contradiction."""
    papers.register()
    papers.entries[0]["fault"] = "accept_then_lose_reply"
    findings = papers.count()
    assert counts(findings) == (0, 0, 0, 0)
    assert findings.is_clean


def test_waiting_without_a_cause_is_found(papers: Papers) -> None:
    """Nothing struck it and nobody was disturbed: whoever leaves it to a person all the same hides a loss."""
    findings = papers.count()
    assert len(findings.unexplained) == 1
    assert not findings.is_clean


def test_a_disturbance_is_a_cause(papers: Papers) -> None:
    """Its process was killed or paused while it was sent."""
    papers.terms = Terms(left_to_person=AGENCY, disturbed=frozenset({"ref_1"}))
    assert papers.count().is_clean


def test_a_fault_on_the_answer_to_its_file_is_a_cause(papers: Papers) -> None:
    """What goes by file is explained by what happened to the file's answer."""
    papers.visit("register", FIELDS, AT, accepted=True)
    papers.entries[0]["path"] = "/3820000/REQ_20250304_001.dat"
    answer = {**papers.entries[0], "direction": "out", "key": "REQ_20250304_001.dat", "fault": "result_missing"}
    papers.entries.append(answer)
    papers.act("register", FIELDS, AT, "KM20250304-000001")
    assert papers.count().is_clean


def test_a_fault_without_a_key_explains_one_only(papers: Papers) -> None:
    """Where the contract has no key, a fault on some request explains one that waits, and not two."""
    papers.visit("register", {**FIELDS, "refRqstNo": ""}, AT, accepted=False, fault="no_answer")
    assert papers.count().is_clean
    papers.entries.clear()
    assert not papers.count().is_clean


def test_elsewhere_a_person_is_no_excuse(papers: Papers) -> None:
    """An agency that dedupes or answers look-ups leaves nothing to a person: what is not there is lost."""
    papers.terms = Terms()
    papers.visit("register", FIELDS, AT, accepted=False, fault="no_answer")
    assert counts(papers.count())[0] == 1


def test_a_withdrawal_that_the_agency_never_heard_of_is_untold() -> None:
    """An agency that holds it, and has a message for withdrawals, is told of it in the end."""
    papers = Papers()
    papers.terms = Terms(can_be_told=AGENCY)
    papers.register()
    papers.withdraw("2025-03-05T00:00:00+00:00", in_flight=("ref_1",))
    assert len(papers.count().untold) == 1
    papers.visit("withdraw", FIELDS, "2025-03-05T01:00:00+00:00", accepted=True)
    papers.act("withdraw", FIELDS, "2025-03-05T01:00:00+00:00", papers.acts[0]["receipt"])
    assert papers.count().is_clean


def test_what_was_in_flight_at_a_withdrawal_may_arrive_and_need_not(papers: Papers) -> None:
    """A referral that the withdrawal's answer named as in flight is no loss if it was then stopped."""
    papers.terms = Terms()
    papers.final.update(delivery="cancelled", reason="consent_withdrawn")
    papers.withdraw("2025-03-05T00:00:00+00:00", in_flight=("ref_1",))
    assert papers.count().is_clean
