"""How callers reach a mock agency: which line a class asks for, and the one that it gets."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mocks.kit.agency import BatchMock, HttpMock, MockAgency, Reply, Request, TelegramMock
from mocks.kit.clock import BusinessClock
from mocks.kit.connection import Answer, Application
from mocks.kit.door import Door
from mocks.kit.fault_catalogue import LineKind
from mocks.kit.file_faults import EVERY_FAULT
from mocks.kit.folder import Clerk, DropFolder
from mocks.kit.pki import Certificates
from mocks.kit.server import HttpServer
from mocks.kit.telegram import TelegramServer

_HIGHEST_PORT = 65535


class Line(Protocol):
    """The line of one agency, open or shut. Shut, nobody is reached: no connection is made, no file is worked on."""

    @property
    def url(self) -> str:
        """Where it is, without a trailing slash: `https://…`, `tcp://…`, `file:///…`."""
        ...

    async def open(self) -> None:
        """Let callers in, if it is shut."""
        ...

    async def shut(self) -> None:
        """Let nobody in any more; what is being worked on is finished first."""
        ...

    async def remove(self) -> None:
        """Shut it for good."""
        ...


class Staff(Application, Protocol):
    """Who answers behind a line: the agency's counter."""

    async def answer_telegram(self, request: Request) -> Answer:
        """Answer one telegram."""
        ...

    def work(self) -> datetime:
        """Let a batch agency work; return when it wants to again."""
        ...


def is_shared(kind: type[MockAgency]) -> bool:
    """Return whether the agency is reached on the server's shared port too: those that speak plain HTTP are."""
    return issubclass(kind, HttpMock) and not kind.tls


def line_kind(kind: type[MockAgency]) -> LineKind:
    """Return the kind of line that an agency's class asks for."""
    if issubclass(kind, BatchMock):
        return LineKind.FILES
    return LineKind.TELEGRAM if issubclass(kind, TelegramMock) else LineKind.HTTP


def impossible_on(kind: type[MockAgency]) -> frozenset[str]:
    """Return the faults that the agency's line cannot have."""
    return frozenset(name for name, fault in EVERY_FAULT.items() if line_kind(kind) not in fault.lines)


@dataclass(frozen=True)
class Place:
    """Where lines are laid: a loopback host, the house that answers for plain HTTP, the clock, an agency's settings."""

    host: str
    house: Application
    clock: BusinessClock
    settings: Mapping[str, str]
    folder: DropFolder | None = None
    """The drop folders of a batch agency."""


def line_for(kind: type[MockAgency], staff: Callable[[], Staff], place: Place) -> Line:
    """Return the line that the agency's class asks for, shut. `staff` is asked for once the line is open.

    Raises:
        ValueError: it speaks TLS, and the setting `certificates` names no folder; or `port` is no port.
        OSError: somebody listens on `port` already.
    """
    if place.folder is not None:
        return Clerk(place.folder, place.clock, lambda: staff().work())
    port = _port(kind.slug, place.settings)
    if issubclass(kind, TelegramMock):
        secured = _mutual_tls(kind.slug, place.settings) if place.settings.get("certificates") else None
        scheme = "tls" if secured else "tcp"
        return Door(place.host, scheme, lambda: TelegramServer(staff().answer_telegram, secured), port)
    if is_shared(kind):
        return Door(place.host, "http", lambda: HttpServer(application=place.house), port)
    context = _mutual_tls(kind.slug, place.settings)
    return Door(place.host, "https", lambda: HttpServer(context, _Lobby(kind.slug, staff())), port)


class _Lobby:
    """What stands behind a port that is one agency's alone: only its own path is answered."""

    def __init__(self, slug: str, staff: Application) -> None:
        self._prefix = f"/{slug}"
        self._staff = staff

    def at_head(self, method: str, path: str) -> Answer | None:
        rest = self._rest(path)
        return None if rest is None else self._staff.at_head(method, rest)

    async def answer(self, request: Request) -> Answer:
        rest = self._rest(request.path)
        if rest is None:
            return Answer(Reply(404, b"", ""))
        return await self._staff.answer(replace(request, path=rest))

    def _rest(self, path: str) -> str | None:
        """Return what follows `/<slug>`, None for another path."""
        rest = path.removeprefix(self._prefix)
        return rest if rest != path and rest[:1] in {"", "/"} else None


def _port(slug: str, settings: Mapping[str, str]) -> int:
    text = settings.get("port", "0")
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= _HIGHEST_PORT):
        raise ValueError(f"{slug}: the setting port must be a port's number")
    return int(text)


def _mutual_tls(slug: str, settings: Mapping[str, str]) -> ssl.SSLContext:
    if not settings.get("certificates"):
        raise ValueError(f"{slug} speaks TLS: it needs the setting certificates, a folder of mocks.kit.pki")
    certificates = Certificates(Path(settings["certificates"]))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificates.certificate("tls-server"), certificates.key("tls-server"))
    return context
