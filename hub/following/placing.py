"""Where a fact belongs in what is known already. Pure: applied, history, or flagged; never dropped."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum

from adapters.sdk import Fact
from schemas.status import BusinessStatus, can_follow


class Placing(StrEnum):
    """What a fact does to the business status."""

    APPLIED = "applied"
    """It becomes the status; facts that were missed in between are jumped over."""
    HISTORY = "history"
    """It happened before the status that is known: kept, nothing changes (late or out of order)."""
    FLAGGED = "flagged"
    """It cannot follow what is known: kept, shown to a person, nothing changes."""


def place_fact(current: BusinessStatus | None, current_since: datetime | None, fact: Fact) -> Placing:
    """Return what `fact` does when the status is `current`, which happened at `current_since` as far as is known."""
    told_times = fact.occurred_at is not None and current_since is not None
    if told_times and fact.occurred_at < current_since:  # type: ignore[operator]  # both were just tested
        return Placing.HISTORY
    if can_follow(current, fact.business):
        return Placing.APPLIED
    later = told_times and fact.occurred_at > current_since  # type: ignore[operator]  # the same
    if not later and current is not None and can_follow(fact.business, current):
        return Placing.HISTORY
    return Placing.FLAGGED


def digest_of(fact: Fact) -> str:
    """Return what makes two facts the same, as hex. Nothing in it is about a person."""
    moment = fact.occurred_at and fact.occurred_at.isoformat()
    told = [fact.business, fact.raw_code, moment, fact.office, fact.receipt, fact.serial]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
