"""The conformance suite passes an honest adapter, and every hostile one falls at the check that is meant for it."""

from __future__ import annotations

from typing import Any

import pytest
import toy_adapter as toy
from toy_adapter import toy_subject

from adapters.sdk import Adapter
from adapters.sdk.testing import AdapterSuite, Subject, checks
from adapters.sdk.testing.checks import Check


class TestHonestToy(AdapterSuite):
    @pytest.fixture
    def subject(self) -> Subject:
        return toy_subject()


HOSTILE: list[tuple[type[Adapter[Any]], Check]] = [
    (toy.Boaster, checks.check_profile_fits_class),
    (toy.Scribbler, checks.check_verbs_answer),
    (toy.Chatterer, checks.check_asks_about_nobody),
    (toy.Hoarder, checks.check_says_only_the_order),
    (toy.Gossip, checks.check_says_nothing_undisclosed),
    (toy.Dropper, checks.check_drops_nothing),
    (toy.Quoter, checks.check_errors_say_nothing_personal),
    (toy.Logger, checks.check_errors_say_nothing_personal),
    (toy.Addresser, checks.check_errors_say_nothing_personal),
    (toy.Believer, checks.check_junk_is_classified),
    (toy.Sidestepper, checks.check_sends_nothing_undecided),
]


@pytest.mark.parametrize(("adapter", "check"), HOSTILE, ids=lambda part: part.__name__)
async def test_a_hostile_adapter_falls(adapter: type[Adapter[Any]], check: Check) -> None:
    """Each hostile adapter breaks one rule, and the check of that rule says so."""
    with pytest.raises(AssertionError):
        await check(toy_subject(adapter))


async def test_an_unclassified_error_falls() -> None:
    """An error that is no AdapterError comes out of the check as it is."""
    with pytest.raises(ValueError, match="Expecting"):
        await checks.check_junk_is_classified(toy_subject(toy.Stumbler))


async def test_a_second_write_is_stopped_by_the_gate() -> None:
    """An adapter that calls twice under one decision does not get through at all."""
    with pytest.raises(RuntimeError, match="one decision allows one write"):
        await checks.check_verbs_answer(toy_subject(toy.Repeater))
