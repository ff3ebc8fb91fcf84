"""The token endpoint: OAuth2 client credentials (RFC 6749, 4.4), and whether a request's token is good. Assumed [A].

Tokens end by wall time, never by the business clock.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping

from mocks.kit.agency import Reply, Request
from mocks.kit.json_contract import JsonContract, query_of, to_bytes

CLIENT_ID = "NARU-TEST"
"""`client_id`, if the settings name none."""
CLIENT_SECRET = "only-for-the-mocks-and-made-up-people"  # noqa: S105 - it opens made-up people's books only
"""`client_secret`, if the settings name none."""
TOKEN_SECONDS = 3600
"""How long a token lives, if the settings do not say."""

_FORM = "application/x-www-form-urlencoded"
_UNCACHED = (("Cache-Control", "no-store"),)


class Tokens:
    """Issues tokens to one client, and knows the good ones."""

    def __init__(self, settings: Mapping[str, str], contract: JsonContract) -> None:
        self._client = (settings.get("client_id", CLIENT_ID), settings.get("client_secret", CLIENT_SECRET))
        self._seconds = int(settings.get("token_seconds", TOKEN_SECONDS))
        self._contract = contract
        self._good: dict[str, float] = {}

    def issue(self, request: Request) -> Reply:
        """Answer a token request."""
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        form = query_of(request.body.decode("latin-1")) if media == _FORM else None
        if form is None or "grant_type" not in form:
            return self._error(400, "invalid_request")
        if form["grant_type"] != "client_credentials":
            return self._error(400, "unsupported_grant_type")
        if self._contract.check("TokenRequest", form) is not None:
            return self._error(400, "invalid_request")
        given = (form["client_id"], form["client_secret"])
        if not all(hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(given, self._client, strict=True)):
            return self._error(401, "invalid_client")
        token = secrets.token_urlsafe(32)
        self._good[token] = time.monotonic() + self._seconds
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self._seconds}
        self._contract.assure("Token", answer)
        return Reply(200, to_bytes(answer), headers=_UNCACHED)

    def refusal(self, request: Request) -> Reply | None:
        """Return the 401 to a request without a good token; None if it has one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._good.get(token, 0.0) > time.monotonic():
            return None
        challenge = ("WWW-Authenticate", 'Bearer error="invalid_token"')
        return self._error(401, "invalid_token", challenge)

    def revoke(self) -> int:
        """Take every token back; return how many there were."""
        count = len(self._good)
        self._good.clear()
        return count

    def _error(self, status: int, error: str, *headers: tuple[str, str]) -> Reply:
        answer = {"error": error}
        self._contract.assure("TokenError", answer)
        return Reply(status, to_bytes(answer), headers=(*_UNCACHED, *headers))
