"""The HTTP transport: one call, gated before its first byte, capped in time and bytes, classified when it breaks.

What an HTTP status means is the adapter's to judge, by its agency's contract.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import httpx

from adapters.sdk.decisions import Decision, Gate, Impersonal, Reconcile
from adapters.sdk.errors import (
    AdapterError,
    BadReplyError,
    MisconfiguredError,
    NotSentError,
    UncertainError,
    UndecidedError,
)
from adapters.sdk.transports.gated import CallUnderWay, CappedStream
from adapters.sdk.transports.http_pool import ALONE, FIRST_BYTE, HttpPool
from adapters.sdk.transports.silence import silence_libraries

_NO_REQUEST = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError)
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "naru"}

_REFUSED = re.compile(r"ALERT_(.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)")
"""How OpenSSL calls the alerts with which a server ends a handshake because of who we are."""

silence_libraries()


@dataclass(frozen=True)
class HttpEndpoint:
    """Where and how to call: an agency's base address, the deadline of a whole call (seconds), the cap of an answer."""

    base_url: str
    timeout_seconds: float
    max_reply_bytes: int
    auth: httpx.Auth | None = field(default=None, repr=False)
    """Credentials as an `httpx.Auth`, so that they are added after the request is built and never logged.

    Every request that its flow yields passes the gate, so a flow cannot send a `Disclose` twice.
    """
    tls: ssl.SSLContext | None = None
    """A TLS context with a client certificate or an own CA; None for the system's trust store."""


@dataclass(frozen=True)
class HttpReply:
    """An answer, whole and within its caps: header names in lower case, body after transfer decoding."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def retry_after_seconds(self, now: datetime) -> float | None:
        """Return the agency's wish to wait (`Retry-After`, seconds or an HTTP date), None if it named none."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())


class HttpWire:
    """Calls one agency over HTTP. Build it through `Wires.http`.

    At most ten connections at once; one for each write, and proven empty before any is used again (`http_pool`). No
    redirects, cookies, proxies or compressed answers.
    Every failure is classified by whether a byte may have left: not sent, or uncertain.

    Raises:
        MisconfiguredError: `base_url` cannot be read.
    """

    def __init__(
        self, slug: str, gate: Gate, endpoint: HttpEndpoint, inner: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._slug = slug
        self._gate = gate
        self._endpoint = endpoint
        self._base_url = endpoint.base_url.rstrip("/")
        self._auth = endpoint.auth or httpx.Auth()
        try:
            _address(self._base_url)
        except httpx.InvalidURL:
            raise MisconfiguredError(f"{slug}: base_url is no address") from None
        self._inner = inner
        self._transport = inner or HttpPool(endpoint.tls)

    async def send(
        self,
        decision: Decision,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> HttpReply:
        """Make one call. `path` follows `base_url`, begins with `/` (or is empty) and never holds personal data.

        Raises:
            UndecidedError: the decision is not the policy's; nothing left.
            NotSentError: no byte left.
            MisconfiguredError: no request can be made of address and headers, or the agency's certificate is not
                trusted; no byte left.
            UncertainError: a byte may have left; nothing is known of what the agency did.
            BadReplyError: the same, and the answer is compressed or longer than the cap.
        """
        if path[:1] not in {"", "/"}:  # joined to the address, `@host` or `.host` would lead elsewhere
            raise MisconfiguredError(f"{self._slug}: a path must begin with /")
        self._gate.check(decision, self._slug)
        call = CallUnderWay(self._slug, self._gate, decision)
        try:
            address = _address(self._base_url + path)
            request = httpx.Request(method, address, headers={**_HEADERS, **(headers or {})}, content=body)
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                return await self._exchange(call, request)
        except UndecidedError:
            if not call.left:
                raise
            raise UncertainError(f"{self._slug}: a second request under one decision was stopped") from None
        except (httpx.HTTPError, OSError, *_NO_REQUEST) as error:  # a broken TLS record is a plain OSError
            failure = classified(call, error)
            if isinstance(failure, NotSentError):  # a transport within the process may refuse after the gate was passed
                self._gate.nothing_left(decision.attempt_id)
            raise failure from None

    async def _exchange(self, call: CallUnderWay, request: httpx.Request) -> HttpReply:
        """Send what the auth flow yields until it is content; return the last answer."""
        async with aclosing(self._auth.async_auth_flow(request)) as flow:
            request = await anext(flow)
            while True:
                reply = await self._send_one(call, request)
                try:
                    request = await flow.asend(reply)
                except StopAsyncIteration:
                    return HttpReply(reply.status_code, dict(reply.headers), await reply.aread())
                finally:
                    await reply.aclose()

    async def _send_one(self, call: CallUnderWay, request: httpx.Request) -> httpx.Response:
        """Pass the gate, send, and return the answer behind its caps, not yet read."""
        call.requests += 1
        if self._inner is None:
            alone = not isinstance(call.decision, Reconcile | Impersonal)
            request.extensions = {FIRST_BYTE: call.pass_gate, ALONE: alone}
        else:
            call.pass_gate()  # there is no first byte within a process
        reply = await self._transport.handle_async_request(request)
        if self._inner is not None:  # which may have read its answer already, past every cap
            reply = httpx.Response(reply.status_code, headers=reply.headers, stream=reply.stream)
        try:
            reply.stream = CappedStream(reply, self._endpoint.max_reply_bytes, self._slug)
        except BadReplyError:
            await reply.aclose()
            raise
        reply.request = request
        return reply

    async def aclose(self) -> None:
        """Close the pool."""
        await self._transport.aclose()


def classified(call: CallUnderWay, error: Exception) -> AdapterError:
    """Say what a broken call means, by how far it came. Pure; the text holds no more than the error's class."""
    what = f"{call.slug}: %s ({type(error).__name__})"
    if not call.left and any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return MisconfiguredError(what % "its certificate is not trusted")
    if call.requests <= 1 and any(map(_refuses_us, _causes(error))):  # nobody has read what had left by then
        return MisconfiguredError(what % "it does not accept our certificate")
    if isinstance(error, _NO_REQUEST) and not call.left:
        return MisconfiguredError(what % "no request can be made of this address and these headers")
    if call.requests <= 1 and isinstance(error, httpx.ConnectError):
        return NotSentError(what % "could not connect")
    if call.left:
        return UncertainError(what % "the call broke off after the first byte")
    return NotSentError(what % "the call broke off before the first byte")


def _refuses_us(cause: BaseException) -> bool:
    return isinstance(cause, ssl.SSLError) and _REFUSED.search(cause.reason or "") is not None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@lru_cache(maxsize=256)
def _address(text: str) -> httpx.URL:
    return httpx.URL(text)  # parsing takes longer than one would think, and an agency has few addresses
