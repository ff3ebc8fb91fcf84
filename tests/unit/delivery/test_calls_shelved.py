"""짝 없는 통보: what names nobody waits its time, is told once, on either store, and is taken in when it can be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from ferry import Landing, fact
from sqlalchemy import select, update
from structlog.testing import capture_logs
from test_alarms import listen, types
from test_callbacks_taken import business_changes, kept, tell

from hub.following.shelf import AT_ONCE, shelve_calls
from hub.following.watch import Watch
from hub.store.following import LeftCall, Unmatched, unmatched_of_agencies
from hub.store.tables import audit_entries, inbox, referrals
from schemas.status import BusinessStatus

B = BusinessStatus
DAY = 24 * 3600.0


def look(landing: Landing) -> list[LeftCall]:
    """Look once, as a process does every few seconds; return what was shelved."""
    return landing.store.write_now(partial(shelve_calls, room=landing.room))


def left(landing: Landing) -> Unmatched:
    """Return how much of the agency's is unmatched."""
    return landing.store.read_now(unmatched_of_agencies).get("ferry", Unmatched())


def audited(landing: Landing, action: str) -> list[Mapping[str, Any]]:
    """Return the data of the audit entries of an action, in order."""
    query = select(audit_entries.c.data).where(audit_entries.c.action == action).order_by(audit_entries.c.id)
    return landing.store.read_now(lambda conn: list(conn.execute(query).scalars()))


def ids(landing: Landing) -> list[str]:
    """Return the ids of the stored calls."""
    return landing.store.read_now(lambda conn: list(conn.execute(select(inbox.c.id).order_by(inbox.c.id)).scalars()))


def test_a_call_that_names_nobody_is_told_once(landing: Landing) -> None:
    """Not before its time; then once in the log, the audit and the alarms, by its id and nothing of its content."""
    listen(landing)
    tell(landing, fact(B.ASSIGNED, 5), receipt="R-UNKNOWN")
    came, guard = landing.clock.now(), Watch(landing.store, landing.room, (), lambda: None)
    landing.clock.advance(DAY - 1)
    with capture_logs() as logs:
        assert (asyncio.run(guard.shelve()), left(landing)) == (0, Unmatched(1, 0, came))
        landing.clock.advance(1)
        assert (asyncio.run(guard.shelve()), left(landing)) == (1, Unmatched(0, 1, came))
        landing.clock.advance(90 * DAY)
        assert asyncio.run(guard.shelve()) == 0
    [call] = ids(landing)
    assert logs == [{"event": "call_shelved", "log_level": "error", "agency": "ferry", "inbox": call}]
    assert audited(landing, "call_shelved") == [{"agency": "ferry", "inbox": call}]
    assert types(landing) == ["agency.call_shelved"]


def test_the_watch_shelves_by_itself(landing: Landing) -> None:
    """The loop that every process runs finds it, however long it was away: nobody has to ask."""
    tell(landing, fact(B.ASSIGNED, 5), receipt="R-UNKNOWN")
    landing.clock.advance(3 * DAY)
    landing.restart()
    guard = Watch(landing.store, landing.room, (), lambda: None)

    async def watch_until_it_is_shelved() -> None:
        running = asyncio.create_task(guard.run())
        async with asyncio.timeout(30):
            while left(landing).shelved == 0:  # noqa: ASYNC110 - a row in the store sets no event
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(watch_until_it_is_shelved())
    assert len(audited(landing, "call_shelved")) == 1


def test_a_shelved_call_is_taken_in_when_its_referral_turns_up(landing: Landing) -> None:
    """It came by a receipt that nobody knew for days: the send's own answer brings it, and nothing is lost."""
    referral_id = landing.accept()
    receipt = f"R-{landing.referral(referral_id).wire_key}"
    tell(landing, fact(B.ASSIGNED, 5), receipt=receipt)
    landing.clock.advance(DAY)
    assert len(look(landing)) == 1
    landing.work()
    assert business_changes(landing, referral_id) == [B.RECEIVED, B.ASSIGNED]
    assert (left(landing), look(landing)) == (Unmatched(), [])
    assert audited(landing, "callback_received") == [{"inbox": ids(landing)[0]}]


def test_a_receipt_that_a_later_call_brings_finds_what_came_by_it(landing: Landing) -> None:
    """Delivered without a receipt; one call by the receipt alone, shelved, and one that names both: both count."""
    referral_id = landing.accept()
    landing.work()
    forget = update(referrals).where(referrals.c.id == referral_id).values(receipt=None)
    landing.store.write_now(lambda conn: conn.execute(forget))
    tell(landing, fact(B.ASSIGNED, 5), receipt="R-1")
    landing.clock.advance(DAY)
    look(landing)
    tell(landing, fact(B.REVIEWING, 6), receipt="R-1", wire_key=landing.referral(referral_id).wire_key)
    assert (kept(landing, referral_id), left(landing)) == (["assigned", "reviewing"], Unmatched())


def test_what_can_be_placed_by_then_is_not_shelved(landing: Landing) -> None:
    """Its referral turned up in a way that did not look for calls: the sweep takes it in, and tells nobody."""
    referral_id = landing.accept()
    landing.work()
    tell(landing, fact(B.ASSIGNED, 5), receipt="R-MOVED")
    moved = update(referrals).where(referrals.c.id == referral_id).values(receipt="R-MOVED")
    landing.store.write_now(lambda conn: conn.execute(moved))
    landing.clock.advance(DAY)
    assert (look(landing), left(landing), kept(landing, referral_id)) == ([], Unmatched(), ["assigned"])


def test_a_call_that_cannot_be_read_keeps_no_other_back(landing: Landing) -> None:
    """What breaks while it is taken in goes on the shelf whole, and the others with it."""
    referral_id = landing.accept()
    landing.work()
    tell(landing, fact(B.ASSIGNED, 5), receipt="R-MOVED")
    spoil = update(inbox).values(sealed_call=b"spoilt")
    moved = update(referrals).where(referrals.c.id == referral_id).values(receipt="R-MOVED")
    landing.store.write_now(lambda conn: (conn.execute(spoil), conn.execute(moved)))
    tell(landing, fact(B.ASSIGNED, 6), receipt="R-UNKNOWN")
    landing.clock.advance(DAY)
    assert (len(look(landing)), left(landing).shelved, kept(landing, referral_id)) == (2, 2, [])


@pytest.mark.parametrize("processes", [1, 4])
def test_many_processes_tell_each_call_once(landing: Landing, processes: int) -> None:
    """They look at the same moment, over and over, at more than one look takes: each call is told once."""
    listen(landing)
    for number in range(AT_ONCE + 6):
        tell(landing, fact(B.ASSIGNED, 5), receipt=f"R-{number}")
    landing.clock.advance(DAY)
    together = Barrier(processes)

    def process() -> None:
        together.wait()
        for _ in range(3):
            look(landing)

    threads = [Thread(target=process) for _ in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while look(landing):
        pass
    assert sorted(told["inbox"] for told in audited(landing, "call_shelved")) == ids(landing)
    assert (left(landing).waiting, left(landing).shelved) == (0, AT_ONCE + 6)
    assert 1 <= len(types(landing)) <= 1 + processes * 3
