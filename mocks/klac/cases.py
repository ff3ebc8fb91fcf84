"""Cases: what the agency knows of each referral, and which step may follow which. No wire and no rules here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mocks.kit.kst import stamp
from mocks.kit.ledger import Act
from mocks.klac.slots import Slot

CODE_OF = {
    "received": "10",
    "assigned": "20",
    "investigating": "30",
    "reviewing": "31",
    "supplement": "40",
    "decided": "50",
    "dismissed": "61",
    "in_service": "70",
    "completed": "80",
    "closed": "90",
    "withdrawn": "92",
}
"""The states, in the words of `advance` and the ledger, and their `prgrSttsCd`. 상담 is `investigating`."""

_WORKING = frozenset({"assigned", "investigating", "reviewing", "supplement"})
_LEAVING = frozenset({"closed", "withdrawn"})
_NEXT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("received", *_WORKING), _WORKING | _LEAVING | {"decided", "dismissed", "completed"}),
    "decided": _LEAVING | {"in_service", "completed"},
    "dismissed": frozenset({"closed"}),
    "in_service": _LEAVING | {"completed"},
    "completed": frozenset({"closed"}),
    **dict.fromkeys(_LEAVING, frozenset()),
}


def next_states(state: str) -> frozenset[str]:
    """Return the states that may follow `state`; never itself."""
    return _NEXT[state] - {state}


@dataclass(frozen=True)
class Fact:
    """진행상태: one state that a case reached, with what the contract says about it."""

    number: int
    state: str
    at: datetime
    details: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the `StatusFact` of the contract."""
        return {"sttsSn": self.number, "prgrSttsCd": CODE_OF[self.state], "prgrDt": stamp(self.at), **self.details}


@dataclass
class Case:
    """One referral: a reservation with its slot, or an application for aid without one."""

    key: str
    content: str
    """A keyed digest of what was asked for: the same key with another content is refused."""
    receipt: str
    branch: str
    slot: Slot | None
    act: Act
    facts: list[Fact] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The present state."""
        return self.facts[-1].state

    def add(self, state: str, at: datetime, details: Mapping[str, str] | None = None) -> Fact:
        """Write down the next fact."""
        fact = Fact(len(self.facts) + 1, state, at, details or {})
        self.facts.append(fact)
        return fact

    def as_receipt(self) -> dict[str, Any]:
        """Return the `ReservationReceipt` or `AidReceipt` of the contract."""
        return {
            "idmpKey": self.key,
            "rcptNo": self.receipt,
            "brnchCd": self.branch,
            "prgrSttsCd": CODE_OF[self.state],
            "rcptDt": stamp(self.facts[0].at),
            **self._appointment(),
        }

    def as_json(self) -> dict[str, Any]:
        """Return the `Case` of the contract."""
        kind = "01" if self.slot else "02"
        return {**self.as_receipt(), "rcptDvsnCd": kind, "sttsList": [fact.as_json() for fact in self.facts]}

    def acknowledge(self, fact: Fact) -> dict[str, Any]:
        """Return the `Acknowledgement` of the contract."""
        state = CODE_OF[fact.state]
        return {"idmpKey": self.key, "rcptNo": self.receipt, "prgrSttsCd": state, "prcsDt": stamp(fact.at)}

    def _appointment(self) -> dict[str, str]:
        return {"cnslMthdCd": self.slot.method, "cnslDt": stamp(self.slot.at)} if self.slot else {}
