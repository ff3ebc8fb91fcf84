"""What becomes of an agency's lane on the way of real calls: how long it waits, who goes first, when it is closed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from ferry import START, Landing

from adapters.sdk import Lane, Maintenance, ServiceHours
from adapters.sdk.kst import KST
from hub.delivery.turns import Turns, give_turns
from hub.store.deliveries import update_delivery
from hub.store.lanes import LaneState, lane_of
from schemas.status import DeliveryStatus

D = DeliveryStatus


def lane(landing: Landing) -> LaneState:
    """Read the lane as every process reads it."""
    return landing.store.read_now(lambda conn: lane_of(conn, "ferry"))


@pytest.mark.parametrize("said", ["999999999", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_a_retry_after_beyond_all_reason_closes_the_lane_for_a_day(landing: Landing, said: str) -> None:
    """However far away the agency's moment is: its lane waits for a day, and what surely was not sent is pending."""
    landing.agency.script.append("busy")
    landing.agency.retry_after = said
    referral_id = landing.accept()
    landing.work()
    assert lane(landing).closed_until == START + timedelta(days=1)
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).reason) == (D.PENDING, "agency_busy")


def test_the_answer_to_another_call_does_not_shorten_what_the_agency_asked_for(landing: Landing) -> None:
    """Of two that were in flight, one was told to wait: nobody calls before that."""
    for name in ("김나루", "이나루"):
        landing.accept(name=name)
    landing.agency.script.extend(["busy", "ok"])
    landing.work()
    assert (len(landing.agency.acts), lane(landing).closed_until) == (1, START + timedelta(seconds=30))


def look(landing: Landing) -> Turns:
    """Give out what the lane takes now, and take it, as an engine does."""
    agency = landing.room.agencies.active["ferry"]
    turns = landing.store.write_now(partial(give_turns, room=landing.room, agency=agency))

    async def take() -> None:
        for delivery_id in turns.ids:
            await landing.worker.work(delivery_id)

    asyncio.run(take())
    return turns


def run_until(landing: Landing, end: datetime) -> None:
    """Look whenever the lane says, until it says none before `end`."""
    while True:
        turns = look(landing)
        if turns.ids:
            continue
        if turns.again_at is None or turns.again_at >= end:
            return
        landing.clock.advance((turns.again_at - landing.clock.now()).total_seconds())


