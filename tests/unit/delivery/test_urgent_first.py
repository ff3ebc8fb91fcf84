"""긴급 먼저: what an engine is given next, on both stores: urgent ones, then what is due longest, polls last."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ferry import START, Landing

from hub.delivery.turns import give_turns
from hub.store.deliveries import insert_delivery, pick_due, update_delivery
from hub.store.lanes import LaneState, save_lane
from schemas.status import DeliveryStatus


def test_urgent_ones_go_before_those_that_wait_longer(landing: Landing) -> None:
    """An urgent referral that came last is picked first; a poll that is due longest is picked last."""
    polled = landing.accept(name="김나루")
    landing.work()
    landing.clock.advance(24 * 3600)
    old = landing.accept()
    landing.clock.advance(60)
    urgent = landing.accept(name="이나루")
    ids = {one: landing.deliveries(one)[0].id for one in (polled, old, urgent)}
    landing.store.write_now(partial(update_delivery, delivery_id=ids[urgent], urgent=True))
    picked = []
    for _ in range(3):
        more = landing.store.write_now(lambda conn: pick_due(conn, "ferry", landing.clock.now(), 1.0, 1, 10.0**10))
        picked += more
    assert picked == [ids[urgent], ids[old], ids[polled]]
    assert landing.deliveries(polled)[0].status is DeliveryStatus.DELIVERED


def test_what_is_due_at_the_same_moment_goes_in_the_order_of_its_ids(landing: Landing) -> None:
    """However the database happens to keep it: the same store gives out the same."""
    (first,) = landing.deliveries(landing.accept())
    ids = ["dlv_c", "dlv_b", "dlv_a"]
    for one in ids:
        landing.store.write_now(partial(insert_delivery, record=replace(first, id=one)))
    picked = landing.store.write_now(lambda conn: pick_due(conn, "ferry", landing.clock.now(), 1.0, 9, 10.0**10))
    assert picked == sorted([*ids, first.id]) == landing.due()


def test_a_lane_with_room_for_one_gives_it_to_the_urgent_one(landing: Landing) -> None:
    """Also where only one call may be under way."""
    agency = landing.room.agencies.active["ferry"]
    landing.accept()
    urgent = landing.accept(name="이나루")
    delivery_id = landing.deliveries(urgent)[0].id
    landing.store.write_now(partial(update_delivery, delivery_id=delivery_id, urgent=True))
    narrow = replace(agency, concurrency=1)
    turns = landing.store.write_now(partial(give_turns, room=landing.room, agency=narrow))
    assert turns.ids == (delivery_id,)


def test_where_one_call_is_a_trial_an_urgent_one_that_failed_waits_its_turn(landing: Landing) -> None:
    """An open breaker lets one through at a time: a new urgent one, then whatever is due longest."""
    failed = landing.accept(name="김나루")
    landing.agency.script.append("refuse_connection")
    landing.work()
    landing.clock.advance(24 * 3600)
    old, new = landing.accept(), landing.accept(name="이나루")
    ids = {one: landing.deliveries(one)[0].id for one in (failed, old, new)}
    due_last = {"urgent": True, "due_at": landing.clock.now()}
    landing.store.write_now(partial(update_delivery, delivery_id=ids[old], due_at=START))
    for urgent in (failed, new):
        landing.store.write_now(partial(update_delivery, delivery_id=ids[urgent], **due_last))
    agency, picked = landing.room.agencies.active["ferry"], []
    for _ in range(3):
        tripped = LaneState("ferry", failures=landing.room.settings.breaker_failures)
        landing.store.write_now(partial(save_lane, state=tripped))
        turns = landing.store.write_now(partial(give_turns, room=landing.room, agency=agency))
        picked += turns.ids
        landing.store.write_now(partial(update_delivery, delivery_id=turns.ids[0], due_at=None, picked_until_wall=None))
    assert picked == [ids[new], ids[old], ids[failed]]


def test_a_send_is_tried_before_polls_that_are_due_longer_unless_one_was_tried_last(landing: Landing) -> None:
    """Neither polls that fail whenever they are tried keep sends waiting, nor such sends the polls."""
    polled = landing.accept(name="김나루")
    landing.work()
    landing.clock.advance(24 * 3600)
    sent = landing.accept()
    landing.agency.script.append("refuse_connection")
    sent_id, polled_id = (landing.deliveries(one)[0].id for one in (sent, polled))
    landing.store.write_now(partial(update_delivery, delivery_id=polled_id, due_at=None))
    landing.work()
    for delivery_id, due_at in ((polled_id, START), (sent_id, landing.clock.now())):
        landing.store.write_now(partial(update_delivery, delivery_id=delivery_id, due_at=due_at))
    agency, picked = landing.room.agencies.active["ferry"], []
    for failed_last in (None, polled_id, sent_id):
        failures = landing.room.settings.breaker_failures
        tripped = LaneState("ferry", failures=failures, last_failed=failed_last)
        landing.store.write_now(partial(save_lane, state=tripped))
        turns = landing.store.write_now(partial(give_turns, room=landing.room, agency=agency))
        picked += turns.ids
        landing.store.write_now(partial(update_delivery, delivery_id=turns.ids[0], picked_until_wall=None))
    assert picked == [sent_id, sent_id, polled_id]
