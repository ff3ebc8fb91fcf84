"""The registrar: takes reservations and applications, and moves cases on, by the rules of the assumed contract.

It knows the ledger, the clock and the appointment book; messages are the rooms beside it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mocks.kit.clock import BusinessClock
from mocks.kit.json_contract import flat, to_bytes
from mocks.kit.kst import KST, moment_of, stamp
from mocks.kit.ledger import Ledger
from mocks.klac.cases import Case, Fact, next_states
from mocks.klac.contract import CODES, RefusalError
from mocks.klac.slots import Slot, Slots

_HIGHEST_INCOME = 125
_VISIT = "01"
_LETTER_OF = {"reserve": "C", "apply": "A"}


class Registrar:
    """The cases of the agency."""

    def __init__(self, clock: BusinessClock, ledger: Ledger) -> None:
        self.slots = Slots(clock)
        self._clock = clock
        self._ledger = ledger
        self._by_key: dict[str, Case] = {}
        self._numbers: Counter[str] = Counter()
        self._refusals: deque[str] = deque()
        self._supplemented: dict[str, tuple[Case, Fact]] = {}

    def refuse_next(self, code: str) -> None:
        """Refuse the next new reservation or application with `code`."""
        self._refusals.append(code)

    def register(self, operation: str, key: str, body: Mapping[str, Any]) -> tuple[Case, bool]:
        """Take a reservation or an application, unless its key is known: then nothing happens.

        Returns:
            The case, and whether it is a new one.

        Raises:
            RefusalError: one of E201 to E204, E301 to E303, or what `refuse_next` ordered.
        """
        content = self._ledger.digest(f"{operation} {to_bytes(dict(sorted(body.items()))).decode()}")
        known = self._by_key.get(key)
        if known is not None:
            if known.content != content:
                raise RefusalError("E303", rcptNo=known.receipt)
            return known, False
        branch = self._check(operation, body)
        slot = self._slot(branch, body) if operation == "reserve" else None
        now = self._clock.now()
        receipt = self._new_receipt(operation, now)
        act = self._ledger.append(operation, key, receipt, dict(flat(body)), "received")
        case = Case(key, content, receipt, branch, slot, act)
        case.add("received", now)
        self._by_key[key] = case
        if slot is not None:
            self.slots.take(slot)
        return case, True

    def look_up(self, key: str) -> Case:
        """Find a case for a look-up: one that a fault hides is not there yet.

        Raises:
            RefusalError: E401.
        """
        case = self.case_of(key)
        if case is None or not self._ledger.is_visible(case.act):
            raise RefusalError("E401")
        return case

    def case_of(self, name: str) -> Case | None:
        """Return the case with this key or this receipt."""
        return self._by_key.get(name) or next((c for c in self._by_key.values() if c.receipt == name), None)

    def withdraw(self, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Withdraw a case and free its slot; one that is withdrawn already stays so.

        Raises:
            RefusalError: E401, or E402 if it has ended otherwise.
        """
        case = self._known(key)
        if case.state == "withdrawn":
            return case.acknowledge(case.facts[-1])
        if "withdrawn" not in next_states(case.state):
            raise RefusalError("E402")
        self._ledger.append("withdraw", key, case.receipt, dict(flat(body)), "withdrawn")
        if case.slot is not None:
            self.slots.release(case.slot)
        return case.acknowledge(self._add(case, "withdrawn"))

    def supplement(self, key: str, supplement_key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take what was asked for, and review on; the second arrival of its key gets the first answer.

        Raises:
            RefusalError: E401, or E402 if nothing was asked for.
        """
        if supplement_key not in self._supplemented:
            case = self._known(key)
            if case.state != "supplement":
                raise RefusalError("E402")
            self._ledger.append("supplement", key, case.receipt, dict(flat(body)), "reviewing")
            self._supplemented[supplement_key] = case, self._add(case, "reviewing")
        case, fact = self._supplemented[supplement_key]
        return case.acknowledge(fact)

    def move(self, case: Case, state: str, details: Mapping[str, str]) -> None:
        """Move a case on to `state`, by order of a tester.

        Raises:
            ValueError: `state` may not follow the present one.
        """
        allowed = next_states(case.state)
        if state not in allowed:
            raise ValueError(f"{case.state} cannot become {state}; it can become: {', '.join(sorted(allowed)) or '-'}")
        self._add(case, state, details)

    def _check(self, operation: str, body: Mapping[str, Any]) -> str:
        """Return the branch in charge. Counselling is for everybody; aid has a limit of income."""
        if self._refusals:
            raise RefusalError(self._refusals.popleft())
        branches = CODES["brnchCd"].items()
        branch = next((code for code, one in branches if body["lgldongCd"].startswith(tuple(one["areas"]))), None)
        if branch is None:
            raise RefusalError("E201")
        if operation != "reserve" and body.get("mdnIncmRt", 0) > _HIGHEST_INCOME:
            raise RefusalError("E202")
        return str(branch)

    def _slot(self, branch: str, body: Mapping[str, Any]) -> Slot:
        method = body.get("cnslMthdCd", _VISIT)
        if "cnslHopeDt" not in body:
            return self.slots.first_free(branch, method)
        at = moment_of(body["cnslHopeDt"])
        slot = Slot(branch, method, at)
        if self.slots.is_offered(at) and self.slots.is_free(slot):
            return slot
        offers = [stamp(one) for one in self.slots.offers(branch, method)]
        raise RefusalError("E301" if self.slots.is_offered(at) else "E302", altrCnslDt=offers)

    def _known(self, key: str) -> Case:
        case = self._by_key.get(key)
        if case is None:
            raise RefusalError("E401")
        return case

    def _add(self, case: Case, state: str, details: Mapping[str, str] | None = None) -> Fact:
        fact = case.add(state, self._clock.now(), details)
        self._ledger.change(case.act, state)
        return fact

    def _new_receipt(self, operation: str, now: datetime) -> str:
        self._numbers[operation] += 1
        return f"KL{_LETTER_OF[operation]}-{now.astimezone(KST):%Y%m%d}-{self._numbers[operation]:06d}"
