"""One call under way: the gate before every request's first byte, and the caps on every answer that comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from adapters.sdk.decisions import Decision, Gate
from adapters.sdk.errors import BadReplyError


@dataclass
class CallUnderWay:
    """One call: what allows it, and how far it came. An auth flow may make several requests of it."""

    slug: str
    gate: Gate
    decision: Decision
    requests: int = 0
    """Requests begun."""
    left: bool = False
    """Whether the gate let a first byte pass."""

    def pass_gate(self) -> None:
        """Let the first byte pass, or raise what `Gate.let_first_byte_pass` raises."""
        self.gate.let_first_byte_pass(self.decision, self.slug)
        self.left = True


class CappedStream(httpx.AsyncByteStream):
    """An answer's bytes as they come off the wire, up to a cap. Closing it early closes the connection.

    Raises:
        BadReplyError: the answer is compressed, which nobody asked for (200 KB of gzip may be 400 MB), or says
            beforehand that it is longer than the cap; while it is read: it is.
    """

    def __init__(self, reply: httpx.Response, cap: int, slug: str) -> None:
        self._inner: Any = reply.stream
        self._cap = cap
        self._too_long = f"{slug}: the answer is longer than {cap} bytes"
        if reply.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise BadReplyError(f"{slug}: the answer is compressed though identity was asked for")
        announced = reply.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > cap:
            raise BadReplyError(self._too_long)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._inner:
            read += len(chunk)
            if read > self._cap:
                raise BadReplyError(self._too_long)
            yield chunk

    async def aclose(self) -> None:
        """Close the answer."""
        await self._inner.aclose()
