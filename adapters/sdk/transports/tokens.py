"""Bearer tokens by OAuth2 client credentials (RFC 6749, 4.4): fetched once for all calls, and kept until nearly over.

A fetch says nothing about a person: its body is made of settings, and it goes under an `Impersonal` decision of its
own, never under the one of the call that waits for it. How requests leave is `http`'s matter.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr

from adapters.sdk.decisions import Impersonal, steady_now
from adapters.sdk.errors import BusyError, MisconfiguredError, NotSentError, UncertainError, UndecidedError
from adapters.sdk.kst import utc_now
from adapters.sdk.transports.http import HttpReply, HttpWire

_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]{1,4096}=*", re.ASCII)
_LONGEST_MARGIN = 30.0
_LONGEST_LIFE = 86_400
"""Seconds after which a token is fetched anew, however long its endpoint says that it lives."""
_NOT_ACCEPTED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True)
class ClientCredentials:
    """Who we are to an agency's token endpoint: `path` follows the endpoint's `base_url`, the other two are sent."""

    path: str
    client_id: str
    client_secret: SecretStr


@dataclass(frozen=True)
class _Token:
    value: str = field(repr=False)
    good_until: float
    """On `steady_now`'s clock, some seconds before the agency's own end of it."""


class TokenSource(httpx.Auth):
    """Puts a bearer token on every request: pass it as `HttpEndpoint.auth`. Open it through `Wires.tokens`.

    One fetch serves all calls that wait for it. Only for agencies whose contract says that a 401 is answered before
    anything is done.

    Raises (from the call that needs the token; nothing of that call has left yet, or the agency did nothing with it):
        NotSentError: no token could be had.
        BusyError: the token endpoint asks to wait; or 401 to a token that was good before, which is dropped: a new
            call, with a new decision, fetches another (wait: 0 s).
        MisconfiguredError: the endpoint does not accept our credentials, or the agency not even a fresh token.
        UndecidedError: the leave to fetch is none.
    """

    def __init__(
        self,
        slug: str,
        wire: HttpWire,
        credentials: ClientCredentials,
        leave: Callable[[], Impersonal],
        forget: Callable[[str], None],
    ) -> None:
        self._slug = slug
        self._wire = wire
        self._credentials = credentials
        self._leave = leave
        self._forget = forget
        self._token: _Token | None = None
        self._fetching = asyncio.Lock()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add the token, and judge a 401."""
        token, is_fresh = await self._current()
        request.headers["Authorization"] = f"Bearer {token.value}"
        reply = yield request
        if reply.status_code != HTTPStatus.UNAUTHORIZED:
            return
        if self._token is token:
            self._token = None
        if is_fresh:
            raise MisconfiguredError(f"{self._slug}: HTTP 401 to a fresh token: it does not open this service")
        raise BusyError(f"{self._slug}: HTTP 401, the token is no longer good", retry_after_seconds=0)

    async def _current(self) -> tuple[_Token, bool]:
        """Return a good token, and whether it was fetched for this very call."""
        async with self._fetching:  # a lock and no shared task: whoever gives up waiting ends nobody else's fetch
            if self._token is not None and steady_now() < self._token.good_until:
                return self._token, False
            self._token = None
            self._token = await self._fetch()
            return self._token, True

    async def _fetch(self) -> _Token:
        decision, begun, known = self._leave(), steady_now(), self._credentials
        if not isinstance(decision, Impersonal):
            raise UndecidedError(f"{self._slug}: a token is fetched under an impersonal decision, and no other")
        form = {
            "grant_type": "client_credentials",
            "client_id": known.client_id,
            "client_secret": known.client_secret.get_secret_value(),
        }
        try:
            reply = await self._wire.send(
                decision, "POST", known.path, body=urlencode(form).encode("ascii"), headers=_HEADERS
            )
        except UncertainError as error:  # a token more or less at the agency is nobody's loss
            raise NotSentError(f"{self._slug}: no token was had ({type(error).__name__})") from None
        finally:
            self._forget(decision.attempt_id)
        value, lives = self._read(reply)
        return _Token(value, begun + lives - min(_LONGEST_MARGIN, lives / 10))

    def _read(self, reply: HttpReply) -> tuple[str, int]:
        """Return the token and the seconds that it lives. No text of an error repeats what came."""
        if reply.status in _NOT_ACCEPTED:
            raise MisconfiguredError(f"{self._slug}: the token endpoint does not accept us (HTTP {reply.status})")
        if reply.status in _LATER:
            wait = reply.retry_after_seconds(utc_now())
            raise BusyError(f"{self._slug}: the token endpoint asks to wait (HTTP {reply.status})", wait)
        said = _object_in(reply) if reply.status == HTTPStatus.OK else {}
        value, kind, lives = (said.get(name) for name in ("access_token", "token_type", "expires_in"))
        is_bearer = isinstance(kind, str) and kind.lower() == "bearer"
        if is_bearer and isinstance(value, str) and _BEARER.fullmatch(value) and type(lives) is int and lives > 0:
            return value, min(lives, _LONGEST_LIFE)
        raise NotSentError(f"{self._slug}: what the token endpoint answered is no bearer token (HTTP {reply.status})")


def _object_in(reply: HttpReply) -> dict[str, Any]:
    try:
        said = json.loads(reply.body.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
