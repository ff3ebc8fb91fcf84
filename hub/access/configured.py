"""What `[access]` may say: whose tokens are taken beside API keys, and how often anybody may call."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from adapters.sdk.settings import is_loopback
from hub.configured import Table


class Algorithm(StrEnum):
    """How a token may be signed: with a key pair, always. There is no `none`, and no HMAC with what is public."""

    RS256 = "RS256"
    RS384 = "RS384"
    RS512 = "RS512"
    PS256 = "PS256"
    PS384 = "PS384"
    PS512 = "PS512"
    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    ED25519 = "Ed25519"


class JwtSettings(Table):
    """Whose JWTs are taken. Without an issuer: nobody's."""

    issuer: str = ""
    audience: str = ""
    """Who we are to the issuer: a token for somebody else is not for us."""
    jwks_url: str = ""
    """Where the issuer's public keys are; https, or http on this machine."""
    jwks_file: Path | None = None
    """The same as a file, instead."""
    ca: Path | None = None
    """Certificates (PEM) that are trusted for `jwks_url`, instead of the public ones."""
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = (Algorithm.RS256, Algorithm.ES256)
    types: Annotated[tuple[str, ...], Field(min_length=1)] = ("at+jwt",)
    """What may stand in `typ`, in any case of letters: RFC 9068's, unless the issuer writes another."""
    centre_claim: Annotated[str, Field(min_length=1, max_length=100)] = "naru_centre"
    """The claim that names the centre by its id (`ctr_…`)."""
    scope_claim: Annotated[str, Field(min_length=1, max_length=100)] = "scope"
    """The claim with the scopes: words in one text, or a list of texts."""
    leeway_seconds: Annotated[int, Field(ge=0, le=300)] = 30
    """By how much the issuer's clock may differ from ours."""
    fresh_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 60.0
    """How old keys may be before they are fetched again."""
    keep_hours: Annotated[float, Field(gt=0, le=24 * 7)] = 24.0
    """How old they may be while they cannot be fetched."""
    refetch_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """The least time between two fetches, whatever tokens name."""
    timeout_seconds: Annotated[float, Field(gt=0, le=30)] = 5.0

    @property
    def is_on(self) -> bool:
        """Whether anybody's tokens are taken."""
        return bool(self.issuer)

    @field_validator("jwks_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        if not url:
            return url
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise ValueError("must be an address such as https://issuer.example/keys") from None
        plain_here = parts.scheme == "http" and is_loopback(host)
        if not host or parts.username is not None or not (parts.scheme == "https" or plain_here):
            raise ValueError("must be https, or http on this machine, and hold no password")
        return url

    @field_validator("ca")
    @classmethod
    def _holds_certificates(cls, ca: Path | None) -> Path | None:
        if ca is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca)
            except (OSError, ssl.SSLError):
                raise ValueError("cannot be read as certificates (PEM)") from None
        return ca

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield what does not go together: the key, and the problem in words."""
        if not self.is_on:
            if self.audience or self.jwks_url or self.jwks_file is not None:
                yield "issuer", "is missing, though other keys of the table are set"
            return
        if not self.audience:
            yield "audience", "is missing, and an issuer is set"
        if bool(self.jwks_url) == (self.jwks_file is not None):
            yield "jwks_url", "is missing: either this or jwks_file must be set, not both"


class AccessSettings(Table):
    """How often anybody may call this process, and whose tokens are taken."""

    calls: Annotated[int, Field(ge=1, le=1_000_000)] = 3000
    """That one caller may make at once; they come back evenly over `calls_seconds`."""
    calls_seconds: Annotated[int, Field(ge=1, le=3600)] = 10
    failures: Annotated[int, Field(ge=1, le=1_000_000)] = 60
    """Calls without a good key that one network address may make at once; they come back over `failures_seconds`."""
    failures_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    searches: Annotated[int, Field(ge=1, le=1_000_000)] = 300
    """Searches for a client that one caller may make at once: whoever tries numbers through must not get far."""
    searches_seconds: Annotated[int, Field(ge=1, le=86_400)] = 3600
    jwt: JwtSettings = JwtSettings()
