"""What mocks and hub are told when somebody sets them up together: places, ports, secrets. Knows no agency by name."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import httpx

from adapters.sdk.catalogue import installed_catalogues
from hub.cli.stage.folder import StageFolder
from hub.cli.stage.processes import ChildError, run_to_end
from mocks.kit.registry import installed_mocks


def bare_environ() -> dict[str, str]:
    """Return our environment without anything that would configure a hub of somebody's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NARU_")}


def write_mocks_settings(folder: StageFolder, secret: str) -> None:
    """Write what the mocks are told: where the certificates are, and the secret that they share with the hub."""
    settings = {"certificates": str(folder.certificates.folder), "callback_secret": secret}
    lines = ['["*"]', *(f"{name} = {json.dumps(value)}" for name, value in settings.items())]
    for kind in installed_mocks():
        if kind.shared_secrets:
            lines += [f"[{kind.slug}]", *(f"{name} = {json.dumps(secret)}" for name in sorted(kind.shared_secrets))]
    folder.write_secret(folder.mocks_settings, "\n".join([*lines, ""]))


def mocks_arguments(folder: StageFolder) -> list[str]:
    """Return the command line that serves the mocks."""
    return [
        "mocks",
        *("--port", "0"),
        *("--settings", str(folder.mocks_settings)),
        *("--ready-file", str(folder.ready_file)),
        *("--ledger-key-file", str(folder.ledger_key_file)),
    ]


async def add_centre(folder: StageFolder, config: Path, name: str, store: Mapping[str, str] | None = None) -> str:
    """Make a centre and return its key; `store`: the variables that say where, if not in the folder."""
    arguments = ["centres", "add", name, "--config", str(config), "--json"]
    answer = await run_to_end(arguments, bare_environ() | folder.hub_environ() | dict(store or {}))
    return str(json.loads(answer)["key"])


def hub_environ(
    folder: StageFolder, places: Mapping[str, Any], callers: Collection[str], secret: str
) -> dict[str, str]:
    """Return what the configuration file cannot know: the port, the secrets, and where the mocks are."""
    found = {"NARU_HTTP__PORT": "0", "NARU_CLOCK__SOURCE": f"{places['control_url']}/clock"}
    found |= {_variable(slug, "base_url"): url for slug, url in places["agencies"].items()}
    found |= {_variable(slug, "callback_secret"): secret for slug in callers}
    found |= {_variable(kind.slug, name): secret for kind in installed_mocks() for name in kind.shared_secrets}
    return bare_environ() | folder.hub_environ() | found


def _variable(slug: str, name: str) -> str:
    table = "catalogues" if slug in installed_catalogues() else "adapters"
    return f"NARU_{table}__{slug}__{name}".upper()


async def read_places(folder: StageFolder) -> dict[str, Any] | None:
    """Return what the mocks' ready file says, None while there is none."""
    if not folder.ready_file.exists():
        return None
    places: dict[str, Any] = json.loads(folder.ready_file.read_text(encoding="utf-8"))
    return places


async def is_ready(hub_url: str) -> bool | None:
    """Return True once a hub serves, None until then.

    Raises:
        ChildError: it serves, but could not load an agency.
    """
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            answer = await http.get(f"{hub_url}/readyz")
        except httpx.HTTPError:
            return None
    if answer.status_code != httpx.codes.OK:
        return None
    broken = answer.json()["broken_agencies"]
    if broken:
        raise ChildError(f"the hub could not load {', '.join(broken)}: see naru check")
    return True
