"""`naru worker`: one more process that delivers, without the API; on a PostgreSQL store only."""

from __future__ import annotations

import typer

from hub.cli.serve import run_until_stopped
from hub.cli.starting import DEFAULT_CONFIG, Config, find_adapters, refuse, settings_of
from hub.serving import work

app = typer.Typer(add_completion=False)


@app.command()
def worker(config: Config = DEFAULT_CONFIG) -> None:
    """Deliver what any `naru serve` on the same store accepts, until SIGTERM."""
    installed = find_adapters()
    settings = settings_of(config, installed)
    if not settings.store.is_shared:
        refuse(
            f"the store {settings.store.shown} is SQLite, which takes one process only, and `naru serve` delivers by "
            "itself. For more processes point NARU_STORE__URL at a PostgreSQL database: postgresql://user@host/naru."
        )
    run_until_stopped(settings, lambda: work(settings, installed))
