"""What `[catalogue]` may say: how long what was read of a catalogue is fresh, and how long it is shown at all."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from hub.configured import Table


class KeepingSettings(Table):
    """How long a catalogue's entries are kept; wall time."""

    fresh_hours: Annotated[float, Field(gt=0, le=24 * 365)] = 24.0
    """After this it is read anew, and what is shown meanwhile is called stale."""
    keep_days: Annotated[float, Field(gt=0, le=3650)] = 30.0
    """After this it is shown no more, whether its source answers or not."""
    pause_minutes: Annotated[float, Field(ge=0, le=24 * 60)] = 5.0
    """After a failure the source is left alone for so long."""

    @model_validator(mode="after")
    def _fresh_before_gone(self) -> Self:
        if self.fresh_hours > self.keep_days * 24:
            raise ValueError("fresh_hours must not be longer than keep_days")
        return self
