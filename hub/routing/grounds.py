"""Why a referral goes where it goes (자동 배정의 근거, 개인정보보호법 37조의2): what is kept of its routing.

No value of the client's is kept, and no words: those stand in the configuration, under the id and the first day.
"""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict

from hub.routing.rules import Judged, Verdict


class _Kept(BaseModel):
    """Base of what is kept with a referral."""

    model_config = ConfigDict(frozen=True)


class AppliedRule(_Kept):
    """A rule that was in force on the day, and what the facts said about it."""

    id: str
    valid_from: date
    verdict: Verdict
    verify: bool = False
    """Whether the agency is asked, since the facts decide nothing."""

    @classmethod
    def of(cls, judged: Judged) -> Self:
        """Return what is kept of a rule that was judged by."""
        rule, verdict = judged.rule, judged.verdict
        verify = rule.verify and verdict is Verdict.OPEN
        return cls(id=rule.id, valid_from=rule.valid_from, verdict=verdict, verify=verify)


class Grounds(_Kept):
    """The day (in Korea) by whose configuration a referral was routed, its route, and the rules that applied."""

    day: date
    route_from: date | None = None
    """The first day of the route that was taken; None if there was none."""
    rules: tuple[AppliedRule, ...] = ()

    @property
    def unmet(self) -> tuple[str, ...]:
        """The ids of the rules that were not met."""
        return tuple(rule.id for rule in self.rules if rule.verdict is Verdict.UNMET)

    @property
    def to_verify(self) -> tuple[str, ...]:
        """The ids of the rules by which the agency is asked before the referral is sent."""
        return tuple(rule.id for rule in self.rules if rule.verify)
