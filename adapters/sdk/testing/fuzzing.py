"""Runs a check over many made-up examples, bounds the time of each, and counts them. What is made up is in `spoilt`.

`NARU_TEST_FUZZ_EXAMPLES`: how many of each kind (some dozens without it, always the same ones).
`NARU_TEST_FUZZ_COUNTS`: a file to which a line of JSON is added for each kind: what, how many, the slowest.
Needs hypothesis.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

Example = TypeVar("Example")

EXAMPLES, COUNTS = "NARU_TEST_FUZZ_EXAMPLES", "NARU_TEST_FUZZ_COUNTS"
MODEST = 60
"""Examples of each kind where nobody asks for more."""
SLOWEST_SECONDS = 10.0
"""Far more than any parser may take on one example, on a machine that is busy with other things."""
_LONGEST_SHOWN = 2_000
_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def is_long() -> bool:
    """Return whether somebody asked for a long run."""
    return EXAMPLES in os.environ


def fuzz_profile() -> settings:
    """Return hypothesis's settings for this run: a modest run repeats itself, a long one does not."""
    asked = os.environ.get(EXAMPLES)
    return settings(
        max_examples=int(asked or MODEST),
        derandomize=asked is None,
        deadline=None,  # the time is bounded here, by what a parser may take and not by what it took before
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class _Tally:
    examples: int = 0
    slowest: float = 0.0


def fuzz(what: str, examples: SearchStrategy[Example], check: Callable[[Example], None]) -> None:
    """Check every example; `what` names the kind in the counts.

    Raises:
        AssertionError: an example took too long. Whatever the check raises, for the smallest example that does it.
    """
    tally = _Tally()

    @fuzz_profile()
    @given(examples)
    def check_one(example: Example) -> None:
        began = time.monotonic()
        try:
            check(example)
        except Exception as error:
            error.add_note(f"the example: {_shown(example)}")
            raise
        took = time.monotonic() - began
        tally.examples, tally.slowest = tally.examples + 1, max(tally.slowest, took)
        if took > SLOWEST_SECONDS:
            raise AssertionError(f"{what}: an example took {took:.1f} s")

    try:
        check_one()
    finally:
        _count(what, tally)


async def fuzz_calls(what: str, examples: SearchStrategy[Example], check: Callable[[Example], Awaitable[None]]) -> None:
    """Check as `fuzz`, with a coroutine function, in the running loop. Raises as `fuzz`."""
    loop = asyncio.get_running_loop()

    def check_in_loop(example: Example) -> None:
        asyncio.run_coroutine_threadsafe(_within_time(check(example)), loop).result()

    await asyncio.to_thread(fuzz, what, examples, check_in_loop)


async def _within_time(checked: Awaitable[None]) -> None:
    async with asyncio.timeout(SLOWEST_SECONDS * 2):
        await checked


def _shown(example: object) -> str:
    """Write an example, so that a test can be made of it."""
    if isinstance(example, tuple):
        return ", ".join(map(_shown, example))
    if isinstance(example, httpx.Response) and isinstance(example.stream, httpx.ByteStream):
        example = example.status_code, dict(example.headers), b"".join(example.stream)
    return repr(example)[:_LONGEST_SHOWN]


def _count(what: str, tally: _Tally) -> None:
    place = os.environ.get(COUNTS)
    if place:
        line = json.dumps({"what": what, "examples": tally.examples, "slowest_ms": round(tally.slowest * 1000)})
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(line + "\n")


@contextmanager
def grows_by_at_most(size: int, what: str) -> Iterator[None]:
    """Bound by how many bytes this process's memory may grow meanwhile, at its highest (Linux; no bound elsewhere).

    Raises:
        AssertionError: it grew by more.
    """
    before = _memory(reset=True)
    yield
    grown = _memory(reset=False) - before
    if grown > size:
        raise AssertionError(f"{what}: memory grew by {grown >> 20} MiB, and {size >> 20} MiB are allowed")


def _memory(*, reset: bool) -> int:
    """Return the bytes that are held now, or with `reset` off, that were held at most since the last reset."""
    try:
        if reset:
            _CLEAR.write_text("5", encoding="ascii")
        lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    except OSError:
        return 0
    return int(lines["VmHWM"].split()[0]) << 10
