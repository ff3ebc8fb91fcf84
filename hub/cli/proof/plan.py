"""What the centre will do: made-up clients, their documents, and what becomes of their consents on the way. Pure.

Everything here comes from the seed: the same seed makes the same clients, the same consents and the same changes of
mind. When they meet which fault, process and moment is not repeatable, and need not be.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

Mind = Literal["stays", "without", "later", "regrets", "withdraws", "cancels"]
"""What becomes of one agency's part of a case. Who regrets consents later, and then takes it back: two changes."""

_MINDS: Mapping[Mind, int] = {"stays": 72, "without": 6, "later": 2, "regrets": 2, "withdraws": 12, "cancels": 6}
_SURNAMES = ("김", "이", "박", "최", "정", "강", "조", "윤", "장", "임")
_FIRST_BIRTHDAY = date(1931, 1, 1)
_BIRTHDAYS = 26_000  # up to 2002: every client has another one, so that none is a possible duplicate
_CHECK_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_LONGEST_DELAY = 4.0


@dataclass(frozen=True)
class Change:
    """What the client does about one service after the case was accepted, and how many wall seconds later."""

    service: str
    mind: Mind
    after_seconds: float
    consents: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """Consents that are handed in only now."""


@dataclass(frozen=True)
class PlannedCase:
    """One case: its document, and what its client does afterwards."""

    name: str
    document: Mapping[str, Any] = field(repr=False)
    changes: tuple[Change, ...]

    @property
    def size(self) -> int:
        """How many referrals it has."""
        return len(self.document["referrals"])

    @property
    def unsteady(self) -> frozenset[str]:
        """The services of which the client thinks better on the way."""
        return frozenset(change.service for change in self.changes if change.mind in {"withdraws", "cancels"})


def plan_cases(template: Mapping[str, Any], referrals: int, seed: int) -> tuple[PlannedCase, ...]:
    """Plan cases with so many referrals in all, over all the services of the template's document.

    Raises:
        ValueError: more clients than there are birthdays.
    """
    cases: list[PlannedCase] = []
    left = referrals
    while left:
        if len(cases) >= _BIRTHDAYS:
            raise ValueError(f"at most {_BIRTHDAYS} clients: each needs a birthday of its own")
        dice = random.Random(f"{seed}/{len(cases)}")  # noqa: S311 - dice that can be thrown again
        case = _plan_case(template, len(cases), min(left, dice.randint(1, len(template["referrals"]))), dice)
        cases.append(case)
        left -= case.size
    return tuple(cases)


def read_template(path: Path, services: Collection[str] | None = None) -> Mapping[str, Any]:
    """Read the document of a case that qualifies for everything, or of it only what asks for some services.

    Raises:
        OSError, ValueError: it is not there, or not JSON.
    """
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if services is not None:
        document["referrals"] = [one for one in document["referrals"] if one["service_code"] in services]
    return document


def _plan_case(template: Mapping[str, Any], number: int, size: int, dice: random.Random) -> PlannedCase:
    asked = dice.sample(list(template["referrals"]), size)
    document: dict[str, Any] = {
        "reference": f"proof-{number:06d}",
        "client": _client(template["client"], number, dice),
        "consents": [],
        "referrals": deepcopy(asked),
    }
    changes, regretted = list[Change](), list[Change]()
    for referral in asked:
        service = referral["service_code"]
        consents = [_thinned(consent, dice) for consent in template["consents"] if service in consent["purposes"]]
        given = [consent for consent in consents if consent["required"] or dice.random() < 0.7]  # noqa: PLR2004 - odds
        mind = dice.choices(list(_MINDS), list(_MINDS.values()))[0]
        if mind == "without":
            given = _with_something_missing(given, dice)
        late = tuple(given) if mind in {"later", "regrets"} else ()
        document["consents"] += [] if late else given
        if late or mind in {"withdraws", "cancels"}:
            change = Change(service, "later" if late else mind, dice.uniform(0.0, _LONGEST_DELAY), late)
            changes.append(change)
            regretted += [change] if mind == "regrets" else []
    for change in regretted:  # drawn last: nothing else of a seed's cases moves
        changes.append(Change(change.service, "withdraws", change.after_seconds + dice.uniform(0.0, _LONGEST_DELAY)))
    return PlannedCase(document["reference"], document, tuple(changes))


def _client(client: Mapping[str, Any], number: int, dice: random.Random) -> dict[str, Any]:
    birth_date = _FIRST_BIRTHDAY + timedelta(days=(number * 7919) % _BIRTHDAYS)
    sex = dice.choice(("male", "female"))
    own = {
        "name": f"{dice.choice(_SURNAMES)}나루",
        "birth_date": birth_date.isoformat(),
        "sex": sex,
        "rrn": made_up_rrn(birth_date, sex),
        "phones": [f"010-0000-{number % 10_000:04d}"],
    }
    return {name: value for name, value in {**deepcopy(dict(client)), **own}.items() if value is not None}


def made_up_rrn(birth_date: date, sex: str) -> str | None:
    """Return a number that nobody has: six zeros at its end, which do not check. Where they would: None."""
    century = {("male", 19): "1", ("female", 19): "2", ("male", 20): "3", ("female", 20): "4"}
    head = f"{birth_date:%y%m%d}{century[sex, birth_date.year // 100]}00000"
    check = (11 - sum(int(digit) * weight for digit, weight in zip(head, _CHECK_WEIGHTS, strict=True)) % 11) % 10
    return f"{head}0" if check else None


def _thinned(consent: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    """Return a consent from which the client may have struck an item out that no agency cannot do without."""
    items = list(consent["items"])
    if "referral.opinion" in items and dice.random() < 0.2:  # noqa: PLR2004 - odds
        items.remove("referral.opinion")
    return {**consent, "items": items}


def _with_something_missing(consents: Sequence[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    """Return no consent at all, or consents that leave the client's birth date out."""
    if dice.random() < 0.5:  # noqa: PLR2004 - odds
        return []
    return [{**c, "items": [item for item in c["items"] if item != "client.birth_date"]} for c in consents]
