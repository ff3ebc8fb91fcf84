"""The suite for batch adapters passes an honest one, and every hostile one falls at the check that is meant for it."""

from __future__ import annotations

from typing import Any

import pytest
import toy_batch as toy
from toy_batch import toy_batch

from adapters.sdk import Adapter
from adapters.sdk.testing import BatchSubject, BatchSuite, batch_checks, batch_limits
from adapters.sdk.testing.batch_checks import BatchCheck


class TestHonestToy(BatchSuite):
    @pytest.fixture
    def subject(self) -> BatchSubject:
        return toy_batch()


HOSTILE: list[tuple[type[Adapter[Any]], BatchCheck]] = [
    (toy.Boaster, batch_checks.check_profile_fits_class),
    (toy.Scribbler, batch_checks.check_files_keep_the_contract),
    (toy.Hoarder, batch_checks.check_says_only_the_order),
    (toy.Gossip, batch_checks.check_says_nothing_undisclosed),
    (toy.Dropper, batch_checks.check_drops_nothing),
    (toy.Cutter, batch_checks.check_carries_texts_whole_or_refuses_them_by_name),
    (toy.Dater, batch_checks.check_the_same_members_make_the_same_file),
    (toy.Truster, batch_checks.check_something_else_under_the_name_is_told),
    (toy.Eraser, batch_checks.check_a_result_that_was_exchanged_is_not_cleared),
    (toy.Overwriter, batch_checks.check_a_file_that_lies_there_is_left_alone),
    (toy.Sidestepper, batch_checks.check_sends_nothing_undecided),
    (toy.Slicer, batch_checks.check_a_broken_step_leaves_the_whole_file_or_none),
    (toy.Believer, batch_checks.check_a_half_written_result_is_left_alone),
    (toy.Keeper, batch_checks.check_reading_changes_nothing_and_clearing_all),
    (toy.Quoter, batch_checks.check_junk_is_no_result),
    (toy.Logger, batch_checks.check_junk_is_no_result),
]


@pytest.mark.parametrize(("adapter", "check"), HOSTILE, ids=lambda part: part.__name__)
async def test_a_hostile_adapter_falls(adapter: type[Adapter[Any]], check: BatchCheck) -> None:
    """Each hostile adapter breaks one rule, and the check of that rule says so."""
    with pytest.raises((AssertionError, OSError)):
        await check(toy_batch(adapter))


@pytest.mark.parametrize(
    ("adapter", "act"), [(toy.Sidestepper, "open"), (toy.Keepsake, "open"), (toy.Mailer, "subprocess.Popen")]
)
async def test_what_is_done_beside_the_folders_is_seen(adapter: type[Adapter[Any]], act: str) -> None:
    """A file that does not go through the wire, inside the folders or elsewhere, and a program."""
    with pytest.raises(AssertionError, match=rf"beside its wire: .*\b{act}"):
        await batch_limits.check_does_nothing_beside_its_wire(toy_batch(adapter))
