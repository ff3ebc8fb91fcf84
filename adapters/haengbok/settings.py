"""What `[adapters.haengbok]` may say. Keys are named here, never held; the password is a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import SecretStr, StringConstraints

from adapters.sdk import AdapterSettings

_TEST_NAME = "TEST"


class HaengbokSettings(AdapterSettings):
    """Settings of the 행복e음 adapter."""

    org_code: Annotated[str, StringConstraints(pattern=r"^([0-9]{7})?$")] = ""
    """기관코드 of whom we speak for, 7 digits: `userDeptCode`, `reqDeptCd`, `ReqOrgCd`, and part of `certServerId`."""
    server_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")] = "001"
    """The last three digits of `certServerId` (SVR + 기관코드 + these)."""
    system_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{0,20}$")] = ""
    """`useSystemCode`: our system, as the agency enrolled it."""
    business_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,20}$")] = "NARU01"
    """`ReqBizCd`: the business for which eligibility is asked."""
    user_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)] = (
        "서민금융복지지원센터"
    )
    """`userName`: who uses the system; the centre, no person."""
    certificate: Path | None = None
    """Our signing certificate, PEM."""
    key: Path | None = None
    """Its private key, PEM."""
    key_password: SecretStr = SecretStr("")
    """The key's password, if it is encrypted."""
    ca: Path | None = None
    """The CA that issues the agency's signing certificate directly, PEM."""
    peer: str = ""
    """The common name (CN) of the agency's signing certificate, as both sides settled it."""

    @property
    def cert_server_id(self) -> str:
        """`certServerId`."""
        return f"SVR{self.org_code}{self.server_number}"

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled agency needs and that are empty."""
        needed = ("org_code", "system_code", "certificate", "key", "ca", "peer")
        return [*super().missing(), *(name for name in needed if not getattr(self, name))]

    def unfit_for_live(self) -> list[str]:
        """Return what live mode refuses: beside plain wires, the certificates of the tests."""
        problems = super().unfit_for_live()
        if _TEST_NAME in self.peer:
            problems.append("peer: live mode refuses a test certificate")
        return problems
