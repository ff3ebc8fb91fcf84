"""보완 제출: what an agency asked for is sent under a key and a decision of its own, once, and never to who forgets."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from ferry import ITEMS, FerryAdapter, Landing, consent, fact
from store_content import bytes_in
from test_callbacks_taken import tell

from adapters.sdk import Repeat, Verb, capabilities
from hub.api.reasons import text_of
from hub.api.standing import WaitsOn, waits_on
from hub.delivery.begin import begin
from hub.delivery.steps import IllegalStepError, Step, SupplementReason, UnknownIdError
from hub.delivery.supplementing import NoSupplementError, WhyNotNow
from hub.store.attempts import attempts_of
from schemas.consent import Consent
from schemas.referral import Attachment, Supplement
from schemas.status import BusinessStatus, DeliveryStatus

D, B, R = DeliveryStatus, BusinessStatus, SupplementReason
MORE = Supplement(opinion="임대차계약서를 냄", attachments=(Attachment(title="임대차계약서"),))
WITH_PAPERS = [*ITEMS, "referral.attachments.title"]
Open = Callable[..., Landing]


def asked(landing: Landing, items: list[str] | None = None) -> str:
    """Deliver a referral, and let the agency ask for more."""
    referral_id = landing.accept(items=items or WITH_PAPERS)
    landing.work()
    ask_again(landing, referral_id, 5)
    assert landing.referral(referral_id).business is B.SUPPLEMENT_REQUESTED
    return referral_id


def ask_again(landing: Landing, referral_id: str, minute: int) -> None:
    """Let the agency call: it wants more."""
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.INVESTIGATING, minute - 1), fact(B.SUPPLEMENT_REQUESTED, minute), wire_key=key)


def hand_in(landing: Landing, referral_id: str, content: Supplement = MORE) -> None:
    """Hand a supplement in."""
    landing.do(landing.commands.supplement, referral_id, content)


def given(items: list[str]) -> Consent:
    """Return one more consent."""
    return Consent.model_validate_json(json.dumps(consent(items)))


def supplements(landing: Landing, referral_id: str) -> list[DeliveryStatus]:
    """Return the statuses of a referral's supplements, oldest first."""
    return [one.status for one in landing.deliveries(referral_id) if one.kind is Verb.SUPPLEMENT]


def test_a_supplement_is_sent_under_a_key_of_its_own(landing: Landing) -> None:
    """The agency gets the new words and papers, pruned, and acknowledges; then the next word is the agency's."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    before = landing.referral(referral_id)
    landing.work()
    after, (sent,) = landing.referral(referral_id), landing.agency.supplements
    assert (before.delivery, before.reason, waits_on(before)) == (D.DELIVERED, R.ON_ITS_WAY, WaitsOn.HUB)
    assert (after.delivery, after.reason, waits_on(after)) == (D.DELIVERED, R.ACKNOWLEDGED, WaitsOn.AGENCY)
    assert (sent["key"], sent["opinion"], sent["papers"]) == (after.wire_key, MORE.opinion, ["임대차계약서"])
    assert len(sent["more"]) == len(after.wire_key)
    assert sent["more"] != after.wire_key
    assert landing.events(referral_id)[-2:] == [("supplement_changed", R.ON_ITS_WAY), ("supplemented", R.ACKNOWLEDGED)]
    tell(landing, fact(B.REVIEWING, 9), wire_key=after.wire_key)
    assert (landing.referral(referral_id).business, landing.referral(referral_id).reason) == (B.REVIEWING, None)


def test_a_decision_of_its_own_stands_in_the_journal(landing: Landing) -> None:
    """The attempt names what was told and by which consent, and nothing of it lies in clear."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.work()
    (attempt,) = (
        one for one in landing.store.read_now(lambda conn: attempts_of(conn, referral_id)) if one.verb == "supplement"
    )
    assert (attempt.decision, attempt.result) == ("disclose", "delivered")
    assert set(attempt.fields) == {"referral.opinion", "referral.attachments.title"}
    assert {basis for bases in attempt.bases.values() for basis in bases} == set(landing.consent_ids)
    assert MORE.opinion.encode() not in bytes_in(landing.store)


def test_supplements_go_one_after_the_other(landing: Landing) -> None:
    """While one is under way, or answered and nothing asked since, there is no second; asked again, there is."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    for why in (WhyNotNow.UNDER_WAY, WhyNotNow.ANSWERED):
        with pytest.raises(IllegalStepError) as refused:
            hand_in(landing, referral_id)
        assert refused.value.why is why
        landing.work()
    ask_again(landing, referral_id, 20)
    hand_in(landing, referral_id, Supplement(opinion="통장 사본도 냄"))
    landing.work()
    assert supplements(landing, referral_id) == [D.DELIVERED, D.DELIVERED]
    assert len({one["more"] for one in landing.agency.supplements}) == 2


def test_only_what_was_asked_for_is_taken(landing: Landing) -> None:
    """Before the agency asks, once it went on, and for another centre's eyes, there is nothing to supplement."""
    referral_id = landing.accept()
    for _ in range(2):
        with pytest.raises(IllegalStepError) as refused:
            hand_in(landing, referral_id)
        assert refused.value.why is WhyNotNow.NOT_ASKED
        landing.work()
    with pytest.raises(UnknownIdError):
        hand_in(landing, "ref_nobody")


