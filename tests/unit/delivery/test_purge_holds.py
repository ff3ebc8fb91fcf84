"""Holds: what a law or an order keeps, and that it keeps it no longer than it says."""

from __future__ import annotations

from datetime import timedelta

from ferry import Landing
from test_purge import DAYS, REGISTER_DAYS, Why, forgetter, full_case, pass_days


def test_a_hold_keeps_a_case_until_its_day_or_its_release(landing: Landing) -> None:
    """By a law or an order, with its ground; the day itself is still held; a client's demand is refused as well."""
    full_case(landing)
    pass_days(landing, DAYS + 2)
    today = landing.clock.now().date()
    forgetter(landing).hold(landing.case_id, "형사소송법 (압수)", today)
    for asked_for in (None, "client_demand"):
        assert Why.LEGAL_HOLD in forgetter(landing).forget(landing.case_id, asked_for=asked_for).why_kept
    forgetter(landing).hold(landing.case_id, "형사소송법 (압수)", None)
    pass_days(landing, 1000)
    assert forgetter(landing).forget_what_is_due().kept == {Why.LEGAL_HOLD: 1}
    assert forgetter(landing).release(landing.case_id)
    assert not forgetter(landing).release(landing.case_id)
    assert forgetter(landing).forget_what_is_due().cases == [landing.case_id]


def test_a_hold_that_is_over_keeps_no_register(landing: Landing) -> None:
    """What is left of a case that was held goes when its time is over, not while a hold has it, nor never."""
    full_case(landing)
    held_till = landing.clock.now().date() + timedelta(days=DAYS)
    forgetter(landing).hold(landing.case_id, "법원 명령", held_till)
    pass_days(landing, DAYS + 2)
    assert forgetter(landing).forget_what_is_due().cases == [landing.case_id]
    pass_days(landing, REGISTER_DAYS + 1)
    for until in (None, landing.clock.now().date()):
        forgetter(landing).hold(landing.case_id, "법원 명령", until)
        assert forgetter(landing).forget_what_is_due().let_go == []
    pass_days(landing, 1)
    assert forgetter(landing).forget_what_is_due().let_go == [landing.case_id]
