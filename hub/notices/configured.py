"""What `[webhooks]` may say: how long and how often a notice is sent, and which inner networks it may go to."""

from __future__ import annotations

import ssl
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from hub.configured import Table


class WebhookSettings(Table):
    """How notices are sent to the centres' own systems."""

    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    """For the whole of one call: name, connection, TLS, answer."""
    concurrency: Annotated[int, Field(ge=1, le=20)] = 4
    """Calls to one webhook at once, over all processes."""
    retry_first_seconds: Annotated[float, Field(gt=0)] = 5.0
    retry_longest_seconds: Annotated[float, Field(gt=0)] = 3600.0
    max_age_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 72.0
    """Then a notice goes to the shelf, and is sent again only when the centre asks."""
    keep_days: Annotated[float, Field(gt=0, le=365)] = 30.0
    """How long it lies there."""
    most_per_centre: Annotated[int, Field(ge=1, le=100)] = 10
    allow_private: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that are not public and may be called all the same."""
    ca: Path | None = None
    """Certificates (PEM) that are trusted beside the public ones."""

    @field_validator("ca")
    @classmethod
    def _holds_certificates(cls, ca: Path | None) -> Path | None:
        if ca is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca)
            except (OSError, ssl.SSLError):
                raise ValueError("cannot be read as certificates (PEM)") from None
        return ca
