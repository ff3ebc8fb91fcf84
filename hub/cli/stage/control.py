"""A client of the mocks' control API, and a hand on the business clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

_BETWEEN_NUDGES = 0.1
"""Wall seconds in which the hub can react before the clock moves again."""


class ControlError(Exception):
    """The mocks refused an order; the text is theirs, and holds no personal data."""


class Control:
    """`/_mock/` of one server of mocks."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30.0)
        self._nudging = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def now(self) -> datetime:
        """Return the business time."""
        return datetime.fromisoformat((await self._call("GET", "/clock"))["now"])

    async def move_clock(self, seconds: float) -> None:
        """Move the business clock forward."""
        await self._call("POST", "/clock", {"advance_seconds": seconds})

    async def nudge_clock(self, seconds: float) -> None:
        """Move the business clock, so that what waits for time to pass goes on. Many may ask at once: one moves it."""
        if self._nudging.locked():
            async with self._nudging:
                return  # somebody else has just moved it for us
        async with self._nudging:
            await self.move_clock(seconds)
            await asyncio.sleep(_BETWEEN_NUDGES)

    async def agencies_that_call_back(self) -> list[str]:
        """Return the slugs of the agencies that tell the hub by themselves how a case goes on."""
        return [agency["slug"] for agency in await self.agencies() if agency["callbacks"]]

    async def set_callback(self, slug: str, url: str) -> None:
        """Say where an agency sends its callbacks."""
        await self._call("PUT", f"/{slug}/callback", {"url": url})

    async def set_fault(self, slug: str, fault: Mapping[str, Any]) -> None:
        """Set one fault, and no other."""
        await self._call("PUT", f"/{slug}/faults", {"faults": [fault]})

    async def set_faults(self, slug: str, faults: Sequence[Mapping[str, Any]], seed: int) -> None:
        """Set these faults; the seed decides which requests each strikes."""
        await self._call("PUT", f"/{slug}/faults", {"seed": seed, "faults": list(faults)})

    async def agencies(self) -> list[dict[str, Any]]:
        """Return who is here, with operations and own faults."""
        listed: list[dict[str, Any]] = (await self._call("GET", "/agencies"))["agencies"]
        return listed

    async def clear_faults(self, slug: str) -> None:
        """Let an agency behave well."""
        await self._call("PUT", f"/{slug}/faults", {"faults": []})

    async def times_struck(self, slug: str) -> int:
        """Return how often the faults that are set have struck."""
        told = await self._call("GET", f"/{slug}/faults")
        return sum(fault["struck"] for fault in told["faults"])

    async def advance(self, slug: str, order: Mapping[str, Any]) -> None:
        """Let an agency move one of its cases on."""
        await self._call("POST", f"/{slug}/advance", order)

    async def ledger(self, slug: str) -> dict[str, Any]:
        """Return an agency's ledger."""
        return await self._call("GET", f"/{slug}/ledger")

    async def journal(self, slug: str) -> dict[str, Any]:
        """Return an agency's journal."""
        return await self._call("GET", f"/{slug}/journal")

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = await self._http.request(method, path, json=body)
        told: dict[str, Any] = answer.json()
        if answer.is_error:
            raise ControlError(f"{method} /_mock{path}: {told.get('error', answer.status_code)}")
        return told
