"""Faults of one agency: which are set, and whether one strikes now. Seeded, so that a run can be repeated.

What a fault does is not decided here: see `breakage` and `callbacks`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mocks.kit.fault_catalogue import By, FaultKind, Moment
from mocks.kit.file_faults import EVERY_FAULT

EVERY_OPERATION = "*"


class FaultError(ValueError):
    """The faults that were asked for cannot be set; the text says which and why."""


@dataclass
class Fault:
    """One fault that is set, and how often it has struck."""

    kind: FaultKind
    operation: str
    rate: float
    times: int | None
    seconds: float
    dice: random.Random
    seen: int = 0
    struck: int = 0

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return self.kind.name

    def strikes(self) -> bool:
        """Throw the dice once, for a request that this fault concerns."""
        self.seen += 1
        if self.times is not None and self.struck >= self.times:
            return False
        hit = self.dice.random() < self.rate
        self.struck += hit
        return hit

    def as_json(self) -> Mapping[str, Any]:
        """Return the fault as it stands in `GET /_mock/<slug>/faults`."""
        return {
            "name": self.name,
            "operation": self.operation,
            "rate": self.rate,
            "times": self.times,
            "seconds": self.seconds,
            "seen": self.seen,
            "struck": self.struck,
        }


class Faults:
    """What is set for one agency.

    Each fault throws dice of its own (from the seed and its place in the list), in the order in which the requests
    that it concerns arrive; the first one that hits is the one that strikes. What its line has not (`impossible`: a
    status, say) cannot be set.
    """

    def __init__(
        self,
        operations: tuple[str, ...],
        callbacks: tuple[str, ...] = (),
        own_faults: frozenset[str] = frozenset(),
        impossible: frozenset[str] = frozenset(),
    ) -> None:
        self._operations = {
            Moment.CONNECT: (),
            Moment.HEAD: (),
            Moment.REQUEST: operations,
            Moment.CALLBACK: callbacks,
            Moment.FILE_IN: operations,
            Moment.FILE_OUT: operations,
        }
        self._own_faults = own_faults
        self._impossible = impossible
        self._seed = 0
        self._set: tuple[Fault, ...] = ()

    def clear(self) -> None:
        """Behave well from now on."""
        self._seed, self._set = 0, ()

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Replace what is set by the body of `PUT /_mock/<slug>/faults`.

        Args:
            wanted: `{"seed": n, "faults": [{"name", "operation", "rate", "times", "seconds"}]}`; `operation` is `*` if
                absent, `rate` (0 to 1) is 1, `times` (how often at most) has no limit, `seconds` as in the catalogue.

        Raises:
            FaultError: unknown keys, names or operations, or figures out of range. What was set stays set.
        """
        _refuse_unknown(wanted, {"seed", "faults"}, "the body")
        seed = wanted.get("seed", 0)
        listed = wanted.get("faults")
        if type(seed) is not int:
            raise FaultError("seed must be a whole number")
        if not isinstance(listed, list):
            raise FaultError("faults must be a list")
        self._set = tuple(self._read(item, random.Random(f"{seed}/{i}")) for i, item in enumerate(listed))  # noqa: S311 - dice that can be thrown again
        self._seed = seed

    @property
    def refuse_connections(self) -> bool:
        """Whether nobody shall listen on the agency's own port."""
        return any(fault.kind.moment is Moment.CONNECT for fault in self._set)

    def strike(self, moment: Moment, operation: str) -> Fault | None:
        """Return the fault that strikes this request, callback or file, None if it goes well."""
        for fault in self._set:
            concerned = fault.kind.moment is moment and fault.operation in {EVERY_OPERATION, operation}
            if concerned and fault.strikes():
                return fault
        return None

    def as_json(self) -> Mapping[str, Any]:
        """Return the body of `GET /_mock/<slug>/faults`: what is set, how often it was concerned, how often it hit."""
        return {"seed": self._seed, "faults": [fault.as_json() for fault in self._set]}

    def _read(self, item: object, dice: random.Random) -> Fault:
        if not isinstance(item, Mapping):
            raise FaultError("each of faults must be an object")
        _refuse_unknown(item, {"name", "operation", "rate", "times", "seconds"}, "a fault")
        kind = EVERY_FAULT.get(str(item.get("name")))
        if kind is None:
            raise FaultError(
                f"unknown fault {item.get('name')!r}; GET /_mock/faults lists them: {', '.join(EVERY_FAULT)}"
            )
        if kind.by is By.AGENCY and kind.name not in self._own_faults:
            raise FaultError(
                f"this agency cannot do {kind.name}; of its own faults it has: {_listed(self._own_faults)}"
            )
        if kind.name in self._impossible:
            raise FaultError(f"this agency's line has no {kind.name}")
        if kind.moment is Moment.CONNECT and item.keys() & {"rate", "times"}:
            raise FaultError(f"{kind.name} holds as long as it is set: it has neither rate nor times")
        return Fault(
            kind=kind,
            operation=self._read_operation(item.get("operation", EVERY_OPERATION), kind),
            rate=_number(item, "rate", 1.0, lowest=0.0, highest=1.0),
            times=_whole(item, "times"),
            seconds=_number(item, "seconds", kind.seconds or 0.0, lowest=0.0, highest=1e8),
            dice=dice,
        )

    def _read_operation(self, operation: object, kind: FaultKind) -> str:
        known = (EVERY_OPERATION, *self._operations[kind.moment])
        if operation not in known:
            raise FaultError(f"unknown operation {operation!r} for {kind.name}; known are: {', '.join(known)}")
        return str(operation)


def _refuse_unknown(item: Mapping[Any, Any], known: set[str], where: str) -> None:
    unknown = set(item) - known
    if unknown:
        raise FaultError(f"{where} has unknown keys: {_listed(unknown)}; known are: {_listed(known)}")


def _listed(names: set[Any] | frozenset[str]) -> str:
    return ", ".join(sorted(map(str, names))) or "none"


def _number(item: Mapping[str, Any], name: str, default: float, *, lowest: float, highest: float) -> float:
    value = item.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise FaultError(f"{name} must be a number from {lowest:g} to {highest:g}")
    return float(value)


def _whole(item: Mapping[str, Any], name: str) -> int | None:
    value = item.get(name)
    if value is None:
        return None
    if type(value) is not int or value < 1:
        raise FaultError(f"{name} must be a whole number from 1 up")
    return value
