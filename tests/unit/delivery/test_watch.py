"""기한 경과: what is over is told once, by itself, on either store, by however many processes, also after a death."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import httpx
import pytest
from asking import ALWAYS, with_rules
from ferry import ITEMS, START, FerryAdapter, Landing, consent, fact
from sqlalchemy import select
from test_callbacks_taken import tell

from adapters.sdk import Need, Repeat, Verb, capabilities
from hub.calendar import WorkingDays
from hub.consent.records import Statute
from hub.delivery.steps import TELL_BY_HAND as BY_HAND
from hub.delivery.steps import SupplementReason
from hub.following.deadlines import Deadline
from hub.following.watch import Watch
from hub.notices.desk import Desk, Subject
from hub.store.referrals import list_referrals
from hub.store.tables import webhook_messages
from schemas.consent import Consent
from schemas.referral import Supplement
from schemas.status import BusinessStatus, DeliveryStatus

B, D = BusinessStatus, DeliveryStatus
DAY = 24 * 3600.0
Open = Callable[..., Landing]


def term(kind: str, **period: int) -> Deadline:
    """Write a deadline as configuration does."""
    written = {
        "kind": kind, "services": ["WEL-BASIC"], "words": "-", "source": "-", "mark": "A", "from": "2026-01-01",
    }  # fmt: skip
    return Deadline.model_validate(written | period)


TERMS = [
    term("decision", working_days=5, extension=5), term("objection_answer", working_days=10),
    term("objection", days=90), term("supplement", days=10), term("attention", working_days=3),
]  # fmt: skip


def watch(landing: Landing) -> Watch:
    """Return the watch of a process."""
    return Watch(landing.store, landing.room, TERMS, lambda: None)


def look(landing: Landing, days: float = 0.0) -> None:
    """Let some days pass, and the watch look until there is nothing to look at."""
    landing.clock.advance(days * DAY + 61)
    while asyncio.run(watch(landing).look()):
        pass


def told(landing: Landing, referral_id: str) -> list[str | None]:
    """Return what was escalated, in order."""
    return [what for kind, what in landing.events(referral_id) if kind == "escalated"]


def delivered(landing: Landing) -> str:
    """Deliver a referral on START, a Monday that is a day off in Korea, at ten."""
    referral_id = landing.accept()
    landing.work()
    return referral_id


def test_a_decision_that_does_not_come_is_told_once(landing: Landing) -> None:
    """After five Korean working days once, after the extension once more, and never again; the list shows it."""
    referral_id = delivered(landing)
    look(landing, days=7)  # Monday the 9th, ten o'clock: the fifth working day is not over
    assert told(landing, referral_id) == []
    look(landing, days=1)
    look(landing)
    assert told(landing, referral_id) == ["overdue_decision"]
    found = landing.referral(referral_id)
    assert (found.overdue, found.overdue_since) == ("decision", datetime(2026, 3, 9, 15, 0, tzinfo=UTC))
    look(landing, days=30)
    look(landing, days=30)
    assert told(landing, referral_id) == ["overdue_decision", "overdue_decision_extended"]


def test_working_days_are_koreas(landing: Landing) -> None:
    """What operators close (임시공휴일) makes a term longer."""
    landing.room = replace(landing.room, working_days=WorkingDays(closed=frozenset({date(2026, 3, 5)})))
    referral_id = delivered(landing)
    look(landing, days=8)
    assert told(landing, referral_id) == []
    look(landing, days=1)
    assert told(landing, referral_id) == ["overdue_decision"]


def test_what_came_in_time_is_not_told(landing: Landing) -> None:
    """The agency decided on the fourth day: nothing is over, however long it stays so."""
    referral_id = delivered(landing)
    look(landing, days=4)
    tell(landing, fact(B.APPROVED, 5), wire_key=landing.referral(referral_id).wire_key)
    look(landing, days=60)
    assert (told(landing, referral_id), landing.referral(referral_id).overdue) == ([], None)


def test_an_answer_after_all_takes_it_off_the_list(landing: Landing) -> None:
    """Overdue, and then decided: the event stays, the mark goes."""
    referral_id = delivered(landing)
    look(landing, days=8)
    tell(landing, fact(B.APPROVED, 5), wire_key=landing.referral(referral_id).wire_key)
    look(landing)
    assert (told(landing, referral_id), landing.referral(referral_id).overdue) == (["overdue_decision"], None)


def test_a_supplement_that_nobody_hands_in_is_told(landing: Landing) -> None:
    """Ten days from the agency's 보완요청; handed in, the next word is the agency's, and no term of ours runs."""
    referral_id = delivered(landing)
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.INVESTIGATING, 1), fact(B.SUPPLEMENT_REQUESTED, 2), wire_key=key)
    look(landing, days=9)
    assert told(landing, referral_id) == []
    look(landing, days=3)
    assert told(landing, referral_id) == ["overdue_supplement"]
    landing.do(landing.commands.supplement, referral_id, Supplement(opinion="임대차계약서를 냄"))
    landing.work()
    look(landing, days=40)
    assert (told(landing, referral_id), landing.referral(referral_id).overdue) == (["overdue_supplement"], None)


def test_an_objection_that_is_not_answered_is_told(landing: Landing) -> None:
    """Ten working days from the objection; the client's own time to object is nobody's to answer for."""
    referral_id = delivered(landing)
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.DISMISSED, 1), wire_key=key)
    look(landing, days=120)
    assert told(landing, referral_id) == []
    tell(landing, fact(B.OBJECTED, 2), wire_key=key)
    look(landing, days=20)
    assert told(landing, referral_id) == ["overdue_objection_answer"]


def test_a_held_referral_that_nobody_looks_at_is_told(landing: Landing) -> None:
    """Held for a consent: three working days; held again later for another reason, a new term runs."""
    referral_id = landing.accept(consents=[])
    landing.work()
    look(landing, days=3)
    assert told(landing, referral_id) == []
    look(landing, days=1)
    assert told(landing, referral_id) == ["overdue_attention"]
    landing.do(landing.consents.add, landing.case_id, [Consent.model_validate_json(json.dumps(consent(ITEMS)))])
    landing.work()
    look(landing, days=2)
    assert (told(landing, referral_id), landing.referral(referral_id).overdue) == (["overdue_attention"], None)


@pytest.mark.parametrize("state", ["failed", "unknown", "paused", "by_hand"])
def test_whatever_waits_for_a_person_is_told(open_landing: Open, state: str) -> None:
    """The shelf, an unknown that a person decides, a pause that somebody forgot, a withdrawal to be told by hand."""
    verbs = capabilities(FerryAdapter) - {Verb.WITHDRAW}
    landing = open_landing(Repeat.NEVER if state == "unknown" else Repeat.LOOKUP, verbs=verbs)
    if state == "unknown":
        landing.agency.script.append("lose_reply")
    referral_id = landing.accept(name="결함" if state == "failed" else "홍길동")
    if state != "paused":
        landing.work()
    if state == "paused":
        landing.do(landing.commands.pause, referral_id)
    if state == "by_hand":
        landing.do(landing.consents.withdraw, landing.consent_ids[0])
    look(landing, days=3)
    assert told(landing, referral_id) == []
    look(landing, days=1.5)
    look(landing, days=50)
    assert told(landing, referral_id) == ["overdue_attention"]


def test_an_unknown_that_nobody_finds_out_about_is_told(landing: Landing) -> None:
    """The hub asks on and on, and no look-up is answered: after three working days staff hear of it, once."""
    referral_id = landing.accept()
    landing.agency.script.extend(["lose_reply"] * 5000)
    landing.work()
    look(landing, days=3)
    landing.settle(rounds=3)
    assert told(landing, referral_id) == []
    for _ in range(3):
        look(landing, days=2)
        landing.settle(rounds=3)
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).reason) == (D.UNKNOWN, "answer_lost")
    assert told(landing, referral_id) == ["overdue_attention"]


def test_what_waits_for_a_lane_that_stays_shut_is_told(landing: Landing) -> None:
    """Never tried, since its agency is switched off here: nobody is left to believe that it went."""
    referral_id = landing.accept()
    landing.start_process(enabled=False)
    look(landing, days=5)
    assert (landing.referral(referral_id).delivery, told(landing, referral_id)) == (D.PENDING, ["overdue_attention"])


def test_a_supplement_that_is_not_known_to_have_arrived_is_told(open_landing: Open) -> None:
    """Handed in, and its answer was lost: the centre's own term runs until the agency is known to have it."""
    landing = open_landing(Repeat.KEYED)
    referral_id = delivered(landing)
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.INVESTIGATING, 1), fact(B.SUPPLEMENT_REQUESTED, 2), wire_key=key)
    landing.do(landing.commands.supplement, referral_id, Supplement(opinion="-"))
    landing.agency.script.append("lose_reply")
    landing.work()
    look(landing, days=12)
    assert landing.referral(referral_id).reason == SupplementReason.ANSWER_LOST
    assert told(landing, referral_id) == ["overdue_supplement"]


