"""자격 확인: where a rule asks for it the agency is asked first, by a decision of its own, and the submit waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial

import httpx
import pytest
from asking import ALWAYS, WHERE_OPEN, attempts, questions, with_rules
from ferry import ITEMS, NAME, FerryAdapter, Landing, consent
from sqlalchemy import select
from store_content import bytes_in

from adapters.sdk import Verb, capabilities
from hub.api.reasons import text_of
from hub.api.standing import WaitsOn, waits_on
from hub.delivery.begin import begin
from hub.delivery.finish import finish
from hub.delivery.steps import IllegalStepError, VerificationReason
from hub.settings import DeliverySettings
from hub.store.tables import audit_entries
from schemas.consent import Consent
from schemas.status import DeliveryStatus, Verification

D, R, V = DeliveryStatus, VerificationReason, Verification
WHY = "기관 담당자와 통화해 먼저 의뢰하기로 함"
Open = Callable[..., Landing]


@pytest.fixture
def asking(landing: Landing) -> Landing:
    """A landing whose agency is asked first, always."""
    return with_rules(landing, ALWAYS)


def given(items: list[str]) -> Consent:
    """Return one more consent."""
    return Consent.model_validate_json(json.dumps(consent(items)))


def stands(landing: Landing, referral_id: str) -> tuple[DeliveryStatus, str | None, Verification | None]:
    """Return how a referral stands, why, and what the agency said."""
    found = landing.referral(referral_id)
    return found.delivery, found.reason, found.verification


def test_the_submit_waits_for_the_answer(asking: Landing) -> None:
    """First the question, alone; while it is on its way the referral says so; after a yes the submit goes, once."""
    referral_id = asking.accept()
    asking.work()
    waiting = asking.referral(referral_id)
    assert (stands(asking, referral_id), waits_on(waiting)) == ((D.PENDING, R.ON_ITS_WAY, V.WANTED), WaitsOn.HUB)
    assert (asking.agency.seen, asking.agency.acts) == ([], [])
    asking.work()
    assert asking.agency.seen == ["/verify"]
    asking.work()
    assert stands(asking, referral_id) == (D.DELIVERED, None, V.ELIGIBLE)
    assert (asking.agency.seen[:2], len(asking.agency.acts)) == (["/verify", "/submit"], 1)
    told = asking.events(referral_id)
    assert told.index(("verified", "verification_eligible")) < told.index(("delivery_changed", "delivered"))


def test_the_question_says_its_own_fields_by_a_decision_of_its_own(asking: Landing) -> None:
    """It is pruned to what the agency's question carries; attempt, bases and the audit trail name it."""
    referral_id = asking.accept()
    asking.settle(rounds=4)
    (asked,), (sent,) = attempts(asking, referral_id), attempts(asking, referral_id, Verb.SUBMIT)
    assert (asked.decision, asked.result, asked.raw_code) == ("disclose", "answered", "Y")
    assert set(asked.fields) == {NAME, "client.birth_date"}
    assert {basis for bases in asked.bases.values() for basis in bases} == set(asking.consent_ids)
    assert asked.fields_hmac != sent.fields_hmac
    (said,) = asking.agency.questions
    assert (said["name"], said["born"]) == ("홍길동", "1980-01-02")
    query = select(audit_entries.c.data).where(audit_entries.c.action == "disclosed")
    assert asked.id in {entry["attempt"] for entry in asking.store.read_now(lambda c: c.execute(query).scalars().all())}


def test_nothing_of_the_answer_is_passed_on_or_kept(asking: Landing) -> None:
    """No chaining (19조): the submit says what it says without a question, and the store holds a code, no benefits."""
    without, referral_id = with_rules(asking).accept(), with_rules(asking, ALWAYS).accept(name="김나루")
    asking.settle(rounds=6)
    assert [asking.referral(one).delivery for one in (without, referral_id)] == [D.DELIVERED] * 2
    assert [set(act) for act in asking.agency.acts] == [{"key", "name", "opinion", "at"}] * 2
    assert "생계,".encode() not in bytes_in(asking.store)
    assert asking.referral(referral_id).verification is V.ELIGIBLE


