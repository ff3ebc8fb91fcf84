"""What `[adapters.klac]` may say. Secrets come from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import SecretStr, StringConstraints

from adapters.sdk import AdapterSettings


class KlacSettings(AdapterSettings):
    """Settings of the 대한법률구조공단 adapter."""

    api_key: SecretStr = SecretStr("")
    """The key by which the agency knows us (`X-Api-Key`)."""
    branch: Annotated[str, StringConstraints(pattern=r"^(GG[0-9]{2})?$")] = ""
    """지부·출장소코드 that pre-checks ask about (code table `brnchCd`); empty: all of the province."""

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled agency needs and that are empty."""
        return [*super().missing(), *([] if self.api_key.get_secret_value() else ["api_key"])]
