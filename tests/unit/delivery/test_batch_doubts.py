from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from barge import Dock
from structlog.testing import capture_logs

from adapters.sdk import FoldOrder, HandedOver
from adapters.sdk.transports.drop import OURS
from hub.delivery.batches.clerk import LOOKS_AT_MOST
from hub.store.lanes import paused_lanes, resume_lane
from hub.store.result_files import result_file
from schemas.status import DeliveryStatus

D = DeliveryStatus
FIRST, SECOND = "F-20260303-001.txt", "F-20260303-002.txt"
SOMETHING_ELSE: dict[str, Callable[[Path], object]] = {
    "another hub's file": lambda path: path.write_text('{"made_at": "x", "members": []}'),
    "a link to nothing": lambda path: path.symlink_to("/nowhere"),
}


def paused(dock: Dock) -> bool:
    return "ferry" in dock.store.read_now(paused_lanes)


def errors(logs: list[Any]) -> list[str]:
    return [one["event"] for one in logs if one["log_level"] == "error"]


def cannot_be_made_again(dock: Dock, name: str) -> None:
    """Let the adapter fail at one file, as after a change of its layout, or without a case's key."""
    real = dock.adapter.fold

    async def fold(order: FoldOrder) -> HandedOver:
        if order.name == name:
            raise ValueError(name)
        return await real(order)

    dock.adapter.fold = fold  # type: ignore[method-assign]  # an instance's own, for one test


@pytest.mark.parametrize("lay", SOMETHING_ELSE.values(), ids=SOMETHING_ELSE)
def test_something_else_under_the_name_of_a_new_file_calls_a_person(dock: Dock, lay: Callable[[Path], object]) -> None:
    """Nobody counts as handed over: the lane is paused, and after it is resumed all go under a new number."""
    ids = [dock.accept(), dock.accept(name="김나루")]
    lay(dock.office.folder / OURS / FIRST)
    dock.to_cut_off()
    assert [(dock.referral(one).delivery, dock.referral(one).reason) for one in ids] == [
        (D.PENDING, "misconfigured")
    ] * 2
    assert (paused(dock), dock.files()) == (True, [(FIRST, "released")])
    dock.store.write_now(lambda conn: resume_lane(conn, "ferry"))
    dock.pass_time(600)
    assert [dock.referral(one).delivery for one in ids] == [D.HANDED_OVER] * 2
    assert dock.files() == [(FIRST, "released"), (SECOND, "handed_over")]
    (dock.office.folder / OURS / FIRST).unlink()
    dock.office.collect()
    assert len(dock.office.members(SECOND)) == 2


def test_our_own_bytes_under_the_name_of_a_new_file_are_an_alarm(dock: Dock) -> None:
    """A store that was restored, or a second hub: the members do lie there, and a person must hear of it."""
    real = dock.adapter.fold

    async def twice(order: FoldOrder) -> HandedOver:
        await real(order)
        return await real(order)

    dock.adapter.fold = twice  # type: ignore[method-assign]  # an instance's own, for one test
    referral_id = dock.accept()
    with capture_logs() as logs:
        dock.to_cut_off()
    assert (errors(logs), dock.referral(referral_id).delivery) == (["file_was_there_already"], D.HANDED_OVER)


@pytest.mark.parametrize("lay", SOMETHING_ELSE.values(), ids=SOMETHING_ELSE)
def test_something_else_where_a_file_in_doubt_should_lie_is_a_persons_matter(
    dock: Dock, lay: Callable[[Path], object]
) -> None:
    """Ours may have lain there before: its members wait for a person, and the others' files go on."""
    referral_id = dock.accept()
    dock.to_cut_off_and_die_before_the_file()
    lay(dock.office.folder / OURS / FIRST)
    other = dock.accept(name="김나루")
    with capture_logs() as logs:
        dock.pass_time(60)
    assert (errors(logs), paused(dock)) == (["file_in_doubt"], False)
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).reason) == (D.UNKNOWN, "person_decides")
    (dock.office.folder / OURS / FIRST).unlink()
    dock.to_cut_off()
    assert dock.referral(other).delivery is D.HANDED_OVER
    dock.do(dock.commands.resolve, referral_id, arrived=False, receipt=None, reason="없다고 함")
    dock.to_cut_off()
    assert dock.referral(referral_id).delivery is D.HANDED_OVER


