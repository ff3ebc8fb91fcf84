"""`naru openapi`: the description of the HTTP API, without a running hub."""

from __future__ import annotations

import json

import typer

from hub.api.app import describe

app = typer.Typer(add_completion=False)


@app.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document."""
    typer.echo(json.dumps(describe(), ensure_ascii=False, indent=2))
