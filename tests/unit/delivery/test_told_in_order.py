"""What came last is what was learnt or made last, also where the machine that stored it has a clock that is behind."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from ferry import Landing, fact
from sqlalchemy import select
from test_callbacks_taken import tell

from adapters.sdk import Verb
from hub.store.deliveries import delivery_of_kind, insert_delivery
from hub.store.following import unmatched_calls
from hub.store.tables import inbox
from schemas.status import BusinessStatus

B = BusinessStatus


def run_backwards(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Let each id that a module makes stand before the one that it made last."""
    numbers = iter(range(9, 0, -1))
    monkeypatch.setattr(f"{module}.new_id", lambda prefix: f"{prefix}_{next(numbers)}")


def test_a_fact_is_judged_by_the_one_that_was_applied_last(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened before the status that is known is history."""
    referral_id = landing.accept()
    landing.work()
    run_backwards(monkeypatch, "hub.following.facts")
    key = landing.referral(referral_id).wire_key
    for business, minute in ((B.ASSIGNED, 5), (B.INVESTIGATING, 9), (B.APPROVED, 7)):
        landing.clock.advance(1)
        tell(landing, fact(business, minute), wire_key=key)
    assert landing.referral(referral_id).business is B.INVESTIGATING


def test_calls_that_wait_are_taken_in_as_they_came(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that came first is the first."""
    landing.accept()
    run_backwards(monkeypatch, "hub.following.callbacks")
    for minute in (5, 6):
        landing.clock.advance(1)
        tell(landing, fact(B.ASSIGNED, minute), receipt="R-1")
    waiting = landing.store.read_now(lambda conn: unmatched_calls(conn, "ferry", "-", "R-1"))
    came = select(inbox.c.id).order_by(inbox.c.received_at)
    assert [one.id for one in waiting] == landing.store.read_now(lambda conn: list(conn.execute(came).scalars()))


def test_the_latest_delivery_is_the_one_that_was_made_last(landing: Landing) -> None:
    """Of one kind there may be several, such as supplements."""
    referral_id = landing.accept()
    (first,) = landing.deliveries(referral_id)
    landing.clock.advance(1)
    second = replace(first, id="dlv_0", created_at=landing.clock.now())
    landing.store.write_now(partial(insert_delivery, record=second))
    assert landing.store.read_now(lambda conn: delivery_of_kind(conn, referral_id, Verb.SUBMIT)) == second