@pytest.mark.parametrize(
    ("says", "reason", "said", "code", "legal"),
    [
        ("N", R.NOT_ELIGIBLE, V.NOT_ELIGIBLE, "N", ("override", "cancel", "close")),
        ("M", R.UNDETERMINED, V.UNDETERMINED, "M", ("retry", "override", "cancel", "close")),
        ("no", R.IDENTITY_MISMATCH, V.REFUSED, "3", ("override", "cancel", "close")),
    ],
)
def test_any_other_answer_holds_it_for_a_person(
    asking: Landing, says: str, reason: str, said: Verification, code: str, legal: tuple[str, ...]
) -> None:
    """Never denied: held with the agency's own code, however long it takes, until a counsellor says why it shall go."""
    if says == "no":
        asking.agency.script.append("no")
    else:
        asking.agency.eligible = says
    referral_id = asking.accept()
    asking.settle()
    found = asking.referral(referral_id)
    assert (stands(asking, referral_id), found.raw_code, waits_on(found)) == (
        (D.HELD, reason, said), code, WaitsOn.CENTRE,
    )  # fmt: skip
    assert asking.commands.legal_steps_of(found) == legal
    assert (asking.agency.acts, len(attempts(asking, referral_id))) == ([], 1)
    asking.do(asking.commands.override, referral_id, WHY)
    asking.settle(rounds=4)
    assert (asking.referral(referral_id).delivery, len(asking.agency.acts)) == (D.DELIVERED, 1)
    assert asking.referral(referral_id).overridden == (reason,)
    assert len(asking.agency.questions) <= 1
    query = select(audit_entries.c.data).where(audit_entries.c.action == "referral_overridden")
    entries = asking.store.read_now(lambda conn: list(conn.execute(query).scalars()))
    assert entries == [{"rule": reason, "rules": ["ask-first"]}]


def test_who_was_not_sure_may_be_asked_again(asking: Landing) -> None:
    """A person has it asked anew: another question, with a decision of its own; a yes lets the submit go."""
    asking.agency.eligible = "M"
    referral_id = asking.accept()
    asking.settle()
    asking.agency.eligible = "Y"
    asking.do(asking.commands.retry, referral_id)
    asking.settle(rounds=5)
    assert stands(asking, referral_id)[0] is D.DELIVERED
    assert [one.status for one in questions(asking, referral_id)] == [D.HELD, D.DELIVERED]
    assert len({one.fields_hmac for one in attempts(asking, referral_id)}) == 1
    assert len(attempts(asking, referral_id)) == 2


def test_only_what_the_facts_leave_open_is_asked(landing: Landing) -> None:
    """A rule with conditions asks where they tell nothing; where one is met or not met, nothing is disclosed for it."""
    with_rules(landing, WHERE_OPEN)
    open_ = landing.accept()
    landing.settle(rounds=5)
    assert (stands(landing, open_)[2], len(landing.agency.questions)) == (V.ELIGIBLE, 1)
    known = {**WHERE_OPEN, "any_of": [{"fact": "total_debt", "at_most": 2000}]}
    met = with_rules(landing, known).accept(name="김나루")
    unmet = with_rules(landing, {**known, "any_of": [{"fact": "total_debt", "at_most": 1}]}).accept(name="이나루")
    landing.settle(rounds=5)
    assert stands(landing, met) == (D.DELIVERED, None, None)
    assert stands(landing, unmet) == (D.HELD, "rule_not_met", None)
    assert len(landing.agency.questions) == 1


def test_without_a_consent_for_the_question_it_waits_for_one(asking: Landing) -> None:
    """The submit would go, the question may not: held with what is missing; a new consent asks by itself."""
    referral_id = asking.accept(items=[NAME])
    asking.settle(rounds=4)
    found = asking.referral(referral_id)
    assert stands(asking, referral_id) == (D.HELD, R.WITHOUT_CONSENT, V.WANTED)
    assert (found.reason_paths, asking.agency.seen) == (("client.birth_date",), [])
    assert "생년월일" in str(text_of(found.reason, found.reason_paths))
    asking.do(asking.consents.add, asking.case_id, [given(ITEMS)])
    asking.settle(rounds=5)
    assert stands(asking, referral_id) == (D.DELIVERED, None, V.ELIGIBLE)


def test_a_counsellor_may_go_without_the_question(asking: Landing) -> None:
    """Whoever may not be asked about is referred all the same, with a reason; only what consents open is told."""
    referral_id = asking.accept(items=[NAME])
    asking.settle(rounds=4)
    asking.do(asking.commands.override, referral_id, WHY)
    asking.settle(rounds=4)
    assert (stands(asking, referral_id)[0], asking.agency.questions) == (D.DELIVERED, [])
    (sent,) = attempts(asking, referral_id, Verb.SUBMIT)
    assert set(sent.fields) == {NAME, "referral.service_code"}


def test_a_consent_that_begins_later_asks_then(asking: Landing) -> None:
    """What is signed for tomorrow is asked tomorrow, by itself."""
    later = consent(ITEMS, signed_at="2026-03-03T10:00:00+09:00")
    referral_id = asking.accept(consents=[consent([NAME]), later])
    asking.work()
    asking.work()
    assert stands(asking, referral_id)[1] == R.WITHOUT_CONSENT
    asking.settle()
    assert stands(asking, referral_id) == (D.DELIVERED, None, V.ELIGIBLE)


