"""The watch, when one referral is the trouble and not the store: the others are looked at all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ferry import Landing
from sqlalchemy import Connection, update
from sqlalchemy.exc import DataError, OperationalError
from test_watch import DAY, look, told, watch

from hub.delivery.room import Room
from hub.following import watch as watching
from hub.store.tables import referrals
from hub.vault.boxes import SealBrokenError


def test_one_that_breaks_keeps_no_other_from_being_told(landing: Landing) -> None:
    """Its service is none that we know any more: the others are told all the same, and it once it is mended."""
    broken, fine = landing.accept(), landing.accept(name="김나루")
    landing.work()
    name_service(landing, broken, "GONE-BY")
    look(landing, days=8)
    look(landing)
    assert (told(landing, broken), told(landing, fine)) == ([], ["overdue_decision"])
    name_service(landing, broken, "WEL-BASIC")
    look(landing, days=1)
    assert told(landing, broken) == ["overdue_decision"]


@pytest.mark.parametrize("what", ["look_at", "judge"])
def test_a_row_that_the_database_refuses_keeps_no_other_waiting(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """An error of one row's own is not the store's: the others are told, and a store that is away stops all of it."""
    broken, fine = landing.accept(), landing.accept(name="김나루")
    landing.work()
    landing.clock.advance(8 * DAY)
    read, failure = "turning_points" if what == "look_at" else "release_if_lawful", DataError("SELECT", {}, Exception())
    real, seen = getattr(watching, read), list[str]()

    def fail(conn: Connection, *asked: Any, **named: Any) -> Any:
        seen.append(asked[0] if asked else named["referral_id"])
        if seen[-1] in {broken, landing.referral(broken).case_id}:
            raise failure
        return real(conn, *asked, **named)

    monkeypatch.setattr(watching, read, fail)
    monkeypatch.setattr(watching, "held_for_law", lambda _conn: [broken, fine])
    guard = watch(landing)
    step = guard.look if what == "look_at" else guard.judge_laws
    asyncio.run(step())
    assert len(seen) == 2
    failure = OperationalError("SELECT", {}, Exception("gone"))
    landing.clock.advance(DAY)
    with pytest.raises(OperationalError):
        asyncio.run(step())


def name_service(landing: Landing, referral_id: str, code: str) -> None:
    """Write what service a referral is for."""
    named = update(referrals).where(referrals.c.id == referral_id).values(service_code=code)
    landing.store.write_now(lambda conn: conn.execute(named))


def test_a_law_that_cannot_be_asked_for_one_is_asked_for_the_others(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case of one that waits does not open: the rest is judged, and the watch goes on."""
    ids, judged = ["broken", "fine"], []

    def release(_conn: Connection, room: Room, referral_id: str) -> bool:
        judged.append(referral_id)
        if referral_id == "broken":
            raise SealBrokenError
        return room is landing.room

    monkeypatch.setattr("hub.following.watch.held_for_law", lambda _conn: ids)
    monkeypatch.setattr("hub.following.watch.release_if_lawful", release)
    asyncio.run(watch(landing).judge_laws())
    assert judged == ids
