"""`naru adapters`: what is installed, and what became of it in this configuration."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from adapters.sdk import Gate
from hub.agencies import Agency, AgencyState
from hub.cli.starting import DEFAULT_CONFIG, Config, find_adapters, settings_of
from hub.wiring import build_agencies

app = typer.Typer(help="What is installed, and what became of it.", no_args_is_help=True, add_completion=False)


@app.callback()
def adapters() -> None:
    """What is installed, and what became of it."""


@app.command("list")
def listing(
    config: Config = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """List the installed adapters: what each serves, speaks and may see."""
    installed = find_adapters()
    settings = settings_of(config, installed)
    agencies = build_agencies(settings.adapters, installed, Gate())
    rows = [_row(agency, enabled=_is_enabled(settings.adapters, slug)) for slug, agency in agencies.items()]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("slug", "title", "state", "services", "verbs", "wire", "repeat", "contract")
    for row in rows:
        table.add_row(
            row["slug"], row["title"], row["state"], " ".join(row["services"]), " ".join(row["verbs"]), row["wire"],
            row["repeat"], row["contract_basis"],
        )  # fmt: skip
    Console().print(table)


def _is_enabled(settings: Any, slug: str) -> bool:
    return slug in settings and settings[slug].enabled


def _row(agency: Agency, *, enabled: bool) -> dict[str, Any]:
    known = agency.profile
    row: dict[str, Any] = {
        "slug": agency.slug,
        "title": known.title if known else None,
        "services": sorted(known.services) if known else [],
        "verbs": sorted(agency.verbs),
        "wire": known.wire if known else None,
        "repeat": known.repeat if known else None,
        "discloses": sorted(known.discloses) if known else [],
        "contract_basis": known.contract_basis if known else None,
        "enabled": enabled,
        "state": agency.state,
    }
    return row | {"why": agency.why} if agency.state is AgencyState.BROKEN else row
