"""Sets the stage: mocks and hub as real processes on free ports, and a centre with a key. Knows no agency by name."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.cli.stage.control import Control
from hub.cli.stage.folder import StageFolder
from hub.cli.stage.processes import Child
from hub.cli.stage.settings import (
    add_centre,
    bare_environ,
    hub_environ,
    is_ready,
    mocks_arguments,
    read_places,
    write_mocks_settings,
)

_START_SECONDS = 120.0
_CENTRE = "나루 시연 센터"
_FOREVER = {"NARU_DELIVERY__MAX_AGE_HOURS": "8760"}
"""A demo's clock leaps: on a slow machine three days may pass between two tries."""


@dataclass(frozen=True)
class Stage:
    """What a demo plays on."""

    folder: StageFolder
    config: Path
    """The hub's configuration file."""
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
async def set_stage(folder: StageFolder, config: Path) -> AsyncIterator[Stage]:
    """Start everything, and stop it in the end, whatever happened.

    Raises:
        ChildError: something did not start; the text holds the end of its log.
    """
    children: list[Child] = []
    secret = secrets.token_hex(32)
    try:
        write_mocks_settings(folder, secret)
        mocks = Child("mocks", mocks_arguments(folder), bare_environ(), folder.log("mocks"))
        children.append(mocks)
        key, (places, hub_url) = await asyncio.gather(
            add_centre(folder, config, _CENTRE), _start_hub(folder, config, children, secret)
        )
        async with Control(places["control_url"]) as control:
            for slug in await control.agencies_that_call_back():
                await control.set_callback(slug, f"{hub_url}/v1/callbacks/{slug}")
            yield Stage(folder, config, control, tuple(places["agencies"]), hub_url, key, tuple(children))
    finally:
        for child in reversed(children):
            child.stop()


async def _start_hub(
    folder: StageFolder, config: Path, children: list[Child], secret: str
) -> tuple[Mapping[str, Any], str]:
    """Start the hub as soon as the mocks answer; return where they are, and where it is."""
    places = await children[0].until(lambda: read_places(folder), _START_SECONDS)
    async with Control(places["control_url"]) as control:
        environ = hub_environ(folder, places, await control.agencies_that_call_back(), secret) | _FOREVER
    hub = Child("hub", ["serve", "--config", str(config)], environ, folder.log("hub"))
    children.append(hub)
    hub_url = f"http://127.0.0.1:{await hub.until(lambda: _port_of(hub), _START_SECONDS)}"
    await hub.until(lambda: is_ready(hub_url), _START_SECONDS)
    return places, hub_url


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
