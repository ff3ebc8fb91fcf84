"""What `[catalogues.bokjiro]` may say. The service key comes from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from adapters.sdk.catalogue import CatalogueSettings
from adapters.sdk.encodings import Encoding


class BokjiroSettings(CatalogueSettings):
    """Settings of the 복지로 client."""

    service_key: SecretStr = SecretStr("")
    """The portal's serviceKey, in either of the two forms that it shows."""
    province: Annotated[str, StringConstraints(min_length=1, max_length=20)] = "경기도"
    """시도 whose local services are read (`ctpvNm`)."""
    encoding: Encoding = Encoding.UTF_8
    page_rows: Annotated[int, Field(ge=1, le=500)] = 500
    """Entries asked for at once; the API gives at most 500."""
    most_pages: Annotated[int, Field(ge=1, le=1000)] = 40
    """Pages of one list; a longer one is an error, never a part of it."""
    tries: Annotated[int, Field(ge=1, le=10)] = 4
    """Calls for one page, the first one included."""
    retry_first_seconds: Annotated[float, Field(ge=0, le=60)] = 0.5
    """The first wait between them; then longer, with chance."""

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled catalogue needs and that are empty."""
        return [*super().missing(), *([] if self.service_key.get_secret_value() else ["service_key"])]
