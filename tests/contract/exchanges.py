"""Reads golden exchanges, and an agency that answers with their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from mocks.kit.agency import Request


@dataclass(frozen=True)
class Part:
    """A request or an answer: its first line, its headers (lower-case names), its body's bytes."""

    first: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Exchange:
    """One golden exchange."""

    asked: Part
    answered: Part

    def as_request(self) -> Request:
        """Return the request as a mock is handed it."""
        method, _, target = self.asked.first.partition(" ")
        path, _, query = target.partition("?")
        return Request(method, path, query, self.asked.headers, self.asked.body)

    def as_response(self) -> httpx.Response:
        """Return the answer as a transport hands it on."""
        return httpx.Response(int(self.answered.first), headers=self.answered.headers, content=self.answered.body)

    def differences(self, request: httpx.Request, base: str) -> list[str]:
        """Return what in a request is not as written here; other headers may stand beside."""
        target = str(request.url).removeprefix(base)
        told = {
            "first line": (f"{request.method} {target}", self.asked.first),
            "body": (request.content, self.asked.body),
            **{name: (request.headers.get(name), value) for name, value in self.asked.headers.items()},
        }
        return [f"{name}: {got!r} instead of {wanted!r}" for name, (got, wanted) in told.items() if got != wanted]


def exchange(folder: Path, name: str) -> Exchange:
    """Read one file of a folder by the beginning of its name."""
    (path,) = folder.glob(f"{name}*.http")
    asked, answered = path.read_bytes().split(b"\n---\n")
    return Exchange(_part(asked), _part(answered))


def exchanges(folder: Path) -> Mapping[str, Exchange]:
    """Read all files of a folder, in order."""
    return {path.stem: exchange(folder, path.stem) for path in sorted(folder.glob("*.http"))}


def _part(text: bytes) -> Part:
    head, _, body = text.partition(b"\n\n")
    first, *lines = head.decode().splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Part(first, headers, body.removesuffix(b"\n"))
