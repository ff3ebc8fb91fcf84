"""A webhook's target: where notices go, and the secrets that sign them. Sealed in the store as one box."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta

import httpx

from hub.notices.addresses import is_loopback, read_address
from hub.vault.boxes import place
from hub.vault.vault import Vault
from schemas.base import Frozen, Moment

MOST_CHARACTERS = 500
_SECRET_BYTES = 32
_HIGHEST_PORT = 65535


class Target(Frozen):
    """Where notices go, and what signs them. Its `repr` shows no value."""

    url: str
    secret: str
    """`whsec_` and 32 random bytes in base64, as Standard Webhooks writes them."""
    previous: str | None = None
    """The secret before, which signs beside the new one until `previous_until` (wall time)."""
    previous_until: Moment | None = None

    def secrets_at(self, wall: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at a moment, the newest first."""
        if self.previous is None or self.previous_until is None or wall >= self.previous_until:
            return (self.secret,)
        return self.secret, self.previous

    def rotated(self, wall: datetime, overlap: timedelta) -> Target:
        """Return the target with a new secret; the old one signs too for `overlap`, and one older than that no more."""
        previous = (self.secret, wall + overlap) if overlap else (None, None)
        return Target(url=self.url, secret=new_secret(), previous=previous[0], previous_until=previous[1])


def new_secret() -> str:
    """Make a secret of 256 random bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def seal_target(vault: Vault, webhook_id: str, target: Target) -> bytes:
    """Seal a target for its row."""
    return vault.seal_model(vault.notices_key, _place(webhook_id), target)


def unseal_target(vault: Vault, webhook_id: str, box: bytes) -> Target:
    """Open a row's target."""
    return vault.unseal_model(vault.notices_key, _place(webhook_id), box, Target)


def _place(webhook_id: str) -> str:
    return place("webhooks", "sealed_target", webhook_id)


def check_url(text: str, *, plain_loopback: bool) -> None:
    """Check what can be seen of an address before it is called. `plain_loopback`: http to this machine will do.

    Where a name leads is judged at every call: it may lead elsewhere by then.

    Raises:
        ValueError: what is wrong, in Korean and without the address.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("주소(URL)를 읽을 수 없습니다.") from None
    if len(text) > MOST_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(f"주소는 공백 없이 ASCII 문자 {MOST_CHARACTERS}자 이하로 적습니다.")
    if url.scheme != "https" and not (plain_loopback and url.scheme == "http" and _names_loopback(url.host)):
        raise ValueError("주소는 https://로 시작해야 합니다.")
    if not url.host or (url.port is not None and not 0 < url.port <= _HIGHEST_PORT):
        raise ValueError("주소에 호스트 이름과 올바른 포트가 있어야 합니다.")
    if url.userinfo or "@" in text.partition("//")[2].partition("/")[0]:
        raise ValueError("주소에 사용자 이름이나 비밀번호를 넣지 않습니다.")
    if url.fragment:
        raise ValueError("주소에 #으로 시작하는 부분을 넣지 않습니다.")


def _names_loopback(host: str) -> bool:
    try:
        return is_loopback(read_address(host))
    except ValueError:
        return host == "localhost"
