"""`[[retention]]`: how long what is kept, by which ground; dated, so that a change stands beside what it changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from hub.configured import Dated


class Kept(StrEnum):
    """What is kept for a time."""

    CASE = "case"
    """Everything about a person, from the end of the case's last referral on."""
    REGISTER = "register"
    """What is kept apart afterwards (개인정보 보호법 21조 3항): who was told which fields, when, by which basis."""
    CALLS = "calls"
    """What agencies told that no referral was found for, from its arrival on."""


class Retention(Dated):
    """A period in days, and where it is written."""

    what: Kept
    days: Annotated[int, Field(ge=1, le=36_525)]
    ground: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """The law, or the consent form's words."""
    mark: Annotated[str, StringConstraints(pattern=r"^(S|S2|A)$")]


def period_of(entries: Sequence[Retention], what: Kept, day: date) -> Retention | None:
    """Return the entry in force on a day in Korea; None: it is kept, and never destroyed for its age."""
    return next((entry for entry in entries if entry.what is what and entry.holds_on(day)), None)
