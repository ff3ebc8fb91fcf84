"""A proof never waits without an end, and says what it waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count, repeat

import pytest

from hub.cli.proof import patience
from hub.cli.proof.patience import Patience, StuckError, lose_patience, run_beside, run_together


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at once, so that nobody waits for a real second."""
    monkeypatch.setattr(patience, "_LOOK_SECONDS", 0.001)


async def watch(numbers: Iterator[int], told: Patience) -> None:
    """Watch one number."""

    async def progress() -> tuple[int, ...]:
        return (next(numbers),)

    await lose_patience(told, progress, "{} accepted")


async def test_what_does_not_move_is_given_up() -> None:
    """Where nothing changes the watch ends, and tells how far it came."""
    with pytest.raises(StuckError, match=r"nothing moved for 0\.02 seconds: 7 accepted"):
        await watch(repeat(7), Patience(quiet=0.02, in_all=60.0))


async def test_what_moves_without_an_end_is_given_up() -> None:
    """Something that always changes is no progress for ever."""
    with pytest.raises(StuckError, match=r"not at its end after 0\.02 seconds: \d+ accepted"):
        await watch(count(), Patience(quiet=60.0, in_all=0.02))


async def never() -> None:
    """Wait for what does not come."""
    await asyncio.Event().wait()


async def fail() -> None:
    """Fail at once."""
    raise StuckError("failed")


async def answer() -> int:
    """Return something at once."""
    return 5


async def test_a_failure_beside_the_work_ends_it() -> None:
    """Who fails beside the work ends it with its own words."""
    with pytest.raises(StuckError, match="failed"):
        await run_beside(never(), fail())


async def test_the_end_of_the_work_ends_what_runs_beside() -> None:
    """The work's answer comes, though the others would run on."""
    assert await run_beside(answer(), never(), never()) == 5


async def test_a_failure_of_one_ends_all() -> None:
    """Of those that run together no one is left running when one fails."""
    with pytest.raises(StuckError, match="failed"):
        await run_together(never(), fail(), never())
    assert asyncio.all_tasks() == {asyncio.current_task()}
