"""The hub's processes: how many and which, started, killed, paused, started again. Deciding when is not done here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.cli.stage.folder import StageFolder
from hub.cli.stage.processes import LEASHED, Child, ChildError
from hub.cli.stage.settings import is_ready

_READY_SECONDS = 180.0


@dataclass
class Member:
    """One process of the hub, through all its lives."""

    name: str
    command: str
    port: int | None
    lives: int = 0
    child: Child | None = None
    is_paused: bool = False
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def mark(self) -> str:
        """What marks its attempts of this life."""
        return f"{self.name}.{self.lives}"

    @property
    def is_awake(self) -> bool:
        """Whether it runs, and is not paused."""
        return self.child is not None and self.child.is_running and not self.is_paused

    @property
    def url(self) -> str:
        """Where it serves the API."""
        return f"http://127.0.0.1:{self.port}"


class Company:
    """All processes of the hub: some serve and deliver, the others deliver only.

    Args:
        folder: where their logs go.
        config: the configuration file.
        environ: their environment.
        processes: how many.
        module: what runs a command of the hub.
    """

    def __init__(
        self, folder: StageFolder, config: Path, environ: Mapping[str, str], processes: int, module: str = LEASHED
    ) -> None:
        self._folder, self._config, self._environ, self._module = folder, config, environ, module
        serving = (processes + 1) // 2
        self.members = [Member(f"serve{i}", "serve", free_port()) for i in range(serving)]
        self.members += [Member(f"worker{i}", "worker", None) for i in range(processes - serving)]

    @property
    def urls(self) -> list[str]:
        """Where the API is served, as long as the process there lives."""
        return [member.url for member in self.members if member.port is not None]

    def start(self, member: Member) -> None:
        """Start a process, or start it again."""
        member.lives += 1
        member.ready.clear()
        environ = {**self._environ, "PGOPTIONS": f"-c proof.process={member.mark}"}
        if member.port is not None:
            environ["NARU_HTTP__PORT"] = str(member.port)
        arguments = [member.command, "--config", str(self._config)]
        member.child = Child(member.name, arguments, environ, self._folder.log(member.mark), self._module)

    async def until_ready(self, member: Member) -> None:
        """Wait until a process does its work.

        Raises:
            ChildError: it does not start.
        """
        child = _child_of(member)
        if member.port is None:
            await child.until(lambda: _is_working(child), _READY_SECONDS)
        else:
            await child.until(lambda: is_ready(member.url), _READY_SECONDS)
        if not child.is_running:  # it was killed after it had said that it is ready
            raise child.died()
        member.ready.set()

    def kill(self, member: Member) -> None:
        """Kill a process: SIGKILL."""
        member.ready.clear()
        _child_of(member).kill()

    def pause(self, member: Member) -> None:
        """Stop a process where it is."""
        member.is_paused = True
        member.ready.clear()
        _child_of(member).pause()

    def go_on(self, member: Member) -> None:
        """Let a paused process go on."""
        _child_of(member).go_on()
        member.is_paused = False
        member.ready.set()

    def check(self) -> None:
        """Check that whoever should live does.

        Raises:
            ChildError: one ended by itself.
        """
        for member in self.members:
            if member.ready.is_set() and not _child_of(member).is_running:
                raise _child_of(member).died()

    def stop(self) -> None:
        """End all of them."""
        for member in self.members:
            if member.child is not None:
                if member.is_paused:
                    member.child.go_on()
                member.child.stop()


def free_port() -> int:
    """Return a port of this machine that is free at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _child_of(member: Member) -> Child:
    if member.child is None:
        raise ChildError(f"{member.name} was never started")
    return member.child


async def _is_working(child: Child) -> bool | None:
    return True if any('"working"' in line for line in child.lines()) else None
