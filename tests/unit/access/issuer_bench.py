"""An issuer of tokens for the tests: real key pairs, and a real server on a socket that tells their public halves."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from hub.access.configured import JwtSettings

ISSUER, AUDIENCE, CENTRE = "https://issuer.example", "naru", "ctr_1"


@dataclass
class Issuer:
    """What it signs with, and what it tells whoever asks."""

    keys: dict[str, Any] = field(default_factory=dict)
    """By `kid`."""
    status: int = 200
    body: bytes | None = None
    """Told instead of the keys, if there is one."""
    asked: int = 0
    url: str = ""

    def add(self, kid: str, kind: str = "RSA") -> None:
        """Make a key pair."""
        made = {"RSA": lambda: RSAKey.generate_key(2048), "EC": lambda: ECKey.generate_key("P-256"),
                "OKP": lambda: OKPKey.generate_key("Ed25519")}  # fmt: skip
        self.keys[kid] = made[kind]()

    def jwks(self) -> bytes:
        """Return the public keys as a JWK set."""
        return json.dumps(
            {"keys": [{**key.as_dict(private=False), "kid": kid, "use": "sig"} for kid, key in self.keys.items()]}
        ).encode()

    def token(self, kid: str = "one", alg: str = "RS256", *, header: Any = None, **claims: Any) -> str:
        """Sign a token; a claim that is None is left out."""
        now = int(time.time())
        said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "person@example.org", "exp": now + 300, "nbf": now - 1,
                "naru_centre": CENTRE, "scope": "read cases openid"} | claims  # fmt: skip
        head = {"alg": alg, "kid": kid, "typ": "at+jwt"} | (header or {})
        return jws.serialize_compact(
            {name: value for name, value in head.items() if value is not None},
            json.dumps({name: value for name, value in said.items() if value is not None}),
            self.keys[kid],
            algorithms=[alg],
        )

    def settings(self, **changes: Any) -> JwtSettings:
        """Return what the hub is told of this issuer."""
        told = {"issuer": ISSUER, "audience": AUDIENCE, "jwks_url": self.url, "refetch_seconds": 30}
        return JwtSettings.model_validate(told | changes)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = self.jwks() if self.body is None else self.body
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode())
        writer.write(body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def issuing(*kinds: str) -> AsyncIterator[Issuer]:
    """Serve an issuer on a free port of this machine, with a key pair `one`, `two`, … of each kind."""
    issuer = Issuer()
    for kid, kind in zip(("one", "two", "three"), kinds or ("RSA",), strict=False):
        issuer.add(kid, kind)
    server = await asyncio.start_server(issuer._answer, "127.0.0.1", 0)
    issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"
    async with server:
        yield issuer
