"""What agencies do with what they have: they assign, decide and close, so that callbacks, polls and files tell of it.

What its client will take back stays open, since an agency that has closed a case refuses its withdrawal.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

from hub.cli.proof.evidence import Arrival, Evidence
from hub.cli.stage.control import Control, ControlError

_EVERY_SECONDS = 1.0
_WAYS = (("closed",), ("assigned", "closed"), ("assigned", "decided", "closed"))


class Life:
    """The daily work at all agencies. `may_end`: whether a referral (by id) stays with the agency whatever happens."""

    def __init__(self, control: Control, evidence: Evidence, may_end: Callable[[str], bool], seed: int) -> None:
        self._control, self._evidence, self._may_end = control, evidence, may_end
        self._dice = random.Random(f"{seed}/life")  # noqa: S311 - dice that can be thrown again
        self._done: set[str] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.work()

    async def work(self) -> None:
        """Move every case on that has arrived since the last time."""
        for arrival in await self._evidence.arrivals():
            if arrival.id not in self._done and self._may_end(arrival.id):
                self._done.add(arrival.id)
                await self._move(arrival)

    async def _move(self, arrival: Arrival) -> None:
        with suppress(ControlError):  # it does not take this step: then it stays as it is
            for state in self._dice.choice(_WAYS):
                await self._control.advance(arrival.agency, {"receipt": arrival.receipt, "to": state})
