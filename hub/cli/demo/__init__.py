"""`naru demo`: mocks and hub as real processes, the sample cases through them, and the audit of what arrived.

Here is the command alone; the rooms beside it start, play, judge and tell.
"""

from __future__ import annotations

import asyncio
import json
import signal
import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hub.cli.demo.judge import failures
from hub.cli.demo.play import Performance, play
from hub.cli.demo.progress import Progress
from hub.cli.demo.report import as_json, show
from hub.cli.demo.samples import Sample, SampleError, read_samples
from hub.cli.demo.stage import set_stage
from hub.cli.demo.staying import stay
from hub.cli.refusing import refuse
from hub.cli.stage.control import ControlError
from hub.cli.stage.folder import FolderInUseError, StageFolder, fresh_folder
from hub.cli.stage.processes import ChildError
from mocks.auditor import Statute

app = typer.Typer(add_completion=False)

_PLACE = Path("var/demo")


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the sample cases instead of staying up.")] = False,
    as_object: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    examples: Annotated[Path, typer.Option(help="The folder with demo.toml and cases/.")] = Path("examples"),
) -> None:
    """Run the sample cases through a hub and mock agencies of its own, all inside var/demo."""
    try:
        samples = read_samples(examples / "cases")
        config = (examples / "demo.toml").resolve(strict=True)
        statutes = _statutes(config)
        with fresh_folder(_PLACE) as folder:
            good = asyncio.run(_run(folder, config, samples, statutes, once=once, as_object=as_object))
    except (SampleError, FolderInUseError, OSError) as error:
        refuse(str(error))
    except (ChildError, ControlError) as error:
        typer.echo(f"naru demo: {error}", err=True)
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(130) from None
    raise typer.Exit(0 if good else 1)


async def _run(
    folder: StageFolder,
    config: Path,
    samples: tuple[Sample, ...],
    statutes: tuple[Statute, ...],
    *,
    once: bool,
    as_object: bool,
) -> bool:
    _stop_on_sigterm()
    console = Console(stderr=as_object)
    with Progress({sample.name: len(sample.steps) for sample in samples}, Console(stderr=True)) as progress:
        async with set_stage(folder, config) as stage:
            performance = await play(stage, samples, statutes, progress)
            good = _tell(performance, console, as_object=as_object)
            if not once:
                await stay(stage, max(samples, key=lambda sample: len(sample.document["consents"])), console)
    return good


def _tell(performance: Performance, console: Console, *, as_object: bool) -> bool:
    """Say what became of everything; return whether all is as it must be."""
    failed = list(failures(performance))
    if as_object:
        typer.echo(json.dumps(as_json(performance), ensure_ascii=False))
        for failure in failed:
            typer.echo(f"not as it must be: {failure}", err=True)
    else:
        show(performance, failed, console)
    return not failed


def _statutes(config: Path) -> tuple[Statute, ...]:
    tables = tomllib.loads(config.read_text(encoding="utf-8"))
    return tuple(Statute.from_table(table) for table in tables.get("statutes", []))


def _stop_on_sigterm() -> None:
    """End as on Ctrl-C: the children are stopped in order."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - asyncio.run made it
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
