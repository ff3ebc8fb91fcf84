"""After the sample cases: the stage stays up, and a newcomer is told what to type."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sysconfig
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
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
    path = stage.folder.path
    key_file, document_file, environ_file = path / "centre.key", path / "new-case.json", path / "hub.env"
    stage.folder.write_secret(key_file, stage.key)
    stage.folder.write_secret(document_file, json.dumps(_somebody_new(sample), ensure_ascii=False, indent=2))
    stage.folder.write_secret(environ_file, _exported(stage.folder.hub_environ()))
    naru = shlex.quote(str(Path(sysconfig.get_path("scripts")) / "naru"))

    def of_the_hub(arguments: str) -> str:
        return f"(. {shlex.quote(str(environ_file))} && {naru} {arguments} --config {shlex.quote(str(stage.config))})"

    console.print("\nThe hub and the mocks stay up.")
    console.print(clock_line(await stage.control.now(), wall_now()), soft_wrap=True, highlight=False)
    console.print("In another terminal:")
    typed = typed_next(stage.hub_url, stage.control.url, str(key_file), str(document_file), of_the_hub)
    for what, line in typed.items():
        console.print(f"[dim]# {what}[/]", soft_wrap=True, highlight=False)
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.print("Ctrl-C ends it.")
    ended = _ended_by(signal.SIGINT, signal.SIGTERM)
    while not ended.is_set():
        stage.check()
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _LOOK_SECONDS)


def _exported(environ: Mapping[str, str]) -> str:
    """Return lines with which a shell points naru's commands at the demo's own store."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environ.items())


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
