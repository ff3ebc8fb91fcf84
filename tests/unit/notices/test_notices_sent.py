"""What becomes of messages, on both databases: written with the event, leased, sent, tried again, given up."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from notices_bench import START, URL, Bench, answers
from sqlalchemy import Connection, select
from store_content import bytes_in

from hub.audit.entries import Action
from hub.notices.alarms import Alarm, pause_misconfigured, raise_alarm
from hub.notices.desk import Subject, TooManyWebhooksError
from hub.notices.judging import PATIENCE, Outcome
from hub.store.lanes import resume_lane
from hub.store.messages import forget_leases
from hub.store.referrals import append_event
from hub.store.tables import audit_entries
from schemas.events import EventKind
from schemas.status import BusinessStatus


def test_an_event_and_its_message_are_one_transaction(bench: Bench) -> None:
    """An event that was rolled back is told to nobody; one that was committed is told, numbered, with its statuses."""
    hook, referral = bench.hook(), bench.referral()

    def fail(conn: Connection) -> None:
        append_event(conn, referral, EventKind.ACCEPTED, START, "hub")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        bench.store.write_now(fail)
    assert bench.standing(hook).waiting == 0
    told = partial(
        append_event, kind=EventKind.BUSINESS_CHANGED, at=START, actor="hub", business=BusinessStatus.APPROVED
    )
    bench.store.write_now(lambda conn: told(conn, referral))
    assert bench.send() == 1
    (sent,) = bench.sender.sent
    assert (sent.type, sent.referral_id, sent.case_id, sent.sequence, sent.business, sent.at) == (
        "referral.business_changed", referral, f"k{referral[4:]}", 1, "approved", START,
    )  # fmt: skip
    assert bench.standing(hook).waiting == 0


def test_a_centre_hears_of_its_own_only(bench: Bench) -> None:
    """Each webhook of the centre is told, no other centre's, and none that was registered later."""
    mine, mine_too, theirs = bench.hook(), bench.hook(), bench.hook(bench.centre("둘"))
    bench.happen(bench.referral())
    late = bench.hook()
    assert [bench.standing(one).waiting for one in (mine, mine_too, theirs, late)] == [1, 1, 0, 0]


def test_alarms_go_to_whoever_asks_for_them(bench: Bench) -> None:
    """Outages and a lane that was paused as misconfigured are told once each, without any referral's id."""
    asks, asks_too = bench.hook(subjects=(Subject.AGENCY,)), bench.hook(bench.centre("둘"), tuple(Subject))
    other, now = bench.hook(), START

    def happen(conn: Connection) -> None:
        raise_alarm(conn, Alarm.OUTAGE_BEGAN, "ferry", now)
        for _ in range(3):
            pause_misconfigured(conn, "ferry", now)
        resume_lane(conn, "ferry")
        pause_misconfigured(conn, "ferry", now)

    bench.store.write_now(happen)
    bench.happen(bench.referral())
    assert [bench.standing(one).waiting for one in (asks, asks_too, other)] == [3, 3, 1]
    bench.send()
    told = sorted(one.type for one in bench.sender.sent if one.agency == "ferry" and one.referral_id is None)
    assert told == ["agency.misconfigured"] * 4 + ["agency.outage_began"] * 2


def test_two_processes_never_send_the_same_at_once(bench: Bench) -> None:
    """What one has leased the other is not given; what one died with is given again when its lease is over."""
    hook, referral = bench.hook(), bench.referral()
    for _ in range(3):
        bench.happen(referral)
    first, second = bench.take(hook, 2), bench.take(hook)
    assert ([task.message.sequence for task in first], [task.message.sequence for task in second]) == ([1, 2], [3])
    assert (bench.take(hook), bench.send()) == ([], 0)
    bench.forget_leases()
    assert bench.send() == 3
    assert {one.id for one in bench.sender.sent} == {task.message.id for task in first + second}


def test_many_takers_at_once_share_without_overlap(bench: Bench) -> None:
    """However many ask at the same moment: no message is leased twice, and the webhook's limit holds for all."""
    hook, referral = bench.hook(), bench.referral()
    for _ in range(8):
        bench.happen(referral)
    with ThreadPoolExecutor(6) as takers:
        taken = [task.message.id for tasks in takers.map(lambda _: bench.take(hook, 1), range(6)) for task in tasks]
    assert len(taken) == len(set(taken)) == bench.settings.concurrency


