"""The command line `naru`. Each command is a module of its own, imported when it is called.

A command's module has a `typer.Typer(add_completion=False)` named `app`; the table below says which there are.
Nothing is decided here.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS = {
    "serve": "hub.cli.serve",
    "worker": "hub.cli.worker",
    "mocks": "hub.cli.mocks",
    "demo": "hub.cli.demo",
    "proof": "hub.cli.proof",
    "check": "hub.cli.check",
    "migrate": "hub.cli.migrate",
    "store": "hub.cli.store",
    "centres": "hub.cli.centres",
    "operators": "hub.cli.operators",
    "audit": "hub.cli.audit",
    "keys": "hub.cli.keys",
    "purge": "hub.cli.purge",
    "adapters": "hub.cli.adapters",
    "openapi": "hub.cli.openapi",
}
"""Every command and its module, in the order in which `naru --help` lists them."""


class _Commands(TyperGroup):
    """The commands of the table: `naru serve` must not wait for what `naru demo` imports."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's form
        """Return the names in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's form
        """Import the command's module and return what typer makes of its `app`."""
        if cmd_name not in COMMANDS:
            return None
        command = get_command(import_module(COMMANDS[cmd_name]).app)
        command.name = cmd_name
        return command


# An error's traceback would be printed with the values of local variables: never.
app = typer.Typer(cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def naru() -> None:
    """나루: an integration hub between a one-stop welfare centre and the agencies that its clients need."""


def main() -> None:
    """Run the command line. What it writes is for its own user's eyes."""
    os.umask(0o077)
    app(prog_name="naru")
