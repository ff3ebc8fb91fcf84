"""Korean time on the wire (KST, no offset), UTC inside: the only place where the two meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

KST = timezone(timedelta(hours=9), "KST")
"""Korea Standard Time: no summer time since 1988, so a fixed offset serves every date that naru meets."""

OPEN_END = "99991231"
"""The wire's way to say "no end"."""


def utc_now() -> datetime:
    """Return the wall clock's moment, aware, UTC. For the wire's own times only; business time is the hub's."""
    return datetime.now(UTC)


def kst_today(moment: datetime) -> date:
    """Return the day in Korea at an aware moment."""
    return moment.astimezone(KST).date()


def to_kst_day(moment: datetime) -> str:
    """Write an aware moment as `yyyyMMdd` in KST."""
    return moment.astimezone(KST).strftime("%Y%m%d")


def to_kst_second(moment: datetime) -> str:
    """Write an aware moment as `yyyyMMddHHmmss` in KST."""
    return moment.astimezone(KST).strftime("%Y%m%d%H%M%S")


def to_kst_milli(moment: datetime) -> str:
    """Write an aware moment as `yyyyMMddHHmmssSSS` in KST."""
    local = moment.astimezone(KST)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def to_day(day: date) -> str:
    """Write a date as `yyyyMMdd`."""
    return day.strftime("%Y%m%d")


def from_kst(text: str) -> datetime:
    """Read `yyyyMMdd`, `yyyyMMddHHmmss` or `yyyyMMddHHmmssSSS` in KST as an aware moment in UTC.

    Raises:
        ValueError: any other form, or no such moment.
    """
    forms = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S", 17: "%Y%m%d%H%M%S"}
    if len(text) not in forms or not text.isascii() or not text.isdigit():
        raise ValueError("not a KST time of 8, 14 or 17 digits")
    # Milliseconds apart: %f takes up to six digits, and with it strptime reads 20240532… as the 3rd of May.
    second = datetime.strptime(text[:14], forms[len(text)]).replace(tzinfo=KST)
    try:
        return second.astimezone(UTC) + timedelta(milliseconds=int(text[14:] or 0))
    except OverflowError:
        raise ValueError("not a moment that UTC knows") from None
