"""The rules of programmes (신청 기준): how configuration writes them, and how facts are judged by them. Pure.

A rule never denies: one that is not met holds a referral with its words and source, and a person decides. What a fact
says too little about stays *open*: the agency judges it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AllowInfNan, Field, Strict, StringConstraints, model_validator

from hub.configured import Dated, Table
from hub.routing.facts import FLAGS, FactName, Facts, Span, exactly
from schemas.base import Flag, Line
from schemas.services import ServiceCode

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,59}$")]
Mark = Literal["S", "S2", "A"]
"""Where it was read: S a public source, S2 news or another's account, A assumed by us."""

_Bound = Annotated[float, Strict(), AllowInfNan(allow_inf_nan=False)]


class Verdict(StrEnum):
    """What facts say about a rule."""

    MET = "met"
    """맞음."""
    UNMET = "unmet"
    """맞지 않음."""
    OPEN = "open"
    """알 수 없음: a fact is missing or said in part; the agency judges."""


class Condition(Table):
    """One fact and its bounds, all of which must hold; a flag has `equals` and nothing else."""

    fact: FactName
    at_most: _Bound | None = None
    at_least: _Bound | None = None
    below: _Bound | None = None
    above: _Bound | None = None
    equals: Flag | None = None

    @model_validator(mode="after")
    def _bounds_fit_fact(self) -> Self:
        bounded = {self.at_most, self.at_least, self.below, self.above} != {None}
        if self.fact in FLAGS and (bounded or self.equals is None):
            raise ValueError("this fact is true or false: give `equals`, and no other bound")
        if self.fact not in FLAGS and (self.equals is not None or not bounded):
            raise ValueError("this fact is a figure: give at_most, at_least, below or above")
        return self

    def judge(self, span: Span | None) -> Verdict:
        """Judge what is known of the fact; None: nothing is."""
        if span is None:
            return Verdict.OPEN
        verdicts = set(self._judged(span))
        if Verdict.UNMET in verdicts:
            return Verdict.UNMET
        return Verdict.OPEN if Verdict.OPEN in verdicts else Verdict.MET

    def _judged(self, span: Span) -> Iterator[Verdict]:
        if self.at_most is not None:
            yield _verdict(met=span.high <= self.at_most, unmet=span.low > self.at_most)
        if self.at_least is not None:
            yield _verdict(met=span.low >= self.at_least, unmet=span.high < self.at_least)
        if self.below is not None:
            yield _verdict(met=span.high < self.below, unmet=span.low >= self.below)
        if self.above is not None:
            yield _verdict(met=span.low > self.above, unmet=span.high <= self.above)
        if self.equals is not None:
            yield _verdict(met=span == exactly(self.equals), unmet=span == exactly(not self.equals))


def _verdict(*, met: bool, unmet: bool) -> Verdict:
    return Verdict.MET if met else Verdict.UNMET if unmet else Verdict.OPEN


class Rule(Dated):
    """One rule of a programme: on its days, one of its conditions must hold for each of its services.

    With `verify`, what the facts do not decide is asked of the agency, with identity, before the referral is sent to
    it; a rule without conditions always asks.

    A rule that changes is ended with `to`, and stands again under the same id with a later `from`: so a referral that
    names the id and the first day goes on naming the words that applied to it.
    """

    id: RuleId
    services: Annotated[tuple[ServiceCode, ...], Field(min_length=1)]
    any_of: tuple[Condition, ...] = ()
    verify: Flag = False
    """자격 확인: whether the agency is asked before the referral is sent, wherever the facts leave the rule open."""
    words: Line
    """What staff read (Korean)."""
    source: Line
    """The law, notice or page that says so."""
    mark: Mark

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.any_of and not self.verify:
            raise ValueError("give any_of, or verify = true")
        return self

    def judge(self, facts: Facts) -> Verdict:
        """Judge what is known of a client; without conditions only the agency can tell."""
        if not self.any_of:
            return Verdict.OPEN
        verdicts = {condition.judge(facts.get(condition.fact)) for condition in self.any_of}
        if Verdict.MET in verdicts:
            return Verdict.MET
        return Verdict.OPEN if Verdict.OPEN in verdicts else Verdict.UNMET

    @property
    def facts(self) -> tuple[FactName, ...]:
        """What it asks about, each fact once."""
        return tuple(dict.fromkeys(condition.fact for condition in self.any_of))


@dataclass(frozen=True)
class Judged:
    """A rule that was in force, and what the facts said about it."""

    rule: Rule
    verdict: Verdict


def judge(rules: Iterable[Rule], service: ServiceCode, day: date, facts: Facts) -> tuple[Judged, ...]:
    """Judge by every rule for the service that is in force on a day in Korea, in the order of configuration."""
    in_force = (rule for rule in rules if service in rule.services and rule.holds_on(day))
    return tuple(Judged(rule, rule.judge(facts)) for rule in in_force)


def rule_named(rules: Iterable[Rule], rule_id: str, valid_from: date) -> Rule | None:
    """Return the rule of this id with this first day, None if the configuration no longer has it."""
    return next((rule for rule in rules if (rule.id, rule.valid_from) == (rule_id, valid_from)), None)