@pytest.mark.parametrize("word", ["lose_reply", "refuse_connection", "reset_before", "garbage", "busy"])
def test_what_broke_is_asked_again(asking: Landing, word: str) -> None:
    """A question changes nothing there: whatever broke, it is asked again by its back-off, each time by a decision."""
    asking.agency.script.append(word)
    referral_id = asking.accept()
    asking.work()
    asking.work()
    (question,) = questions(asking, referral_id)
    assert (question.status, stands(asking, referral_id)[:2]) == (D.PENDING, (D.PENDING, R.ON_ITS_WAY))
    assert question.due_at is not None
    assert question.due_at > asking.clock.now()
    asking.settle()
    assert stands(asking, referral_id) == (D.DELIVERED, None, V.ELIGIBLE)
    assert [one.decision for one in attempts(asking, referral_id)] == ["disclose", "disclose"]
    assert len(asking.agency.acts) == 1


def test_a_question_that_is_never_answered_lands_on_the_shelf(asking: Landing) -> None:
    """After the limit of tries it is failed; a person has it asked again, and its tries are counted anew."""
    asking.room.__dict__["settings"] = DeliverySettings(max_tries=3)
    asking.agency.script.extend(["lose_reply"] * 3)
    referral_id = asking.accept()
    asking.settle()
    found = asking.referral(referral_id)
    assert stands(asking, referral_id) == (D.FAILED, R.FAILED, V.WANTED)
    assert asking.commands.legal_steps_of(found) == ("retry", "override", "cancel", "close")
    assert len(attempts(asking, referral_id)) == 3
    asking.agency.script.extend(["lose_reply"] * 2)
    asking.do(asking.commands.retry, referral_id)
    asking.settle()
    assert (stands(asking, referral_id)[0], len(attempts(asking, referral_id))) == (D.DELIVERED, 6)


@pytest.mark.parametrize(
    ("name", "says", "reason"),
    [("못 묻는 이름", "Y", R.CANNOT_EXPRESS), ("홍길동", "?", R.DEFECT)],
)
def test_what_no_trying_mends_waits_for_a_person(asking: Landing, name: str, says: str, reason: str) -> None:
    """A value that the question cannot carry, and a defect of the adapter: asked once, never again by itself."""
    asking.agency.eligible = says
    referral_id = asking.accept(name=name)
    asking.settle()
    assert (stands(asking, referral_id)[1], len(attempts(asking, referral_id))) == (reason, 1)
    assert asking.agency.acts == []


def test_a_wrong_set_up_pauses_the_lane(asking: Landing) -> None:
    """The agency does not know us: nothing more goes to it, and the question is asked when somebody mended that."""
    asking.agency.script.append("misconfigured")
    referral_id = asking.accept()
    asking.work()
    asking.work()
    asking.work()
    assert (asking.agency.seen, stands(asking, referral_id)[0]) == (["/verify"], D.PENDING)
    asking.do(asking.commands.resume_agency, "ferry")
    asking.settle(rounds=5)
    assert stands(asking, referral_id) == (D.DELIVERED, None, V.ELIGIBLE)


@pytest.mark.parametrize("arrived", [False, True])
def test_a_death_while_asking_asks_again(asking: Landing, arrived: bool) -> None:
    """The process dies: after its restart the question is asked again, and the submit still waits for the answer."""
    referral_id = asking.accept()
    asking.work()
    asking.die_while_sending(arrived=arrived)
    asking.restart()
    (question,) = questions(asking, referral_id)
    assert (question.status, asking.agency.acts) == (D.PENDING, [])
    asking.settle(rounds=5)
    assert stands(asking, referral_id) == (D.DELIVERED, None, V.ELIGIBLE)
    assert [one.result for one in attempts(asking, referral_id)] == ["interrupted", "answered"]
    assert len(asking.agency.acts) == 1


def test_an_agency_that_cannot_be_asked_holds_it(open_landing: Open) -> None:
    """Where the contract has no such question, operators are called; nothing is sent past the rule."""
    landing = with_rules(open_landing(verbs=capabilities(FerryAdapter) - {Verb.VERIFY}), ALWAYS)
    referral_id = landing.accept()
    landing.settle(rounds=3)
    assert (stands(landing, referral_id)[:2], landing.agency.seen) == ((D.HELD, R.NOT_OFFERED), [])


