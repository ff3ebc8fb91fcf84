from __future__ import annotations

import pytest
from barge import Dock
from ferry import consent

from adapters.sdk import UncertainError, Verb
from hub.store.attempts import attempts_of
from schemas.status import DeliveryStatus

D = DeliveryStatus
NAMES = ["홍길동", "김나루", "임꺽정"]


def end_well(dock: Dock) -> None:
    """Let the office answer everything, for as long as there is something to answer."""
    for _ in range(4):
        dock.pass_time(1200)
        for name in dock.office.collect():
            dock.office.answer(name)
        dock.pass_time(1200)


@pytest.mark.parametrize("step", range(9))
def test_a_death_at_any_step_of_handing_out_loses_and_repeats_nothing(dock: Dock, step: int) -> None:
    """Before and after every commit and every call: one live file for each member, one act at the office."""
    ids = [dock.accept(name=name) for name in NAMES]
    dock.clerk_works()
    dock.clock.advance(8 * 3600 + 23 * 3600)
    died = dock.dies_at(step)
    assert died is (step < 6)  # write, fold and write, each with a before and an after
    end_well(dock)
    referrals = [dock.referral(one) for one in ids]
    assert [one.delivery for one in referrals] == [D.DELIVERED] * 3
    assert set(dock.office.accepted) == {one.wire_key for one in referrals}
    assert (dock.office.twice, dock.office.broken_names, dock.office.ours) == ([], [], [])
    assert len({dock.office.accepted[one.wire_key] for one in referrals}) == 1


@pytest.mark.parametrize("step", range(8))
def test_a_death_at_any_step_of_taking_in_takes_it_in_once(dock: Dock, step: int) -> None:
    """Before and after the commit, the clearing and its note: the same events as without a death."""
    ids = [dock.accept(name=name) for name in NAMES]
    dock.to_cut_off()
    dock.office.answer(*dock.office.collect())
    dock.clock.advance(600)
    died = dock.dies_at(step)
    assert died is (step < 6)
    dock.pass_time(600)
    assert [len(dock.events(one)) for one in ids] == [4, 4, 4]
    assert (dock.office.ours, dock.office.theirs, dock.shelf()) == ([], [], [])


def test_after_a_death_before_the_file_the_basis_is_asked_again(dock_on_each: Dock) -> None:
    """Who withdrew meanwhile is in no file at all; the others go in a new one, under a new name."""
    dock = dock_on_each
    gone, stays = dock.accept(), dock.accept(name="김나루")
    withdrawn = dock.consent_ids
    dock.to_cut_off_and_die_before_the_file()
    done = dock.do(dock.consents.withdraw, withdrawn[0])
    assert done.in_flight == [stays]
    dock.pass_time(60)
    assert [dock.referral(one).delivery for one in (gone, stays)] == [D.HANDED_OVER, D.CANCELLED]
    assert dock.files() == [("F-20260303-001.txt", "released"), ("F-20260303-002.txt", "handed_over")]
    assert dock.office.ours == ["F-20260303-002.txt"]
    (first, second) = dock.store.read_now(lambda conn: attempts_of(conn, gone))
    assert (first.result, second.result) == ("not_sent", "handed_over")


def test_after_a_death_behind_the_file_all_of_it_was_handed_over(dock_on_each: Dock) -> None:
    """Whoever withdrew meanwhile is in the file that lies there: the answer said so, and the agency is told."""
    dock = dock_on_each
    referral_id = dock.accept()
    dock.clock.advance(31 * 3600)
    assert dock.dies_at(3)  # behind the call, before the commit
    done = dock.do(dock.consents.withdraw, dock.consent_ids[0])
    assert done.in_flight == [referral_id]
    dock.pass_time(60)
    assert (dock.referral(referral_id).delivery, dock.files()) == (
        D.HANDED_OVER,
        [("F-20260303-001.txt", "handed_over")],
    )
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    assert D.PENDING is dock.delivery(referral_id, Verb.WITHDRAW).status


def test_a_withdrawal_in_doubt_is_looked_for_like_any_member(dock: Dock) -> None:
    """A file of withdrawals dies before it is written: they go in the next one, and are acknowledged."""
    referral_id = dock.accept(consents=[consent(["client.name"])])
    dock.to_cut_off()
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    dock.to_cut_off_and_die_before_the_file()
    dock.pass_time(60)
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    assert D.DELIVERED is dock.delivery(referral_id, Verb.WITHDRAW).status
    assert dock.office.twice == []


def test_a_withdrawal_in_doubt_is_known_again_though_its_reason_changed(dock_on_each: Dock) -> None:
    """Cancelled, and frozen as that; then the client withdraws too: the file that lies there is still ours."""
    dock = dock_on_each
    referral_id = dock.accept()
    dock.to_cut_off()
    dock.do(dock.commands.cancel, referral_id)
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    dock.clock.advance(dock.until_cut_off)
    assert dock.dies_at(3)  # the file lies there, and nobody knows
    dock.clock.advance(1)
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    dock.pass_time(60)
    (name,) = dock.office.collect()
    assert [member["reason"] for member in dock.office.members(name)] == ["cancelled"]
    assert ((name, "handed_over") in dock.files(), dock.office.ours) == (True, [name])
    dock.office.answer(name)
    dock.read_results()
    assert dock.delivery(referral_id, Verb.WITHDRAW).status is D.DELIVERED


def test_a_file_that_may_yet_appear_is_not_looked_for_too_early(dock: Dock) -> None:
    """While a call that ran out of time may still pass the gate, "not there" is not believed."""
    referral_id = dock.accept()
    dock.adapter.before_writing.append(UncertainError("the folder did not answer in time"))
    dock.to_cut_off()
    dock.clerk_works()
    assert (dock.files(), dock.referral(referral_id).delivery) == ([("F-20260303-001.txt", "frozen")], D.SENDING)
    dock.clerk._may_write_until.clear()  # the window to send is over; wall time is not moved by tests
    dock.pass_time(60)
    assert dock.files() == [("F-20260303-001.txt", "released"), ("F-20260303-002.txt", "handed_over")]


def test_a_file_that_another_process_may_yet_write_is_not_looked_for_too_early(dock_on_each: Dock) -> None:
    """Who takes over beside one that lost its lock, and still may write, knows by the file's row from when to look."""
    dock = dock_on_each
    referral_id = dock.accept()
    dock.to_cut_off_and_die_before_the_file()
    dock.clock.advance(dock.room.settings.send_window_seconds - 1)
    dock.clerk_works()
    assert (dock.files(), dock.referral(referral_id).delivery) == ([("F-20260303-001.txt", "frozen")], D.SENDING)
    dock.pass_time(60)
    assert dock.files() == [("F-20260303-001.txt", "released"), ("F-20260303-002.txt", "handed_over")]


def test_a_folder_that_cannot_be_looked_into_leaves_the_doubt(dock: Dock) -> None:
    """Nothing is sent beside a file in doubt; it is looked for again with rests, until its name tells."""
    referral_id = dock.accept()
    dock.clock.advance(31 * 3600)
    assert dock.dies_at(3)
    dock.adapter.before_writing += [UncertainError("the folder did not answer in time")] * 3
    other = dock.accept(name="김나루")
    dock.pass_time(25)
    assert [dock.referral(one).delivery for one in (referral_id, other)] == [D.SENDING, D.PENDING]
    dock.pass_time(600)
    assert [name for name, status in dock.files() if status == "handed_over"] == dock.office.ours
    assert [len(dock.office.members(name)) for name in dock.office.collect()] == [1, 1]
