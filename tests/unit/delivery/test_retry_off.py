"""재시도 끔: what was tried in vain stops truly, of every kind; turned on again, nothing old is replayed by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from asking import ALWAYS, attempts, with_rules
from barge import Dock
from ferry import Landing, fact
from test_callbacks_taken import tell

from adapters.sdk import NotSentError, Repeat, Verb
from hub.delivery.retrying import stop_where_retries_are_off
from hub.delivery.steps import RETRY_OFF, SupplementReason, VerificationReason
from hub.store.lanes import paused_lanes
from schemas.referral import Supplement
from schemas.status import BusinessStatus, DeliveryStatus

D = DeliveryStatus
Open = Callable[..., Landing]
WEEK = 7 * 24 * 3600.0


def turn(landing: Landing, *, on: bool) -> None:
    """Start the hub anew with the agency's retries on or off."""
    landing.more_settings["retry"] = on
    landing.restart()


def off_and_on(landing: Landing) -> None:
    """Turn the retries off and on again, as engines start, without a look at anything in between."""
    turn(landing, on=False)
    asyncio.run(stop_where_retries_are_off(landing.store, landing.room))
    turn(landing, on=True)


def let_time_pass(landing: Landing) -> None:
    """Let a week pass, with work whenever something is due."""
    landing.settle()
    landing.clock.advance(WEEK)
    landing.settle()


def stands(landing: Landing, referral_id: str) -> tuple[DeliveryStatus, str | None]:
    """Return how a referral stands, and why."""
    found = landing.referral(referral_id)
    return found.delivery, found.reason


@pytest.mark.parametrize("word", ["refuse_connection", "busy"])
def test_a_vain_try_goes_to_the_shelf(landing: Landing, word: str) -> None:
    """One try, and no second one, until a person asks for it: then one more."""
    turn(landing, on=False)
    landing.agency.script.extend([word, word])
    referral_id = landing.accept()
    let_time_pass(landing)
    assert (stands(landing, referral_id), len(landing.agency.seen)) == ((D.FAILED, RETRY_OFF), 1)
    landing.do(landing.commands.retry, referral_id)
    let_time_pass(landing)
    assert (stands(landing, referral_id), len(landing.agency.seen)) == ((D.FAILED, RETRY_OFF), 2)
    landing.do(landing.commands.retry, referral_id)
    landing.work()
    assert stands(landing, referral_id)[0] is D.DELIVERED


def test_what_waited_for_its_next_try_is_stopped_when_it_is_turned_off(landing: Landing) -> None:
    """It was tried before; off, it is not tried again, and a first try of another is made as ever."""
    landing.agency.script.append("refuse_connection")
    old = landing.accept()
    landing.work()
    turn(landing, on=False)
    new = landing.accept(name="김나루")
    let_time_pass(landing)
    assert (stands(landing, old), stands(landing, new)[0]) == ((D.FAILED, RETRY_OFF), D.DELIVERED)
    assert [act["name"] for act in landing.agency.acts] == ["김나루"]


def test_turned_on_again_nothing_old_is_replayed(landing: Landing) -> None:
    """Old failures stay on the shelf, however long; what fails from now on is tried again."""
    turn(landing, on=False)
    landing.agency.script.append("refuse_connection")
    old = landing.accept()
    let_time_pass(landing)
    turn(landing, on=True)
    landing.agency.script.append("refuse_connection")
    new = landing.accept(name="김나루")
    let_time_pass(landing)
    assert (stands(landing, old), stands(landing, new)[0]) == ((D.FAILED, RETRY_OFF), D.DELIVERED)
    assert [act["name"] for act in landing.agency.acts] == ["김나루"]


def test_a_paused_agency_that_is_resumed_replays_no_failure(landing: Landing) -> None:
    """What was failed before the pause stays failed after it; what waited goes on."""
    failed = landing.accept(name="결함")
    landing.work()
    landing.do(landing.commands.pause_agency, "ferry")
    waiting = landing.accept()
    let_time_pass(landing)
    assert (landing.agency.acts, list(landing.store.read_now(paused_lanes))) == ([], ["ferry"])
    landing.do(landing.commands.resume_agency, "ferry")
    let_time_pass(landing)
    assert (stands(landing, failed), stands(landing, waiting)[0]) == ((D.FAILED, "defect"), D.DELIVERED)


def test_a_lost_answer_is_not_sent_again_where_the_agency_would_dedupe(open_landing: Open) -> None:
    """Off, a person decides about the unknown; on again, it waits for that person still."""
    landing = open_landing(Repeat.KEYED)
    turn(landing, on=False)
    landing.agency.script.append("lose_reply")
    referral_id = landing.accept()
    let_time_pass(landing)
    turn(landing, on=True)
    let_time_pass(landing)
    assert (stands(landing, referral_id), len(landing.agency.seen)) == ((D.UNKNOWN, "person_decides"), 1)
    landing.do(landing.commands.resolve, referral_id, arrived=False, receipt=None, reason="기관에 없음")
    landing.work()
    assert stands(landing, referral_id)[0] is D.DELIVERED


def test_an_unknown_that_waited_to_be_sent_again_is_stopped(open_landing: Open) -> None:
    """The answer was lost before the retries were turned off: the second send is not made."""
    landing = open_landing(Repeat.KEYED)
    landing.agency.script.append("lose_reply")
    referral_id = landing.accept()
    landing.work()
    turn(landing, on=False)
    let_time_pass(landing)
    assert (stands(landing, referral_id), len(landing.agency.seen)) == ((D.UNKNOWN, "person_decides"), 1)


