"""`naru proof`: the promise under lost replies, kills and changes of mind, audited from the agencies' own books.

Here is the command alone; the rooms beside it plan, hand in, disturb, let settle and judge.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from hub.cli.proof.centre import HubError
from hub.cli.proof.run import Size, prove
from hub.cli.proof.verdict import Verdict
from hub.cli.refusing import refuse
from hub.cli.stage.control import ControlError
from hub.cli.stage.folder import FolderInUseError, fresh_folder
from hub.cli.stage.postgres import NoPostgresError
from hub.cli.stage.processes import ChildError

app = typer.Typer(add_completion=False)

_PLACE = Path("var/proof")
_GIVEN = "NARU_TEST_POSTGRES_URL"


class StoreKind(StrEnum):
    """What the hub's store stands on."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@app.command()
def proof(
    referrals: Annotated[int, typer.Option(min=1, max=100_000, help="Referrals, over all agencies.")] = 400,
    lost_replies: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share of registrations unanswered.")] = 0.2,
    kills: Annotated[int, typer.Option(min=0, help="Kills that must interrupt a write.")] = 10,
    seed: Annotated[int, typer.Option(help="Of clients, faults and choices.")] = 1,
    store: Annotated[StoreKind, typer.Option(help="What the hub's store stands on.")] = StoreKind.SQLITE,
    processes: Annotated[int, typer.Option(min=1, max=16, help="Processes of the hub; >1 needs postgresql.")] = 1,
    as_object: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    examples: Annotated[Path, typer.Option(help="The folder with demo.toml and cases/.")] = Path("examples"),
) -> None:
    """Prove that nothing is lost, sent twice or sent without a basis; with its own mocks, in var/proof/<store>."""
    if processes > 1 and store is StoreKind.SQLITE:
        refuse("--processes above 1 needs --store postgresql: SQLite takes one process")
    size = Size(referrals, lost_replies, kills, seed, store.value, processes, os.environ.get(_GIVEN) or None)
    try:
        with fresh_folder(_PLACE / store.value) as folder:
            verdict = asyncio.run(_until_told(prove(size, folder, examples, _say)))
    except NoPostgresError as error:
        refuse(f"{_GIVEN}: {error}" if size.postgres_url else str(error))
    except (FolderInUseError, OSError, ValueError) as error:
        refuse(str(error))
    except (ChildError, ControlError, HubError, httpx.HTTPError) as error:
        typer.echo(f"naru proof: {error}", err=True)
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(130) from None
    _tell(verdict, as_object=as_object)
    raise typer.Exit(0 if verdict.holds else 1)


async def _until_told(work: Coroutine[Any, Any, Verdict]) -> Verdict:
    """Run to the end, or until SIGTERM: then the children are stopped in order, as on Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - asyncio.run made it
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def _say(text: str) -> None:
    typer.echo(f"naru proof: {text}", err=True)


def _tell(verdict: Verdict, *, as_object: bool) -> None:
    figures = verdict.as_json()
    if as_object:
        typer.echo(json.dumps(figures))
    else:
        for name, value in figures.items():
            typer.echo(f"{name:20} {value}")
    for failure in verdict.failures():
        typer.echo(f"not as it must be: {failure}", err=True)
