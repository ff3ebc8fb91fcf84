from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from ferry import ITEMS, NAME, START, FerryAdapter, Landing, consent, fact
from test_callbacks_taken import tell

from adapters.sdk import Delivered, Fact, NotSentError, Polling, Repeat, SubmitOrder, Verb
from hub.delivery.acts import Act
from hub.delivery.results import Before, change_after
from hub.delivery.steps import IllegalStepError, Step
from hub.delivery.worker import Worker
from hub.settings import DeliverySettings
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode

B, D = BusinessStatus, DeliveryStatus


def test_a_callback_that_proves_an_unknown_does_not_forget_the_withdrawal(landing: Landing) -> None:
    """A consent withdrawn while the answer is lost is told to the agency once its callback proves that it has it."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert done.in_flight == [referral_id]
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.ASSIGNED, 5), wire_key=key, receipt=f"R-{key}")
    landing.settle(200)
    assert landing.agency.withdrawn == [key]


@pytest.mark.parametrize("repeat", [Repeat.KEYED, Repeat.LOOKUP, Repeat.NEVER])
def test_an_answer_that_cannot_be_stored_is_a_persons_matter(
    open_landing: Callable[..., Landing], monkeypatch: pytest.MonkeyPatch, repeat: Repeat
) -> None:
    """The agency's times have no zone, by a defect of its adapter: nothing is sent again, and a person is asked."""

    async def submit(adapter: FerryAdapter, order: SubmitOrder) -> Delivered:
        await adapter._ask(order.decision, "/submit", {"key": order.wire_key, "name": "-", "opinion": ""})
        times = (datetime(2026, 3, 2), datetime(2026, 3, 2, 1))  # noqa: DTZ001 - that is the defect
        facts = zip((B.RECEIVED, B.ASSIGNED), times, strict=True)
        return Delivered("R-1", "00", tuple(Fact(business, "10", at) for business, at in facts))

    monkeypatch.setattr(FerryAdapter, "submit", submit)
    landing = open_landing(repeat)
    referral_id = landing.accept()
    landing.work()
    landing.settle()
    found = landing.referral(referral_id)
    assert (found.delivery, found.reason, landing.due()) == (D.UNKNOWN, "defect", [])
    assert len(landing.agency.acts) == 1


def test_a_poll_whose_answer_cannot_be_stored_is_shown_once(landing: Landing) -> None:
    """The agency is asked on, and staff are told at the first such answer, not at each; a good one counts at once."""
    referral_id = landing.accept()
    landing.work()
    landing.agency.facts = [Fact(B.ASSIGNED, "10", datetime(2026, 3, 2))]  # noqa: DTZ001 - a defect of its adapter
    landing.settle(10)
    assert landing.agency.seen.count("/status") > 1
    assert landing.events(referral_id).count(("fact_flagged", "defect")) == 1
    landing.agency.facts = [fact(B.ASSIGNED, 5)]
    landing.settle(10)
    assert landing.referral(referral_id).business is B.ASSIGNED


def answered_by(landing: Landing, *words: str) -> None:
    """Let calls fall due until the agency has said all of this."""
    landing.agency.script.extend(words)
    while landing.agency.script:
        landing.settle(1)


def test_polls_outside_the_contract_are_shown_once(landing: Landing) -> None:
    """The breaker does not tell of them: staff are told at the third in a row, not at each, and not of one bad page."""
    referral_id = landing.accept()
    landing.work()
    answered_by(landing, "garbage", "garbage", "ok", "garbage", "garbage")
    assert "fact_flagged" not in [kind for kind, _ in landing.events(referral_id)]
    answered_by(landing, *["garbage"] * 5)
    assert landing.events(referral_id).count(("fact_flagged", "poll_outside_contract")) == 1
    landing.agency.facts = [fact(B.ASSIGNED, 5)]
    landing.settle(10)
    assert landing.referral(referral_id).business is B.ASSIGNED


def test_a_referral_resolved_without_receipt_can_be_withdrawn(open_landing: Callable[..., Landing]) -> None:
    """`told` is only answered for what the hub can tell; without a receipt a person is asked."""
    landing = open_landing(Repeat.NEVER)
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    landing.do(landing.commands.resolve, referral_id, arrived=True, receipt=None, reason="전화로 확인")
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle()  # LookupError for ever
    assert done.told == [] or landing.agency.withdrawn


def test_resolved_without_receipt_after_withdrawal_asks_staff(open_landing: Callable[..., Landing]) -> None:
    """What a person says arrived, whose consent is gone, leaves a task for staff even without a receipt."""
    landing = open_landing(Repeat.NEVER)
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.do(landing.commands.resolve, referral_id, arrived=True, receipt=None, reason="전화로 확인")
    landing.settle()
    assert landing.agency.withdrawn or any("tell_agency" in str(what) for _, what in landing.events(referral_id))


