from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ferry import ITEMS, NAME, START, FerryAdapter, Landing, consent, fact
from store_content import bytes_in

from adapters.sdk import Repeat, Verb, capabilities
from hub.delivery.steps import IllegalStepError, UnknownIdError
from hub.delivery.worker import Worker
from hub.following.facts import take_facts
from hub.settings import DeliverySettings
from hub.store.attempts import attempts_of
from hub.store.cases import case_by_id
from hub.store.referrals import events_of, sealed_texts_of
from hub.vault.boxes import event_text_place
from schemas.consent import Consent
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode

B, D = BusinessStatus, DeliveryStatus


def test_a_consented_referral_is_delivered_once_with_its_receipt(landing: Landing) -> None:
    """A good agency takes the referral at the first try, and its receipt is kept."""
    referral_id = landing.accept()
    landing.work()
    referral = landing.referral(referral_id)
    assert (D.DELIVERED, B.RECEIVED, f"R-{referral.wire_key}") == (
        referral.delivery,
        referral.business,
        referral.receipt,
    )
    assert len(landing.agency.acts) == 1


def test_only_consented_fields_reach_the_agency(landing: Landing) -> None:
    """A field that no consent names stays here, though the agency could take it."""
    landing.accept(items=[NAME])
    landing.work()
    assert (landing.agency.acts[0]["name"], landing.agency.acts[0]["opinion"]) == ("홍길동", None)


def test_nothing_leaves_without_consent(landing: Landing) -> None:
    """Without a consent the referral is held, its reason names the field, and the agency hears nothing."""
    referral = landing.referral(landing.accept(consents=[]))
    landing.work()
    referral = landing.referral(referral.id)
    assert (referral.delivery, referral.reason, referral.reason_paths) == (D.HELD, "consent_missing", (NAME,))
    assert landing.agency.seen == []


def test_a_new_consent_releases_what_was_held(landing: Landing) -> None:
    """A consent given later lets the held referral go by itself."""
    referral_id = landing.accept(consents=[])
    landing.work()
    given = Consent.model_validate_json(json.dumps(consent(ITEMS)))
    landing.do(landing.consents.add, landing.case_id, [given])
    landing.work()
    assert D.DELIVERED is landing.referral(referral_id).delivery


def test_a_withdrawal_while_waiting_cancels(landing: Landing) -> None:
    """Once the required consent is withdrawn, a queued retry stops for good and the answer says so."""
    referral_id = landing.accept()
    landing.agency.script.append("busy")
    landing.work()
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle()
    assert ([referral_id], [], []) == (done.stopped, done.in_flight, done.told)
    assert D.CANCELLED is landing.referral(referral_id).delivery
    assert landing.agency.acts == []


def test_a_withdrawal_after_delivery_is_told_to_the_agency(landing: Landing) -> None:
    """A delivered referral is withdrawn at the agency, and its acknowledgement is kept."""
    referral_id = landing.accept()
    landing.work()
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle()
    assert [referral_id] == done.told
    assert [landing.referral(referral_id).wire_key] == landing.agency.withdrawn
    assert B.WITHDRAWN is landing.referral(referral_id).business
    assert ("withdrawal_acknowledged", None) in landing.events(referral_id)


def test_a_withdrawal_in_flight_is_listed_and_taken_back(landing: Landing) -> None:
    """A withdrawal that meets a send under way lists it, and the agency is told as soon as it turns out to hold it."""
    referral_id = landing.accept()
    landing.die_while_sending(arrived=True)
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.restart()
    landing.settle()
    assert [referral_id] == done.in_flight
    assert (len(landing.agency.acts), len(landing.agency.withdrawn)) == (1, 1)
    assert B.WITHDRAWN is landing.referral(referral_id).business


def test_a_withdrawal_while_unknown_never_resends(open_landing: Callable[..., Landing]) -> None:
    """What was withdrawn while its answer was lost is looked up, and cancelled when the agency never had it."""
    landing = open_landing(Repeat.KEYED)
    referral_id = landing.accept()
    landing.agency.script.append("reset_before")
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle()
    assert (landing.referral(referral_id).delivery, landing.agency.acts) == (D.CANCELLED, [])


