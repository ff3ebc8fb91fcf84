"""After the sample cases: the stage stays up, and a newcomer is told what to type."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import suppress
from copy import deepcopy
from typing import Any

from rich.console import Console

from hub.cli.demo.report import clock_line, typed_next
from hub.cli.demo.samples import Sample
from hub.cli.demo.stage import Stage
from hub.clock import wall_now

_LOOK_SECONDS = 0.5


async def stay(stage: Stage, sample: Sample, console: Console) -> None:
    """Stay up until Ctrl-C or SIGTERM.

    Raises:
        ChildError: hub or mocks ended.
    """
    key_file, document_file = stage.folder.path / "centre.key", stage.folder.path / "new-case.json"
    stage.folder.write_secret(key_file, stage.key)
    stage.folder.write_secret(document_file, json.dumps(_somebody_new(sample), ensure_ascii=False, indent=2))
    console.print("\nThe hub and the mocks stay up.")
    console.print(clock_line(await stage.control.now(), wall_now()), soft_wrap=True, highlight=False)
    console.print("In another terminal:")
    for what, line in typed_next(stage.hub_url, stage.control.url, str(key_file), str(document_file)).items():
        console.print(f"[dim]# {what}[/]", soft_wrap=True, highlight=False)
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.print("Ctrl-C ends it.")
    ended = _ended_by(signal.SIGINT, signal.SIGTERM)
    while not ended.is_set():
        stage.check()
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _LOOK_SECONDS)


def _ended_by(*signals: signal.Signals) -> asyncio.Event:
    """Return an event that any of these signals sets: from now on they are an orderly end, not a failure."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in signals:
        loop.add_signal_handler(number, ended.set)
    return ended


def _somebody_new(sample: Sample) -> dict[str, Any]:
    """Return a sample's document about another made-up person, lest it be held as a possible duplicate."""
    document: dict[str, Any] = deepcopy(dict(sample.document))
    client = document["client"]
    client.pop("rrn", None)
    client |= {"name": "서나루", "birth_date": "1980-05-05", "phones": ["010-0000-0099"]}
    return document | {"reference": "visit-2025-0099"}