def test_fields_of_a_lost_first_send_are_not_forgotten(open_landing: Callable[..., Landing]) -> None:
    """A consent that only the lost first send rested on is still remembered when it is withdrawn."""
    landing = open_landing(Repeat.KEYED)
    two = [consent([NAME]), consent(["referral.opinion"], required=False)]
    referral_id = landing.accept(consents=two)
    landing.agency.script.append("lose_reply")
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[1])
    landing.settle()
    assert landing.referral(referral_id).delivery is D.DELIVERED
    assert landing.agency.acts[0]["opinion"] is not None
    assert any(what == "tell_agency_of_partial_withdrawal" for _, what in landing.events(referral_id))


def test_a_defect_on_a_resend_leaves_the_unknown_unknown(landing: Landing) -> None:
    """A keyed resend that breaks before a byte left says nothing about the send before it."""
    before = Before(Act.SEND, D.UNKNOWN, 2, True, 0, START, START, START, False, Repeat.KEYED, 0.0, Polling(), True)
    assert change_after(ValueError(), before, START, DeliverySettings()).status is D.UNKNOWN


def test_the_same_status_again_without_a_time_is_news(landing: Landing) -> None:
    """An agency that tells no times and goes 조사중 → 보완요청 → 조사중 is followed."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    for status in (B.INVESTIGATING, B.SUPPLEMENT_REQUESTED, B.INVESTIGATING):
        tell(landing, Fact(status, str(status)), wire_key=key)
    assert landing.referral(referral_id).business is B.INVESTIGATING


def test_a_new_receipt_for_a_known_transfer_is_kept(landing: Landing) -> None:
    """이송 told first without and later with the receipt of the new office."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.TRANSFERRED, 5, office="3820000"), wire_key=key)
    tell(landing, fact(B.TRANSFERRED, 5, office="3820000", receipt="R-NEW"), wire_key=key)
    assert landing.referral(referral_id).receipt == "R-NEW"


def test_what_gets_lost_again_and_again_is_a_persons_at_last(landing: Landing) -> None:
    """Each send hangs and never arrives: looked up, not there, sent again; that ends as other tries do."""
    referral_id, answer = landing.accept(), landing.agency.handle

    def swallow(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/submit":
            landing.agency.seen.append("/submit")
            raise httpx.ReadError("scripted")
        return answer(request)

    landing.agency.handle = swallow  # type: ignore[method-assign]  # it forgets what it is told
    landing.start_process()
    landing.worker = Worker(landing.store, replace(landing.room, settings=DeliverySettings(max_tries=5)))
    landing.settle(200)
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).reason) == (
        D.FAILED,
        "tried_for_long",
    )
    assert landing.agency.seen.count("/submit") == 5


def test_a_callback_while_pending_stops_the_next_send(landing: Landing) -> None:
    """After "not found" was believed, a callback that shows that the agency has it prevents a second registration."""
    referral_id = landing.accept()
    landing.agency.visible_after = 3600.0  # the look-up lies for an hour
    landing.agency.script.append("lose_reply")
    landing.work()
    landing.agency.script.extend(["ok"])
    key = landing.referral(referral_id).wire_key
    while landing.referral(referral_id).delivery is D.UNKNOWN:
        landing.settle(1)
    assert landing.referral(referral_id).delivery is D.PENDING
    tell(landing, fact(B.ASSIGNED, 5), wire_key=key, receipt=f"R-{key}")
    landing.settle(20)
    assert len(landing.agency.acts) == 1


def test_a_callback_for_a_held_or_cancelled_referral_is_told_back(landing: Landing) -> None:
    """A referral cancelled for want of consent that the agency turns out to hold is withdrawn there, or flagged."""
    referral_id = landing.accept()
    landing.agency.visible_after = 3600.0
    landing.agency.script.append("lose_reply")
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle(20)
    assert landing.referral(referral_id).delivery is D.CANCELLED
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.ASSIGNED, 5), wire_key=key, receipt=f"R-{key}")
    landing.settle(20)
    assert landing.agency.withdrawn or any("flag" in k or "tell" in str(w) for k, w in landing.events(referral_id))


def test_an_orphan_that_the_agency_told_of_is_not_sent_again(open_landing: Callable[..., Landing]) -> None:
    """The process dies in a send, after a callback proved that the agency has it."""
    landing = open_landing(Repeat.LOOKUP)
    referral_id = landing.accept()
    key = landing.referral(referral_id).wire_key
    landing.die_while_sending(arrived=True)
    tell(landing, fact(B.ASSIGNED, 5), wire_key=key, receipt=f"R-{key}")
    landing.agency.visible_after = 3600.0
    landing.restart()
    landing.settle(30)
    assert len(landing.agency.acts) == 1


