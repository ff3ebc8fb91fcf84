"""An agency whose contract has no withdrawal: a person tells it, and the task stays open until it acknowledged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ferry import FerryAdapter, Landing, fact

from adapters.sdk import Repeat, Verb, capabilities
from hub.api.reasons import text_of
from hub.api.standing import WaitsOn, waits_on
from hub.delivery.steps import TELL_BY_HAND, IllegalStepError
from schemas.status import BusinessStatus, DeliveryStatus

D, B = DeliveryStatus, BusinessStatus
ASKED = ("consent_changed", TELL_BY_HAND)


@pytest.fixture
def landing(open_landing: Callable[..., Landing]) -> Landing:
    """A landing whose agency can be asked, and told of no withdrawal."""
    return open_landing(Repeat.NEVER, verbs=capabilities(FerryAdapter) - {Verb.WITHDRAW, Verb.FIND})


def taken_back(landing: Landing) -> str:
    """Deliver a referral, and withdraw its consent."""
    referral_id = landing.accept()
    landing.work()
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert (done.by_hand, done.told, done.kept) == ([referral_id], [], [])
    return referral_id


def test_the_client_hears_that_a_person_must_tell(landing: Landing) -> None:
    """It is neither told nor kept; the referral waits on the centre and says why, once."""
    referral_id = taken_back(landing)
    again = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    referral = landing.referral(referral_id)
    assert again.by_hand == [referral_id]
    assert (referral.delivery, referral.reason, waits_on(referral)) == (D.DELIVERED, TELL_BY_HAND, WaitsOn.CENTRE)
    assert "직접 알려" in (text_of(referral.reason) or "")
    assert landing.events(referral_id).count(ASKED) == 1
    assert [(one.kind, one.status, one.due_at) for one in landing.deliveries(referral_id)][1:] == [
        (Verb.WITHDRAW, D.HELD, None)
    ]


def test_the_task_stays_open_however_often_the_agency_is_asked(landing: Landing) -> None:
    """Polls go on, since the agency goes on; nothing is sent to take it back."""
    referral_id = taken_back(landing)
    landing.agency.facts = [fact(B.ASSIGNED)]
    landing.settle(10)
    referral = landing.referral(referral_id)
    assert (referral.business, referral.reason) == (B.ASSIGNED, TELL_BY_HAND)
    assert landing.agency.withdrawn == []


def test_an_acknowledgement_ends_the_task(landing: Landing) -> None:
    """The referral is withdrawn, its reason gone, the event a person's; there is nothing more to acknowledge."""
    referral_id = taken_back(landing)
    landing.do(landing.commands.acknowledge, referral_id, reason="담당자가 전화로 확인함")
    referral = landing.referral(referral_id)
    assert (referral.business, referral.reason, waits_on(referral)) == (B.WITHDRAWN, None, WaitsOn.NOBODY)
    assert ("withdrawal_acknowledged", None) in landing.events(referral_id)
    assert landing.deliveries(referral_id)[1].status is D.DELIVERED
    with pytest.raises(IllegalStepError):
        landing.do(landing.commands.acknowledge, referral_id, reason="또")
    assert landing.do(landing.consents.withdraw, landing.consent_ids[0]).told == [referral_id]


def test_the_agencys_own_word_is_enough(landing: Landing) -> None:
    """Once it says 철회 by itself, nobody waits for the centre any more."""
    referral_id = taken_back(landing)
    landing.agency.facts = [fact(B.WITHDRAWN)]
    landing.settle(10)
    assert waits_on(landing.referral(referral_id)) is WaitsOn.NOBODY


def test_nothing_is_to_be_acknowledged_before(landing: Landing) -> None:
    """A referral that nobody takes back has no such step."""
    referral_id = landing.accept()
    landing.work()
    with pytest.raises(IllegalStepError):
        landing.do(landing.commands.acknowledge, referral_id, reason="확인")


def test_a_lost_answer_that_proves_to_have_arrived_is_taken_back_by_hand(landing: Landing) -> None:
    """The consent goes while it is unknown; a person finds it there; the same person is asked to take it back."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert done.in_flight == [referral_id]
    landing.do(landing.commands.resolve, referral_id, arrived=True, receipt="R-1", reason="기관에 전화함")
    referral = landing.referral(referral_id)
    assert (referral.delivery, referral.reason) == (D.DELIVERED, TELL_BY_HAND)
