"""Cases: what the agency knows of each referral, and which step may follow which. No wire and no rules here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mocks.kit.kst import stamp
from mocks.kit.ledger import Act

CODE_OF = {
    "received": "01",
    "assigned": "02",
    "investigating": "03",
    "decided": "04",
    "in_service": "05",
    "completed": "06",
    "aftercare": "07",
    "closed": "08",
    "unsuitable": "09",
    "withdrawn": "10",
}
"""The states, in the words of `advance` and the ledger, and their `sttsCd`. 초기상담 is `investigating`."""

_LEAVING = frozenset({"closed", "withdrawn"})
_NEXT: Mapping[str, frozenset[str]] = {
    "received": _LEAVING | {"assigned", "investigating", "decided", "unsuitable"},
    "assigned": _LEAVING | {"investigating", "decided", "unsuitable"},
    "investigating": _LEAVING | {"decided", "unsuitable"},
    "decided": _LEAVING | {"in_service", "completed"},
    "in_service": _LEAVING | {"in_service", "completed"},
    "completed": frozenset({"aftercare", "closed"}),
    "aftercare": frozenset({"closed"}),
    "unsuitable": frozenset({"closed"}),
    **dict.fromkeys(_LEAVING, frozenset()),
}


def next_states(state: str) -> frozenset[str]:
    """Return the states that may follow `state`; 알선·훈련 may follow itself, each time with a row of its own."""
    return _NEXT[state]


@dataclass(frozen=True)
class Row:
    """진행 이력: one state that a case reached, with what the contract says about it."""

    number: int
    state: str
    at: datetime
    details: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the `History` of the contract."""
        return {"sttsSn": self.number, "sttsCd": CODE_OF[self.state], "sttsDt": stamp(self.at), **self.details}


@dataclass
class Case:
    """One referral."""

    key: str
    number: str
    act: Act
    rows: list[Row] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The present state."""
        return self.rows[-1].state

    def add(self, state: str, at: datetime, details: Mapping[str, str] | None = None) -> Row:
        """Write down the next row."""
        row = Row(len(self.rows) + 1, state, at, details or {})
        self.rows.append(row)
        return row

    def ids(self) -> dict[str, str]:
        """Return what every answer about it begins with."""
        return {"extReqId": self.key, "rfrlNo": self.number}

    def as_item(self) -> dict[str, str]:
        """Return the `ReferralItem` of the contract."""
        return {**self.ids(), "rcptDt": stamp(self.rows[0].at), "sttsCd": CODE_OF[self.state]}
