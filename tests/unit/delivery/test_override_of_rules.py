from __future__ import annotations

import json

import pytest
from ferry import NAME, START, Landing, consent
from sqlalchemy import select

from hub.delivery.steps import IllegalStepError
from hub.intake.filing import Filing
from hub.settings import RoutingSettings
from hub.store.tables import audit_entries
from schemas.consent import Consent
from schemas.status import DeliveryStatus

D = DeliveryStatus
REASON = "기관 담당자와 통화해 예외로 받기로 함"
RULES = [
    {
        "id": name, "services": ["WEL-BASIC"], "any_of": [{"fact": "total_debt", "at_most": most}],
        "words": "채무 한도", "source": "시험 고시", "mark": "A", "from": "2026-01-01",
    }
    for name, most in (("small", 1), ("smaller", 0), ("large", 10**9))
]  # fmt: skip


@pytest.fixture
def strict(landing: Landing) -> Landing:
    """A landing whose agency's programme has rules that the sample client does not meet."""
    routes = {"WEL-BASIC": [{"agency": "ferry", "from": START.date()}]}
    routing = RoutingSettings.model_validate({"services": routes, "rules": RULES})
    landing.filing = Filing(landing.clock, landing.vault, landing.room.agencies, routing)
    return landing


def test_a_held_referral_waits_for_a_person(strict: Landing) -> None:
    """A rule that is not met sends nothing, however long it takes, and trying again is no way round it."""
    referral_id = strict.accept()
    strict.clock.advance(30 * 24 * 3600)
    strict.settle()
    with pytest.raises(IllegalStepError) as caught:
        strict.do(strict.commands.retry, referral_id)
    assert caught.value.legal == ("override", "cancel", "close")
    assert (strict.referral(referral_id).reason, strict.agency.acts) == ("rule_not_met", [])


def test_a_counsellor_decides_against_the_rules(strict: Landing) -> None:
    """With a reason it goes on: an event, an audit entry that names the rules, and one act at the agency."""
    referral_id = strict.accept()
    strict.do(strict.commands.override, referral_id, REASON)
    strict.settle()
    query = select(audit_entries.c.data).where(audit_entries.c.action == "referral_overridden")
    entries = strict.store.read_now(lambda conn: list(conn.execute(query).scalars()))
    assert (strict.referral(referral_id).delivery, len(strict.agency.acts)) == (D.DELIVERED, 1)
    assert strict.referral(referral_id).overridden == ("rule_not_met",)
    assert ("overridden", "rule_not_met") in strict.events(referral_id)
    assert entries == [{"rule": "rule_not_met", "rules": ["small", "smaller"]}]


def test_deciding_against_a_rule_opens_no_consent(strict: Landing) -> None:
    """Nothing is sent without a consent, whoever decided what; when it comes, the rules do not hold it again."""
    referral_id = strict.accept(consents=[])
    strict.do(strict.commands.override, referral_id, REASON)
    strict.settle()
    held = strict.referral(referral_id)
    assert (held.delivery, held.reason, strict.agency.acts) == (D.HELD, "consent_missing", [])
    with pytest.raises(IllegalStepError):
        strict.do(strict.commands.override, referral_id, REASON)


def test_a_new_consent_does_not_decide_against_a_rule(strict: Landing) -> None:
    """A consent releases what waits for a consent, and nothing else."""
    referral_id = strict.accept(consents=[])
    case_id = strict.referral(referral_id).case_id
    strict.do(strict.consents.add, case_id, [Consent.model_validate_json(json.dumps(consent([NAME])))])
    strict.settle()
    assert (strict.referral(referral_id).reason, strict.agency.acts) == ("rule_not_met", [])


def test_deciding_that_it_is_no_double_leaves_the_rules(strict: Landing) -> None:
    """Each reason is decided by itself: after the double the rules hold it, and only then it goes."""
    strict.accept()
    referral_id = strict.accept()
    before = strict.referral(referral_id).reason
    strict.do(strict.commands.override, referral_id, REASON)
    between = strict.referral(referral_id)
    strict.do(strict.commands.override, referral_id, REASON)
    strict.settle()
    assert (before, between.delivery, between.reason) == ("possible_duplicate", D.HELD, "rule_not_met")
    assert strict.referral(referral_id).overridden == ("possible_duplicate", "rule_not_met")
    assert strict.referral(referral_id).delivery is D.DELIVERED