def never_reached(landing: Landing, poison: list[str]) -> None:
    """Let the agency not be reached for these referrals, whatever becomes of others."""
    keys, handle = {landing.referral(one).wire_key for one in poison}, landing.agency.handle

    def refuse(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["key"] in keys:
            raise httpx.ConnectError("scripted")
        return handle(request)

    landing.agency.handle = refuse  # type: ignore[method-assign]  # one wire, two ways through it


@pytest.mark.parametrize("poisons", [1, 2])
def test_urgent_ones_that_always_fail_do_not_keep_a_lane_shut(landing: Landing, poisons: int) -> None:
    """After a real outage, each that waits is tried in its turn at an opening: so the lane heals, and all others go."""
    landing.profile = replace(landing.profile, lane=Lane(per_second=1000.0))
    referrals = [landing.accept(name=f"홍길동{number}") for number in range(poisons + 6)]
    for urgent in referrals[:poisons]:
        delivery_id = landing.deliveries(urgent)[0].id
        landing.store.write_now(partial(update_delivery, delivery_id=delivery_id, urgent=True))
    landing.agency.script.extend(["refuse_connection"] * (poisons + 6))
    never_reached(landing, referrals[:poisons])
    landing.start_process()
    run_until(landing, START + timedelta(hours=3))
    told = [landing.referral(one).delivery for one in referrals]
    assert told == [D.PENDING] * poisons + [D.DELIVERED] * 6


@pytest.mark.parametrize(("word", "is_outage"), [("garbage", False), ("refuse_connection", True)])
def test_polls_that_are_answered_in_other_words_are_no_outage(landing: Landing, word: str, *, is_outage: bool) -> None:
    """However many referrals the agency no longer knows, it was reached; where it is not reached, it is an outage."""
    for number in range(landing.room.settings.breaker_failures):
        landing.accept(name=f"홍길동{number}")
    landing.work()
    landing.agency.script.extend([word] * 5)
    landing.clock.advance(landing.profile.polling.first_seconds)
    assert landing.work() == 5
    assert (lane(landing).outage_since is not None, not landing.agency.script) == (is_outage, True)


@pytest.mark.parametrize("left", [None, 0.0])
def test_a_turn_that_is_over_begins_nothing(landing: Landing, left: float | None) -> None:
    """A job that comes late would be one call more than its lane takes: its delivery is given out anew instead."""
    landing.accept()
    agency = landing.room.agencies.active["ferry"]
    (delivery_id,) = landing.store.write_now(partial(give_turns, room=landing.room, agency=agency)).ids
    landing.store.write_now(partial(update_delivery, delivery_id=delivery_id, picked_until_wall=left))
    asyncio.run(landing.worker.work(delivery_id))
    assert landing.agency.seen == []
    assert look(landing).ids == (delivery_id,)
    assert len(landing.agency.acts) == 1


def test_one_that_nobody_can_begin_leaves_its_place_to_the_others(landing: Landing) -> None:
    """Its turn runs out each time, and it is the oldest: the lane has one place, and all others go before its next."""
    landing.profile = replace(landing.profile, lane=Lane(concurrency=1, per_second=1000.0))
    landing.start_process()
    broken_delivery, agency = landing.deliveries(landing.accept())[0].id, landing.room.agencies.active["ferry"]
    landing.clock.advance(1)
    others = [landing.accept(name=f"홍길동{number}") for number in range(3)]
    (given,) = landing.store.write_now(partial(give_turns, room=landing.room, agency=agency)).ids
    assert given == broken_delivery
    landing.store.write_now(partial(update_delivery, delivery_id=given, picked_until_wall=1.0))  # long over
    landing.clock.advance(1)
    assert [landing.deliveries(one)[0].id for one in others] == [look(landing).ids[0] for _ in others]
    assert look(landing).ids == (broken_delivery,)


OFFICE = {"service_hours": ServiceHours(time(9), time(18))}


def kst(text: str) -> datetime:
    """Return a moment in Korea."""
    return datetime.fromisoformat(text).replace(tzinfo=KST)


def works(begins: str, ends: str) -> dict[str, Any]:
    """Return the setting of one maintenance."""
    return {"maintenance": (Maintenance(kst(begins), kst(ends)),)}


@pytest.mark.parametrize(
    ("more", "at", "opens"),
    [
        pytest.param(OFFICE, "2026-03-04 18:00", "2026-03-05 09:00", id="an evening"),
        pytest.param(works("2026-03-04 22:00", "2026-03-05 02:00"), "2026-03-04 22:00", "2026-03-05 02:00", id="점검"),
        pytest.param(OFFICE, "2027-02-05 18:30", "2027-02-10 09:00", id="설날: 6 to 8, and a substitute holiday"),
        pytest.param(
            OFFICE | works("2027-02-10 08:00", "2027-02-10 11:00"), "2027-02-06 12:00", "2027-02-10 11:00", id="both"
        ),
    ],
)
def test_what_comes_while_an_agency_is_closed_waits_and_then_goes(
    landing: Landing, more: dict[str, Any], at: str, opens: str
) -> None:
    """Nothing is called before it opens, whoever looks; then it goes by itself."""
    landing.more_settings |= more
    landing.start_process()
    landing.clock.advance((kst(at) - START).total_seconds())
    referral_id = landing.accept()
    assert look(landing) == Turns((), again_at=kst(opens))
    landing.clock.advance((kst(opens) - kst(at)).total_seconds() - 1)
    assert (look(landing), landing.agency.seen) == (Turns((), again_at=kst(opens)), [])
    landing.clock.advance(1)
    look(landing)
    assert landing.referral(referral_id).delivery is D.DELIVERED
