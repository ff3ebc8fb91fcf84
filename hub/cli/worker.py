"""`naru worker`: a second process that delivers. The SQLite store takes one process, so it refuses."""

from __future__ import annotations

import typer

from hub.cli.starting import DEFAULT_CONFIG, Config, find_adapters, refuse, settings_of

app = typer.Typer(add_completion=False)


@app.command()
def worker(config: Config = DEFAULT_CONFIG) -> None:
    """Refuse: with SQLite, `naru serve` delivers by itself."""
    settings = settings_of(config, find_adapters())
    refuse(
        f"the store {settings.store.shown} is SQLite, which takes one process only, and `naru serve` delivers by "
        "itself. More processes need another kind of store in NARU_STORE__URL; this version serves SQLite."
    )
