"""Sets the stage: mocks and hub as real processes on free ports, and a centre with a key. Knows no agency by name."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import tomllib
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from adapters.sdk.catalogue import installed_catalogues
from hub.cli.demo.control import Control
from hub.cli.demo.folder import DemoFolder
from hub.cli.demo.processes import Child, ChildError, run_to_end
from mocks.kit.registry import installed_mocks

_START_SECONDS = 40.0
_CENTRE = "나루 시연 센터"


@dataclass(frozen=True)
class Stage:
    """What a demo plays on."""

    folder: DemoFolder
    control: Control
    agencies: tuple[str, ...]
    """The slugs of the mocks."""
    hub_url: str
    key: str
    """The centre's API key."""
    children: tuple[Child, ...]

    def check(self) -> None:
        """Check that every child lives.

        Raises:
            ChildError: one ended.
        """
        for child in self.children:
            if not child.is_running:
                raise child.died()


@asynccontextmanager
async def set_stage(folder: DemoFolder, config: Path) -> AsyncIterator[Stage]:
    """Start everything, and stop it in the end, whatever happened.

    Raises:
        ChildError: something did not start; the text holds the end of its log.
    """
    children: list[Child] = []
    secret = secrets.token_hex(32)
    try:
        _write_mocks_settings(folder, secret)
        mocks = Child("mocks", _mocks_arguments(folder), _environ(), folder.log("mocks"))
        children.append(mocks)
        key, (places, hub_url) = await asyncio.gather(
            _add_centre(folder, config), _start_hub(folder, config, children, secret)
        )
        async with Control(places["control_url"]) as control:
            for slug in await control.agencies_that_call_back():
                await control.set_callback(slug, f"{hub_url}/v1/callbacks/{slug}")
            yield Stage(folder, control, tuple(places["agencies"]), hub_url, key, tuple(children))
    finally:
        for child in reversed(children):
            child.stop()


async def _start_hub(
    folder: DemoFolder, config: Path, children: list[Child], secret: str
) -> tuple[Mapping[str, Any], str]:
    """Start the hub as soon as the mocks answer; return where they are, and where it is."""
    places = await children[0].until(lambda: _read(folder), _START_SECONDS)
    async with Control(places["control_url"]) as control:
        environ = _hub_environ(folder, places, await control.agencies_that_call_back(), secret)
    hub = Child("hub", ["serve", "--config", str(config)], environ, folder.log("hub"))
    children.append(hub)
    hub_url = f"http://127.0.0.1:{await hub.until(lambda: _port_of(hub), _START_SECONDS)}"
    await hub.until(lambda: _is_ready(hub_url), _START_SECONDS)
    return places, hub_url


def _environ() -> dict[str, str]:
    """Return our environment without anything that would configure a hub of somebody's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NARU_")}


def _write_mocks_settings(folder: DemoFolder, secret: str) -> None:
    settings = {"certificates": str(folder.certificates.folder), "callback_secret": secret}
    lines = ['["*"]', *(f"{name} = {json.dumps(value)}" for name, value in settings.items())]
    for kind in installed_mocks():
        if kind.shared_secrets:
            lines += [f"[{kind.slug}]", *(f"{name} = {json.dumps(secret)}" for name in sorted(kind.shared_secrets))]
    folder.write_secret(folder.mocks_settings, "\n".join([*lines, ""]))


def _mocks_arguments(folder: DemoFolder) -> list[str]:
    return [
        "mocks",
        *("--port", "0"),
        *("--settings", str(folder.mocks_settings)),
        *("--ready-file", str(folder.ready_file)),
        *("--ledger-key-file", str(folder.ledger_key_file)),
    ]


async def _add_centre(folder: DemoFolder, config: Path) -> str:
    """Make the centre and return its key. The agencies have no address yet, so they are switched off for that."""
    arguments = ["centres", "add", _CENTRE, "--config", str(config), "--json"]
    answer = await run_to_end(arguments, _environ() | folder.hub_environ() | _switched_off(config))
    return str(json.loads(answer)["key"])


def _switched_off(config: Path) -> dict[str, str]:
    tables = tomllib.loads(config.read_text(encoding="utf-8"))
    return {_variable(slug, "enabled"): "false" for slug in (*tables["adapters"], *tables.get("catalogues", {}))}


def _hub_environ(
    folder: DemoFolder, places: Mapping[str, Any], callers: Collection[str], secret: str
) -> dict[str, str]:
    """Return what the configuration file cannot know: the port, the secrets, and where the mocks are."""
    found = {"NARU_HTTP__PORT": "0", "NARU_CLOCK__SOURCE": f"{places['control_url']}/clock"}
    found |= {_variable(slug, "base_url"): url for slug, url in places["agencies"].items()}
    found |= {_variable(slug, "callback_secret"): secret for slug in callers}
    found |= {_variable(kind.slug, name): secret for kind in installed_mocks() for name in kind.shared_secrets}
    return _environ() | folder.hub_environ() | found


def _variable(slug: str, name: str) -> str:
    table = "catalogues" if slug in installed_catalogues() else "adapters"
    return f"NARU_{table}__{slug}__{name}".upper()


async def _read(folder: DemoFolder) -> dict[str, Any] | None:
    """Return what the mocks' ready file says, None while there is none."""
    if not folder.ready_file.exists():
        return None
    places: dict[str, Any] = json.loads(folder.ready_file.read_text(encoding="utf-8"))
    return places


async def _port_of(hub: Child) -> int | None:
    """Return the port that the hub's log names, None while it does not."""
    for line in hub.lines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if said.get("event") == "listening":
            return int(said["port"])
    return None


async def _is_ready(hub_url: str) -> bool | None:
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
