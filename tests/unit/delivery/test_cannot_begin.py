"""A call that cannot even be prepared: what was accepted does not wait for ever, and somebody is told."""

from __future__ import annotations

from functools import partial

import pytest
from asking import ALWAYS, with_rules
from ferry import Landing, fact
from sqlalchemy import select, update
from test_callbacks_taken import tell

from adapters.sdk import Verb
from hub.delivery.giving_up import give_up_beginning
from hub.delivery.steps import SupplementReason, VerificationReason
from hub.store.tables import cases
from hub.vault.keyring import KeyFileError
from schemas.referral import Supplement
from schemas.status import BusinessStatus, DeliveryStatus

D = DeliveryStatus
DAY = 24 * 3600.0


def poison(landing: Landing) -> bytes:
    """Spoil the key of the case, so that nothing of it opens; return what stood there."""
    key = landing.store.read_now(lambda conn: conn.execute(select(cases.c.wrapped_key)).scalar_one())
    mend(landing, b"broken" * 10)
    return bytes(key)


def mend(landing: Landing, key: bytes) -> None:
    """Write the key of the case."""
    landing.store.write_now(lambda conn: conn.execute(update(cases).values(wrapped_key=key)))


def stands(landing: Landing, referral_id: str) -> tuple[DeliveryStatus, str | None]:
    found = landing.referral(referral_id)
    return found.delivery, found.reason


def test_what_was_never_sent_is_on_the_shelf(landing: Landing) -> None:
    """It is failed by a defect, and tried no more; once the case opens again, a retry sends it."""
    referral_id = landing.accept()
    key = poison(landing)
    landing.settle()
    assert (stands(landing, referral_id), landing.due()) == ((D.FAILED, "defect"), [])
    mend(landing, key)
    landing.do(landing.commands.retry, referral_id)
    landing.settle()
    assert (stands(landing, referral_id)[0], len(landing.agency.acts)) == (D.DELIVERED, 1)


@pytest.mark.parametrize("passing", ["kek", "memory"])
def test_what_passes_costs_nothing(landing: Landing, monkeypatch: pytest.MonkeyPatch, passing: str) -> None:
    """A key-encryption key that this process was not given yet, or memory that ran out, is not the case's fault."""
    referral_id = landing.accept()
    with monkeypatch.context() as patch:
        if passing == "memory":
            patch.setattr(landing.vault, "case_key", _no_memory)
        else:
            landing.store.write_now(lambda conn: conn.execute(update(cases).values(kek_id="lacking")))
        with pytest.raises((MemoryError, KeyFileError)):
            landing.work()
    assert stands(landing, referral_id)[0] is D.PENDING


def test_what_may_have_arrived_is_asked_about_again_later(landing: Landing) -> None:
    """The look-up cannot be prepared: the unknown stays unknown, is not sent again, and is found out once mended."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    key = poison(landing)
    landing.settle(rounds=20)
    assert stands(landing, referral_id) == (D.UNKNOWN, "answer_lost")
    mend(landing, key)
    landing.settle()
    assert (stands(landing, referral_id)[0], len(landing.agency.acts)) == (D.DELIVERED, 1)


def test_a_poll_that_cannot_be_prepared_is_made_once_it_can(landing: Landing) -> None:
    """A delivered referral stays delivered, and what the agency has to say is heard later."""
    referral_id = landing.accept()
    landing.work()
    key = poison(landing)
    landing.settle(rounds=4)
    mend(landing, key)
    landing.agency.facts = [fact(BusinessStatus.CLOSED, 5)]
    landing.settle()
    assert landing.referral(referral_id).business is BusinessStatus.CLOSED


@pytest.mark.parametrize("lost", [False, True])
def test_a_withdrawal_that_cannot_be_prepared_is_told_by_hand(landing: Landing, lost: bool) -> None:
    """Whether it was never sent or its answer was lost: the agency must hear of it, so a person is asked at once."""
    referral_id = landing.accept()
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    if lost:
        landing.agency.script.append("lose_reply")
        landing.work()
    poison(landing)
    landing.settle(rounds=4)
    assert stands(landing, referral_id) == (D.DELIVERED, "tell_agency_by_hand")
    withdrawal = next(one for one in landing.deliveries(referral_id) if one.kind is Verb.WITHDRAW)
    assert withdrawal.status is (D.UNKNOWN if lost else D.FAILED)


def test_a_question_that_cannot_be_prepared_puts_its_referral_on_the_shelf(landing: Landing) -> None:
    """자격 확인: nothing is sent before its answer, so the referral must not wait for it for ever."""
    with_rules(landing, ALWAYS)
    referral_id = landing.accept()
    landing.work()
    poison(landing)
    landing.settle()
    assert stands(landing, referral_id) == (D.FAILED, VerificationReason.DEFECT)
    assert landing.agency.seen == []


def test_a_supplement_that_cannot_be_prepared_is_on_the_shelf(landing: Landing) -> None:
    """보완: the referral says that it did not go."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(BusinessStatus.INVESTIGATING, 1), fact(BusinessStatus.SUPPLEMENT_REQUESTED, 2), wire_key=key)
    landing.do(landing.commands.supplement, referral_id, Supplement(opinion="-"))
    poison(landing)
    landing.work()
    assert stands(landing, referral_id) == (D.DELIVERED, SupplementReason.FAILED)


def test_what_was_taken_up_or_stopped_meanwhile_is_left_alone(landing: Landing) -> None:
    """Between the failure and its telling a person, or another process, may have acted: that stands."""
    referral_id = landing.accept()
    (delivery_id,) = landing.due()
    landing.do(landing.commands.cancel, referral_id)
    landing.store.write_now(partial(give_up_beginning, room=landing.room, delivery_id=delivery_id))
    assert stands(landing, referral_id) == (D.CANCELLED, "cancelled_by_centre")


def _no_memory(*_: object) -> bytes:
    raise MemoryError
