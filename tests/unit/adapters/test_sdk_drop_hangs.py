"""Drop folders that hang in the system, as a mount whose server is gone does: nobody else waits with them."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from raw_wire import Decisions
from test_sdk_drop import DATA, NAME, ROOT, lying_in, place

from adapters.sdk import DropEndpoint, DropWire, Gate, NotSentError, UncertainError

__all__ = ["place"]
ANY = re.compile(".*")
STUCK = """
import asyncio, os, sys, threading
from pathlib import Path
from adapters.sdk import DropEndpoint, DropWire, Gate, NotSentError
import re
os.listdir = lambda *_: threading.Event().wait()
wire = DropWire("haengbok", Gate(), DropEndpoint(sys.argv[1], 0.05, 4096))
try:
    asyncio.run(wire.collect(re.compile(".*")))
except NotSentError:
    print("ended")
"""


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Let every listing of a folder hang until this is set."""
    event, listdir = Event(), os.listdir

    def hanging(*args: Any) -> list[str]:
        assert event.wait(20)
        return listdir(*args)

    monkeypatch.setattr(os, "listdir", hanging)
    yield event
    event.set()


def threads() -> int:
    return sum(thread.name == "folder-haengbok" for thread in threading.enumerate())


async def until_free() -> None:
    async with asyncio.timeout(20):
        while threads():  # noqa: ASYNC110 - a thread's end has no event
            await asyncio.sleep(0.005)


async def test_a_folder_that_hangs_holds_one_thread_and_none_of_the_loops(
    place: Path, gate: Gate, mended: Event
) -> None:
    """However often it is called: names of agencies are looked up meanwhile, and once it answers it is used again."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    wire = DropWire("haengbok", gate, DropEndpoint(place.as_uri(), 0.05, 4096))
    for _ in range(3):
        with pytest.raises(NotSentError):
            await wire.collect(ANY)
    assert threads() == 1
    async with asyncio.timeout(5):
        assert await asyncio.to_thread(lambda: "looked up") == "looked up"
    mended.set()
    await until_free()
    assert await wire.collect(ANY) == ()


async def test_nothing_is_written_for_who_gave_up_waiting(
    place: Path, gate: Gate, decisions: Decisions, mended: Event
) -> None:
    """A file that waited behind a call which hangs does not appear when that one ends, though its decision stands."""
    wire = DropWire("haengbok", gate, DropEndpoint(place.as_uri(), 0.2, 4096))
    member = decisions.disclose()
    reading = asyncio.create_task(wire.collect(ANY))
    await asyncio.sleep(0)
    with pytest.raises(UncertainError):
        await wire.hand_over(NAME, DATA, [member])
    with pytest.raises(NotSentError):
        await reading
    mended.set()
    await until_free()
    assert (lying_in(place), gate.has_left(member.attempt_id)) == ({}, False)
    assert await wire.hand_over(NAME, DATA, [member]) is False


async def test_calls_of_a_folder_that_answers_wait_for_each_other(
    place: Path, gate: Gate, decisions: Decisions, mended: Event
) -> None:
    """Two at once are two, one behind the other: being busy is no fault."""
    wire = DropWire("haengbok", gate, DropEndpoint(place.as_uri(), 20.0, 4096))
    both = asyncio.gather(wire.collect(ANY), wire.hand_over(NAME, DATA, [decisions.disclose()]))
    asyncio.get_running_loop().call_later(0.02, mended.set)
    assert await both == [(), False]
    assert lying_in(place) == {NAME: DATA}


def test_a_folder_that_hangs_keeps_no_process_from_ending(place: Path) -> None:
    """Whoever stops the hub does not wait for a mount whose server is gone."""
    program = [sys.executable, "-c", STUCK, place.as_uri()]
    ran = subprocess.run(
        program, check=True, capture_output=True, text=True, timeout=30, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert ran.stdout == "ended\n"
