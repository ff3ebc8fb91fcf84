"""기한 경과 of what the hub tries in vain: the term runs from when the trying began, however often it is tried."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from ferry import START, Landing
from test_watch import term, told

from hub.following.terms import running_term
from hub.following.watch import Watch
from hub.store.turning_points import turning_points
from schemas.status import DeliveryStatus

D = DeliveryStatus
TERMS = [term("attention", hours=24)]
OVER = START + timedelta(hours=24)
HOUR = 3600.0


def over_at(landing: Landing, referral_id: str) -> datetime | None:
    """Return when the term that runs is over, as the roll-up shows it."""
    points = landing.store.read_now(lambda conn: turning_points(conn, landing.case_id))[referral_id]
    found = running_term(landing.referral(referral_id), points, TERMS, landing.room.working_days)
    return None if found is None else found.over_at


def try_for(landing: Landing, hours: int) -> None:
    """Let some hours pass in which the watch looks, and everything that falls due is tried."""
    watch = Watch(landing.store, landing.room, TERMS, lambda: None)
    for _ in range(hours):
        landing.clock.advance(HOUR)
        while asyncio.run(watch.look()):
            pass
        landing.work()


@pytest.mark.parametrize("script", [["refuse_connection"], ["busy", "refuse_connection"], ["reset_before", "ok"]])
def test_vain_tries_begin_no_term_anew(landing: Landing, script: list[str]) -> None:
    """Not reached, busy, or lost and not found: told once, when the term from the start is over, whose day stays."""
    referral_id = landing.accept()
    landing.agency.script.extend(script * 500)
    landing.work()
    try_for(landing, 22)
    tried = landing.agency.seen.count("/submit")
    assert (tried > 3, told(landing, referral_id), over_at(landing, referral_id)) == (True, [], OVER)
    try_for(landing, 4)
    assert told(landing, referral_id) == ["overdue_attention"]
    assert landing.referral(referral_id).overdue_since == OVER
    try_for(landing, 30)
    assert (landing.agency.seen.count("/submit") > tried, told(landing, referral_id)) == (True, ["overdue_attention"])
    assert (landing.agency.acts, over_at(landing, referral_id)) == ([], OVER)


def test_who_resumes_begins_a_term_anew(landing: Landing) -> None:
    """What was paused for days is not overdue a minute after somebody let it go on."""
    referral_id = landing.accept()
    landing.agency.script.extend(["refuse_connection"] * 500)
    landing.work()
    landing.do(landing.commands.pause, referral_id)
    landing.clock.advance(40 * HOUR)
    landing.do(landing.commands.resume, referral_id)
    assert over_at(landing, referral_id) == OVER + timedelta(hours=40)


def test_who_decides_begins_a_term_anew(landing: Landing) -> None:
    """A person found out that it did not arrive: they looked, and the term runs from there."""
    referral_id = landing.accept()
    landing.agency.script.extend(["reset_before", *["refuse_connection"] * 500])
    landing.work()
    landing.clock.advance(20 * HOUR)
    assert (landing.referral(referral_id).delivery, over_at(landing, referral_id)) == (D.UNKNOWN, OVER)
    landing.do(landing.commands.resolve, referral_id, arrived=False, receipt=None, reason="기관에 전화함")
    assert over_at(landing, referral_id) == OVER + timedelta(hours=20)
    try_for(landing, 20)
    assert (told(landing, referral_id), over_at(landing, referral_id)) == ([], OVER + timedelta(hours=20))