def test_an_agency_without_the_message_is_told_by_people(open_landing: Open) -> None:
    """A contract that has no supplement, or no place for papers, refuses before anything is stored."""
    landing = open_landing(verbs=capabilities(FerryAdapter) - {Verb.SUPPLEMENT})
    referral_id = asked(landing)
    with pytest.raises(NoSupplementError) as refused:
        hand_in(landing, referral_id)
    assert refused.value.paths == ()
    landing = open_landing()
    referral_id = asked(landing)
    with pytest.raises(NoSupplementError) as refused:
        hand_in(landing, referral_id, Supplement(opinion="-", attachments=(Attachment(held_at="forms/1"),)))
    assert refused.value.paths == ("referral.attachments.held_at",)
    assert supplements(landing, referral_id) == []


def test_without_a_consent_it_waits_for_one(landing: Landing) -> None:
    """What it says has no consent: it is withheld, and goes on by itself when one is given."""
    referral_id = asked(landing, items=["client.name"])
    hand_in(landing, referral_id)
    landing.work()
    held = landing.referral(referral_id)
    assert (held.reason, held.reason_paths, waits_on(held)) == (R.WITHHELD, ("referral.opinion",), WaitsOn.CENTRE)
    assert "동의" in (text_of(held.reason, held.reason_paths) or "")
    assert landing.events(referral_id)[-1] == ("supplement_changed", "consent_missing")
    landing.do(landing.consents.add, landing.case_id, [given(WITH_PAPERS)])
    landing.work()
    assert supplements(landing, referral_id) == [D.DELIVERED]


def test_what_never_left_is_tried_again(landing: Landing) -> None:
    """A connection that fails costs nothing; polls meanwhile do not hide that a supplement is on its way."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.agency.script.append("refuse_connection")
    landing.work()
    assert landing.referral(referral_id).reason == R.ON_ITS_WAY
    landing.settle(5)
    assert (supplements(landing, referral_id), len(landing.agency.supplements)) == ([D.DELIVERED], 1)


@pytest.mark.parametrize("died", [False, True], ids=["answer lost", "process died"])
def test_a_lost_answer_is_sent_again_where_the_agency_dedupes(open_landing: Open, *, died: bool) -> None:
    """The same key again: the agency has it once."""
    landing = open_landing(Repeat.KEYED)
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    if died:
        landing.die_while_sending(arrived=True)
        landing.restart()
    else:
        landing.agency.script.append("lose_reply")
        landing.work()
    assert landing.referral(referral_id).reason == R.ANSWER_LOST
    landing.settle(5)
    assert (supplements(landing, referral_id), len(landing.agency.supplements)) == ([D.DELIVERED], 1)


@pytest.mark.parametrize("repeat", [Repeat.LOOKUP, Repeat.NEVER])
@pytest.mark.parametrize("arrived", [True, False])
def test_elsewhere_a_person_decides(open_landing: Open, repeat: Repeat, *, arrived: bool) -> None:
    """No look-up knows a supplement: nothing is sent or asked until a person says whether it arrived."""
    landing = open_landing(repeat, verbs=capabilities(FerryAdapter) - {Verb.STATUS})
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.agency.script.append("lose_reply" if arrived else "reset_before")
    landing.work()
    landing.settle(5)
    lost = landing.referral(referral_id)
    assert (lost.reason, waits_on(lost)) == (R.PERSON_DECIDES, WaitsOn.CENTRE)
    assert landing.agency.seen.count("/supplement") == 1
    assert "/find" not in landing.agency.seen
    landing.do(landing.commands.resolve, referral_id, arrived=arrived, receipt=None, reason="전화로 확인함")
    landing.settle(5)
    assert (supplements(landing, referral_id), len(landing.agency.supplements)) == ([D.DELIVERED], 1)


def test_a_refusal_lets_another_be_handed_in(landing: Landing) -> None:
    """The agency's no is said with its code; the centre may answer again."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.agency.script.append("no")
    landing.work()
    refused = landing.referral(referral_id)
    assert (refused.reason, waits_on(refused)) == (R.REFUSED, WaitsOn.CENTRE)
    hand_in(landing, referral_id)
    landing.work()
    assert supplements(landing, referral_id) == [D.REFUSED, D.DELIVERED]


def test_what_the_wire_cannot_carry_is_taken_back_and_said_anew(landing: Landing) -> None:
    """It is held, named by its field; cancelling it makes room for another, and the referral stays delivered."""
    referral_id = asked(landing)
    hand_in(landing, referral_id, Supplement(opinion="못 적는 말"))
    landing.work()
    held = landing.referral(referral_id)
    assert (held.reason, held.reason_paths) == (R.CANNOT_EXPRESS, ("referral.opinion",))
    landing.do(landing.commands.cancel, referral_id)
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).reason) == (D.DELIVERED, None)
    hand_in(landing, referral_id)
    landing.work()
    assert supplements(landing, referral_id) == [D.CANCELLED, D.DELIVERED]


