"""What agencies do with what they have: they assign, ask for more, decide and close, so that the hub hears of it.

The centre hands in what was asked for. What its client will take back stays open, since an agency that has closed a
case refuses its withdrawal.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from contextlib import suppress

from hub.cli.proof.centre import Centre
from hub.cli.proof.evidence import Arrival, Evidence
from hub.cli.stage.control import Control, ControlError

_EVERY_SECONDS = 1.0
_WAYS = (("closed",), ("assigned", "closed"), ("assigned", "decided", "closed"))
_ASKS_FOR_MORE = ("assigned", "supplement")
_ENDED_SHARE = 0.5
_WANTED = "supplement_requested"
_ANSWERED = frozenset({"reviewing", "investigating"})


class Life:
    """The daily work at all agencies, and the centre's answers to them.

    Args:
        control: moves the agencies' cases on.
        evidence: says what arrived, and how it stands.
        centre: hands in what was asked for.
        may_end: whether a referral (by id) stays with the agency whatever happens.
        asking: the agencies that take more after they asked for it.
        asked_share: for how many of their cases they ask.
        seed: of the dice.
    """

    def __init__(
        self,
        control: Control,
        evidence: Evidence,
        centre: Centre,
        may_end: Callable[[str], bool],
        asking: Collection[str],
        asked_share: float,
        seed: int,
    ) -> None:
        self._control, self._evidence, self._centre, self._may_end = control, evidence, centre, may_end
        self._asking, self._asked_share = frozenset(asking), asked_share
        self._dice = random.Random(f"{seed}/life")  # noqa: S311 - dice that can be thrown again
        self._moved: set[str] = set()
        self._asked: set[str] = set()
        self._answered: set[str] = set()
        self._ended: set[str] = set()
        self.is_over = False
        """Set by whoever wants nothing new to begin."""

    def waiting(self) -> int:
        """Return how many agencies have asked for more of which the hub has not heard yet."""
        return len(self._asked - self._answered)

    async def run(self) -> None:
        """Work until it is over; what was begun is done."""
        while not self.is_over:
            await self.work()
            await asyncio.sleep(_EVERY_SECONDS)

    async def work(self) -> None:
        """Move every case on that has arrived since the last time, and answer whoever asked for more."""
        for arrival in await self._evidence.arrivals():
            if not self._may_end(arrival.id):
                continue
            if arrival.business == _WANTED:
                await self._answer(arrival)
            elif arrival.business in _ANSWERED:
                await self._end(arrival)
            elif arrival.id not in self._moved:
                self._moved.add(arrival.id)
                asks = arrival.agency in self._asking and self._dice.random() < self._asked_share
                moved = await self._move(arrival, _ASKS_FOR_MORE if asks else self._dice.choice(_WAYS))
                if asks and moved:
                    self._asked.add(arrival.id)

    async def _answer(self, arrival: Arrival) -> None:
        if arrival.id not in self._answered:
            self._answered.add(arrival.id)
            words = f"요청하신 자료 {self._dice.randrange(10**6):06d}호를 창구에 제출함."
            await self._centre.supplement(arrival.id, {"opinion": words})

    async def _end(self, arrival: Arrival) -> None:
        if arrival.id in self._answered - self._ended:
            self._ended.add(arrival.id)
            if self._dice.random() < _ENDED_SHARE:
                await self._move(arrival, ("closed",))

    async def _move(self, arrival: Arrival, way: Collection[str]) -> bool:
        """Move a case on; return whether it went all the way."""
        with suppress(ControlError):  # it does not take this step: then it stays as it is
            for state in way:
                await self._control.advance(arrival.agency, {"receipt": arrival.receipt, "to": state})
            return True
        return False