def test_an_outcome_before_the_end_does_not_lock_closing(landing: Landing) -> None:
    """An agency's outcome at 결정 does not take the centre's right to close."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.UNSUITABLE, 5, outcome=OutcomeCode.NOT_ELIGIBLE), wire_key=key)
    landing.do(landing.commands.close, referral_id, OutcomeCode.NOT_ELIGIBLE, "끝")
    assert landing.referral(referral_id).business is B.CLOSED


def test_receipt_callback_waits_until_person_resolves(open_landing: Callable[..., Landing]) -> None:
    """A callback that only names the receipt is taken in when a person enters that receipt."""
    landing = open_landing(Repeat.NEVER)
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.ASSIGNED, 5), receipt=f"R-{key}")
    landing.do(landing.commands.resolve, referral_id, arrived=True, receipt=f"R-{key}", reason="확인")
    assert landing.referral(referral_id).business is B.ASSIGNED


def test_two_consents_withdrawn_are_one_withdrawal(landing: Landing) -> None:
    """Two consents withdrawn at the same moment both end."""
    landing.accept(consents=[consent(ITEMS), consent(ITEMS)])
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.do(landing.consents.withdraw, landing.consent_ids[1])
    landing.settle()
    assert len(landing.agency.withdrawn) == 1


def test_held_not_yet_is_released_when_it_begins(landing: Landing) -> None:
    """A consent signed later than now opens by itself when its time comes."""
    referral_id = landing.accept(consents=[consent(ITEMS, signed_at="2026-03-03T10:00:00+09:00")])
    landing.work()
    assert landing.referral(referral_id).delivery is D.HELD
    landing.clock.advance(3 * 86400)
    landing.settle()
    assert landing.referral(referral_id).delivery is D.DELIVERED


def test_withdraw_failed_is_retryable(landing: Landing) -> None:
    """A withdrawal that failed at the agency can be taken up again."""
    referral_id = landing.accept()
    landing.work()
    landing.agency.script.extend(["refuse_connection"] * 100)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    for _ in range(400):
        landing.settle(1)
    wd = next(d for d in landing.deliveries(referral_id) if d.kind is Verb.WITHDRAW)
    landing.agency.script.clear()
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle(20)
    assert landing.agency.withdrawn, (wd.status, done)


@pytest.mark.parametrize("status", [D.SENDING, D.UNKNOWN])
def test_an_adapter_that_says_not_sent_after_a_byte_left_is_not_believed(status: DeliveryStatus) -> None:
    """What may have left is unknown, whatever the adapter says: it is never resent blind."""
    before = Before(Act.SEND, status, 1, True, 0, START, None, START, True, Repeat.LOOKUP, 60.0, Polling(), True)
    assert change_after(NotSentError("wrong"), before, START, DeliverySettings()).status is D.UNKNOWN


def test_a_slip_of_the_agencys_clock_does_not_freeze_the_following(landing: Landing) -> None:
    """A fact dated far in the future is flagged and applied without its time; what comes after it is still news."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, Fact(B.ASSIGNED, "20", START + timedelta(days=9000)), wire_key=key)
    tell(landing, fact(B.INVESTIGATING, 5), wire_key=key)
    assert landing.referral(referral_id).business is B.INVESTIGATING
    assert "fact_flagged" in [kind for kind, _ in landing.events(referral_id)]


def test_another_office_cannot_move_the_referral(landing: Landing) -> None:
    """What an office says that is not in charge is flagged and not believed; the one in charge is asked at once."""
    referral_id = landing.accept()
    landing.work()
    tell(landing, fact(B.CLOSED, 5), wire_key=landing.referral(referral_id).wire_key, office="3980000")
    assert landing.referral(referral_id).business is B.RECEIVED
    assert landing.due()


def test_a_withdrawal_at_an_agency_that_is_switched_off_waits_for_it(landing: Landing) -> None:
    """Who withdraws while the agency is off is told that it will be told, and it is."""
    referral_id = landing.accept()
    landing.work()
    landing.start_process(enabled=False)
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.start_process()
    landing.settle()
    assert done.told == [referral_id]
    assert landing.agency.withdrawn == [landing.referral(referral_id).wire_key]


def test_a_withdrawal_names_who_withdrew(landing: Landing) -> None:
    """The client's act is an event of its own, before what the hub and the agency do about it."""
    referral_id = landing.accept()
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert landing.events(referral_id)[-1] == ("consent_changed", "consent_withdrawn")


def test_what_is_paused_is_neither_sent_nor_asked_about(landing: Landing) -> None:
    """Whatever falls due: nothing leaves until somebody resumes it, and then it goes on where it was."""
    one = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    landing.do(landing.commands.pause, one)
    landing.clock.advance(7200)
    landing.work()
    assert (landing.agency.seen, landing.referral(one).reason) == (["/submit"], "paused_by_person")
    landing.do(landing.commands.resume, one)
    landing.settle(5)
    assert (landing.referral(one).delivery, len(landing.agency.acts)) == (DeliveryStatus.DELIVERED, 1)


def test_pausing_is_a_step_like_others(landing: Landing) -> None:
    """Twice is refused with what is legal; a client's withdrawal stops a paused referral as any other."""
    one = landing.accept()
    landing.do(landing.commands.pause, one)
    with pytest.raises(IllegalStepError) as refused:
        landing.do(landing.commands.pause, one)
    assert refused.value.legal == (Step.RESUME, Step.CANCEL)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert landing.referral(one).delivery is DeliveryStatus.CANCELLED
    assert ("paused", "paused_by_person") in landing.events(one)