def test_what_failed_is_a_persons_to_retry(open_landing: Open) -> None:
    """Tried for long enough it fails; a person lets it go again."""
    landing = open_landing(verbs=capabilities(FerryAdapter) - {Verb.STATUS})
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.agency.script.extend(["refuse_connection"] * 2)
    landing.work()
    landing.clock.advance(73 * 3600)
    landing.work()
    assert (landing.referral(referral_id).reason, supplements(landing, referral_id)) == (R.FAILED, [D.FAILED])
    landing.do(landing.commands.retry, referral_id)
    landing.settle(3)
    assert supplements(landing, referral_id) == [D.DELIVERED]


def test_what_nobody_waits_for_any_more_is_not_sent(landing: Landing) -> None:
    """The agency goes on without it: what was not sent is stopped, for it would be told in vain."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    tell(landing, fact(B.APPROVED, 9), wire_key=landing.referral(referral_id).wire_key)
    landing.work()
    assert (supplements(landing, referral_id), landing.agency.supplements) == ([D.CANCELLED], [])
    assert ("supplement_changed", "supplement_not_wanted") in landing.events(referral_id)


def test_a_withdrawal_stops_what_is_pending(landing: Landing) -> None:
    """The agency is told of the withdrawal and of nothing else; afterwards nothing can be handed in."""
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle(4)
    assert (done.told, done.in_flight, supplements(landing, referral_id)) == ([referral_id], [], [D.CANCELLED])
    assert (landing.agency.supplements, len(landing.agency.withdrawn)) == ([], 1)
    with pytest.raises(IllegalStepError):
        hand_in(landing, referral_id)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_withdrawal_names_what_is_in_flight(open_landing: Open, *, arrived: bool) -> None:
    """A supplement under way is listed beside the telling; a lost one is not sent again to who is told to forget."""
    landing = open_landing(Repeat.KEYED)
    referral_id = asked(landing)
    hand_in(landing, referral_id)
    landing.die_while_sending(arrived=arrived)
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.restart()
    landing.settle(5)
    assert (done.told, done.in_flight) == ([referral_id], [referral_id])
    assert (len(landing.agency.supplements), len(landing.agency.withdrawn)) == (int(arrived), 1)
    assert supplements(landing, referral_id) == [D.CANCELLED]


def test_a_consent_for_the_supplement_alone_is_withdrawn_alone(landing: Landing) -> None:
    """What it needs goes, and it with it; the referral stays, for its own consent carries it."""
    referral_id = asked(landing, items=["client.name"])
    (more,) = landing.do(landing.consents.add, landing.case_id, [given(WITH_PAPERS)])
    hand_in(landing, referral_id)
    done = landing.do(landing.consents.withdraw, more)
    landing.settle(3)
    assert (done.kept, supplements(landing, referral_id), landing.agency.supplements) == (
        [referral_id], [D.CANCELLED], []
    )  # fmt: skip
    assert landing.agency.withdrawn == []


def test_a_consent_that_goes_while_it_is_under_way_is_told_of(landing: Landing) -> None:
    """It arrives all the same: the agency keeps the referral, and staff are asked to tell it what was taken back."""
    referral_id = asked(landing, items=["client.name"])
    (more,) = landing.do(landing.consents.add, landing.case_id, [given(WITH_PAPERS)])
    hand_in(landing, referral_id)
    answer, withdrawn = landing.agency.handle, []

    def withdraw_meanwhile(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/supplement":
            withdrawn.append(landing.do(landing.consents.withdraw, more))
        return answer(request)

    landing.agency.handle = withdraw_meanwhile  # type: ignore[method-assign]  # the client acts while it is sent
    landing.start_process()
    landing.work()
    assert (withdrawn[0].in_flight, supplements(landing, referral_id)) == ([referral_id], [D.DELIVERED])
    assert ("consent_changed", "tell_agency_of_partial_withdrawal") in landing.events(referral_id)


def test_steps_of_a_delivered_referral_are_about_its_supplement(landing: Landing) -> None:
    """What may be done follows from how the supplement stands; without one, nothing is cancelled."""
    referral_id = asked(landing)
    with pytest.raises(IllegalStepError) as refused:
        landing.do(landing.commands.cancel, referral_id)
    assert refused.value.legal == (Step.SUPPLEMENT,)
    hand_in(landing, referral_id)
    with pytest.raises(IllegalStepError) as refused:
        landing.do(landing.commands.retry, referral_id)
    assert refused.value.legal == (Step.CANCEL,)
    (delivery_id,) = landing.due()
    landing.store.write_now(lambda conn: begin(conn, landing.room, delivery_id))
    with pytest.raises(IllegalStepError) as refused:
        landing.do(landing.commands.cancel, referral_id)
    assert refused.value.current == "sending"
