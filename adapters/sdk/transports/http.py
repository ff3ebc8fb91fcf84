"""The HTTP transport: one call, gated before its first byte, capped in time and bytes, classified when it breaks.

What an HTTP status means is the adapter's to judge, by its agency's contract.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from adapters.sdk.decisions import Decision, Gate
from adapters.sdk.errors import AdapterError, MisconfiguredError, NotSentError, UncertainError, UndecidedError
from adapters.sdk.transports.gated import CallUnderWay, GatedTransport
from adapters.sdk.transports.silence import silence_libraries

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NO_REQUEST = (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)
# Agencies' servers often close idle connections after 5 s; a connection that is closed while we write costs an unknown.
_POOL = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=4.0)
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "naru"}

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
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())


class HttpWire:
    """Calls one agency over HTTP. Build it through `Wires.http`.

    One pool of at most ten connections; no redirects, cookies, proxies or compressed answers. Every failure is
    classified by whether a byte may have left: not sent, or uncertain.

    Raises:
        MisconfiguredError: `base_url` cannot be read.
    """

    def __init__(
        self, slug: str, gate: Gate, endpoint: HttpEndpoint, inner: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._slug = slug
        self._gate = gate
        self._timeout = endpoint.timeout_seconds
        self._under_way: ContextVar[CallUnderWay] = ContextVar("call under way")
        verify = endpoint.tls or _system_trust()
        transport = GatedTransport(
            inner or httpx.AsyncHTTPTransport(verify=verify, limits=_POOL, trust_env=False),
            self._under_way,
            endpoint.max_reply_bytes,
            traces=inner is None,
        )
        try:
            self._client = httpx.AsyncClient(
                base_url=endpoint.base_url,
                auth=endpoint.auth,
                headers=_HEADERS,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                timeout=httpx.Timeout(endpoint.timeout_seconds),
                follow_redirects=False,
                trust_env=False,
                transport=transport,
            )
        except httpx.InvalidURL:
            raise MisconfiguredError(f"{slug}: base_url is no address") from None

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
            UndecidedError: the decision is not the policy's; nothing left.
            NotSentError: no byte left.
            MisconfiguredError: no request can be made of address and headers, or the agency's certificate is not
                trusted; no byte left.
            UncertainError: a byte may have left; nothing is known of what the agency did.
            BadReplyError: the same, and the answer is compressed or longer than the cap.
        """
        self._gate.check(decision, self._slug)
        call = CallUnderWay(self._slug, self._gate, decision)
        self._under_way.set(call)
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._client.request(method, path, content=body, headers=headers)
        except UndecidedError:
            if not call.left:
                raise
            raise UncertainError(f"{self._slug}: a second request under one decision was stopped") from None
        except (httpx.HTTPError, TimeoutError, *_NO_REQUEST) as error:
            raise classified(call, error) from None
        return HttpReply(reply.status_code, dict(reply.headers), reply.content)

    async def aclose(self) -> None:
        """Close the pool."""
        await self._client.aclose()


def classified(call: CallUnderWay, error: Exception) -> AdapterError:
    """Say what a broken call means, by how far it came. Pure; the text holds no more than the error's class."""
    what = f"{call.slug}: %s ({type(error).__name__})"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return MisconfiguredError(what % "its certificate is not trusted")
    if call.requests <= 1 and isinstance(error, _NOT_CONNECTED):
        return NotSentError(what % "could not connect")
    if isinstance(error, (*_NO_REQUEST, httpx.LocalProtocolError)) and not call.wrote:
        return MisconfiguredError(what % "no request can be made of this address and these headers")
    if call.left:
        return UncertainError(what % "the call broke off after the first byte")
    return NotSentError(what % "the call broke off before the first byte")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()
