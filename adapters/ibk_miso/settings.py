"""What `[adapters.ibk_miso]` may say. Certificates are named here, never held; the key's password is a secret."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import SecretStr, StringConstraints

from adapters.sdk import AdapterSettings, client_tls


class IbkMisoSettings(AdapterSettings):
    """Settings of the IBK미소금융재단 adapter. `base_url` is `tls://host:port`, or the `tcp://` of a mock here."""

    live_schemes: ClassVar[frozenset[str]] = frozenset({"tls"})

    org_code: Annotated[str, StringConstraints(pattern=r"^([0-9A-Z]{8})?$")] = ""
    """이용기관코드: who we are to the foundation, as it enrolled us with one of its branches; 8 digits or capitals."""
    ca: Path | None = None
    """The CA that issues the foundation's TLS certificate, PEM."""
    certificate: Path | None = None
    """Our TLS certificate, PEM."""
    key: Path | None = None
    """Its private key, PEM."""
    key_password: SecretStr = SecretStr("")
    """The key's password, if it is encrypted."""

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled agency needs and that are empty; TLS needs certificates."""
        needed = ("org_code", *(("ca", "certificate", "key") if self._is_secure else ()))
        return [*super().missing(), *(name for name in needed if not getattr(self, name))]

    def tls(self) -> ssl.SSLContext | None:
        """Return the TLS context that shows our certificate; None for a line that has no TLS.

        Raises:
            MisconfiguredError: a file cannot be read, or the key is not the certificate's.
        """
        if not (self._is_secure and self.ca and self.certificate and self.key):
            return None
        password = self.key_password.get_secret_value()
        return client_tls(ca=self.ca, certificate=self.certificate, key=self.key, key_password=password)

    @property
    def _is_secure(self) -> bool:
        return self.base_url.startswith("tls:")