@pytest.mark.parametrize("how", ["lose_reply", "refuse_connection", "off"])
def test_a_withdrawal_that_is_never_acknowledged_is_told_by_hand_too(landing: Landing, how: str) -> None:
    """After three days a person is asked, once, and reminded; the hub tries on, and an answer ends the task."""
    referral_id = delivered(landing)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.start_process(enabled=how != "off")
    landing.agency.script.extend([how] * 5000)
    look(landing, days=2.9)
    landing.settle(rounds=0 if how == "off" else 2)
    assert landing.referral(referral_id).reason is None
    for days in (0.2, 1, 6):
        look(landing, days=days)
        landing.settle(rounds=0 if how == "off" else 2)
    assert (landing.referral(referral_id).reason, told(landing, referral_id)) == (BY_HAND, ["overdue_attention"])
    assert landing.events(referral_id).count(("consent_changed", "withdrawal_unanswered")) == 1
    landing.agency.script.clear()
    landing.start_process()
    landing.settle(rounds=3)
    assert (landing.agency.withdrawn != [], landing.referral(referral_id).reason) == (True, None)
    look(landing, days=30)
    assert (told(landing, referral_id), landing.referral(referral_id).overdue) == (["overdue_attention"], None)


def test_a_person_who_is_faster_than_the_hubs_own_try_is_believed(landing: Landing) -> None:
    """Acknowledged by hand while a try is under way: what becomes of that changes nothing, and no other is made."""
    referral_id = delivered(landing)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    look(landing, days=4)
    answer = landing.agency.handle

    def acknowledge_first(request: httpx.Request) -> httpx.Response:
        landing.do(landing.commands.acknowledge, referral_id, "전화로 확인")
        landing.agency.script.append("refuse_connection")
        return answer(request)

    landing.agency.handle = acknowledge_first  # type: ignore[method-assign]  # while the agency is being called
    landing.start_process()
    landing.work()
    landing.settle(rounds=5)
    found = landing.referral(referral_id)
    assert (found.business, found.reason, landing.agency.withdrawn) == (B.WITHDRAWN, None, [])


