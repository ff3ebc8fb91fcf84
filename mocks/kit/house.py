"""The house: all agencies of one server behind one port. Sends each request to its agency, the control API or `/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mocks.kit.agency import Request
from mocks.kit.clock import BusinessClock
from mocks.kit.connection import Answer
from mocks.kit.control import answer_control, complain
from mocks.kit.counter import Counter
from mocks.kit.landing import landing_page


class House:
    """Routes `/<slug>/…`, `/_mock/…` and `/`. The application that the server serves."""

    def __init__(self, clock: BusinessClock, counters: Mapping[str, Counter]) -> None:
        self.clock = clock
        self.counters = counters

    def at_head(self, method: str, path: str) -> Answer | None:
        """Let a fault of the agency that `path` names answer at once."""
        slug, rest = _split(path)
        counter = self.counters.get(slug)
        return counter.at_head(method, rest) if counter is not None and counter.is_shared else None

    async def answer(self, request: Request) -> Answer:
        """Answer a whole request."""
        slug, rest = _split(request.path)
        if slug == "_mock":
            return Answer(await answer_control(replace(request, path=rest), self.clock, self.counters))
        if slug in self.counters and not self.counters[slug].is_shared:
            return Answer(complain(404, f"{slug} is not reached here but at {self.counters[slug].own_url}"))
        if slug in self.counters:
            return await self.counters[slug].answer(replace(request, path=rest))
        if request.path == "/":
            return Answer(landing_page(request, self.counters))
        return Answer(complain(404, f"no agency here at this path; there are: {', '.join(self.counters)}"))


def _split(path: str) -> tuple[str, str]:
    """Split `/<slug>/rest` into the slug and `/rest`."""
    slug, _, rest = path.removeprefix("/").partition("/")
    return slug, f"/{rest}"
