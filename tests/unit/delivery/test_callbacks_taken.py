from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest
from ferry import START, Landing, fact
from sqlalchemy import select

from adapters.sdk import Callback, Fact, InboundCall, InboundReply
from hub.following.callbacks import take_callback
from hub.following.facts import take_facts
from hub.store.tables import facts, inbox
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode

B, D = BusinessStatus, DeliveryStatus
CALL = InboundCall("POST", "", {"x-signature": "s"}, b'{"a": 1}', START)


def tell(landing: Landing, *facts: Fact, nonce: str | None = None, **named: Any) -> None:
    """Let the agency call, with these facts about what `named` names."""
    callback = Callback(
        named.get("wire_key"), named.get("receipt"), facts, InboundReply(200), nonce, named.get("office")
    )
    landing.store.write_now(partial(take_callback, room=landing.room, slug="ferry", call=CALL, callback=callback))


def business_changes(landing: Landing, referral_id: str) -> list[str | None]:
    """Read how the business status changed."""
    return [change for kind, change in landing.events(referral_id) if kind == "business_changed"]


def kept(landing: Landing, referral_id: str) -> list[str]:
    """Read the facts that callbacks brought, by name."""
    query = select(facts.c.business).where(facts.c.referral_id == referral_id, facts.c.source == "callback")
    return landing.store.read_now(lambda conn: sorted(conn.execute(query).scalars()))


def boxes(landing: Landing) -> list[bytes]:
    """Read the calls that were kept."""
    return landing.store.read_now(lambda conn: list(conn.execute(select(inbox.c.sealed_call)).scalars()))


def test_a_callback_moves_the_referral_on(landing: Landing) -> None:
    """What an agency tells by itself is taken in, found by our key or by its receipt."""
    referral_id = landing.accept()
    landing.work()
    referral = landing.referral(referral_id)
    tell(landing, fact(B.ASSIGNED, 5), wire_key=referral.wire_key)
    tell(landing, fact(B.INVESTIGATING, 6), receipt=referral.receipt)
    assert business_changes(landing, referral_id) == [B.RECEIVED, B.ASSIGNED, B.INVESTIGATING]


def test_a_repeated_callback_changes_nothing(landing: Landing) -> None:
    """The same call again, or the same fact in another call, is taken in once."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    for nonce in ("1", "1", "2"):
        tell(landing, fact(B.ASSIGNED, 5), nonce=nonce, wire_key=key)
    assert business_changes(landing, referral_id) == [B.RECEIVED, B.ASSIGNED]


def test_a_late_fact_is_kept_as_history(landing: Landing) -> None:
    """A callback that was overtaken changes no status and flags nothing."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.APPROVED, 9), wire_key=key)
    tell(landing, fact(B.ASSIGNED, 5), wire_key=key)
    assert B.APPROVED is landing.referral(referral_id).business
    assert "fact_flagged" not in [kind for kind, _ in landing.events(referral_id)]


