"""Files of an agency that has no clerk any more: switched off, or on a machine that is gone. Somebody is told."""

from __future__ import annotations

from datetime import UTC, datetime

from barge import Dock
from test_watch import look, told

from adapters.sdk import Verb
from hub.delivery.steps import TELL_BY_HAND
from schemas.status import DeliveryStatus

D = DeliveryStatus
DUE = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)
"""Midnight in Korea behind the second working day after the file, which leaves on Tuesday the 3rd."""


def switch_off(dock: Dock) -> None:
    dock.start_process(enabled=False)


def let_pass_until(dock: Dock, moment: datetime) -> None:
    look(dock)  # at what just happened
    look(dock, days=(moment - dock.clock.now()).total_seconds() / 86400)


def test_a_result_that_nobody_reads_is_told_once(dock_on_each: Dock) -> None:
    """A working day after its term, once; whoever reads it then takes the referral off the list."""
    dock = dock_on_each
    referral_id = dock.accept()
    dock.to_cut_off()
    switch_off(dock)
    let_pass_until(dock, datetime(2026, 3, 6, 14, 0, tzinfo=UTC))
    assert (dock.referral(referral_id).delivery, told(dock, referral_id)) == (D.HANDED_OVER, [])
    let_pass_until(dock, datetime(2026, 3, 6, 15, 0, tzinfo=UTC))
    look(dock, days=30)
    found = dock.referral(referral_id)
    assert (told(dock, referral_id), found.overdue, found.overdue_since) == (["overdue_result"], "attention", DUE)
    dock.start_process()
    dock.office.answer(*dock.office.collect())
    dock.clerk_works()
    look(dock)
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).overdue) == (D.DELIVERED, None)


def test_where_a_clerk_reads_the_folder_it_asks_a_person_and_nothing_else_is_told(dock: Dock) -> None:
    """What no result came for is a person's at its term: one report, not two."""
    referral_id = dock.accept()
    dock.to_cut_off()
    look(dock)
    dock.pass_time((DUE - dock.clock.now()).total_seconds() + 600)
    look(dock, days=2)
    assert (dock.referral(referral_id).delivery, told(dock, referral_id)) == (D.UNKNOWN, [])


def test_a_file_in_doubt_that_nobody_looks_for_is_told(dock: Dock) -> None:
    """The process died before the file, and the agency was switched off: its members do not wait for ever unseen."""
    referral_id = dock.accept()
    dock.to_cut_off_and_die_before_the_file()
    switch_off(dock)
    look(dock)
    look(dock, days=8)
    assert (dock.referral(referral_id).delivery, told(dock, referral_id)) == (D.SENDING, ["overdue_attention"])


def test_a_withdrawal_in_a_file_that_nobody_answers_for_is_told_by_hand(dock: Dock) -> None:
    """An agency without a clerk keeps no client's withdrawal from being told by a person."""
    referral_id = dock.accept()
    dock.to_cut_off()
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    dock.to_cut_off()
    assert dock.delivery(referral_id, Verb.WITHDRAW).status is D.HANDED_OVER
    switch_off(dock)
    look(dock)
    look(dock, days=8)
    assert dock.referral(referral_id).reason == TELL_BY_HAND