def test_cancel_stops_the_question(asking: Landing) -> None:
    """Called off before it was asked, nothing is disclosed; nothing comes back to life later."""
    referral_id = asking.accept()
    asking.work()
    asking.do(asking.commands.cancel, referral_id)
    asking.settle()
    assert (stands(asking, referral_id)[0], asking.agency.seen) == (D.CANCELLED, [])
    assert [one.status for one in questions(asking, referral_id)] == [D.CANCELLED]


def test_pause_stops_asking_and_resume_goes_on(asking: Landing) -> None:
    """While paused nobody is asked, however long; resumed, it goes on where it was."""
    asking.agency.script.append("refuse_connection")
    referral_id = asking.accept()
    asking.work()
    asking.work()
    asking.do(asking.commands.pause, referral_id)
    asking.clock.advance(24 * 3600)
    asking.settle()
    assert (len(asking.agency.seen), stands(asking, referral_id)[1]) == (1, "paused_by_person")
    asking.do(asking.commands.resume, referral_id)
    assert stands(asking, referral_id)[1] == R.ON_ITS_WAY
    asking.settle(rounds=5)
    assert stands(asking, referral_id) == (D.DELIVERED, None, V.ELIGIBLE)


def test_while_it_is_asked_nobody_steps_in_between(asking: Landing) -> None:
    """As with a send under way: refused for now, and said so; nothing is half done."""
    referral_id = asking.accept()
    asking.work()
    job = asking.store.write_now(partial(begin, room=asking.room, delivery_id=asking.due()[0]))
    assert job is not None
    for command in (asking.commands.cancel, asking.commands.pause):
        with pytest.raises(IllegalStepError) as refused:
            asking.do(command, referral_id)
        assert refused.value.current == "sending"


@pytest.mark.parametrize("moment", ["queued", "answered"])
def test_a_withdrawn_consent_stops_question_and_submit(asking: Landing, moment: str) -> None:
    """Taken back before the question, or between the answer and the submit: nothing is sent after, and it says so."""
    referral_id = asking.accept()
    asking.work()
    if moment == "answered":
        asking.work()
    seen = len(asking.agency.seen)
    done = asking.do(asking.consents.withdraw, asking.consent_ids[0])
    asking.settle()
    assert (done.stopped, done.in_flight) == ([referral_id], [])
    assert (len(asking.agency.seen), asking.agency.acts) == (seen, [])
    assert stands(asking, referral_id)[:2] == (D.CANCELLED, "consent_withdrawn")


@pytest.mark.parametrize("says", ["Y", "N"])
def test_a_question_under_way_is_named_in_flight(asking: Landing, says: str) -> None:
    """The answer to a withdrawal lists it; whatever comes back then, nothing follows from it."""
    asking.agency.eligible = says
    referral_id = asking.accept()
    asking.work()
    (delivery_id,) = asking.due()
    job = asking.store.write_now(partial(begin, room=asking.room, delivery_id=delivery_id))
    assert job is not None
    done = asking.do(asking.consents.withdraw, asking.consent_ids[0])
    assert (done.stopped, done.in_flight) == ([referral_id], [referral_id])
    adapter = asking.room.agencies.active["ferry"].adapter
    result = asyncio.run(adapter.verify(job.order))
    asking.store.write_now(partial(finish, room=asking.room, job=job, result=result))
    asking.settle()
    assert (stands(asking, referral_id)[:2], asking.agency.acts) == ((D.CANCELLED, "consent_withdrawn"), [])


def test_only_the_consent_of_the_question_is_taken_back(asking: Landing) -> None:
    """What the referral itself needs is still carried: it stays, and waits for a consent to the question."""
    both = [consent([NAME, "referral.opinion"]), consent(["client.birth_date"])]
    asking.agency.script.append("refuse_connection")
    referral_id = asking.accept(consents=both)
    asking.work()
    asking.work()
    done = asking.do(asking.consents.withdraw, asking.consent_ids[1])
    asking.settle()
    assert (done.kept, asking.agency.questions) == ([referral_id], [])
    assert stands(asking, referral_id)[:2] == (D.HELD, R.WITHOUT_CONSENT)


def test_an_answer_too_late_changes_nothing(asking: Landing) -> None:
    """The lease ran out and it is to be asked again: the late answer is journalled, and no step follows from it."""
    referral_id = asking.accept()
    asking.work()
    job = asking.store.write_now(partial(begin, room=asking.room, delivery_id=asking.due()[0]))
    assert job is not None
    asking.restart()
    asking.store.write_now(partial(finish, room=asking.room, job=job, result=httpx.ReadError("late")))
    assert [one.status for one in questions(asking, referral_id)] == [D.PENDING]
    asking.settle(rounds=5)
    assert stands(asking, referral_id) == (D.DELIVERED, None, V.ELIGIBLE)
