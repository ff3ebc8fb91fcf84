"""A machine's clock that is set while the hub runs: nothing waits for ever, nothing is believed too soon."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from ferry import Landing
from hypothesis import given
from hypothesis import strategies as st
from test_embedded_engine import delivered, running, until
from test_lanes import LANE, LIMITS, NOW

from adapters.sdk import Repeat
from hub import clock
from hub.delivery import engine
from hub.delivery.lanes import admit, after_start


class Machine:
    """A machine's two clocks: the one that people set, and the one that only runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.steady = datetime(2026, 3, 2, tzinfo=UTC), 1000.0
        monkeypatch.setattr(clock, "wall_now", lambda: self.wall)
        monkeypatch.setattr(clock, "steady_now", lambda: self.steady)

    def pass_time(self, seconds: float) -> None:
        """Let time pass as it does."""
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds


@given(jumps=st.lists(st.tuples(st.floats(0, 500), st.floats(-1e5, 1e5)), max_size=20))
def test_business_time_runs_on_whatever_the_machine_says(jumps: list[tuple[float, float]]) -> None:
    """It never goes back, and no time that has to pass is over in less than ten elevenths of it."""
    with pytest.MonkeyPatch.context() as patch:
        machine = Machine(patch)
        business = clock.SystemClock()
        for passed, jump in jumps:
            before = business.now()
            machine.wall += timedelta(seconds=jump)
            machine.pass_time(passed)
            gained = (business.now() - before).total_seconds()
            assert 0.9 * passed - 1e-5 <= gained <= 1.1 * passed + 1e-5


@pytest.mark.parametrize("jump", [600, -600])
def test_business_time_comes_right_again(
    jump: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten minutes off are made good in a hundred; the log says it once, and once that it is over."""
    machine = Machine(monkeypatch)
    business = clock.SystemClock()
    machine.pass_time(5)
    assert business.now() == machine.wall
    machine.wall += timedelta(seconds=jump)
    for _ in range(101):
        machine.pass_time(60)
        told = business.now()
    assert told == machine.wall
    said = "".join(capsys.readouterr())
    assert (said.count("clock_jumped"), said.count("clock_right_again")) == (1, 1)


def test_a_lane_does_not_wait_for_a_time_that_was_taken_back() -> None:
    """The moment of the next call was written by a clock that is an hour back since: the lane goes on at its rate."""
    ahead = after_start(replace(LANE, next_start_wall=5000.0), LIMITS, 1, 5000.0)
    assert admit(ahead, LIMITS, 0, NOW, 1400.0).count == 1
    assert after_start(ahead, LIMITS, 1, 1400.0).next_start_wall == pytest.approx(1400.1)


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
async def test_work_goes_on_when_the_clock_is_set(jump: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a call is under way, an hour forward or back: it is not taken for lost, and what follows is sent."""
    real, shift = engine.asyncio.get_running_loop().time, 0.0
    monkeypatch.setattr("hub.store.wall.time", SimpleNamespace(time=lambda: 1e9 + real() + shift))
    monkeypatch.setattr(engine, "_RECLAIM_EVERY_SECONDS", 0.05)
    landing = Landing(tmp_path, Repeat.LOOKUP)
    called, answer = asyncio.Event(), asyncio.Event()
    adapter = landing.room.agencies.active["ferry"].adapter
    submit = adapter.submit  # type: ignore[attr-defined]  # the ferry's adapter has it

    async def slow(order: object) -> object:
        called.set()
        await answer.wait()
        return await submit(order)

    monkeypatch.setattr(adapter, "submit", slow)
    async with running(landing) as lanes:
        first = landing.accept()
        lanes.wake()
        await called.wait()
        shift = jump
        await asyncio.sleep(0.3)  # some looks for leases that are over
        second = landing.accept(name="김나루")
        answer.set()
        lanes.wake()
        await until(lambda: delivered(landing, first) and delivered(landing, second))
    assert landing.agency.seen == ["/submit", "/submit"]
    landing.close()
