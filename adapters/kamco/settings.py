"""What `[adapters.kamco]` may say. Defaults are the contract's; there is no secret."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from adapters.sdk import AdapterSettings


class KamcoSettings(AdapterSettings):
    """Settings of the KAMCO adapter. `base_url` is `file:///absolute/folder`, which has the subfolders in and out."""

    live_schemes: ClassVar[frozenset[str]] = frozenset({"file"})

    org_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$")] = "6410000"
    """기관코드: who we are to KAMCO, 7 digits."""