def test_a_lost_reply_is_looked_up_not_resent(landing: Landing) -> None:
    """A lookup agency that took the referral and lost its reply has it once, and we have its receipt."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.settle()
    assert (landing.referral(referral_id).delivery, len(landing.agency.acts)) == (D.DELIVERED, 1)


def test_not_found_is_believed_only_after_settling(landing: Landing) -> None:
    """An agency whose look-up lags behind does not get the same referral twice."""
    landing.agency.visible_after = 45.0
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.settle()
    assert (landing.referral(referral_id).delivery, len(landing.agency.acts)) == (D.DELIVERED, 1)


def test_a_send_that_surely_got_lost_is_sent_again(landing: Landing) -> None:
    """After the settling time, "not found" means that the agency never had it: it is sent again."""
    referral_id = landing.accept()
    landing.agency.script.append("reset_before")
    landing.settle()
    assert (landing.referral(referral_id).delivery, len(landing.agency.acts)) == (D.DELIVERED, 1)


def test_never_waits_for_a_person(open_landing: Callable[..., Landing]) -> None:
    """An agency that can neither dedupe nor be asked leaves the unknown to a person, for ever if need be."""
    landing = open_landing(Repeat.NEVER)
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.settle()
    referral = landing.referral(referral_id)
    assert (referral.delivery, referral.reason, len(landing.agency.acts)) == (D.UNKNOWN, "person_decides", 1)


def test_a_person_resolves_an_unknown(open_landing: Callable[..., Landing]) -> None:
    """What a person found out settles it: arrived, with its receipt; or not, and it is sent again."""
    landing = open_landing(Repeat.NEVER, verbs=capabilities(FerryAdapter) - {Verb.STATUS})
    arrived = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.settle()
    landing.do(landing.commands.resolve, arrived, arrived=True, receipt="R-7", reason="전화로 확인")
    assert (landing.referral(arrived).delivery, landing.referral(arrived).receipt) == (D.DELIVERED, "R-7")
    lost = landing.accept(name="김나루")
    landing.agency.script.append("reset_before")
    landing.settle()
    landing.do(landing.commands.resolve, lost, arrived=False, receipt=None, reason="전화로 확인")
    landing.settle()
    assert (landing.referral(lost).delivery, len(landing.agency.acts)) == (D.DELIVERED, 2)


def test_misconfiguration_pauses_the_lane(landing: Landing) -> None:
    """When the agency does not know us, the lane stops at once and goes on by hand; nothing is lost."""
    first, second = landing.accept(), landing.accept(name="김나루")
    landing.agency.script.append("misconfigured")
    landing.work()
    seen = len(landing.agency.seen)
    landing.clock.advance(3600)
    landing.work()
    assert 1 == seen == len(landing.agency.seen)
    landing.do_for_all(landing.commands.resume_agency, "ferry")
    landing.settle()
    assert [landing.referral(one).delivery for one in (first, second)] == [D.DELIVERED] * 2


def test_tried_for_long_is_failed_and_a_person_may_retry(landing: Landing) -> None:
    """An agency that is never reached ends on the failed shelf after its tries; a retry starts anew."""
    referral_id, tries = landing.accept(), 4
    landing.worker = Worker(landing.store, replace(landing.room, settings=DeliverySettings(max_tries=tries)))
    landing.agency.script.extend(["refuse_connection"] * tries)
    landing.settle()
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).reason) == (
        D.FAILED,
        "tried_for_long",
    )
    landing.do(landing.commands.retry, referral_id)
    landing.settle()
    assert (landing.referral(referral_id).delivery, len(landing.agency.acts)) == (D.DELIVERED, 1)


@pytest.mark.parametrize(
    ("name", "delivery", "reason"), [("못 적는 이름", D.HELD, "cannot_express"), ("결함", D.FAILED, "defect")]
)
def test_what_cannot_be_sent_is_kept_with_its_reason(
    landing: Landing, name: str, delivery: DeliveryStatus, reason: str
) -> None:
    """A field that the wire cannot carry holds; a defect before the first byte fails; neither blocks the lane."""
    referral_id, other = landing.accept(name=name), landing.accept()
    landing.work()
    assert (delivery, reason) == (landing.referral(referral_id).delivery, landing.referral(referral_id).reason)
    assert D.DELIVERED is landing.referral(other).delivery


def test_a_refusal_is_a_value_with_the_agencys_code(landing: Landing) -> None:
    """An agency's no is kept with its code, and can be closed with an outcome."""
    referral_id = landing.accept()
    landing.agency.script.append("no")
    landing.work()
    landing.do(landing.commands.close, referral_id, OutcomeCode.NOT_ELIGIBLE, "대상이 아님을 안내함")
    referral = landing.referral(referral_id)
    assert (referral.delivery, referral.reason, referral.raw_code) == (D.REFUSED, "not_eligible", "N1")
    assert OutcomeCode.NOT_ELIGIBLE is referral.outcome


def test_polls_follow_to_the_end_and_facts_are_kept_once(landing: Landing) -> None:
    """Polling applies each new fact once, jumps over missed ones, and stops at the end."""
    referral_id = landing.accept()
    landing.work()
    landing.agency.facts = [fact(B.ASSIGNED, 5), fact(B.INVESTIGATING, 6)]
    landing.clock.advance(3600)
    landing.work()
    landing.agency.facts += [fact(B.APPROVED, 7), fact(B.IN_SERVICE, 8), fact(B.COMPLETED, 9), fact(B.CLOSED, 10)]
    landing.settle()
    changes = [change for kind, change in landing.events(referral_id) if kind == "business_changed"]
    assert changes == [
        B.RECEIVED, B.ASSIGNED, B.INVESTIGATING, B.APPROVED, B.IN_SERVICE, B.COMPLETED, B.CLOSED,
    ]  # fmt: skip
    assert landing.due() == []


