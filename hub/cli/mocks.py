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
from mocks.kit.run import serve_forever
from mocks.kit.settings import EVERYBODY, MockSettingsError, Settings

app = typer.Typer(add_completion=False)

_CERTIFICATES = Path("var/mocks/certificates")


@app.command()
def mocks(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one; the ready file says which.")] = 8800,
    only: Annotated[list[str] | None, typer.Option(metavar="SLUG", help="Only this agency; may be repeated.")] = None,
    settings: Annotated[Path | None, typer.Option(help='TOML: a table for each slug; "*" is for all.')] = None,
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
    except MockSettingsError as error:
        refuse(f"{settings}: {error}")
    except (ValueError, MockLoadError) as error:
        refuse(str(error))
    except OSError as error:
        why = error.strerror or type(error).__name__
        if error.filename is not None:
            refuse(f"{error.filename}: {why}")
        refuse(f"cannot serve the mocks on port {port}: {why}. --port sets another.")


def _announce(places: Mapping[str, Any]) -> None:
    for slug, url in places["agencies"].items():
        typer.echo(f"{slug:20} {url}")
    typer.echo(f"{'control API':20} {places['control_url']}")


def _read(path: Path | None) -> Settings:
    """Return the mocks' settings; without certificates of its own, every agency gets those in var/mocks.

    Raises:
        ValueError: the file is not TOML in UTF-8, or holds more than tables of texts and booleans.
        OSError: it cannot be read.
    """
    tables = {slug: _texts(f"{path}: [{slug}]", table) for slug, table in _parsed(path).items()}
    everywhere = tables.get(EVERYBODY, {})
    if "certificates" not in everywhere:
        everywhere["certificates"] = str(make_certificates(_CERTIFICATES).folder)
    return {**tables, EVERYBODY: everywhere}


def _parsed(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # of TOML, or of UTF-8
        raise ValueError(f"{path}: is not TOML: {error}") from None


def _texts(name: str, table: object) -> dict[str, str]:
    """Return a table's values as the mocks know them: texts, of which `true` and `false` are two."""
    if not isinstance(table, dict) or not all(isinstance(value, str | bool) for value in table.values()):
        raise ValueError(f"{name} must be a table of texts and booleans")
    return {key: value if isinstance(value, str) else str(value).lower() for key, value in table.items()}
