"""The book of complaints: what was accepted, under which number, how each stands, and which step may follow which."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mocks.illegal_lending.contract import CODES
from mocks.illegal_lending.form import Pairs, RefusalError, fields_for_ledger
from mocks.kit.clock import BusinessClock
from mocks.kit.kst import KST
from mocks.kit.ledger import Act, Ledger

CODE_OF = {
    "received": "10",
    "assigned": "20",
    "investigating": "30",
    "supplement": "35",
    "decided": "40",
    "unsuitable": "45",
    "returned": "46",
    "in_service": "50",
    "completed": "60",
    "closed": "90",
    "withdrawn": "92",
}
"""The states, in the words of `advance` and the ledger, and their `STTS_CD`."""

_WORKING = frozenset({"assigned", "investigating", "supplement"})
_LEAVING = frozenset({"withdrawn", "closed"})
_NEXT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("received", *_WORKING), _WORKING | _LEAVING | {"decided", "unsuitable", "returned"}),
    "decided": _LEAVING | {"in_service", "completed"},
    "in_service": _LEAVING | {"completed"},
    "completed": frozenset({"closed"}),
    "unsuitable": frozenset({"closed"}),
    "returned": frozenset({"closed"}),
    "withdrawn": frozenset({"closed"}),
    "closed": frozenset(),
}
_HIGHEST_RATE = 20.0
"""Per cent a year: above it, or with unlawful collection, a debtor's agent is paid for [A]."""


@dataclass(frozen=True)
class Step:
    """진행상태: one state that a complaint reached, with what the contract says about it."""

    number: int
    state: str
    at: datetime
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Complaint:
    """One complaint. Who sent it twice has two."""

    receipt: str
    act: Act
    steps: list[Step]

    @property
    def state(self) -> str:
        """The present state."""
        return self.steps[-1].state


class Book:
    """The complaints of one server."""

    def __init__(self, clock: BusinessClock, ledger: Ledger) -> None:
        self._clock = clock
        self._ledger = ledger
        self._complaints: dict[str, Complaint] = {}
        self._numbers: Counter[str] = Counter()
        self._refusals: deque[str] = deque()

    def refuse_next(self, message: str) -> None:
        """Refuse the next complaint with `message`."""
        self._refusals.append(message)

    def register(self, pairs: Pairs) -> Complaint:
        """Take a complaint; every arrival is one of its own.

        Raises:
            RefusalError: E201, or what `refuse_next` ordered.
        """
        if self._refusals:
            raise RefusalError(self._refusals.popleft())
        told = dict(fields_for_ledger("register", pairs))
        if told["SVC_CD"] == "AG" and not _may_have_agent(told):
            raise RefusalError("E201")
        now = self._clock.now()
        day = now.astimezone(KST).strftime("%Y%m%d")
        self._numbers[day] += 1
        receipt = f"IL{day}-{self._numbers[day]:06d}"
        act = self._ledger.append("register", "", receipt, told, "received")
        complaint = Complaint(receipt, act, [Step(1, "received", now)])
        self._complaints[receipt] = complaint
        return complaint

    def look_up(self, receipt: str) -> Complaint:
        """Find a complaint for a status query.

        Raises:
            RefusalError: E301.
        """
        complaint = self._complaints.get(receipt)
        if complaint is None or not self._ledger.is_visible(complaint.act):
            raise RefusalError("E301")
        return complaint

    def move(self, receipt: str, state: str, details: Mapping[str, str]) -> Complaint:
        """Move a complaint on, by order of a tester.

        Raises:
            ValueError: there is none, or `state` may not follow the present one.
        """
        complaint = self._complaints.get(receipt)
        if complaint is None:
            raise ValueError("there is no complaint with this receipt; the agency knows no key of ours")
        allowed = _NEXT[complaint.state] - {complaint.state}
        if state not in allowed:
            raise ValueError(
                f"{complaint.state} cannot become {state}; it can become: {', '.join(sorted(allowed)) or '-'}"
            )
        complaint.steps.append(Step(len(complaint.steps) + 1, state, self._clock.now(), details))
        self._ledger.change(complaint.act, state)
        return complaint


def _may_have_agent(told: Mapping[str, str]) -> bool:
    """Tell whether the loans allow a debtor's agent; what is not told is found out later."""
    rates = [float(value) for name, value in told.items() if name.startswith("LOAN_RATE[")]
    unlawful = [value for name, value in told.items() if name.startswith("ILGL_YN[")]
    return not (rates or unlawful) or "Y" in unlawful or any(rate > _HIGHEST_RATE for rate in rates)


def refusals() -> list[str]:
    """Return the messages with which a complaint can be refused by order."""
    return [code for code in CODES["MESSAGE"] if code.startswith("E2")]
