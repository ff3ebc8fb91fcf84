"""Korean time, as agencies write it. The mocks' own: adapters have theirs, so that one mistake is not made twice."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

KST = timezone(timedelta(hours=9), "KST")
"""한국 표준시: nine hours ahead of UTC, without summer time."""


def stamp(moment: datetime) -> str:
    """Return a moment as `yyyyMMddHHmmss` in KST."""
    return moment.astimezone(KST).strftime("%Y%m%d%H%M%S")


def moment_of(text: str) -> datetime:
    """Return the moment that `yyyyMMddHHmmss` names in KST.

    Raises:
        ValueError: there is no such moment.
    """
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=KST)
