"""What `[adapters.kamco]` may say. Defaults are the contract's; there is no secret."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from adapters.sdk import AdapterSettings


class KamcoSettings(AdapterSettings):
    """Settings of the KAMCO adapter. `base_url` is `file:///absolute/folder`, which has the subfolders in and out."""

    live_schemes: ClassVar[frozenset[str]] = frozenset({"file"})

    org_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$")] = "6410000"
    """기관코드: who we are to KAMCO, 7 digits."""
    max_reply_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 16 * 1024 * 1024
    """The longest 결과파일 that is read: 55,000 records. 1,000 members with ten steps each take 11,000."""
