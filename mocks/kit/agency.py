"""What a mock agency is to the kit: a slug, a handler of requests, and a way to move its own cases on.

The server, faults and control API live in the rooms beside this one; an agency's rules live in `mocks/<slug>/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from mocks.kit.desk import Desk


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came off the wire.

    `path` is what follows `/<slug>` (it begins with `/`), `query` is the raw query string, header names are
    lower-case, `body` is the whole body after transfer decoding and before any content decoding.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """One HTTP answer as it shall go onto the wire. `Content-Length`, `Date` and `Connection` are the server's business."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class HttpMock(Protocol):
    """A mock agency that speaks HTTP. Built with a `Desk` (its ledger, journal, clock, settings); one object a server."""

    slug: ClassVar[str]
    title: ClassVar[str]
    contract_basis: ClassVar[str]
    """`real`, `assumed` or `mixed`: shown on the mock's landing page."""

    def __init__(self, desk: Desk) -> None: ...

    def operation_of(self, request: Request) -> str:
        """Name the operation (`register`, `find`, …) that a request asks for, for faults and journal; `other` if none."""
        ...

    async def handle(self, request: Request) -> Reply:
        """Answer one request by the agency's contract: validate, act, write the ledger."""
        ...

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Move one case of this agency on (decide, ask for 보완, transfer, close): the body of `POST /_mock/<slug>/advance`.

        Raises:
            ValueError: the order names an unknown case or a step that its state does not allow; the text says which.
        """
        ...
