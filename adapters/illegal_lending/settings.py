"""What `[adapters.illegal_lending]` may say. Defaults are the contract's; there is no secret."""

from __future__ import annotations

from adapters.sdk import AdapterSettings
from adapters.sdk.encodings import Encoding


class IllegalLendingSettings(AdapterSettings):
    """Settings of the 불법사금융 피해구제 adapter."""

    encoding: Encoding = Encoding.CP949
    """What forms and replies are written in, whatever their labels say."""
