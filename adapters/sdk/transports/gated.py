"""Under the HTTP client: the gate before every request's first byte, and the caps on every answer that comes back.

It stands below `httpx.Auth`, so that neither a second request of an auth flow nor its answer goes past it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpx

from adapters.sdk.decisions import Decision, Gate
from adapters.sdk.errors import BadReplyError, UndecidedError


@dataclass
class CallUnderWay:
    """One call: what allows it, and how far it came."""

    slug: str
    gate: Gate
    decision: Decision
    requests: int = 0
    """Requests begun; more than one only in an auth flow."""
    left: bool = False
    """Whether the gate let a first byte pass."""
    wrote: bool = False
    """Whether a whole request head was written."""

    def pass_gate(self) -> None:
        """Let the first byte pass, or raise what `Gate.let_first_byte_pass` raises."""
        self.gate.let_first_byte_pass(self.decision, self.slug)
        self.left = True

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Hear of httpcore's steps; the last moment before the first byte is `send_request_headers.started`."""
        if event.endswith(".send_request_headers.started"):
            self.pass_gate()
        elif event.endswith(".send_request_headers.complete"):
            self.wrote = True


class GatedTransport(httpx.AsyncBaseTransport):
    """Wraps the transport that reaches the agency. `traces`: it tells its steps; otherwise it is in-process."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        under_way: ContextVar[CallUnderWay],
        max_reply_bytes: int,
        *,
        traces: bool,
    ) -> None:
        self._inner = inner
        self._under_way = under_way
        self._max_reply_bytes = max_reply_bytes
        self._traces = traces

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the gate, send, and hand the answer on behind its caps."""
        call = self._under_way.get(None)
        if call is None:
            raise UndecidedError("a request without a call under way was stopped")
        call.requests += 1
        if self._traces:
            request.extensions = {**request.extensions, "trace": call.trace}
        else:
            call.pass_gate()
        reply = await self._inner.handle_async_request(request)
        stream = _CappedStream(reply.stream, self._max_reply_bytes, call.slug)
        try:
            _refuse_encoded(reply, call.slug)
            stream.refuse_announced(reply.headers.get("content-length", ""))
        except BadReplyError:
            await reply.aclose()
            raise
        return httpx.Response(reply.status_code, headers=reply.headers, stream=stream, extensions=reply.extensions)

    async def aclose(self) -> None:
        """Close the transport beneath."""
        await self._inner.aclose()


def _refuse_encoded(reply: httpx.Response, slug: str) -> None:
    """Refuse compressed answers, which nobody asked for: 200 KB of gzip may be 400 MB."""
    if reply.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise BadReplyError(f"{slug}: the answer is compressed though identity was asked for")


class _CappedStream(httpx.AsyncByteStream):
    """An answer's bytes as they come off the wire, up to a cap. Closing it early closes the connection."""

    def __init__(self, inner: Any, cap: int, slug: str) -> None:
        self._inner = inner
        self._cap = cap
        self._too_long = f"{slug}: the answer is longer than {cap} bytes"

    def refuse_announced(self, content_length: str) -> None:
        """Refuse an answer that says beforehand that it is too long."""
        if content_length.isascii() and content_length.isdigit() and int(content_length[:20]) > self._cap:
            raise BadReplyError(self._too_long)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for chunk in self._inner:
            read += len(chunk)
            if read > self._cap:
                raise BadReplyError(self._too_long)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
