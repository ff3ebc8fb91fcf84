"""The HTTP transport: one call, gated before its first byte, capped in time and bytes, classified when it breaks."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from adapters.sdk.decisions import Decision, Gate
from adapters.sdk.errors import BadReplyError, MisconfiguredError, NotSentError, UncertainError

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_POOL = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=30.0)


@dataclass(frozen=True)
class HttpEndpoint:
    """Where and how to call: an agency's base address, the deadline of a whole call (seconds), the cap of an answer."""

    base_url: str
    timeout_seconds: float
    max_reply_bytes: int
    auth: httpx.Auth | None = None
    """Credentials as an `httpx.Auth`, so that they are added after the request is built and never logged."""
    tls: ssl.SSLContext | None = None
    """A TLS context with a client certificate or an own CA; None for the system's trust store."""


@dataclass(frozen=True)
class HttpReply:
    """An answer, whole and within its caps: header names in lower case, body after transfer and content decoding."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class HttpWire:
    """Calls one agency over HTTP. Build it through `Wires.http`.

    Every failure is classified by whether a byte may have left: not sent, or uncertain. HTTP status codes are the
    adapter's to judge, by its agency's contract.
    """

    def __init__(
        self, slug: str, gate: Gate, endpoint: HttpEndpoint, inner: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._slug = slug
        self._gate = gate
        self._timeout = endpoint.timeout_seconds
        self._max_reply_bytes = endpoint.max_reply_bytes
        self._traced = inner is None
        self._client = httpx.AsyncClient(
            base_url=endpoint.base_url,
            auth=endpoint.auth,
            timeout=httpx.Timeout(endpoint.timeout_seconds),
            follow_redirects=False,
            trust_env=False,
            transport=inner,
            limits=_POOL,
            verify=endpoint.tls if endpoint.tls is not None else True,
        )

    async def send(
        self,
        decision: Decision,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> HttpReply:
        """Make one call. `path` follows `base_url` and never holds personal data.

        Raises:
            UndecidedError: the decision is not the policy's.
            NotSentError: no byte left.
            UncertainError, BadReplyError: one may have; nothing is known of what the agency did.
        """
        self._gate.check(decision, self._slug)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._call(decision, method, path, body, headers or {})
        except _NOT_SENT as error:
            raise NotSentError(f"{self._slug}: could not connect ({type(error).__name__})") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise MisconfiguredError(f"{self._slug}: the request cannot be made ({type(error).__name__})") from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._broken(decision, type(error).__name__) from None

    def _broken(self, decision: Decision, what: str) -> NotSentError | UncertainError:
        if self._gate.has_left(decision.attempt_id):
            return UncertainError(f"{self._slug}: the call broke off after the first byte ({what})")
        return NotSentError(f"{self._slug}: the call broke off before the first byte ({what})")

    async def _call(
        self, decision: Decision, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> HttpReply:
        async def trace(event: str, _info: Mapping[str, Any]) -> None:
            if event.endswith(".send_request_headers.started"):
                self._gate.let_first_byte_pass(decision, self._slug)

        if not self._traced:  # an in-process transport writes no bytes that could be traced
            self._gate.let_first_byte_pass(decision, self._slug)
        async with self._client.stream(
            method, path, content=body, headers=headers, extensions={"trace": trace}
        ) as reply:
            return HttpReply(reply.status_code, dict(reply.headers), await self._read(reply))

    async def _read(self, reply: httpx.Response) -> bytes:
        read = bytearray()
        async for chunk in reply.aiter_bytes(16 * 1024):
            read += chunk
            if len(read) > self._max_reply_bytes:
                raise BadReplyError(f"{self._slug}: the answer is longer than {self._max_reply_bytes} bytes")
        return bytes(read)

    async def aclose(self) -> None:
        """Close the pool."""
        await self._client.aclose()