def test_a_transfer_is_followed_at_the_new_office(landing: Landing) -> None:
    """이송 changes the office and receipt that we ask, and nothing is sent again."""
    referral_id = landing.accept()
    landing.work()
    landing.agency.facts = [fact(B.TRANSFERRED, 5, office="3740000", receipt="NEW-1")]
    landing.clock.advance(3600)
    landing.work()
    referral = landing.referral(referral_id)
    assert (referral.office, referral.receipt, referral.business) == ("3740000", "NEW-1", B.TRANSFERRED)
    assert len(landing.agency.acts) == 1


def test_a_fact_that_cannot_follow_is_flagged(landing: Landing) -> None:
    """A contradiction is kept and shown, and the status stays."""
    referral_id = landing.accept()
    landing.work()
    landing.agency.facts = [fact(B.CLOSED, 5)]
    landing.clock.advance(3600)
    landing.work()
    late = [fact(B.IN_SERVICE, 9)]
    landing.store.write_now(
        lambda conn: take_facts(conn, landing.room, referral_id, b"", late, "callback", landing.clock.now())
    )
    assert ("fact_flagged", B.IN_SERVICE) in landing.events(referral_id)
    assert B.CLOSED is landing.referral(referral_id).business


def test_every_call_has_a_journal_row_with_its_decision(landing: Landing) -> None:
    """Each attempt names its verb, its decision, and for a disclosure the fields and what they rest on."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    landing.clock.advance(120)
    landing.work()
    told = landing.store.read_now(lambda conn: attempts_of(conn, referral_id))
    assert [(attempt.verb, attempt.decision, attempt.result) for attempt in told] == [
        (Verb.SUBMIT, "disclose", "unknown"),
        (Verb.FIND, "reconcile", "delivered"),
    ]
    assert {NAME: (landing.consent_ids[0],)}.items() <= told[0].bases.items()
    assert told[1].fields == ()


def test_illegal_steps_are_refused_with_the_legal_ones(landing: Landing) -> None:
    """A delivered referral cannot be cancelled or retried; the error says what can be done instead."""
    referral_id = landing.accept()
    landing.work()
    with pytest.raises(IllegalStepError) as refused:
        landing.do(landing.commands.cancel, referral_id)
    assert (refused.value.current, refused.value.legal) == (D.DELIVERED, ())


def test_another_centres_referral_does_not_exist(landing: Landing) -> None:
    """A caller of another centre gets the same answer as for an id that nobody ever gave out."""
    referral_id = landing.accept()
    landing.actor = type(landing.actor)("key:other", "ctr_other")
    for unknown in (referral_id, "ref_nobody"):
        with pytest.raises(UnknownIdError):
            landing.do(landing.commands.cancel, unknown)


def test_a_part_taken_back_after_a_transfer_leaves_the_rest(landing: Landing) -> None:
    """이송 does not turn the withdrawal of an optional item into an end: the first recipient counts."""
    parts = [consent([NAME]), consent(["referral.opinion"], required=False)]
    referral_id = landing.accept(consents=parts)
    landing.work()
    landing.agency.facts = [fact(B.TRANSFERRED, 5, office="3740000", receipt="NEW-1")]
    landing.clock.advance(3600)
    landing.work()
    done = landing.do(landing.consents.withdraw, landing.consent_ids[1])
    assert ([referral_id], [], []) == (done.kept, done.told, landing.agency.withdrawn)
    assert ("consent_changed", "tell_agency_of_partial_withdrawal") in landing.events(referral_id)


def test_what_the_agency_said_is_sealed_with_its_event(landing: Landing) -> None:
    """A 보완요청 is of use only with its words; nothing of them stands in clear."""
    one = landing.accept()
    landing.work()
    landing.agency.facts = [fact(BusinessStatus.SUPPLEMENT_REQUESTED, 5, text="소득 증빙을 보내 주십시오")]
    landing.clock.advance(120)
    landing.work()
    referral, kept = landing.referral(one), bytes_in(landing.store)
    events = landing.store.read_now(lambda conn: events_of(conn, one))
    (asked,) = [event.sequence for event in events if event.business is BusinessStatus.SUPPLEMENT_REQUESTED]
    box = landing.store.read_now(lambda conn: sealed_texts_of(conn, one, [asked]))[asked]
    key = landing.store.read_now(lambda conn: case_key_of(conn, landing, referral.case_id))
    assert landing.vault.unseal_text(key, event_text_place(one, asked), box) == "소득 증빙을 보내 주십시오"
    assert "소득 증빙".encode() not in kept


def case_key_of(conn: Any, landing: Landing, case_id: str) -> bytes:
    case = case_by_id(conn, case_id)
    assert case is not None
    return landing.vault.case_key(case.id, case.wrapped_key, case.kek_id)


def test_an_agency_that_is_away_for_a_day_is_waited_for(landing: Landing) -> None:
    """With the shipped settings it takes days, not tries, until a person is asked."""
    referral_id = landing.accept()
    landing.agency.script.extend(["refuse_connection"] * 60)
    landing.settle(130)
    assert landing.clock.now() - START > timedelta(hours=10)
    assert landing.referral(referral_id).delivery is D.DELIVERED