def test_a_late_result_still_settles_what_was_given_to_a_person(dock: Dock) -> None:
    """The file had lain there after all: its answer is taken in, as in time."""
    referral_id = dock.accept()
    dock.to_cut_off_and_die_before_the_file()
    (dock.office.folder / OURS / FIRST).write_text("not ours")
    dock.pass_time(60)
    key = dock.referral(referral_id).wire_key
    line = {"key": key, "withdrawal": False, "receipt": f"K-{key}", "code": "OK"}
    dock.office.say({"answers": FIRST, "rejected": None, "lines": [line]}, f"R-{FIRST}")
    dock.read_results()
    assert (dock.referral(referral_id).delivery, dock.office.theirs) == (D.DELIVERED, [])


@pytest.mark.parametrize("step", [2, 3])
def test_a_file_that_cannot_be_made_again_is_looked_for_by_its_name(dock: Dock, step: int) -> None:
    """Not there: its members go into the next one. There: it was handed over. Nobody waits for its content."""
    referral_id = dock.accept()
    dock.clock.advance(dock.until_cut_off)
    assert dock.dies_at(step)  # before the call, and behind it
    cannot_be_made_again(dock, FIRST)
    dock.pass_time(600)
    assert dock.referral(referral_id).delivery is D.HANDED_OVER
    assert dock.files() == ([(FIRST, "released"), (SECOND, "handed_over")] if step == 2 else [(FIRST, "handed_over")])


def test_a_lost_case_key_keeps_nobody_in_doubt(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of a file is known by its name, also of a member that nobody can read any more."""
    referral_id = dock.accept()
    dock.clock.advance(dock.until_cut_off)
    assert dock.dies_at(3)

    def lost(*_: object) -> bytes:
        raise ValueError("no key")

    monkeypatch.setattr(dock.vault, "case_key", lost)
    dock.pass_time(600)
    assert (dock.referral(referral_id).delivery, dock.files()) == (D.HANDED_OVER, [(FIRST, "handed_over")])


def test_a_file_that_nobody_can_look_for_is_a_persons_matter_in_the_end(
    dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adapter that cannot look by name: after some looks an alarm, the members are unknown, and new files go."""
    monkeypatch.delattr(type(dock.adapter), "lies_there")
    cannot_be_made_again(dock, FIRST)
    referral_id = dock.accept()
    dock.to_cut_off()
    dock.clerk._may_write_until.clear()  # the window to send is over; wall time is not moved by tests
    other = dock.accept(name="김나루")
    with capture_logs() as logs:
        dock.pass_days(10)
    assert errors(logs) == ["look_failed"] * (LOOKS_AT_MOST - 1) + ["file_in_doubt"]
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).reason) == (D.UNKNOWN, "person_decides")
    assert (dock.files()[0], dock.delivery(other).tries) == ((FIRST, "doubtful"), 1)
    dock.office.collect()
    assert [len(dock.office.members(name)) for name in dock.office.ours] == [1]


def test_a_result_that_was_exchanged_while_it_was_taken_in_is_told_and_stays(dock: Dock) -> None:
    """The agency puts its file right between our reading and our clearing: what nobody read is not removed."""
    referral_id = dock.accept()
    dock.to_cut_off()
    key = dock.referral(referral_id).wire_key
    said = {"key": key, "withdrawal": False, "receipt": f"K-{key}", "code": "OK"}
    name, real = f"R-{FIRST}", dock.adapter.clear
    dock.office.say({"answers": FIRST, "rejected": None, "lines": [said]}, name)

    async def clear(file: Any) -> bool:
        dock.office.say({"answers": FIRST, "rejected": None, "lines": [said | {"facts": ["received"]}]}, name)
        return await real(file)

    dock.adapter.clear = clear  # type: ignore[method-assign]  # an instance's own, for one test
    dock.read_results()
    known = dock.store.read_now(lambda conn: result_file(conn, "ferry", name))
    assert known is not None
    assert (dock.office.theirs, known.cleared_at) == ([name], None)
    with capture_logs() as logs:
        dock.read_results()
    assert errors(logs) == ["result_file_changed"]
    assert (dock.office.theirs, dock.referral(referral_id).delivery) == ([name], D.DELIVERED)
