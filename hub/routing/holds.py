"""Why a referral that has a way is held at first: what a counsellor may decide against, one reason after the other.

Consent is not among these: whatever is decided here, the send gate still asks for it.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Hold(StrEnum):
    """What holds a referral until a person says why it shall go on all the same."""

    POSSIBLE_DUPLICATE = "possible_duplicate"
    """같은 의뢰가 진행 중: its like is still open; a person says whether both are meant."""
    RULE_NOT_MET = "rule_not_met"
    """기준에 맞지 않음: the grounds of its routing name the rules."""


def next_hold(*, duplicate: bool, unmet: bool, overridden: Collection[str]) -> Hold | None:
    """Return what holds a referral once `overridden` were decided against; to decide against one opens no other."""
    if duplicate and Hold.POSSIBLE_DUPLICATE not in overridden:
        return Hold.POSSIBLE_DUPLICATE
    if unmet and Hold.RULE_NOT_MET not in overridden:
        return Hold.RULE_NOT_MET
    return None