def test_many_ends_at_once_are_all_stored(bench: Bench) -> None:
    """Tries that end at the same moment wait for each other: none is refused, and the pace counts every failure."""
    hook, referral = bench.hook(), bench.referral()
    for _ in range(bench.settings.concurrency):
        bench.happen(referral)
    tasks = bench.take(hook)
    with ThreadPoolExecutor(len(tasks)) as enders:
        shelved = list(enders.map(lambda task: bench.finish(task, Outcome(503)), tasks))
    assert shelved == [False] * bench.settings.concurrency
    assert bench.pace(hook).failures == bench.settings.concurrency


def test_a_restart_of_the_only_process_takes_its_leases_back(bench: Bench) -> None:
    """Nobody else can have them, so nobody waits for their time."""
    hook = bench.hook()
    bench.happen(bench.referral())
    bench.take(hook)
    bench.store.write_now(forget_leases)
    assert bench.send() == 1


def test_a_late_end_of_a_lost_lease_changes_nothing(bench: Bench) -> None:
    """A process that was stopped in the middle finds its message sent again by another, and leaves that one alone."""
    hook = bench.hook()
    bench.happen(bench.referral())
    (stale,) = bench.take(hook)
    bench.forget_leases()
    (fresh,) = bench.take(hook)
    bench.finish(stale, Outcome(500))
    assert bench.take(hook) == []
    bench.finish(fresh, Outcome(204))
    bench.finish(stale, Outcome(500))
    assert bench.standing(hook).waiting == 0


def test_a_failure_is_tried_again_when_its_time_comes(bench: Bench) -> None:
    """Not before, not twice, and under the same id."""
    hook = bench.hook()
    bench.happen(bench.referral())
    bench.sender.answer = answers(500)
    assert (bench.send(), bench.send()) == (1, 0)
    assert bench.pace(hook).last_failure == "status_500"
    due = bench.next_due()
    assert due is not None
    bench.sender.answer = answers(204)
    bench.clock.advance((due - START).total_seconds() - 0.001)
    assert bench.send() == 0
    bench.clock.advance(0.001)
    assert bench.send() == 1
    assert len({one.id for one in bench.sender.sent}) == 1
    assert (bench.standing(hook).waiting, bench.pace(hook).failing_since) == (0, None)


def test_retry_after_holds_the_whole_webhook(bench: Bench) -> None:
    """A receiver that asks for a rest gets it: nothing new is sent there meanwhile, and everything after."""
    hook, referral = bench.hook(), bench.referral()
    bench.happen(referral)
    bench.sender.answer = answers(429, retry_after_seconds=600)
    bench.send()
    bench.sender.answer = answers(204)
    bench.happen(referral)
    bench.clock.advance(599)
    assert bench.send() == 0
    bench.clock.advance(2)
    assert bench.send() == 2
    assert bench.standing(hook).waiting == 0


def test_one_receiver_that_is_away_holds_no_other_up(bench: Bench) -> None:
    """Each webhook has its own pace."""
    away, there, referral = bench.hook(url="https://away.example/"), bench.hook(), bench.referral()
    bench.sender.away.add("https://away.example/")
    for _ in range(6):
        bench.happen(referral)
    bench.send()
    assert [bench.standing(one).waiting for one in (away, there)] == [6, 0]
    assert [bench.pace(one).failures >= PATIENCE for one in (away, there)] == [True, False]


def test_gone_switches_off_and_loses_nothing(bench: Bench) -> None:
    """410: nothing more is sent, what happens is kept, and once the centre switches it on again all of it arrives."""
    hook, referral = bench.hook(), bench.referral()
    bench.happen(referral)
    bench.sender.answer = answers(410)
    assert bench.send() == 1
    record = bench.webhook(hook)
    assert record is not None
    assert (record.enabled, record.disabled_by) == (False, "gone")
    bench.happen(referral)
    assert (bench.send(), bench.standing(hook).waiting) == (0, 2)
    bench.sender.answer = answers(204)
    bench.store.write_now(lambda conn: bench.desk.change(conn, bench.actor, hook, enabled=True))
    assert bench.send() == 2
    assert sorted(one.sequence or 0 for one in bench.sender.sent[1:]) == [1, 2]
    assert Action.WEBHOOK_DISABLED in _actions(bench)


def test_an_address_that_was_left_says_nothing_of_the_new_one(bench: Bench) -> None:
    """410 from where a webhook was: it stays on, its pace is untouched, and the message goes to the new address."""
    hook = bench.hook()
    bench.happen(bench.referral())
    (task,) = bench.take(hook)
    bench.store.write_now(lambda conn: bench.desk.change(conn, bench.actor, hook, url="https://centre.example/moved"))
    assert not bench.finish(task, Outcome(410))
    record = bench.webhook(hook)
    assert record is not None
    assert (record.enabled, bench.pace(hook).failures) == (True, 0)
    assert (bench.send(), bench.standing(hook).waiting) == (1, 0)


