"""The monthly review: who read whose data, what stands out, and cells that no spreadsheet takes for formulas."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trail import Trail

from adapters.sdk.kst import KST
from hub.audit.accesses import accesses, month
from hub.audit.entries import Action
from hub.audit.review import OfficeHours, review
from hub.audit.review_csv import _safe, review_csv

HOURS = OfficeHours(time(8), time(19))


def test_office_hours_are_those_of_working_days() -> None:
    """Evenings, weekends and public holidays lie outside."""
    inside = [datetime(2026, 3, 9, hour, minute, tzinfo=KST) for hour, minute in ((8, 0), (18, 59))]
    outside = [
        datetime(2026, 3, 9, 7, 59, tzinfo=KST),
        datetime(2026, 3, 9, 19, tzinfo=KST),
        datetime(2026, 3, 8, 12, tzinfo=KST),
        datetime(2026, 3, 1, 12, tzinfo=KST),
    ]
    assert [HOURS.hold_at(at) for at in inside + outside] == [True, True, False, False, False, False]


def test_a_month_is_korean() -> None:
    """It begins at midnight there, and December ends with the year."""
    assert month("2026-12") == (datetime(2026, 12, 1, tzinfo=KST), datetime(2027, 1, 1, tzinfo=KST))
    for text in ("2026-00", "2026", "26-1-1", ""):
        with pytest.raises(ValueError, match=r"."):
            month(text)


def test_a_listing_is_about_everybody_whom_it_showed(trail: Trail) -> None:
    """By the clients of the referrals; of a referral that is gone, the referral itself counts as a person."""
    shown = [f"ref_{number}" for number in range(3)]
    trail.write(1, action=Action.REFERRALS_LISTED, data={"referrals": shown})
    trail.write(1, actor="hub", action=Action.DISCLOSED, client_id="cli_1")
    trail.write(1, actor="agency:pier", action=Action.CALLBACK_RECEIVED, client_id="cli_1")
    begin, end = month("2026-03")
    found = trail.store.read_now(lambda conn: review(accesses(conn, begin, end), HOURS, 3))
    assert list(found.actors) == ["key:k1"]
    assert [(bulk.persons, bulk.reads) for bulk in found.bulk] == [(3, 1)]
    assert {person for _, person in found.subjects} == set(shown)


def test_a_search_is_about_everybody_whom_it_found(trail: Trail) -> None:
    """A search that finds several is a read of all of them; one that finds nobody is about nobody."""
    trail.write(1, action=Action.CLIENT_SEARCHED, client_id=None, data={"by": "rrn", "clients": ["cli_1", "cli_2"]})
    trail.write(1, action=Action.CLIENT_SEARCHED, client_id=None, data={"by": "rrn", "clients": []})
    begin, end = month("2026-03")
    found = trail.store.read_now(lambda conn: review(accesses(conn, begin, end), HOURS, 3))

    assert found.actors["key:k1"].reads == 2
    assert {person for _, person in found.subjects} == {"cli_1", "cli_2"}


def test_what_lies_outside_the_month_is_not_in_it(trail: Trail) -> None:
    """The last moment before, and the first one after."""
    for at in (datetime(2026, 2, 28, 14, 59, 59, tzinfo=UTC), datetime(2026, 3, 31, 15, tzinfo=UTC)):
        trail.write(1, at=at)
    begin, end = month("2026-03")
    found = trail.store.read_now(lambda conn: review(accesses(conn, begin, end), HOURS, 3))
    assert found.actors == {}
    assert len(review_csv(found, {}).splitlines()) == 1


@given(st.text())
def test_no_text_is_a_formula(text: str) -> None:
    """Whatever a name or an address begins with; numbers stay numbers."""
    assert not str(_safe(text)).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert _safe(-1) == -1


def test_an_action_that_shows_data_is_a_read() -> None:
    """By its name, so that the review cannot miss a new one."""
    reads = {action for action in Action if action.is_read}
    assert {Action.CASE_READ, Action.REFERRALS_LISTED, Action.AUDIT_READ, Action.AUDIT_EXPORTED} <= reads
    assert not reads & {Action.CASE_ACCEPTED, Action.DISCLOSED, Action.CONSENT_WITHDRAWN, Action.WEBHOOK_CHANGED}
