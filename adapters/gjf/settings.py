"""What `[adapters.gjf]` may say. Secrets come from the environment."""

from __future__ import annotations

from pydantic import SecretStr

from adapters.sdk import AdapterSettings


class GjfSettings(AdapterSettings):
    """Settings of the 경기도일자리재단 adapter."""

    token: SecretStr = SecretStr("")
    """The bearer token that the agency gave us; it does not change by itself."""

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled agency needs and that are empty."""
        return [*super().missing(), *([] if self.token.get_secret_value() else ["token"])]
