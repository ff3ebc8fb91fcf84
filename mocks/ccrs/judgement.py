"""What the agency decides from an application alone: agreements, ceilings, the share of new debt. Pure. Assumed [A].

The ceilings are those of 서민금융법 시행령 53; the share of new debt is how the programmes are described. Who applies
twice is the book's to see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

MOST_IN_ALL = 1_500_000_000
"""총채무 한도, won."""
MOST_SECURED = 1_000_000_000
"""담보채무 한도, won."""
MOST_UNSECURED = 500_000_000
"""무담보채무 한도, won."""
TOO_NEW_PERCENT = 30
"""From this share of new debt on nobody is taken."""
NEW_MONTHS = 6
"""A debt is new if it was taken on within so many months before the application."""

_CREDIT = frozenset({"incmAmt", "ovduDcnt", "debtList"})


def lacks_agreement(body: Mapping[str, Any]) -> bool:
    """Return whether something arrived for which no agreement is said to be there (E101)."""
    needed = {
        "prsnInfoAgreYn": True,
        "crdtInfoAgreYn": bool(_CREDIT & body.keys()),
        "unqInfoBassYn": "rrno" in body,
    }
    return any(is_needed and body[name] != "Y" for name, is_needed in needed.items())


def refusal_of(body: Mapping[str, Any], today: date) -> str | None:
    """Return the `errCd` that refuses an application, None if it is taken. `today` is the day in Korea."""
    if lacks_agreement(body):
        return "E101"
    debts = body["debtList"]
    secured = sum(debt["debtAmt"] for debt in debts if debt["scrtYn"] == "Y")
    total = sum(debt["debtAmt"] for debt in debts)
    if total > MOST_IN_ALL or secured > MOST_SECURED or total - secured > MOST_UNSECURED:
        return "E201"
    begin = new_since(today)
    new = sum(debt["debtAmt"] for debt in debts if debt.get("debtYmd", "") >= begin)
    return "E202" if total and new * 100 >= total * TOO_NEW_PERCENT else None


def new_since(today: date) -> str:
    """Return the first day (`yyyyMMdd`) of the six months before `today`; in a shorter month its last day."""
    months = today.year * 12 + today.month - 1 - NEW_MONTHS
    year, month = divmod(months, 12)
    day = today.day
    while True:
        try:
            return date(year, month + 1, day).strftime("%Y%m%d")
        except ValueError:
            day -= 1
