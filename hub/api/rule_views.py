"""How the rules of programmes are shown: which were applied, what came of each, in which words and by which source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from hub.api.reasons import text_of
from hub.delivery.steps import rules_behind
from hub.routing.grounds import Grounds
from hub.routing.rules import Mark, Rule, Verdict, rule_named
from hub.store.referrals import ReferralRecord


class RuleView(BaseModel):
    """신청 기준: one rule that was in force, and what the facts said about it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    verdict: Verdict
    verify: bool
    """자격 확인: whether the agency is asked before the referral is sent, since the facts do not decide."""
    words: str | None
    """The rule in words (Korean); null if the configuration no longer has this version of it."""
    source: str | None
    """Where it stands: a law, a notice, a page."""
    mark: Mark | None
    """S: read in a public source. S2: in news or another's account. A: assumed."""
    valid_from: date
    """The first day (KST) of this version."""
    valid_to: date | None
    """The last one; null while it holds."""


def rule_view(rule: Rule, verdict: Verdict) -> RuleView:
    """Return a rule with what came of it."""
    return RuleView(
        id=rule.id, verdict=verdict, verify=rule.verify and verdict is Verdict.OPEN, words=rule.words,
        source=rule.source, mark=rule.mark, valid_from=rule.valid_from, valid_to=rule.valid_to,
    )  # fmt: skip


def applied_rules(grounds: Grounds | None, rules: Sequence[Rule]) -> Iterable[RuleView]:
    """Yield the rules that a referral was judged by, with the words that the configuration has for them."""
    for applied in grounds.rules if grounds else ():
        rule = rule_named(rules, applied.id, applied.valid_from)
        if rule is not None:
            yield rule_view(rule, applied.verdict)
        else:
            yield RuleView(
                id=applied.id, verdict=applied.verdict, verify=applied.verify, words=None, source=None, mark=None,
                valid_from=applied.valid_from, valid_to=None,
            )  # fmt: skip


def reason_in_words(referral: ReferralRecord, rules: Sequence[Rule]) -> str | None:
    """Say why a referral is where it is (Korean), naming the rules that hold it with their sources."""
    words = text_of(referral.reason, referral.reason_paths)
    behind = rules_behind(referral.reason, referral.grounds)
    if words is None or not behind:
        return words
    shown = [rule for rule in applied_rules(referral.grounds, rules) if rule.id in behind]
    named = [f"{rule.words or rule.id} (출처: {rule.source or '설정에 없음'})" for rule in shown]
    title = "확인하는 기준" if any(rule.verify for rule in shown) else "맞지 않는 기준"
    return f"{words} {title}: {' / '.join(named)}."
