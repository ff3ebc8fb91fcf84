"""The public keys of a tokens' issuer: read from a file, or fetched, kept for a while, and fetched anew with care.

What a token says is judged in `hub/access/tokens.py`. Only public keys for signatures are taken; a symmetric key in
the set, or one that says it is for something else, is passed over.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from hub.access.configured import JwtSettings

_log = structlog.get_logger("naru.access")
_MOST_BYTES = 256 * 1024
_FEWEST_BITS = 2048
PublicKey = RSAKey | ECKey | OKPKey
Keys = Mapping[str, PublicKey]


class KeysUnreachableError(Exception):
    """There are no keys at hand, and none could be read: nobody's token can be judged now."""


class IssuerKeys:
    """The issuer's keys by `kid`. One fetch at a time, and never more often than the settings allow."""

    def __init__(
        self,
        settings: JwtSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._now = now
        self._keys: Keys = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._alone = asyncio.Lock()
        self._http = httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=settings.ca) if transport is None else True,
            transport=transport,
            timeout=settings.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def find(self, kid: str) -> PublicKey | None:
        """Return the key of this id, None if the issuer has none.

        Raises:
            KeysUnreachableError: no keys are at hand that may still be used, and none could be read.
        """
        if kid not in self._keys or not self._is_younger(self._settings.fresh_minutes * 60):
            async with self._alone:
                if kid not in self._keys or not self._is_younger(self._settings.fresh_minutes * 60):
                    await self._refresh()
        if not self._is_younger(self._settings.keep_hours * 3600):
            raise KeysUnreachableError("the issuer's keys cannot be read")
        return self._keys.get(kid)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @property
    def retry_after_seconds(self) -> float:
        """How long it makes no sense to ask again."""
        return self._settings.refetch_seconds

    def _is_younger(self, seconds: float) -> bool:
        return self._read_at is not None and self._now() - self._read_at < seconds

    async def _refresh(self) -> None:
        """Read the keys anew unless that was tried a moment ago; what fails leaves the old ones as they are."""
        if self._tried_at is not None and self._now() - self._tried_at < self._settings.refetch_seconds:
            return
        self._tried_at = self._now()
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                self._keys = keys_in(await self._read())
        except (OSError, ValueError, httpx.HTTPError) as error:
            _log.error("issuer_keys_unreadable", error=type(error).__name__)
        else:
            self._read_at = self._now()

    async def _read(self) -> bytes:
        if self._settings.jwks_file is not None:
            return await asyncio.to_thread(_bytes_of, self._settings.jwks_file)
        async with self._http.stream("GET", self._settings.jwks_url, headers={"Accept": "application/json"}) as answer:
            if answer.status_code != httpx.codes.OK:
                raise ValueError("the issuer did not answer with its keys")
            read = bytearray()
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > _MOST_BYTES:
                    raise ValueError("the issuer's answer is too long")
            return bytes(read)


def keys_in(text: bytes) -> Keys:
    """Return the public keys for signatures in a JWK set (RFC 7517), by `kid`; those without one cannot be named.

    Raises:
        ValueError: it is none, holds no such key, or names two keys alike.
    """
    try:
        entries = json.loads(text)["keys"]
    except (KeyError, TypeError, RecursionError):
        raise ValueError("this is no set of keys") from None
    found: dict[str, PublicKey] = {}
    for entry in entries if isinstance(entries, list) else ():
        key = _public_key(entry)
        if key is None:
            continue
        if entry["kid"] in found:
            raise ValueError("two keys have one id")
        found[entry["kid"]] = key
    if not found:
        raise ValueError("there is no public key for signatures in it")
    return found


def _public_key(entry: Any) -> PublicKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
        return None
    uses = entry.get("key_ops", ["verify"])
    if not isinstance(uses, list) or "verify" not in uses or _is_weak(entry):
        return None
    try:
        key = import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) and not key.is_private else None


def _is_weak(entry: Mapping[str, Any]) -> bool:
    """Return whether it is an RSA key of too few bits (NIST SP 800-131A): the library would take it with a warning."""
    modulus = entry.get("n")
    if entry.get("kty") != "RSA" or not isinstance(modulus, str):
        return False
    try:
        number = base64.urlsafe_b64decode(f"{modulus}==")
    except ValueError:
        return True
    return int.from_bytes(number, "big").bit_length() < _FEWEST_BITS


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)
