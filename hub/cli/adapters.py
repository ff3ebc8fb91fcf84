"""`naru adapters`: what is installed, and what became of it in this configuration."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from adapters.sdk import Gate, capabilities
from adapters.sdk.registry import Broken
from hub.agencies import Agency, AgencyState
from hub.cli.refusing import refuse
from hub.cli.starting import DEFAULT_CONFIG, Config, find_adapters
from hub.configuration import Installed, SettingsError, read_settings, variable
from hub.wiring import build_agencies

INCOMPLETE = "incomplete"
"""Something about it is missing or wrong in the configuration: `missing` says what, by key and never by value."""
COMPLETE = "complete"
"""Enabled, and nothing is wrong about it; something else keeps a hub from starting."""
_YES = frozenset({"1", "true", "yes", "on", "t", "y"})

app = typer.Typer(help="What is installed, and what became of it.", no_args_is_help=True, add_completion=False)


@app.callback()
def adapters() -> None:
    """What is installed, and what became of it."""


@app.command("list")
def listing(
    config: Config = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """List the installed adapters: what each serves, speaks and may see, though the configuration be incomplete."""
    installed = find_adapters()
    try:
        settings = read_settings(config, os.environ, installed)
    except SettingsError as error:
        rows = _incomplete(config, installed, error)
    else:
        agencies = build_agencies(settings.adapters, installed, Gate())
        rows = [_row(agency, enabled=_is_enabled(settings.adapters, slug)) for slug, agency in agencies.items()]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table()
    for name, is_whole in (("slug", True), ("state", True), ("services", False), ("wire", False), ("repeat", True)):
        table.add_column(name, no_wrap=is_whole, overflow="fold")
    for row in rows:
        table.add_row(row["slug"], row["state"], " ".join(row["services"]), row["wire"], row["repeat"])
    Console().print(table)
    for row in rows:
        for problem in row.get("missing", ()):
            typer.echo(problem)


def _incomplete(config: Path, installed: Installed, error: SettingsError) -> list[dict[str, Any]]:
    """Return the rows under a configuration with which no hub starts: each with what is wrong about it, by key."""
    try:
        tables = tomllib.loads(config.read_text(encoding="utf-8")).get("adapters", {})
    except (OSError, ValueError):
        refuse(f"cannot read the configuration, {len(error.problems)} problem(s):", *error.problems)
    rows, told = [], set()
    for slug, adapter in installed.items():
        own = [problem for problem in error.problems if _is_about(slug, problem)]
        told.update(own)
        table = tables.get(slug, {}) if isinstance(tables, dict) else {}
        spoken = os.environ.get(variable(("adapters", slug, "enabled")))
        enabled = spoken.lower() in _YES if spoken else isinstance(table, dict) and table.get("enabled") is True
        state = INCOMPLETE if own else COMPLETE if enabled else AgencyState.DISABLED
        if isinstance(adapter, Broken):
            agency = Agency(slug, AgencyState.BROKEN, None, why=adapter.why)
            rows.append(_row(agency, enabled=enabled))
        else:
            agency = Agency(slug, AgencyState.DISABLED, adapter.profile, capabilities(adapter))
            rows.append(_row(agency, enabled=enabled) | {"state": state, "missing": own})
    for problem in error.problems:
        if problem not in told:
            typer.echo(f"naru adapters: {problem}", err=True)
    return rows


def _is_about(slug: str, problem: str) -> bool:
    """Tell whether a problem is about a key of one adapter; it names the key, or the variable that sets it."""
    return re.match(rf"adapters\.{slug}\b|{variable(('adapters', slug))}__", problem) is not None


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
