"""`naru serve`: the API and the engine, until SIGTERM."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
import typer

from hub.audit.signing import AuditKeyError
from hub.cli.starting import DEFAULT_CONFIG, Config, find_adapters, refuse, settings_of
from hub.logs import configure_logs, places
from hub.serving import EngineDiedError, PortInUseError
from hub.serving import serve as serve_forever
from hub.settings import Settings
from hub.store.schema import SchemaError
from hub.store.store import StoreInUseError, StoreUnreachableError
from hub.vault.keyring import KeyFileError
from hub.wiring import ClockUnreachableError

app = typer.Typer(add_completion=False)

REFUSALS = (
    StoreInUseError, StoreUnreachableError, SchemaError, KeyFileError, AuditKeyError, ClockUnreachableError,
    PortInUseError,
)  # fmt: skip
"""What is no defect: the text says what a person must do."""


@app.command()
def serve(config: Config = DEFAULT_CONFIG) -> None:
    """Serve the API and deliver what it accepts."""
    installed = find_adapters()
    settings = settings_of(config, installed)
    run_until_stopped(settings, lambda: serve_forever(settings, installed))


def run_until_stopped(settings: Settings, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a process to its end; refuse, or end with 1, in words."""
    configure_logs(settings.log.level)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold keys, and people in clear
    try:
        asyncio.run(run())
    except REFUSALS as error:
        refuse(str(error))
    except EngineDiedError:
        raise typer.Exit(1) from None
    except Exception as error:  # noqa: BLE001 - a traceback would print texts that may quote anything
        structlog.get_logger("naru.serving").error("crashed", error=type(error).__name__, at=places(error))
        raise typer.Exit(1) from None
