"""How a command refuses to begin. A room of its own, so that light commands need not import the heavy ones'."""

from __future__ import annotations

from typing import Never

import typer

REFUSED = 2
"""The exit code of a command that refuses to begin."""


def refuse(*lines: str) -> Never:
    """Say why nothing is begun, and end."""
    for line in lines:
        typer.echo(f"naru: {line}", err=True)
    raise typer.Exit(REFUSED)
