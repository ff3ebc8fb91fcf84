"""What `[adapters.ccrs]` may say. Keys are named here, never held; secrets come from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import SecretStr, StringConstraints

from adapters.sdk import AdapterSettings

_FILES = ("certificate", "key", "ca")
_SECRETS = ("client_secret", "callback_secret")


class CcrsSettings(AdapterSettings):
    """Settings of the 신용회복위원회 adapter."""

    certificate: Path | None = None
    """Our TLS client certificate, PEM."""
    key: Path | None = None
    """Its private key, PEM."""
    key_password: SecretStr = SecretStr("")
    """The key's password, if it is encrypted."""
    ca: Path | None = None
    """The CA that issues the agency's TLS server certificate, PEM; no other is trusted."""
    client_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{0,100}$")] = ""
    """OAuth2 `client_id`: who we are to the agency's token endpoint."""
    client_secret: SecretStr = SecretStr("")
    """OAuth2 `client_secret`."""
    callback_secret: SecretStr = SecretStr("")
    """The secret that signs 처리상태통보 (HMAC-SHA256). Without it every notice is refused."""

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled agency needs and that are empty."""
        empty = [name for name in (*_FILES, "client_id") if not getattr(self, name)]
        secrets = [name for name in _SECRETS if not getattr(self, name).get_secret_value()]
        return [*super().missing(), *empty, *secrets]
