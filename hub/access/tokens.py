"""Judging a JWT (RFC 7519, with RFC 8725's advice): whose it is, for whom, until when, which centre, which scopes.

The issuer's keys are `hub/access/issuer_keys.py`'s. Only what the settings allow is believed of the header: the
algorithm must be in the list and be the key's own, the type too; `jku`, `jwk` and the like are never followed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from joserfc import jws, jwt
from joserfc.errors import JoseError

from hub.access.configured import JwtSettings
from hub.access.issuer_keys import IssuerKeys, PublicKey
from hub.access.scopes import Scope, from_text

_LONGEST = 8192
_LONGEST_NAME = 256


class TokenRefusedError(Exception):
    """The token opens nothing. `why` is a code for the audit, never a word of the token."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Token:
    """What a good token says: the issuer's name for whoever calls, the centre, the scopes that we know."""

    subject: str
    centre_id: str
    scopes: frozenset[Scope]


class Tokens:
    """Reads tokens of the configured issuer. `now` is wall time."""

    def __init__(self, settings: JwtSettings, keys: IssuerKeys, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._keys = keys
        self._now = now

    async def read(self, text: str) -> Token:
        """Return what a token says, if it is good.

        Raises:
            TokenRefusedError: it is not.
            KeysUnreachableError: nobody can say now.
        """
        if len(text) > _LONGEST:
            raise TokenRefusedError("token_malformed")
        header = _header_of(text)
        self._check_header(header)
        key = await self._keys.find(header["kid"])
        if key is None:
            raise TokenRefusedError("token_key_unknown")
        return self._token(_claims_of(text, key, header["alg"]))

    def _check_header(self, header: dict[str, Any]) -> None:
        if not isinstance(header.get("alg"), str) or header["alg"] not in set(self._settings.algorithms):
            raise TokenRefusedError("token_algorithm")
        kind = header.get("typ")
        named = kind.lower().removeprefix("application/") if isinstance(kind, str) else ""
        if named not in {known.lower() for known in self._settings.types}:
            raise TokenRefusedError("token_type")
        if not isinstance(header.get("kid"), str) or not 0 < len(header["kid"]) <= _LONGEST_NAME:
            raise TokenRefusedError("token_key_unnamed")

    def _token(self, claims: dict[str, Any]) -> Token:
        said = self._settings
        wanted = jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=said.leeway_seconds,
            iss={"essential": True, "value": said.issuer},
            aud={"essential": True, "value": said.audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            wanted.validate(claims)
        except JoseError as error:
            raise TokenRefusedError("token_expired" if error.error == "expired_token" else "token_claims") from None
        if not _is_name(claims["sub"]):
            raise TokenRefusedError("token_claims")
        centre = claims.get(said.centre_claim)
        if not _is_name(centre):
            raise TokenRefusedError("token_centre")
        return Token(claims["sub"], centre, _scopes_in(claims.get(said.scope_claim)))


def _is_name(claim: object) -> TypeGuard[str]:
    """Return whether a claim is text that can be looked up: JSON also spells halves of characters, and NUL."""
    return isinstance(claim, str) and 0 < len(claim) <= _LONGEST_NAME and claim.isprintable()


def _header_of(text: str) -> dict[str, Any]:
    try:
        return dict(jws.extract_compact(text.encode()).headers())
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenRefusedError("token_malformed") from None


def _claims_of(text: str, key: PublicKey, algorithm: str) -> dict[str, Any]:
    """Return what is signed, once the signature holds under the key, by the key's own algorithm if it names one."""
    if key.get("alg") not in {None, algorithm}:
        raise TokenRefusedError("token_algorithm")
    try:
        return jwt.decode(text, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenRefusedError("token_signature") from None


def _scopes_in(claim: object) -> frozenset[Scope]:
    if isinstance(claim, list):
        claim = " ".join(word for word in claim if isinstance(word, str))
    return from_text(claim) if isinstance(claim, str) else frozenset()
