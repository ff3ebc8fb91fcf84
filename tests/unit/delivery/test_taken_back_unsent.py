"""철회 at an agency that has what, by our journal, never arrived: it is taken back like any other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from asking import ALWAYS, with_rules
from ferry import ITEMS, NAME, FerryAdapter, Landing, consent, fact
from sqlalchemy import delete
from test_callbacks_taken import tell
from test_withdrawal_in_every_state import named

from adapters.sdk import Repeat, Verb, capabilities
from hub.store.tables import attempts
from schemas.status import BusinessStatus, DeliveryStatus

Open = Callable[..., Landing]


def told_by_the_agency(landing: Landing, referral_id: str, word: str) -> None:
    """Let a send come to nothing, and the agency tell that it has the referral."""
    landing.agency.script.append(word)
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(BusinessStatus.RECEIVED, 5), wire_key=key, receipt=f"R-{key}")
    assert landing.referral(referral_id).delivery is DeliveryStatus.DELIVERED


@pytest.mark.parametrize("word", ["busy", "refuse_connection"])
def test_a_withdrawal_of_what_was_taken_all_the_same(landing: Landing, word: str) -> None:
    """A gateway said 503, or nothing was heard, and the agency has it: it is told of the withdrawal."""
    referral_id = landing.accept()
    told_by_the_agency(landing, referral_id, word)
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle(rounds=5)
    assert (named(done, referral_id), len(landing.agency.withdrawn)) == (["told"], 1)


def test_a_question_before_is_not_what_the_agency_has(landing: Landing) -> None:
    """자격 확인 arrived, by another consent; the submit did not, by our journal: its own consent counts."""
    with_rules(landing, ALWAYS)
    asked = [NAME, "client.birth_date"]
    referral_id = landing.accept(consents=[consent(asked), consent([one for one in ITEMS if one not in asked])])
    landing.work()
    landing.work()
    told_by_the_agency(landing, referral_id, "busy")
    done = landing.do(landing.consents.withdraw, landing.consent_ids[1])
    assert named(done, referral_id) == ["kept"]
    events = [what for kind, what in landing.events(referral_id) if kind == "consent_changed"]
    assert events[-1] == "tell_agency_of_partial_withdrawal"


def test_what_another_consent_carries_stays_and_staff_are_asked(landing: Landing) -> None:
    """Only what rests on the withdrawn consent goes, as where a receipt proves the send."""
    referral_id = landing.accept(consents=[consent(ITEMS), consent(ITEMS)])
    told_by_the_agency(landing, referral_id, "busy")
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert named(done, referral_id) == ["kept"]
    assert landing.events(referral_id)[-1] == ("consent_changed", "tell_agency_of_partial_withdrawal")


def test_without_a_journal_every_consent_about_it_counts(open_landing: Open) -> None:
    """The store was put back to before the send: the agency has what we know no attempt of, and a person tells it."""
    landing = open_landing(Repeat.LOOKUP, verbs=capabilities(FerryAdapter) - {Verb.WITHDRAW})
    referral_id = landing.accept()
    told_by_the_agency(landing, referral_id, "busy")
    landing.store.write_now(lambda conn: conn.execute(delete(attempts)))
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert named(done, referral_id) == ["by_hand"]
