"""Processes whose machines' clocks differ: they agree on what is settled, due and withdrawn, or believe nothing."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ferry import START, Landing, consent
from hypothesis import given
from hypothesis import strategies as st

from hub import clock
from hub.clock import Clock, SharedClock, SystemClock
from hub.settings import ClockSettings
from hub.store import wall
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.wiring import open_clock
from schemas.status import DeliveryStatus


class World:
    """True time, and the machine on which the process that works now believes something else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = START.timestamp()
        self.ahead = 0.0
        self.booted = 5000.0
        monkeypatch.setattr(clock, "wall_now", lambda: datetime.fromtimestamp(self.seconds + self.ahead, UTC))
        monkeypatch.setattr(clock, "steady_now", self.steady)

    def steady(self) -> float:
        """A machine's own count."""
        return self.seconds - self.booted

    def now(self) -> datetime:
        """What the agency's clock says, which is right."""
        return datetime.fromtimestamp(self.seconds, UTC)

    def look(self) -> tuple[float, float]:
        """What the store's clock, which is right, is ahead of the machine's count."""
        return self.seconds - self.steady() - 0.01, self.seconds - self.steady() + 0.01


class Process:
    """One of two processes on the landing's store, on a machine whose clock is wrong by `ahead` seconds."""

    def __init__(self, world: World, landing: Landing, ahead: float, opened: Callable[[], Clock]) -> None:
        self._world, self._landing, self._ahead = world, landing, ahead
        with self.at_work():
            self.clock = opened()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Be the process that runs."""
        self._world.ahead = self._ahead
        yield
        self._world.ahead = 0.0

    def work(self, do: Callable[[], Any] | None = None) -> Any:
        """Do what is due, or something else, in this process."""
        with self.at_work():
            self._landing.clock = self.clock  # type: ignore[assignment]  # any clock will do
            self._landing.start_process()
            return (do or self._landing.work)()


@pytest.fixture
def world(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(monkeypatch)
    landing.agency.clock = made  # type: ignore[assignment]  # a real clock, where the bench has one that stands still
    return made


@pytest.mark.parametrize("ahead", [90.0, -90.0])
def test_clocks_apart_believe_no_not_found_too_early(ahead: float, world: World, landing: Landing) -> None:
    """One process loses the answer, another asks: shown after 45 s of truth, the referral is registered once."""
    shared = lambda: SharedClock(world.look)  # noqa: E731 - one for each process
    first, second = Process(world, landing, 0.0, shared), Process(world, landing, ahead, shared)
    landing.agency.visible_after = 45.0
    landing.agency.script.append("lose_reply")
    referral_id = first.work(landing.accept)
    first.work()
    for _ in range(20):
        world.seconds += 5
        second.work()
    assert landing.referral(referral_id).delivery is DeliveryStatus.DELIVERED
    assert len(landing.agency.acts) == 1
    for process in (first, second):
        process.clock.close()


def test_a_restart_after_the_clock_was_set_believes_no_not_found_too_early(world: World, landing: Landing) -> None:
    """What a process did not see pass is no settling time: a machine that was 90 s behind and is not any more."""
    Process(world, landing, -90.0, SystemClock).work(landing.accept)
    landing.agency.visible_after = 45.0
    landing.agency.script.append("lose_reply")
    Process(world, landing, -90.0, SystemClock).work()
    world.seconds += 15
    after = Process(world, landing, 0.0, SystemClock)
    for _ in range(20):
        after.work()
        world.seconds += 5
    assert landing.agency.seen[0] == "/submit"
    assert len(landing.agency.acts) == 1


def test_a_process_that_is_behind_discloses_nothing_that_was_withdrawn(world: World, landing: Landing) -> None:
    """The referral goes on without the field whose consent another process, ahead of it, took back."""
    ahead, behind = (Process(world, landing, seconds, SystemClock) for seconds in (90.0, -90.0))
    two = [consent(["client.name"]), consent(["referral.opinion"], required=False)]
    referral_id = behind.work(lambda: landing.accept(consents=two))
    done = ahead.work(lambda: landing.do(landing.consents.withdraw, landing.consent_ids[1]))
    behind.work()
    assert done.kept == [referral_id]
    assert [act["opinion"] for act in landing.agency.acts] == [None]


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5), st.floats(0, 30)), min_size=3, max_size=20))
def test_a_shared_clock_is_as_right_as_its_looks(looks: list[tuple[float, float, float]]) -> None:
    """However long each look takes on its way there and back, it is wrong by no more than the quickest one took."""
    true, narrowest = 1e9, 10.0
    left = iter(looks)

    def look() -> tuple[float, float]:
        there, back, _ = next(left, looks[-1])
        return true - back, true + there

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SharedClock, "_watch", lambda _: None)
        patch.setattr(clock, "steady_now", lambda: 0.0)
        shared = SharedClock(look)
        for there, back, _ in looks[:3]:
            narrowest = min(narrowest, there + back)
        for there, back, _ in looks[3:]:
            shared.look()
            narrowest = min(narrowest, there + back)
            assert abs(shared._ahead - true) <= narrowest + 1e-6


@pytest.mark.slow
def test_on_postgresql_business_time_is_the_servers(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine that is 90 s ahead goes by the server's clock, and the log says so; a file goes by the machine's."""
    store = Store(postgres_url)
    monkeypatch.setattr(clock, "wall_now", lambda: datetime.now(UTC) + timedelta(seconds=90))
    business = open_clock(ClockSettings(), store)
    assert isinstance(business, SharedClock)
    least = store.read_now(wall.wall_of)
    told = business.now().timestamp()
    most = store.read_now(wall.wall_of)
    business.close()
    store.close()
    assert least - 1 <= told <= most + 1
    assert "clock_apart" in "".join(capsys.readouterr())


def test_on_a_file_business_time_is_the_machines(tmp_path: Path) -> None:
    """One process has one clock."""
    store = Store(f"sqlite:///{tmp_path}/naru.db")
    store.write_now(make_or_check)
    assert type(open_clock(ClockSettings(), store)) is SystemClock
    store.close()


def test_a_store_that_is_away_leaves_the_clock_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that fails changes nothing, and the next is made all the same."""
    monkeypatch.setattr(clock, "_LOOK_EVERY_SECONDS", 0.01)
    looks = iter([(1e9, 1e9)] * 3)
    away, back = threading.Event(), threading.Event()

    def look() -> tuple[float, float]:
        found = next(looks, None)
        if found is None and not away.is_set():
            away.set()
            raise OSError("away")
        if found is None:
            back.set()
        return found or (1e9 + 1, 1e9 + 1)

    shared = SharedClock(look)
    assert back.wait(10)
    shared.close()
    assert shared._ahead == 1e9 + 1
