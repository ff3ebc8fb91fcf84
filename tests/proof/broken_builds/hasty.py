"""Believes "not found" at once, without waiting for the settling time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hub.cli.stage import leash
from hub.delivery import results

_not_found = results._not_found


def believe(before: Any, now: Any, *more: Any) -> Any:
    """Judge as if the settling time were long over."""
    unsettled = before.__class__(**{**vars(before), "settling_seconds": 0.0, "unknown_since": now - timedelta(days=1)})
    return _not_found(unsettled, now, *more)


results._not_found = believe
leash.run()
