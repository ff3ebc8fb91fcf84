"""What `[adapters.community_center]` may say. Defaults are the contract's; secrets come from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from adapters.sdk import AdapterSettings


class CommunityCenterSettings(AdapterSettings):
    """Settings of the 시군 주민센터 adapter."""

    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 5.0
    """The overall deadline of one call; 5000 ms is eGovFrame's default."""
    consumer_organization_id: Annotated[str, StringConstraints(pattern=r"^ORG[0-9]{5}$")] = "ORG00001"
    """연계 요청 기관ID: who we are to the offices, CHAR(8)."""
    consumer_system_id: Annotated[str, StringConstraints(pattern=r"^SYS[0-9]{5}$")] = "SYS00001"
    """연계 요청 시스템ID: the system that we call from, CHAR(8)."""
    callback_secret: SecretStr = SecretStr("")
    """The secret that signs 진행상태통보 and 이송통보 (HMAC-SHA256). Without it every notice is refused."""

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled agency needs and that are empty."""
        return [*super().missing(), *([] if self.callback_secret.get_secret_value() else ["callback_secret"])]
