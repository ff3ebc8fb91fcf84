"""Child processes: each a `naru` command on a leash, its output in a log file, stopped in order, or killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LEASHED = "hub.cli.stage.leash"
"""The module that runs a `naru` command."""
_POLL_SECONDS = 0.03
_STOP_SECONDS = 12.0
_TAIL_LINES = 12


class ChildError(Exception):
    """A child process did not do what is needed; the text says which, and shows the end of its log."""


class Child:
    """One `naru` command in a process of its own; `module`: what runs it. The log goes on where it ended."""

    def __init__(
        self, name: str, arguments: list[str], environ: Mapping[str, str], log: Path, module: str = LEASHED
    ) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own command
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                start_new_session=True,  # Ctrl-C reaches the parent only, which stops its children in order
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    async def until(self, found: Callable[[], Awaitable[T | None]], seconds: float) -> T:
        """Return what `found` returns, as soon as that is not None.

        Raises:
            ChildError: the process ended, or nothing was found in time.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            what = await found()
            if what is not None:
                return what
            if not self.is_running:
                raise ChildError(self._describe(f"ended with status {self._process.returncode}"))
            if asyncio.get_running_loop().time() > deadline:
                raise ChildError(self._describe(f"was not ready after {seconds:g} seconds"))
            await asyncio.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the process: in order, and by force if it does not."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()  # not before: the leash would send a second SIGTERM

    def kill(self) -> None:
        """End the process as a power cut would: SIGKILL."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def pause(self) -> None:
        """Stop the process where it is: SIGSTOP."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a paused process go on as if nothing had been: SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def lines(self) -> list[str]:
        """Return what it said so far. The hub's logs hold no personal data."""
        return self._log.read_text(encoding="utf-8", errors="replace").splitlines()

    def died(self) -> ChildError:
        """Return the error for a process that ended before its time."""
        return ChildError(self._describe(f"ended with status {self._process.returncode}"))

    def _describe(self, what: str) -> str:
        tail = "\n".join(f"  {line}" for line in self.lines()[-_TAIL_LINES:])
        return f"{self.name} {what}. The end of {self._log}:\n{tail or '  (nothing)'}"


async def run_to_end(arguments: list[str], environ: Mapping[str, str]) -> str:
    """Run a `naru` command to its end and return its standard output.

    Raises:
        ChildError: it failed; with what it said on standard error.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        LEASHED,
        *arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environ),
        start_new_session=True,
    )
    try:
        assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - both are pipes
        out, err = await asyncio.gather(process.stdout.read(), process.stderr.read())
        if await process.wait() != 0:
            raise ChildError(f"naru {arguments[0]} failed:\n{err.decode(errors='replace').strip()}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return out.decode()
