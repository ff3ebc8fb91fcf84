"""What lies loose beside a case that is over keeps nobody from forgetting it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from asking import ALWAYS, questions, with_rules
from ferry import FerryAdapter, Landing
from test_purge import DAYS, close, forgetter, pass_days
from test_supplements import asked, hand_in, supplements

from adapters.sdk import Repeat, Verb, capabilities
from hub.delivery.steps import SupplementReason
from hub.delivery.taking_back import ask_to_tell_by_hand
from hub.settings import DeliverySettings
from schemas.status import DeliveryStatus

D = DeliveryStatus
Open = Callable[..., Landing]


@pytest.mark.parametrize(("script", "status"), [([], D.HELD), (["lose_reply"] * 3, D.FAILED)])
def test_a_question_that_came_to_nothing(landing: Landing, script: list[str], status: DeliveryStatus) -> None:
    """자격 확인: decided against by a counsellor, the referral goes to its end; the question stays as it was."""
    landing.room = replace(landing.room, settings=DeliverySettings(max_tries=3))
    landing.worker._room = landing.room
    with_rules(landing, ALWAYS)
    landing.agency.eligible = "M"
    landing.agency.script.extend(script)
    referral_id = landing.accept()
    landing.settle()
    landing.do(landing.commands.override, referral_id, "사정을 들음")
    landing.settle(rounds=5)
    close(landing, referral_id)
    assert [one.status for one in questions(landing, referral_id)] == [status]
    pass_days(landing, DAYS + 2)
    assert forgetter(landing).forget_what_is_due().cases == [landing.case_id]


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_supplement_of_which_nobody_knows(open_landing: Open, *, by_hand: bool) -> None:
    """보완: a person, or the agency after a person was asked, says that all was taken back: that goes with it."""
    verbs = capabilities(FerryAdapter) - ({Verb.WITHDRAW, Verb.FIND} if by_hand else {Verb.FIND})
    landing = open_landing(Repeat.NEVER, verbs=verbs)
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.agency.script.append("lose_reply")
    landing.work()
    assert landing.referral(referral_id).reason == SupplementReason.PERSON_DECIDES
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    if by_hand:
        landing.do(landing.commands.acknowledge, referral_id, reason="담당자가 전화로 확인함")
    else:
        now = landing.clock.now()
        landing.store.write_now(lambda conn: ask_to_tell_by_hand(conn, referral_id, now, "withdrawal_unanswered"))
        landing.work()
    assert (supplements(landing, referral_id), landing.referral(referral_id).reason) == ([D.CANCELLED], None)
    assert ("supplement_changed", "supplement_taken_back") in landing.events(referral_id)
    assert not forgetter(landing).forget(landing.case_id, asked_for="client_demand").why_kept
