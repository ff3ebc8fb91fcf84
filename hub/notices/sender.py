"""One call to a webhook: the name looked up, every address judged, that very address called. Knows no store.

The connection goes to the address that was judged, never to the name again, so that a name which leads elsewhere a
moment later (DNS rebinding) gains nothing. TLS still proves the name. Nothing is kept between two calls: no
connection, no cookie. Redirects are answers like any other, and of an answer only status and headers are read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property, partial

import httpx

from hub.clock import wall_now
from hub.notices.addresses import LOOPBACK, Address, is_loopback, may_be_called, read_address
from hub.notices.configured import WebhookSettings
from hub.notices.judging import Failure, Outcome
from hub.notices.signing import body_of, headers_of
from hub.notices.targets import Target, check_url
from hub.store.messages import Message

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_MOST_CONNECTIONS = 64
_MOST_LOOK_UPS = 16


class Sender:
    """Sends messages to targets. `plain_loopback`: this machine may be called, and without TLS (mock mode).

    Names are looked up on threads of its own: one that a centre's name server never answers holds its thread for half
    a minute, and must hold none that agencies wait for.
    """

    def __init__(self, settings: WebhookSettings, *, plain_loopback: bool, resolve: Resolve | None = None) -> None:
        self._settings = settings
        self._plain_loopback = plain_loopback
        self._allowed = (*settings.allow_private, *(LOOPBACK if plain_loopback else ()))
        self._threads = ThreadPoolExecutor(_MOST_LOOK_UPS, "webhook-names")
        self._resolve = resolve or self._look_up

    def check(self, url: str) -> None:
        """Check what can be seen of an address before it is called; where a name leads is judged at every call.

        Raises:
            ValueError: what is wrong, in Korean and without the address.
        """
        check_url(url, plain_loopback=self._plain_loopback)
        try:
            address = read_address(httpx.URL(url).host)
        except ValueError:
            return
        if not may_be_called(address, self._allowed):
            raise ValueError("주소가 공개된 인터넷 주소가 아닙니다. 내부망 주소는 운영자가 허용해야 쓸 수 있습니다.")

    async def send(self, target: Target, message: Message) -> Outcome:
        """Make one try. Whatever happens is an outcome; nothing is raised for it."""
        body = body_of(message)
        wall = wall_now()
        headers = headers_of(message.id, body, target.secrets_at(wall), wall)
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return await self._send(target.url, headers, body.encode())
        except (TimeoutError, httpx.TimeoutException):
            return Outcome(failure=Failure.TIMED_OUT)
        except httpx.ConnectError as error:
            return Outcome(failure=Failure.TLS_FAILED if _is_about_tls(error) else Failure.CONNECT_FAILED)
        except httpx.HTTPError:
            return Outcome(failure=Failure.BROKE_OFF)

    async def aclose(self) -> None:
        """Close what is open."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if "_wire" in self.__dict__:
            await self._wire.aclose()

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses that a name leads to, in the order in which this machine would try them.

        Raises:
            OSError: there is none.
        """
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return tuple(dict.fromkeys(str(place[4][0]) for place in found))

    async def _send(self, text: str, headers: dict[str, str], body: bytes) -> Outcome:
        try:
            self.check(text)  # what is allowed may have changed since it was stored
            url = httpx.URL(text)
            host = url.raw_host.decode("ascii")
            found = await self._resolve(host.strip("[]"), url.port or (443 if url.scheme == "https" else 80))
            addresses = [read_address(text) for text in found]
        except (OSError, UnicodeError):
            return Outcome(failure=Failure.NAME_UNRESOLVED)
        except ValueError:
            return Outcome(failure=Failure.ADDRESS_FORBIDDEN)
        if not all(self._may_call(address, url.scheme) for address in addresses):
            return Outcome(failure=Failure.ADDRESS_FORBIDDEN)
        return await self._call(url, host, addresses, headers, body)

    def _may_call(self, address: Address, scheme: str) -> bool:
        return may_be_called(address, self._allowed) and (scheme == "https" or is_loopback(address))

    async def _call(
        self, url: httpx.URL, host: str, addresses: Sequence[Address], headers: dict[str, str], body: bytes
    ) -> Outcome:
        """Call the first address that takes a connection; what was connected to is not tried elsewhere."""
        error: httpx.ConnectError | None = None
        for address in addresses:
            request = httpx.Request(
                "POST",
                url.copy_with(host=str(address)),
                headers={"host": url.netloc.decode("ascii"), **_HEADERS, **headers},
                content=body,
                extensions={"sni_hostname": host.strip("[]"), "timeout": self._timeouts},
            )
            try:
                answer = await self._wire.handle_async_request(request)
            except httpx.ConnectError as failed:
                error = failed
                continue
            await answer.aclose()  # unread: a body of any size costs nothing
            return Outcome(answer.status_code, retry_after_seconds=_retry_after(answer.headers.get("retry-after")))
        raise error or httpx.ConnectError("the name leads nowhere")

    @property
    def _timeouts(self) -> dict[str, float]:
        return dict.fromkeys(("connect", "read", "write", "pool"), self._settings.timeout_seconds)

    @cached_property
    def _wire(self) -> httpx.AsyncHTTPTransport:
        """The transport, built when it is first needed: TLS's trusted certificates take a while to read."""
        tls = httpx.create_ssl_context(trust_env=False)
        if self._settings.ca is not None:
            tls.load_verify_locations(self._settings.ca)
        limits = httpx.Limits(max_connections=_MOST_CONNECTIONS, max_keepalive_connections=0)
        return httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits)


_HEADERS = {"content-type": "application/json", "user-agent": "naru-webhooks", "connection": "close"}


def _is_about_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _retry_after(said: str | None) -> float | None:
    """Return the seconds that a Retry-After asks for, written as a number or as a date; None for none and nonsense."""
    if said is None:
        return None
    if said.strip().isdecimal():
        return float(said.strip()[:9])
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
