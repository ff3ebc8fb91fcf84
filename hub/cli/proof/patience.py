"""How long a proof waits: nothing in it goes on without an end. What it waits for is not known here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 1.0


class StuckError(Exception):
    """Nothing moves any more, or all of it takes too long; the text says how far it came."""


@dataclass(frozen=True)
class Patience:
    """Wall seconds."""

    quiet: float
    """After so much time in which nothing moved it is over."""
    in_all: float
    """After so much time it is over, whatever moves."""


async def lose_patience(patience: Patience, progress: Callable[[], Awaitable[tuple[int, ...]]], words: str) -> None:
    """Watch numbers that change as long as something moves.

    Args:
        patience: how long.
        progress: returns the numbers.
        words: says in the error what they are, with a place for each.

    Raises:
        StuckError: the patience is over; it ends in no other way.
    """
    loop = asyncio.get_running_loop()
    began = changed = loop.time()
    before = await progress()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        numbers = await progress()
        if numbers != before:
            before, changed = numbers, loop.time()
        told = words.format(*numbers)
        if loop.time() - changed > patience.quiet:
            raise StuckError(f"nothing moved for {patience.quiet:g} seconds: {told}")
        if loop.time() - began > patience.in_all:
            raise StuckError(f"not at its end after {patience.in_all:g} seconds: {told}")


async def run_beside(work: Coroutine[Any, Any, T], *others: Coroutine[Any, Any, Any]) -> T:
    """Run some work to its end, and the others beside it for as long. Who fails first ends all."""
    first = asyncio.create_task(work)
    tasks = {first, *map(asyncio.create_task, others)}
    try:
        while not first.done():
            done, _ = await asyncio.wait(
                {task for task in tasks if not task.done()}, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()
        return first.result()
    finally:
        await _end(tasks)


async def run_together(*work: Coroutine[Any, Any, None]) -> None:
    """Run all of it to its end. Who fails first ends all."""
    tasks = {asyncio.create_task(one) for one in work}
    try:
        await asyncio.gather(*tasks)
    finally:
        await _end(tasks)


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