def test_looking_up_goes_on_and_what_is_not_there_is_not_sent_again(landing: Landing) -> None:
    """A question whether it arrived repeats nothing; "not there" puts it on the shelf instead of sending it."""
    turn(landing, on=False)
    landing.agency.script.extend(["reset_before", "refuse_connection"])
    referral_id = landing.accept()
    let_time_pass(landing)
    assert (stands(landing, referral_id), landing.agency.acts) == ((D.FAILED, RETRY_OFF), [])
    assert landing.agency.seen.count("/submit") == 1
    assert landing.agency.seen.count("/find") >= 2


def test_a_withdrawal_that_did_not_arrive_is_told_by_hand(landing: Landing) -> None:
    """Nobody tries it again; so a person is asked to, at once."""
    referral_id = landing.accept()
    landing.work()
    turn(landing, on=False)
    landing.agency.script.append("refuse_connection")
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    let_time_pass(landing)
    assert stands(landing, referral_id) == (D.DELIVERED, "tell_agency_by_hand")
    assert landing.agency.seen.count("/withdraw") == 1


def test_a_withdrawal_that_waited_for_its_next_try_is_told_by_hand(landing: Landing) -> None:
    """It was tried before the retries were turned off."""
    referral_id = landing.accept()
    landing.work()
    landing.agency.script.append("refuse_connection")
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.work()
    turn(landing, on=False)
    let_time_pass(landing)
    assert stands(landing, referral_id) == (D.DELIVERED, "tell_agency_by_hand")
    assert landing.agency.seen.count("/withdraw") == 1


def test_a_supplement_goes_to_the_shelf(landing: Landing) -> None:
    """The same for what the agency asked for."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(BusinessStatus.INVESTIGATING, 1), fact(BusinessStatus.SUPPLEMENT_REQUESTED, 2), wire_key=key)
    turn(landing, on=False)
    landing.agency.script.append("refuse_connection")
    landing.do(landing.commands.supplement, referral_id, Supplement(opinion="-"))
    landing.work()
    assert stands(landing, referral_id) == (D.DELIVERED, SupplementReason.FAILED)


@pytest.mark.parametrize("before", [False, True])
def test_a_question_goes_to_the_shelf(landing: Landing, before: bool) -> None:
    """자격 확인 too, whether it was tried before the retries were turned off or after."""
    with_rules(landing, ALWAYS)
    turn(landing, on=before)
    with_rules(landing, ALWAYS)
    landing.agency.script.append("lose_reply")
    referral_id = landing.accept()
    landing.work()
    landing.work()
    turn(landing, on=False)
    let_time_pass(landing)
    assert stands(landing, referral_id) == (D.FAILED, VerificationReason.FAILED)
    assert len(attempts(landing, referral_id)) == 1
    assert [one.status for one in landing.deliveries(referral_id) if one.kind is Verb.VERIFY] == [D.FAILED]


def test_what_is_not_due_before_it_is_turned_on_again_is_stopped_too(landing: Landing) -> None:
    """Off for a moment, of which no delivery fell due in: what was tried before does not go on after it."""
    landing.agency.script.extend(["refuse_connection", "ok"])
    tried, arrived = landing.accept(), landing.accept(name="김나루")
    landing.work()
    landing.agency.script.append("refuse_connection")
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.work()
    untried = landing.accept(name="이나루")
    off_and_on(landing)
    let_time_pass(landing)
    assert stands(landing, tried) == (D.FAILED, RETRY_OFF)
    assert stands(landing, arrived) == (D.DELIVERED, "tell_agency_by_hand")
    assert stands(landing, untried)[0] is D.DELIVERED
    assert (len(landing.agency.acts), landing.agency.withdrawn) == (2, [])


def test_an_unknown_that_is_not_due_meanwhile_is_not_sent_again(open_landing: Open) -> None:
    """Where the agency would dedupe, too: a person decides."""
    landing = open_landing(Repeat.KEYED)
    landing.agency.script.append("lose_reply")
    referral_id = landing.accept()
    landing.work()
    off_and_on(landing)
    let_time_pass(landing)
    assert (stands(landing, referral_id), len(landing.agency.seen)) == ((D.UNKNOWN, "person_decides"), 1)


def test_what_a_person_paused_waits_for_that_person(landing: Landing) -> None:
    """It goes on when they resume it, and not before: nothing is replayed by itself."""
    landing.agency.script.append("refuse_connection")
    referral_id = landing.accept()
    landing.work()
    landing.do(landing.commands.pause, referral_id)
    off_and_on(landing)
    let_time_pass(landing)
    assert (stands(landing, referral_id)[0], landing.agency.acts) == (D.PENDING, [])
    landing.do(landing.commands.resume, referral_id)
    let_time_pass(landing)
    assert stands(landing, referral_id)[0] is D.DELIVERED


@pytest.mark.parametrize("at_the_start", [True, False])
def test_what_was_in_a_file_that_never_left_is_in_no_other(dock_on_each: Dock, at_the_start: bool) -> None:
    """Stopped when it is turned off, and again before a file is frozen: a first try goes into the file alone."""
    dock = dock_on_each
    dock.adapter.before_writing = [NotSentError("no file could be written")]
    tried = dock.accept()
    dock.to_cut_off()
    assert stands(dock, tried) == (D.PENDING, "agency_unreachable")
    turn(dock, on=False)
    if at_the_start:
        asyncio.run(stop_where_retries_are_off(dock.store, dock.room))
        turn(dock, on=True)
    new = dock.accept(name="김나루")
    dock.to_cut_off()
    assert (stands(dock, tried), stands(dock, new)[0]) == ((D.FAILED, RETRY_OFF), D.HANDED_OVER)
    (name,) = dock.office.collect()
    assert [member["name"] for member in dock.office.members(name)] == ["김나루"]