def test_a_callback_before_our_own_commit_waits_for_it(landing: Landing) -> None:
    """An agency that calls, by a receipt that we do not know yet, while it still answers our send: nothing is lost."""
    referral_id = landing.accept()
    receipt = f"R-{landing.referral(referral_id).wire_key}"
    answer = landing.agency.handle

    def call_first(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/submit":
            tell(landing, fact(B.ASSIGNED, 5), receipt=receipt)
        return answer(request)

    landing.agency.handle = call_first  # type: ignore[method-assign]  # the agency calls while it answers
    landing.start_process()
    landing.work()
    assert business_changes(landing, referral_id) == [B.RECEIVED, B.ASSIGNED]


def test_a_callback_proves_what_was_unknown(landing: Landing) -> None:
    """An agency that tells of a referral has it: the lost answer needs no look-up any more."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.ASSIGNED, 5), wire_key=key, receipt="R-1")
    referral = landing.referral(referral_id)
    assert (referral.delivery, referral.receipt, referral.reason) == (D.DELIVERED, "R-1", None)


def test_a_callback_while_the_reply_is_lost_is_believed(landing: Landing) -> None:
    """The call comes, then our own answer is lost: what the agency told decides."""
    referral_id = landing.accept()
    key, answer = landing.referral(referral_id).wire_key, landing.agency.handle

    def call_first(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/submit":
            tell(landing, fact(B.ASSIGNED, 5), wire_key=key, receipt=f"R-{key}")
        return answer(request)

    landing.agency.handle = call_first  # type: ignore[method-assign]  # the agency calls while it answers
    landing.agency.script.append("lose_reply")
    landing.start_process()
    landing.work()
    referral = landing.referral(referral_id)
    assert (referral.delivery, len(landing.agency.acts)) == (D.DELIVERED, 1)
    assert f"R-{key}" == referral.receipt


def test_a_closing_fact_brings_its_outcome(landing: Landing) -> None:
    """Why the agency closed a referral is kept, also when the call had to wait."""
    referral_id = landing.accept()
    landing.work()
    closing = fact(B.CLOSED, 9, outcome=OutcomeCode.HELPED)
    tell(landing, closing, wire_key=landing.referral(referral_id).wire_key)
    assert (
        landing.referral(referral_id).business,
        landing.referral(referral_id).outcome,
    ) == (B.CLOSED, OutcomeCode.HELPED)


def test_a_callback_for_nobody_is_kept(landing: Landing) -> None:
    """A call about a referral that we do not have is stored, and changes nothing."""
    referral_id = landing.accept()
    tell(landing, fact(B.ASSIGNED, 5), wire_key="SOMEBODY-ELSE", receipt="R-?")
    assert landing.referral(referral_id).business is None


def test_a_callback_after_closing_is_kept_and_changes_nothing(landing: Landing) -> None:
    """The centre closed it; what the agency says then is kept and flagged, and invents no new status."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(BusinessStatus.COMPLETED, 1), wire_key=key)
    landing.do(landing.commands.close, referral_id, OutcomeCode.HELPED, "지원을 마침")
    tell(landing, fact(BusinessStatus.REVIEWING, 9), wire_key=key)
    found = landing.referral(referral_id)
    assert (found.business, found.outcome) == (BusinessStatus.CLOSED, OutcomeCode.HELPED)
    assert ("fact_flagged", BusinessStatus.REVIEWING) in landing.events(referral_id)
    assert kept(landing, referral_id) == ["completed", "reviewing"]


def test_callbacks_may_skip_states_and_come_in_any_order(landing: Landing) -> None:
    """결정 first, then what came before it: the last state stands, every fact is kept, none twice."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    told = [fact(BusinessStatus.APPROVED, 9), fact(BusinessStatus.ASSIGNED, 2), fact(BusinessStatus.REVIEWING, 5)]
    for one in [*told, *told]:
        tell(landing, one, wire_key=key)
    assert landing.referral(referral_id).business is BusinessStatus.APPROVED
    assert kept(landing, referral_id) == ["approved", "assigned", "reviewing"]


@pytest.mark.parametrize("told_by", ["callback", "poll"])
def test_what_overtook_its_transfer_is_kept(landing: Landing, told_by: str) -> None:
    """결정 of the new office comes first, then 이송, by a call or by a poll: both stand, and no third office's word."""
    referral_id = landing.accept()
    landing.work()
    key, moved = landing.referral(referral_id).wire_key, fact(B.TRANSFERRED, 5, office="3820000")
    tell(landing, fact(B.INVESTIGATING, 7), fact(B.APPROVED, 9), wire_key=key, office="3820000")
    tell(landing, fact(B.REJECTED, 10), wire_key=key, office="3980000")
    assert landing.referral(referral_id).business is B.RECEIVED
    if told_by == "callback":
        tell(landing, moved, wire_key=key)
    else:
        landing.agency.facts = [moved]
        landing.work()
    assert business_changes(landing, referral_id) == [B.RECEIVED, B.TRANSFERRED, B.INVESTIGATING, B.APPROVED]
    assert kept(landing, referral_id) == [
        B.APPROVED,
        B.INVESTIGATING,
        *([B.TRANSFERRED] if told_by == "callback" else []),
    ]
    tell(landing, fact(B.IN_SERVICE, 11), wire_key=key, office="3820000")
    assert landing.referral(referral_id).business is B.IN_SERVICE


def test_another_offices_word_has_an_unknown_looked_up_soon(landing: Landing) -> None:
    """Some office of the agency names it, so it is worth asking now; it is not believed, nor sent again."""
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    assert landing.due() == []
    tell(landing, fact(B.ASSIGNED, 5), wire_key=landing.referral(referral_id).wire_key, office="3820000")
    assert len(landing.due()) == 1
    landing.settle(rounds=10)
    assert (landing.referral(referral_id).delivery, len(landing.agency.acts)) == (D.DELIVERED, 1)


def test_a_transfer_that_goes_on_takes_each_offices_words(landing: Landing) -> None:
    """Two offices in a row, whose words came in the wrong order: all of them stand in the end."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key
    tell(landing, fact(B.REVIEWING, 9), wire_key=key, office="3990000")
    tell(landing, fact(B.TRANSFERRED, 7, office="3990000"), wire_key=key, office="3820000")
    tell(landing, fact(B.TRANSFERRED, 5, office="3820000"), wire_key=key)
    assert (landing.referral(referral_id).business, landing.referral(referral_id).office) == (B.REVIEWING, "3990000")
    assert kept(landing, referral_id) == [B.REVIEWING, B.TRANSFERRED, B.TRANSFERRED]


def test_what_came_before_its_referral_is_asked_for_its_office_too(landing: Landing) -> None:
    """Calls by a receipt that nobody knew yet: the office in charge is believed, another one from its 이송 on."""
    referral_id = landing.accept()
    receipt = f"R-{landing.referral(referral_id).wire_key}"
    tell(landing, fact(B.APPROVED, 9), receipt=receipt, office="3820000")
    tell(landing, fact(B.ASSIGNED, 5), receipt=receipt, office=landing.referral(referral_id).office)
    landing.work()
    assert business_changes(landing, referral_id) == [B.RECEIVED, B.ASSIGNED]
    assert "fact_flagged" in [kind for kind, _ in landing.events(referral_id)]
    tell(landing, fact(B.TRANSFERRED, 7, office="3820000"), receipt=receipt)
    assert business_changes(landing, referral_id) == [B.RECEIVED, B.ASSIGNED, B.TRANSFERRED, B.APPROVED]


def test_what_cannot_be_taken_in_is_kept_and_told(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that trips us up is answered, kept whole and flagged, nothing of it is half done; the next one counts."""
    referral_id = landing.accept()
    landing.work()
    key = landing.referral(referral_id).wire_key

    def trip(*asked: Any) -> int:
        take_facts(*asked)
        raise KeyError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr("hub.following.callbacks.take_facts", trip)
        tell(landing, fact(B.ASSIGNED, 5), wire_key=key)
    assert (kept(landing, referral_id), len(boxes(landing))) == ([], 1)
    assert landing.events(referral_id)[-1] == ("fact_flagged", "defect")
    tell(landing, fact(B.ASSIGNED, 5), wire_key=key)
    assert business_changes(landing, referral_id) == [B.RECEIVED, B.ASSIGNED]


def test_a_waiting_call_that_cannot_be_taken_in_loses_no_answer(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agency's receipt counts all the same, and so does the call that waited beside it; this one waits on."""
    referral_id = landing.accept()
    receipt = f"R-{landing.referral(referral_id).wire_key}"
    tell(landing, fact(B.ASSIGNED, 5), receipt=receipt)
    tell(landing, fact(B.INVESTIGATING, 6), receipt=receipt)
    calls = iter([KeyError("a defect")])

    def trip_once(*asked: Any) -> int:
        for error in calls:
            raise error
        return take_facts(*asked)

    monkeypatch.setattr("hub.following.waiting.take_facts", trip_once)
    landing.work()
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).receipt) == (D.DELIVERED, receipt)
    assert business_changes(landing, referral_id)[-1] == B.INVESTIGATING
    states = select(inbox.c.state).order_by(inbox.c.id)
    assert landing.store.read_now(lambda conn: list(conn.execute(states).scalars())) == ["unmatched", "matched"]


def test_what_is_longer_than_any_column_is_kept(landing: Landing) -> None:
    """A key, a receipt, a nonce, a code that no contract of ours has: each call is kept once, and answered."""
    referral_id = landing.accept()
    landing.work()
    for _ in range(2):
        tell(landing, fact(B.ASSIGNED, 5), nonce="n" * 101, wire_key="k" * 41, receipt="r" * 101)
    tell(landing, fact(B.ASSIGNED, 5), nonce="n" * 102, receipt="r\0")
    tell(landing, replace(fact(B.ASSIGNED, 5), raw_code="9" * 61), wire_key=landing.referral(referral_id).wire_key)
    assert len(boxes(landing)) == 3
