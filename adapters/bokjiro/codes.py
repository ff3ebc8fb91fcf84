"""The names of groups and the gateway's reason codes in our words. All tables are the contract's own data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from adapters.bokjiro.contract import code_tables
from schemas.welfare import HouseholdGroup, LifeStage, Theme

Group = TypeVar("Group", bound=StrEnum)


class Means(StrEnum):
    """What a reason code asks us to do."""

    DONE = "done"
    NOTHING = "nothing"
    """An empty result."""
    AGAIN = "again"
    """It may pass by itself: the read may be repeated."""
    WAIT = "wait"
    """The day's quota is used up."""
    MEND = "mend"
    """A person must mend key, address or parameters."""


REASONS: Mapping[str, Means] = {
    code: Means(entry["means"]) for code, entry in code_tables()["returnReasonCode"].items()
}
"""`returnReasonCode`, and `resultCode` of lists and details."""

_CODE_OF_NAME: Mapping[str, str] = {entry["name"]: code for code, entry in code_tables()["returnReasonCode"].items()}
_NAMES = re.compile("|".join(sorted(_CODE_OF_NAME, key=len, reverse=True)))
_FIGURES = re.compile(r"[0-9]{1,2}", re.ASCII)


def reason_code(*said: str) -> str | None:
    """Return the reason code that one of these texts is or names, None if none does.

    The gateway may write `30`, `SERVICE_KEY_IS_NOT_REGISTERED_ERROR`, or the name inside a sentence, in any field.
    """
    for text in (text.strip() for text in said):
        if _FIGURES.fullmatch(text) and text.zfill(2) in REASONS:
            return text.zfill(2)
        named = _NAMES.search(text)
        if named is not None:
            return _CODE_OF_NAME[named[0]]
    return None


def _by_name(table: str, group: type[Group]) -> Mapping[str, Group]:
    return {_plain(name): group(code) for code, name in code_tables()[table].items()}


def _plain(name: str) -> str:
    return re.sub(r"[\s·ㆍ・‧]", "", name)


LIFE: Mapping[str, LifeStage] = _by_name("life", LifeStage)
TARGETS: Mapping[str, HouseholdGroup] = _by_name("target", HouseholdGroup)
THEMES: Mapping[str, Theme] = _by_name("theme", Theme)
"""By name without spaces and dots: one list writes 임신 · 출산, another 임신·출산."""


def grouped(names: str, table: Mapping[str, Group]) -> tuple[frozenset[Group], tuple[str, ...]]:
    """Return the groups that a comma-separated list names, and the names that the table does not know."""
    told = [name.strip() for name in names.split(",") if name.strip()]
    return (
        frozenset(table[_plain(name)] for name in told if _plain(name) in table),
        tuple(name for name in told if _plain(name) not in table),
    )
