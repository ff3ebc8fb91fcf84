"""The book of one branch: its registrations by 거래고유번호, their history, and the room that is left this month.

It knows the ledger and the business clock; telegrams are the rooms beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from mocks.ibk_miso.contract import CODES, Values
from mocks.kit.clock import BusinessClock
from mocks.kit.kst import KST
from mocks.kit.ledger import Act, Ledger

BRANCH_CODE, BRANCH_NAME = "0031", "의정부지점"
PLACES = 50_000
"""What the branch takes in a month, unless it is told otherwise."""

CODE_OF = {
    "received": "10",
    "assigned": "20",
    "investigating": "30",
    "reviewing": "31",
    "supplement": "40",
    "decided": "50",
    "unsuitable": "60",
    "returned": "63",
    "in_service": "70",
    "completed": "80",
    "aftercare": "85",
    "closed": "90",
    "withdrawn": "92",
}
"""The states, in the words of `advance` and the ledger, and their `PRGR_ST`."""

_WORKING = frozenset({"assigned", "investigating", "reviewing", "supplement"})
_NEXT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("received", *_WORKING), _WORKING | {"decided", "unsuitable", "returned", "withdrawn", "closed"}),
    "decided": frozenset({"in_service", "withdrawn", "closed"}),
    "in_service": frozenset({"completed"}),
    "completed": frozenset({"aftercare", "closed"}),
    "aftercare": frozenset({"closed"}),
    "unsuitable": frozenset({"closed"}),
    "returned": frozenset({"closed"}),
    "withdrawn": frozenset(),
    "closed": frozenset(),
}


class RefusalError(Exception):
    """An answer of the contract that says no: its `RSP_CD`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code} {CODES['RSP_CD'][code]['ko']}")
        self.code = code


@dataclass(frozen=True)
class Step:
    """One state that a registration reached, with what the contract says about it."""

    number: int
    state: str
    at: datetime
    details: Values = field(default_factory=dict, repr=False)


@dataclass
class Registration:
    """One 대출상담 의뢰."""

    key: str
    receipt: str
    act: Act
    steps: list[Step]

    @property
    def state(self) -> str:
        """The present state."""
        return self.steps[-1].state


class Book:
    """What one branch has."""

    def __init__(self, clock: BusinessClock, ledger: Ledger) -> None:
        self._clock = clock
        self._ledger = ledger
        self._by_key: dict[str, Registration] = {}
        self._by_receipt: dict[str, Registration] = {}
        self._taken: Counter[str] = Counter()
        self._places = PLACES

    def register(self, key: str, values: Values) -> tuple[Registration, bool]:
        """Register, unless the key is known: then nothing happens.

        Returns:
            The registration, and whether it was there before.

        Raises:
            RefusalError: 0303, there is no room this month.
        """
        if key in self._by_key:
            return self._by_key[key], True
        if self.room() == 0:
            raise RefusalError("0303")
        now = self._clock.now()
        self._taken[self._month()] += 1
        receipt = f"MS{now.astimezone(KST):%Y%m%d}{len(self._by_key) + 1:06d}"
        act = self._ledger.append("register", key, receipt, values, "received")
        case = Registration(key, receipt, act, [Step(1, "received", now)])
        self._by_key[key] = self._by_receipt[receipt] = case
        return case, False

    def find(self, key: str) -> Registration:
        """Find what a look-up may show: what a fault hides is not there yet.

        Raises:
            RefusalError: 0404.
        """
        found = self._by_key.get(key)
        if found is None or not self._ledger.is_visible(found.act):
            raise RefusalError("0404")
        return found

    def withdraw(self, key: str, values: Values) -> tuple[Registration, Step]:
        """Withdraw; what is withdrawn already stays so.

        Raises:
            RefusalError: 0404, or 0505: it has ended otherwise, or has another receipt.
        """
        found = self._by_key.get(key)
        if found is None:
            raise RefusalError("0404")
        if found.receipt != values["RCPT_NO"]:
            raise RefusalError("0505")
        if found.state != "withdrawn":
            if "withdrawn" not in _NEXT[found.state]:
                raise RefusalError("0505")
            self._ledger.append("withdraw", key, found.receipt, values, "withdrawn")
            self._add(found, "withdrawn", {})
        return found, found.steps[-1]

    def move(self, name: str, state: str, details: Values) -> Registration:
        """Move the case with this key or receipt on, by order of a tester.

        Raises:
            ValueError: there is no such case, or `state` may not follow the present one.
        """
        found = self._by_key.get(name) or self._by_receipt.get(name)
        if found is None:
            raise ValueError("there is no case with this key or receipt")
        allowed = _NEXT[found.state] - {found.state}
        if state not in allowed:
            possible = ", ".join(sorted(allowed)) or "-"
            raise ValueError(f"{found.state} cannot become {state}; it can become: {possible}")
        self._add(found, state, details)
        return found

    def set_places(self, places: int) -> None:
        """Set how many the branch takes in a month."""
        self._places = places

    def room(self) -> int:
        """Return how many it still takes this month (KST)."""
        return max(0, self._places - self._taken[self._month()])

    def next_open_day(self) -> date | None:
        """Return the first day with room; None if it takes none in any month."""
        today = self._clock.now().astimezone(KST).date()
        if self.room():
            return today
        return date(today.year + today.month // 12, today.month % 12 + 1, 1) if self._places else None

    def _month(self) -> str:
        return f"{self._clock.now().astimezone(KST):%Y%m}"

    def _add(self, case: Registration, state: str, details: Values) -> None:
        case.steps.append(Step(len(case.steps) + 1, state, self._clock.now(), details))
        self._ledger.change(case.act, state)
