"""The telegram (전문) transport: a 4-digit length and that many bytes, there and back, on a TCP connection of its own.

Gated before its first byte, capped in time and bytes, classified when it breaks. What a telegram says, and whether an
answer is the answer to it, is the adapter's to judge, by its agency's contract.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from adapters.sdk.decisions import Decision, Gate
from adapters.sdk.errors import (
    AdapterError,
    BadReplyError,
    MisconfiguredError,
    NotSentError,
    UncertainError,
)
from adapters.sdk.settings import is_loopback

PREFIX_BYTES = 4
_ROUNDS_TO_HEAR = 4
"""Of the event loop: one to begin to read, one to be told that bytes are there, one to read them, one to spare."""
LONGEST = 9999
"""Bytes of a telegram: what four digits can say."""

Line = Callable[[bytes], Awaitable[bytes]]
"""A line within the process: is told all bytes of one connection, prefix included, and answers all that comes back."""


@dataclass(frozen=True)
class TelegramEndpoint:
    """Where and how to call: `tls://host:port`, the deadline of a whole call (seconds), the cap of an answer (bytes).

    `tcp://host:port` has no TLS: for a mock on this machine, and nowhere else.
    """

    base_url: str
    timeout_seconds: float
    max_reply_bytes: int
    connections: int = 4
    """How many are open at once, at most: what the agency's lane allows."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """A TLS context with a client certificate or an own CA; None for the system's trust store."""


class _Writes(Protocol):
    def write(self, data: bytes) -> None: ...

    async def drain(self) -> None: ...


class TelegramWire:
    """Calls one agency by telegram. Build it through `Wires.telegram`.

    Every call has a connection of its own, which is closed when its answer is there: what an agency says too much, too
    late or twice can never be read as the answer to another call. No more than `connections` are open at once.

    Raises:
        MisconfiguredError: `base_url` is no address of a telegram line, or has no TLS and is not on this machine.
    """

    def __init__(self, slug: str, gate: Gate, endpoint: TelegramEndpoint, line: Line | None = None) -> None:
        self._slug = slug
        self._gate = gate
        self._endpoint = endpoint
        self._line = line
        self._lane = asyncio.Semaphore(endpoint.connections)
        self._host, self._port, is_secure = _address(slug, endpoint.base_url)
        self._tls = (endpoint.tls or ssl.create_default_context()) if is_secure and line is None else None

    async def send(self, decision: Decision, telegram: bytes) -> bytes:
        """Say one telegram and return the one that comes back, both without their length prefix.

        Raises:
            UndecidedError: the decision is not the policy's; nothing left.
            NotSentError: no byte left.
            MisconfiguredError: the telegram is longer than its prefix can say, or the agency's certificate is not
                trusted; no byte left.
            UncertainError: a byte may have left; nothing is known of what the agency did.
            BadReplyError: the same, and what came back is no telegram, or longer than the cap.
        """
        if not 0 < len(telegram) <= LONGEST:
            raise MisconfiguredError(f"{self._slug}: a telegram has 1 to {LONGEST} bytes")
        self._gate.check(decision, self._slug)
        call = _CallUnderWay(self._slug)
        try:
            async with asyncio.timeout(self._endpoint.timeout_seconds), self._lane, self._connected() as (reader, out):
                if await spoke_first(reader):
                    raise ConnectionError("the agency spoke, or left, before it was asked")
                self._gate.let_first_byte_pass(decision, self._slug)
                call.left = True
                out.write(framed(telegram))
                await out.drain()
                return await self._answer(reader)
        except (OSError, EOFError, UnicodeError) as error:  # deadline: OSError; end: EOFError; no host name: the last
            raise call.classified(error) from None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, _Writes]]:
        if self._line is not None:
            reader = asyncio.StreamReader()
            yield reader, _InProcess(self._line, reader)
            return
        name = self._host if self._tls else None
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls, server_hostname=name)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()  # nothing more is read or said: an orderly end could wait for the other side

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        prefix = await reader.readexactly(PREFIX_BYTES)
        if not prefix.isdigit():
            raise BadReplyError(f"{self._slug}: what came back begins with no length")
        length = int(prefix)
        if length > self._endpoint.max_reply_bytes:
            raise BadReplyError(f"{self._slug}: the answer is longer than {self._endpoint.max_reply_bytes} bytes")
        return await reader.readexactly(length)


async def spoke_first(reader: asyncio.StreamReader) -> bool:
    """Return whether something is there to read, or the end, though nothing was asked yet.

    What was said before is the answer to no question. The few rounds let asyncio read what the system holds ready.
    """
    heard = asyncio.ensure_future(reader.read(1))
    for _ in range(_ROUNDS_TO_HEAR):
        await asyncio.sleep(0)
    if heard.cancel():
        await asyncio.gather(heard, return_exceptions=True)
    else:
        heard.exception()  # whatever it was
    return not heard.cancelled()


def framed(telegram: bytes) -> bytes:
    """Return a telegram behind its length in four digits; the prefix does not count itself."""
    return f"{len(telegram):0{PREFIX_BYTES}d}".encode() + telegram


@dataclass
class _CallUnderWay:
    slug: str
    left: bool = False
    """Whether the gate let a first byte pass."""

    def classified(self, error: Exception) -> AdapterError:
        """Say what a broken call means, by how far it came; the text holds no more than the error's class."""
        what = f"{self.slug}: %s ({type(error).__name__})"
        if self.left:
            return UncertainError(what % "the call broke off after the first byte")
        if isinstance(error, ssl.SSLCertVerificationError | UnicodeError):
            return MisconfiguredError(what % "its certificate or its name is not to be trusted")
        return NotSentError(what % "no connection before the first byte")


class _InProcess:
    """The writing end of a line within the process."""

    def __init__(self, line: Line, reader: asyncio.StreamReader) -> None:
        self._line = line
        self._reader = reader
        self._said = b""

    def write(self, data: bytes) -> None:
        self._said += data

    async def drain(self) -> None:
        self._reader.feed_data(await self._line(self._said))
        self._reader.feed_eof()


def _address(slug: str, base_url: str) -> tuple[str, int, bool]:
    """Read host, port, and whether TLS is spoken.

    Raises:
        MisconfiguredError: as `TelegramWire`.
    """
    try:
        url = urlsplit(base_url)
        host, port = url.hostname or "", url.port or 0
    except ValueError:
        host, port = "", 0
    if not (host and port) or base_url.rstrip("/") != f"{url.scheme}://{url.netloc}" or "@" in url.netloc:
        raise MisconfiguredError(f"{slug}: base_url is no address of a telegram line (tls://host:port)")
    if url.scheme != "tls" and not (url.scheme == "tcp" and is_loopback(host)):
        raise MisconfiguredError(f"{slug}: base_url: a telegram line that leaves this machine speaks TLS (tls://)")
    return host, port, url.scheme == "tls"
