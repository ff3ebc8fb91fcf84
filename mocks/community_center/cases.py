"""Cases: what the offices know of each referral, and which step may follow which. No wire and no signature here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mocks.community_center.offices import Office
from mocks.kit.kst import stamp
from mocks.kit.ledger import Act

CODE_OF = {
    "received": "10",
    "assigned": "20",
    "investigating": "30",
    "reviewing": "31",
    "supplement": "40",
    "decided": "50",
    "unsuitable": "60",
    "dismissed": "61",
    "rejected": "62",
    "returned": "63",
    "in_service": "70",
    "completed": "80",
    "aftercare": "85",
    "closed": "90",
    "transferred": "91",
    "withdrawn": "92",
    "council": "93",
    "objected": "94",
}
"""The states, in the words of `advance` and the ledger, and their `prgrSttsCd`."""

_WORKING = frozenset({"assigned", "investigating", "reviewing", "supplement", "council"})
_REFUSED = frozenset({"unsuitable", "dismissed", "rejected", "returned"})
_LEAVING = frozenset({"transferred", "withdrawn", "closed"})

_NEXT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("received", *_WORKING), _WORKING | _REFUSED | _LEAVING | {"decided"}),
    "decided": _LEAVING | {"in_service", "completed", "council"},
    "in_service": _LEAVING | {"completed", "council"},
    "completed": frozenset({"aftercare", "closed"}),
    "aftercare": frozenset({"closed"}),
    **dict.fromkeys(_REFUSED, frozenset({"objected", "closed"})),
    "objected": _LEAVING | _REFUSED | {"reviewing", "decided"},
    "withdrawn": frozenset({"closed"}),
    "closed": frozenset(),
}


def next_states(state: str) -> frozenset[str]:
    """Return the states that may follow `state`; never itself."""
    return _NEXT[state] - {state}


@dataclass(frozen=True)
class Fact:
    """진행상태: one state that a case reached at one office, with what the contract says about it."""

    number: int
    state: str
    at: datetime
    details: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, str | int]:
        """Return the `StatusFact` of the contract."""
        return {"sttsSn": self.number, "prgrSttsCd": CODE_OF[self.state], "prgrDt": stamp(self.at), **self.details}


@dataclass
class Leg:
    """What one office has of a case: its receipt and its facts. A transfer ends a leg and begins another."""

    office: Office
    receipt: str
    received_at: datetime
    facts: list[Fact] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The present state at this office."""
        return self.facts[-1].state

    def add(self, state: str, at: datetime, details: Mapping[str, str] | None = None) -> Fact:
        """Write down the next fact."""
        fact = Fact(len(self.facts) + 1, state, at, details or {})
        self.facts.append(fact)
        return fact


@dataclass
class Case:
    """One referral, at the office that received it first and at those that it was transferred to."""

    key: str
    act: Act
    home: Office
    """The office whose area the client's address lies in."""
    legs: list[Leg]

    @property
    def leg(self) -> Leg:
        """The part that is carried on now."""
        return self.legs[-1]
