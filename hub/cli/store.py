"""`naru store copy`: moves everything to another database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from hub.cli.starting import DEFAULT_CONFIG, Config, own_settings, refuse
from hub.settings import StoreSettings
from hub.store.copying import Copied, CopyRefusedError, copy_store
from hub.store.schema import SchemaError
from hub.store.store import Store, StoreInUseError, StoreUnreachableError

app = typer.Typer(help="The store as a whole.", no_args_is_help=True, add_completion=False)


@app.callback()
def store() -> None:
    """The store as a whole."""


@app.command("copy")
def copy(
    to: Annotated[str, typer.Option("--to", help="Where to: the URL of an empty store.", metavar="URL")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Copy the configured store, which nobody serves meanwhile, into an empty one. The original stays as it is."""
    settings = own_settings(config)
    source, target = settings.store, _target(to)
    _check_file(source)
    try:
        opened = Store(source.url), Store(target.url)
    except StoreUnreachableError as error:
        refuse(f"nothing was copied: {error}")
    try:
        copied = copy_store(*opened)
    except (CopyRefusedError, SchemaError, StoreInUseError, StoreUnreachableError) as error:
        refuse(f"nothing was copied: {error}")
    except DBAPIError as error:  # its text may quote a row
        refuse(f"nothing was copied: a database failed ({type(error.orig).__name__})")
    finally:
        for one in opened:
            one.close()
    typer.echo(f"{source.shown} -> {target.shown}")
    _tell(copied, settings.vault.place)


def _target(url: str) -> StoreSettings:
    try:
        return StoreSettings(url=url)
    except ValidationError as error:
        refuse(*(f"--to {one['msg'].removeprefix('Value error, ')}" for one in error.errors(include_input=False)))


def _check_file(source: StoreSettings) -> None:
    """Refuse a file that is not there, which opening it would make."""
    place = make_url(source.url)
    if not source.is_shared and not Path(place.database or "").exists():
        refuse(f"nothing was copied: there is no store {source.shown}")


def _tell(copied: Copied, keys: str) -> None:
    for name, rows in copied.rows.items():
        if rows:
            typer.echo(f"  {name:<20} {rows:>9}")
    typer.echo(f"{sum(copied.rows.values())} rows in {len(copied.rows)} tables; counts and checksums are the same")
    if copied.interrupted:
        typer.echo(f"{copied.interrupted} attempts were under way: unknown at the next start, and then found out")
    typer.echo(f"The keys in {keys} open the copy as well: every machine that serves it needs the same ones.")