def test_it_is_told_the_centre_and_stands_in_the_list(landing: Landing) -> None:
    """An event is a message to the centre's webhooks; the filter finds what is over, and only that."""
    desk = Desk(landing.clock, landing.vault, 10)
    landing.do(desk.register, "https://centre.test/hook", {Subject.REFERRAL})
    late = delivered(landing)
    look(landing, days=8)
    fine = landing.accept(name="김나루")
    centre = landing.actor.centre_id
    shown = [
        [one.id for one in landing.store.read_now(lambda c, o=over: list_referrals(c, centre, overdue=o))]
        for over in (True, False)
    ]
    assert shown == [[late], [fine]]
    query = select(webhook_messages.c.referral_id).where(webhook_messages.c.type == "referral.escalated")
    assert landing.store.read_now(lambda conn: list(conn.execute(query).scalars())) == [late]


def test_a_death_forgets_nothing(landing: Landing) -> None:
    """What was to be looked at stands in the store: the next process tells it, once."""
    referral_id = delivered(landing)
    landing.clock.advance(8 * DAY)
    landing.restart()
    look(landing)
    landing.restart()
    look(landing)
    assert told(landing, referral_id) == ["overdue_decision"]


def test_many_processes_tell_it_once(landing: Landing) -> None:
    """They look at the same moment, over and over: each term is told once."""
    referral_ids = [landing.accept(name=f"{name}나루") for name in "김이박최정강"]
    landing.settle(rounds=2)
    landing.clock.advance(8 * DAY + 61)
    together = Barrier(4)

    def process() -> None:
        together.wait()
        for _ in range(3):
            asyncio.run(watch(landing).look())

    threads = [Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    look(landing)
    assert [told(landing, one) for one in referral_ids] == [["overdue_decision"]] * 6


@pytest.mark.parametrize("asks", [False, True])
def test_a_law_that_begins_to_hold_lets_go_by_itself(open_landing: Open, asks: bool) -> None:
    """Held since no law opens the RRN, of the submit or of the question: judged anew every day, and let go once."""
    landing = open_landing()
    rrn = frozenset({"client.rrn", "client.name"})
    profile = replace(
        landing.profile,
        discloses=landing.profile.discloses | rrn,
        requires=landing.profile.requires if asks else rrn,
        narrower={"verify": Need(rrn, rrn)},
    )
    landing.profile = profile
    landing.start_process()
    if asks:
        with_rules(landing, ALWAYS)
    unique = consent(["client.rrn"], type="unique_identifier")
    referral_id = landing.accept(consents=[consent(ITEMS), unique], rrn="8001021000000")
    landing.settle(rounds=3)
    held = "verification_without_statute" if asks else "statute_missing"
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).reason) == (D.HELD, held)
    law = Statute(
        recipient="ferry", fields=frozenset({"client.rrn"}), article="가", sender_article="나",
        valid_from=(START + timedelta(days=2)).date(),
    )  # fmt: skip
    landing.room = replace(landing.room, statutes=(law,))
    landing.worker._room = landing.room
    guard = watch(landing)
    for _ in range(3):
        landing.clock.advance(DAY)
        asyncio.run(guard.judge_laws())
        landing.work()
        landing.work()
        landing.work()
    assert landing.referral(referral_id).delivery is D.DELIVERED
    assert landing.events(referral_id).count(("consent_changed", "law_opened")) == 1
