"""Running the mocks: one server for tests (`async with MockServer(...)`), or until a signal comes (`serve_forever`)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mocks.kit.agency import BatchMock, MockAgency
from mocks.kit.clock import BusinessClock
from mocks.kit.counter import Counter
from mocks.kit.door import url_of
from mocks.kit.folder import DropFolder
from mocks.kit.house import House
from mocks.kit.lines import Place, line_for
from mocks.kit.registry import check, installed_mocks
from mocks.kit.server import HttpServer
from mocks.kit.settings import EVERYBODY, Settings, check_settings

__all__ = ["MockServer", "Settings", "read_ledger_key", "serve_forever"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_KEY_BYTES = 32


class MockServer:
    """A server with its own clock, agencies and books: `async with MockServer([CommunityCenterMock]) as mocks: …`.

    Args:
        kinds: the agencies' classes; one object of each is built for this server.
        settings: see `Settings`.
        host: a loopback address; mocks hold test data and trust everybody.
        port: 0 for any free one.
        ledger_key: 32 bytes for the ledgers' digests; random if not given.

    Raises:
        ValueError: the host is no loopback address, or the key has the wrong length.
        MockLoadError: an agency says something impossible of itself.
        OSError: the port is in use.
    """

    def __init__(
        self,
        kinds: Iterable[type[MockAgency]],
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ledger_key: bytes | None = None,
    ) -> None:
        if host not in _LOOPBACK:
            raise ValueError(f"mocks listen on loopback only ({', '.join(sorted(_LOOPBACK))}), not on {host}")
        if ledger_key is not None and len(ledger_key) != _KEY_BYTES:
            raise ValueError(f"the ledger key must have {_KEY_BYTES} bytes")
        self._kinds = tuple(kinds)
        self._settings = settings or {}
        self._address = (host, port)
        self._ledger_key = ledger_key
        self._server = HttpServer()
        self.clock = BusinessClock()
        self.counters: dict[str, Counter] = {}
        """The agencies by slug, each with its mock, desk and faults."""
        self.base_url = ""
        """Where the server is: `http://127.0.0.1:<port>`, without a trailing slash. Set once it listens."""

    async def __aenter__(self) -> Self:
        host, wanted_port = self._address
        port = await self._server.bind(host, wanted_port)
        self.base_url = url_of(host, port)
        house = House(self.clock, self.counters)
        try:
            for kind in self._kinds:
                await self._open_counter(kind, house)
        except BaseException:
            await self._close()
            raise
        await self._server.serve(house)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        self.clock.close()
        for counter in self.counters.values():
            await counter.close()
        await self._server.stop()

    async def _open_counter(self, kind: type[MockAgency], house: House) -> None:
        check(kind)
        settings = {**self._settings.get(EVERYBODY, {}), **self._settings.get(kind.slug, {})}
        folder = DropFolder(kind.slug, settings.get("folder")) if issubclass(kind, BatchMock) else None
        place = Place(self._address[0], house, self.clock, settings, folder)
        line = line_for(kind, lambda: self.counters[kind.slug], place)
        try:
            self.counters[kind.slug] = Counter(kind, line, place, f"{self.base_url}/{kind.slug}", self._ledger_key)
        except BaseException:
            await line.remove()
            raise
        await self.counters[kind.slug].open()

    def url_of(self, slug: str) -> str:
        """Return the address of one agency, without a trailing slash."""
        return self.counters[slug].desk.base_url

    def as_json(self) -> Mapping[str, Any]:
        """Return what the ready file says: `pid`, `base_url`, `control_url` and the address of each agency."""
        return {
            "pid": os.getpid(),
            "base_url": self.base_url,
            "control_url": f"{self.base_url}/_mock",
            "agencies": {slug: self.url_of(slug) for slug in self.counters},
        }


async def serve_forever(
    host: str = "127.0.0.1",
    port: int = 0,
    settings: Settings | None = None,
    *,
    slugs: Iterable[str] | None = None,
    ready_file: Path | None = None,
    ledger_key_file: Path | None = None,
    announce: Callable[[Mapping[str, Any]], None] | None = None,
) -> None:
    """Serve the installed mock agencies until SIGTERM or SIGINT.

    Args:
        host: a loopback address.
        port: 0 for any free one.
        settings: see `Settings`.
        slugs: which agencies; all that are installed if None.
        ready_file: written (as a whole, 0600) once the server answers, with what `MockServer.as_json` returns; removed
            at the end.
        ledger_key_file: 64 hex digits, the key of the ledgers' digests, for an auditor who shares it.
        announce: called with the same once the server answers.

    Raises:
        MockSettingsError: the settings have a table or key that nobody knows.
        ValueError, MockLoadError, OSError: as `MockServer`; also if the key file is missing or malformed.
    """
    kinds = installed_mocks(slugs)
    check_settings(settings or {}, kinds)
    key = read_ledger_key(ledger_key_file) if ledger_key_file is not None else None
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopped.set)
    try:
        async with MockServer(kinds, settings, host=host, port=port, ledger_key=key) as server:
            with _announced(server, ready_file):
                if announce is not None:
                    announce(server.as_json())
                await stopped.wait()
    finally:
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(signum)


def read_ledger_key(path: Path) -> bytes:
    """Read the key of the ledgers' digests: 64 hex digits.

    Raises:
        ValueError: the file holds something else; its content is not shown.
        OSError: there is no such file, or it cannot be read.
    """
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path} must hold {_KEY_BYTES * 2} hex digits")
    return key


@contextlib.contextmanager
def _announced(server: MockServer, ready_file: Path | None) -> Iterator[None]:
    if ready_file is None:
        yield
        return
    partial = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(server.as_json(), file)
    partial.replace(ready_file)
    try:
        yield
    finally:
        ready_file.unlink(missing_ok=True)
