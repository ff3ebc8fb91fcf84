"""`naru mocks`: the bundled mock agencies as real servers on one port, until SIGTERM. What they do is theirs."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.refusing import refuse
from mocks.kit.pki import make_certificates
from mocks.kit.registry import MockLoadError
from mocks.kit.run import Settings, serve_forever

app = typer.Typer(add_completion=False)

_CERTIFICATES = Path("var/mocks/certificates")


@app.command()
def mocks(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one; the ready file says which.")] = 8800,
    only: Annotated[list[str] | None, typer.Option(metavar="SLUG", help="Only this agency; may be repeated.")] = None,
    settings: Annotated[Path | None, typer.Option(help="TOML: a table for each slug; `*` is for all.")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Written once the mocks answer: where they are.")] = None,
    ledger_key_file: Annotated[Path | None, typer.Option(help="64 hex digits: the key of the ledgers.")] = None,
) -> None:
    """Serve the mock agencies and their control API under /_mock/."""
    try:
        tables = _read(settings)
        asyncio.run(
            serve_forever(
                port=port,
                settings=tables,
                slugs=only,
                ready_file=ready_file,
                ledger_key_file=ledger_key_file,
                announce=_announce,
            )
        )
    except (ValueError, MockLoadError) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"cannot serve the mocks on port {port}: {error.strerror or type(error).__name__}. --port sets another.")


def _announce(places: Mapping[str, Any]) -> None:
    for slug, url in places["agencies"].items():
        typer.echo(f"{slug:20} {url}")
    typer.echo(f"{'control API':20} {places['control_url']}")


def _read(path: Path | None) -> Settings:
    """Return the mocks' settings; without certificates of its own, every agency gets those in var/mocks.

    Raises:
        ValueError: the file is not TOML, or holds more than tables of text.
        OSError: it cannot be read.
    """
    tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    for slug, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise ValueError(f"{path}: [{slug}] must be a table of texts")
    everywhere = dict(tables.get("*", {}))
    if "certificates" not in everywhere:
        everywhere["certificates"] = str(make_certificates(_CERTIFICATES).folder)
    return {**tables, "*": everywhere}
