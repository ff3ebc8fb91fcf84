"""The wires of the bench: each keeps what an adapter says, and answers junk instead of the agency where it is told to.

One for each kind of line; what it keeps are requests of its own kind, which `Subject.problems` and `said` can read.
"""

from __future__ import annotations

import html
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote_plus

import httpx

from adapters.sdk.decisions import Gate, Impersonal
from adapters.sdk.testing.watch import in_its_wire
from adapters.sdk.transports.telegram import Line, framed
from adapters.sdk.wires import Wires

Agency = httpx.AsyncBaseTransport | Line
"""Reaches an agency that answers by its contract: by HTTP, or by telegrams (prefix included, both ways)."""

_PAGE = "<!DOCTYPE html><html><body>시스템 점검 안내</body></html>".encode("cp949")


class Listener(ABC):
    """Keeps every request, and answers by `answer` instead of the agency if that is set.

    Requests that fetch a token are kept apart, in `tokens`.
    """

    junk: ClassVar[Mapping[str, Callable[[Any], Any]]]
    """Answers that no contract knows, for `answer`. Those that repeat the request lure an adapter into quoting it."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.tokens: list[Any] = []
        self.answer: Callable[[Any], Any] | None = None

    @abstractmethod
    def wires(self, slug: str, gate: Gate, leave: Callable[[], Impersonal]) -> Wires:
        """Return the transports of an adapter that is listened to."""

    @abstractmethod
    def text(self, request: Any) -> str:
        """Return all of a request as text, for values to be looked for."""

    @abstractmethod
    def envelope(self, request: Any) -> str:
        """Return what of a request others than the agency may see and log: an address, headers."""

    def since(self, start: int) -> list[Any]:
        """Return the requests from number `start` on."""
        return self.requests[start:]


def _of_type(
    media_type: str, status: int = 200, content: bytes | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    """Answer always with this content, or with the request's own."""

    def answer(request: httpx.Request) -> httpx.Response:
        body = request.content if content is None else content
        return httpx.Response(status, content=body, headers={"content-type": media_type})

    return answer


def readings(said: bytes) -> Iterator[str]:
    """Yield the texts that these bytes may be to who reads them: by encoding, and with the usual escapes undone."""
    for encoding in ("utf-8", "cp949"):
        text = said.decode(encoding, "replace")
        yield text
        yield unquote_plus(text, encoding, "replace")  # forms, addresses
        yield _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        yield html.unescape(text)  # XML's, too


_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


class HttpListener(Listener, httpx.AsyncBaseTransport):
    """Listens to HTTP: keeps `httpx.Request`s, read to their end."""

    junk: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "empty 200": lambda _: httpx.Response(200),
        "empty 202": lambda _: httpx.Response(202),
        "empty 503": lambda _: httpx.Response(503),
        "a page in EUC-KR": _of_type("text/html; charset=euc-kr", content=_PAGE),
        "half an object": _of_type("application/json", content=b'{"header": {"resultCode'),
        "another object": _of_type("application/json", content=b'{"ok": true}'),
        "half an element": _of_type("text/xml", content=b"<a><b>"),
        "an element with a DTD": _of_type("text/xml", content=b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        "the request itself as JSON": _of_type("application/json"),
        "the request itself as XML": _of_type("text/xml; charset=utf-8"),
        "the request itself as a failure": _of_type("text/xml; charset=utf-8", 500),
    }

    def __init__(self, agency: httpx.AsyncBaseTransport, fetches_token: Callable[[httpx.Request], bool]) -> None:
        super().__init__()
        self._agency = agency
        self._fetches_token = fetches_token

    def wires(self, slug: str, gate: Gate, leave: Callable[[], Impersonal]) -> Wires:
        """Return transports whose HTTP goes through this one."""
        return Wires(slug, gate, self, leave)

    def text(self, request: httpx.Request) -> str:
        """Return address, headers and body, and what their escapes stand for."""
        return "\n".join(readings(f"{self.envelope(request)} ".encode() + request.content))

    def envelope(self, request: httpx.Request) -> str:
        """Return address and headers."""
        return f"{request.url} {request.headers}"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and answer it."""
        await request.aread()
        is_token = self._fetches_token(request)
        (self.tokens if is_token else self.requests).append(request)
        with in_its_wire():
            if self.answer and not is_token:
                reply: httpx.Response = self.answer(request)
                return reply
            return await self._agency.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the way to the agency; it opens again at the next call."""
        await self._agency.aclose()


class TelegramListener(Listener):
    """Listens to telegrams: keeps the bytes of each connection, prefix included."""

    junk: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "nothing": lambda _: b"",
        "half a prefix": lambda _: b"00",
        "a page in EUC-KR": lambda _: _PAGE,
        "an empty telegram": lambda _: b"0000",
        "a prefix and nothing else": lambda _: b"0120",
        "half a telegram": lambda said: said[: len(said) // 2],
        "spaces": lambda said: framed(b" " * (len(said) - 4)),
        "noughts": lambda said: framed(b"0" * (len(said) - 4)),
        "half of the request itself": lambda said: framed(said[4 : len(said) // 2]),
        "the request itself": lambda said: said,
        "the request itself, twice": lambda said: framed((said[4:] * 2)[:9999]),
    }

    def __init__(self, agency: Line) -> None:
        super().__init__()
        self._agency = agency

    def wires(self, slug: str, gate: Gate, leave: Callable[[], Impersonal]) -> Wires:
        """Return transports whose telegrams come here."""
        return Wires(slug, gate, leave=leave, line=self._hear)

    def text(self, request: bytes) -> str:
        """Return the telegram in CP949."""
        return request.decode("cp949", "replace")

    def envelope(self, request: bytes) -> str:
        """Return the length prefix: a telegram is all body."""
        return self.text(request[:4])

    async def _hear(self, said: bytes) -> bytes:
        self.requests.append(said)
        with in_its_wire():
            if self.answer:
                reply: bytes = self.answer(said)
                return reply
            return await self._agency(said)
