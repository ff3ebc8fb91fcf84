"""How a proof reads the end: what it judges is of one moment, although the hub goes on."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from hub.cli.proof.receiver import Receiver
from hub.cli.proof.run import _read_the_end
from hub.cli.proof.scene import Scene
from mocks.auditor import Notice


class Hub:
    """A hub to which something happens at each question of these, by number; it tells of it before the next answer."""

    def __init__(self, receiver: Receiver, happens_at: set[int]) -> None:
        self.receiver, self.happens_at = receiver, happens_at
        self.events = self.asked = self.read = 0

    def _answer(self) -> None:
        self.receiver.notices += [cast("Notice", None)] * (self.events - len(self.receiver.notices))
        self.asked += 1
        self.events += self.asked in self.happens_at

    async def has_heard_all(self) -> bool:
        self._answer()
        return self.events == len(self.receiver.notices)

    async def read_all(self) -> None:
        self._answer()
        self.read = self.events

    async def nudge_clock(self, seconds: float) -> None:
        """Nothing happens by that here."""


def ends(moments: set[int]) -> Iterator[tuple[Hub, Receiver]]:
    with Receiver(0.0, 1) as receiver:
        yield Hub(receiver, moments), receiver


async def test_what_is_judged_is_of_one_moment() -> None:
    """Something happens at any question up to the last: as much was told as was read, and nothing later counts."""
    for moment in range(1, 12):
        for hub, receiver in ends({moment, moment + 2}):
            scene: Any = SimpleNamespace(centre=hub, control=hub, receiver=receiver)
            await _read_the_end(cast("Scene", scene))
            hub._answer()
            hub._answer()  # the hub goes on, and tells
            assert len(receiver.book) == hub.read
