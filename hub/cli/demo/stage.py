"""Sets the stage: mocks and hub as real processes on free ports, and a centre with a key. Knows no agency by name."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from adapters.sdk.registry import Broken, installed_adapters
from hub.cli.demo.control import Control
from hub.cli.demo.folder import DemoFolder
from hub.cli.demo.processes import Child, ChildError, run_to_end
from hub.configuration import PREFIX, variable

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
        key, places = await asyncio.gather(
            _add_centre(folder, config), mocks.until(lambda: _read(folder), _START_SECONDS)
        )
        arguments = ["serve", "--config", str(config)]
        hub = Child("hub", arguments, _hub_environ(folder, places, secret), folder.log("hub"))
        children.append(hub)
        hub_url = f"http://127.0.0.1:{await hub.until(lambda: _port_of(hub), _START_SECONDS)}"
        async with Control(places["control_url"]) as control:
            await hub.until(lambda: _is_ready(hub_url), _START_SECONDS)
            for slug in await control.agencies_that_call_back():
                await control.set_callback(slug, f"{hub_url}/v1/callbacks/{slug}")
            yield Stage(folder, control, tuple(places["agencies"]), hub_url, key, tuple(children))
    finally:
        for child in reversed(children):
            child.stop()


def _environ() -> dict[str, str]:
    """Return our environment without anything that would configure a hub of somebody's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def _write_mocks_settings(folder: DemoFolder, secret: str) -> None:
    settings = {"certificates": str(folder.certificates.folder), "callback_secret": secret}
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    folder.write_secret(folder.mocks_settings, "\n".join(['["*"]', *lines, ""]))


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
    off = {variable(("adapters", slug, "enabled")): "false" for slug in installed_adapters()}
    arguments = ["centres", "add", _CENTRE, "--config", str(config), "--json"]
    answer = await run_to_end(arguments, _environ() | folder.hub_environ() | off)
    return str(json.loads(answer)["key"])


def _hub_environ(folder: DemoFolder, places: Mapping[str, Any], secret: str) -> dict[str, str]:
    """Return what a configuration file cannot know: folders, ports, secrets, and where the mocks are."""
    made = folder.certificates
    known = {
        "certificate": str(made.certificate("hub-signing")),
        "key": str(made.key("hub-signing")),
        "ca": str(made.ca),
        "callback_secret": secret,
    }
    found = {variable(("http", "port")): "0", variable(("clock", "source")): f"{places['control_url']}/clock"}
    for slug, adapter in installed_adapters().items():
        if slug in places["agencies"] and not isinstance(adapter, Broken):
            told = known | {"base_url": places["agencies"][slug]}
            wanted = told.keys() & adapter.settings_type.model_fields.keys()
            found |= {variable(("adapters", slug, name)): told[name] for name in wanted}
    return _environ() | folder.hub_environ() | found


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