def test_what_was_tried_for_long_lies_on_the_shelf_until_it_is_asked_for(bench: Bench) -> None:
    """Past the age limit a message is given up, not lost: sent again on demand, as new, under its old id."""
    hook = bench.hook()
    bench.happen(bench.referral())
    bench.sender.answer = answers(503)
    for _ in range(200):
        bench.send()
        due = bench.next_due()
        if due is None:
            break
        bench.clock.advance(
            max(0.0, (due - bench.clock.now()).total_seconds()) + 60
        )  # also past the webhook's own rest
    (given_up,) = bench.shelf(hook)
    assert (given_up.why, bench.standing(hook).waiting, bench.standing(hook).shelved) == ("status_503", 0, 1)
    assert timedelta(hours=70) < bench.clock.now() - START < timedelta(hours=73)
    bench.clock.advance(3600)
    assert bench.send() == 0
    bench.sender.answer = answers(204)
    again = bench.store.write_now(lambda conn: bench.desk.redeliver(conn, bench.actor, hook, [given_up.id, "msg_none"]))
    assert (again, bench.send(), bench.shelf(hook)) == (1, 1, [])
    assert {one.id for one in bench.sender.sent} == {given_up.id}


def test_what_waited_untried_for_too_long_is_shelved_and_in_the_end_forgotten(bench: Bench) -> None:
    """An abandoned webhook does not fill the store for ever."""
    hook = bench.hook()
    bench.happen(bench.referral())
    bench.store.write_now(lambda conn: bench.desk.change(conn, bench.actor, hook, enabled=False))
    bench.clock.advance(73 * 3600)
    bench.store.write_now(bench.notifier().tidy)
    assert [one.why for one in bench.shelf(hook)] == ["too_old"]
    bench.clock.advance(31 * 24 * 3600)
    bench.store.write_now(bench.notifier().tidy)
    assert bench.shelf(hook) == []


def test_a_removed_webhook_hears_nothing_more(bench: Bench) -> None:
    """Not even what is just being sent to it, if that fails; and its rows are gone."""
    hook = bench.hook()
    bench.happen(bench.referral())
    (task,) = bench.take(hook)
    bench.store.write_now(lambda conn: bench.desk.remove(conn, bench.actor, hook))
    bench.finish(task, Outcome(500))
    bench.happen(bench.referral())
    assert (bench.webhook(hook), bench.standing(hook).waiting, bench.send()) == (None, 0, 0)


def test_addresses_and_secrets_are_sealed(bench: Bench) -> None:
    """Neither stands in the store, in the audit, or in any `repr`."""
    hook = bench.hook(url=f"{URL}?key=hunter2")
    first = bench.target.secret
    second = bench.store.write_now(lambda conn: bench.desk.rotate(conn, bench.actor, hook, timedelta(hours=1)))
    kept = bytes_in(bench.store)
    assert [secret for secret in ("hunter2", "centre.example", first, second.secret) if secret.encode() in kept] == []
    assert "hunter2" not in repr((bench.target, bench.record)) + repr(second)
    assert second.previous == first
    assert _actions(bench) == [Action.WEBHOOK_ADDED, Action.WEBHOOK_ROTATED]


def test_a_centre_has_a_limited_number_of_webhooks(bench: Bench) -> None:
    """Every event is written once for each: they are not unlimited."""
    for _ in range(bench.settings.most_per_centre):
        bench.hook()
    with pytest.raises(TooManyWebhooksError):
        bench.hook()
    bench.hook(bench.centre("둘"))


async def test_the_notifier_runs_until_it_is_told_to_stop(bench: Bench) -> None:
    """It hears of what others write by itself, of a moved clock at once, and ends when it is cancelled."""
    hook, referral = bench.hook(), bench.referral()
    task = asyncio.create_task(bench.notifier().run())
    await asyncio.to_thread(bench.happen, referral)
    async with asyncio.timeout(20):
        while bench.standing(hook).waiting:  # noqa: ASYNC110 - a row sets no event
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [one.sequence for one in bench.sender.sent] == [1]


def _actions(bench: Bench) -> list[str]:
    query = select(audit_entries.c.action).where(audit_entries.c.action.like("webhook%")).order_by(audit_entries.c.id)
    return bench.store.read_now(lambda conn: list(conn.execute(query).scalars()))
