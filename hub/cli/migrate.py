"""`naru migrate`: brings the store to this version's schema."""

from __future__ import annotations

import typer
from sqlalchemy import Connection

from hub.cli.starting import DEFAULT_CONFIG, Config, in_store, own_settings
from hub.store.migrating import migrate as migrate_store
from hub.store.others import check_no_others

app = typer.Typer(add_completion=False)


@app.command()
def migrate(config: Config = DEFAULT_CONFIG) -> None:
    """Bring the store to this version's schema. Stop every `naru serve` and `naru worker` first, and have a backup."""
    settings = own_settings(config)
    before, after = in_store(settings, _migrate, alone=True)
    if before == after:
        typer.echo(f"{settings.store.shown}: schema {after} already")
        return
    typer.echo(f"{settings.store.shown}: schema {before or 'none'} -> {after}")
    if before is None:
        typer.echo(
            "This is a new store: none was there. If one should have been, look at folder, --config, NARU_STORE__URL."
        )


def _migrate(conn: Connection) -> tuple[str | None, str]:
    check_no_others(conn, "the store")
    return migrate_store(conn)
