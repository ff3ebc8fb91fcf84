"""The registrar: takes referrals, and moves cases on, by the rules of the assumed contract.

It knows the ledger and the clock; messages and pages are the rooms beside it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from mocks.gjf.cases import CODE_OF, Case, Row, next_states
from mocks.gjf.contract import ResultError
from mocks.kit.clock import BusinessClock
from mocks.kit.json_contract import flat
from mocks.kit.kst import KST, stamp
from mocks.kit.ledger import Ledger

_PROVINCE = "41"
_YOUNGEST = 15


class Registrar:
    """The cases of the agency."""

    def __init__(self, clock: BusinessClock, ledger: Ledger) -> None:
        self._clock = clock
        self._ledger = ledger
        self._by_key: dict[str, Case] = {}
        self._numbers: Counter[str] = Counter()
        self._refusals: deque[str] = deque()

    def refuse_next(self, code: str) -> None:
        """Refuse the next new referral with `code`."""
        self._refusals.append(code)

    def register(self, body: Mapping[str, Any]) -> tuple[Case, bool]:
        """Take a referral, unless its `extReqId` is known: then nothing happens, whatever else it says.

        Returns:
            The case, and whether it was known already.

        Raises:
            ResultError: 20, 21, or what `refuse_next` ordered.
        """
        key = body["extReqId"]
        if key in self._by_key:
            return self._by_key[key], True
        if self._refusals:
            raise ResultError(self._refusals.popleft())
        if not body["lgldongCd"].startswith(_PROVINCE):
            raise ResultError("20")
        if _age(body["brthYmd"], body["rqstYmd"]) < _YOUNGEST:
            raise ResultError("21")
        now = self._clock.now()
        year = f"{now.astimezone(KST):%Y}"
        self._numbers[year] += 1
        number = f"GJ{year}-{self._numbers[year]:08d}"
        act = self._ledger.append("register", key, number, dict(flat(body)), "received")
        case = Case(key, number, act)
        case.add("received", now)
        self._by_key[key] = case
        return case, False

    def look_up(self, key: str) -> Case:
        """Find a case for a look-up: one that a fault hides is not there yet.

        Raises:
            ResultError: 03.
        """
        case = self._by_key.get(key)
        if case is None or not self._ledger.is_visible(case.act):
            raise ResultError("03")
        return case

    def case_of(self, name: str) -> Case | None:
        """Return the case with this key or this number."""
        return self._by_key.get(name) or next((c for c in self._by_key.values() if c.number == name), None)

    def withdraw(self, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Withdraw a case; one that is withdrawn already stays so.

        Raises:
            ResultError: 03, or 30 if it has ended otherwise.
        """
        case = self._by_key.get(key)
        if case is None:
            raise ResultError("03")
        if case.state != "withdrawn":
            if "withdrawn" not in next_states(case.state):
                raise ResultError("30")
            self._ledger.append("withdraw", key, case.number, dict(flat(body)), "withdrawn")
            self._add(case, "withdrawn")
        return {**case.ids(), "sttsCd": CODE_OF["withdrawn"], "whdrwDt": stamp(case.rows[-1].at)}

    def move(self, case: Case, state: str, details: Mapping[str, str]) -> None:
        """Move a case on to `state`, by order of a tester.

        Raises:
            ValueError: `state` may not follow the present one.
        """
        allowed = next_states(case.state)
        if state not in allowed:
            raise ValueError(f"{case.state} cannot become {state}; it can become: {', '.join(sorted(allowed)) or '-'}")
        self._add(case, state, details)

    def _add(self, case: Case, state: str, details: Mapping[str, str] | None = None) -> Row:
        row = case.add(state, self._clock.now(), details)
        self._ledger.change(case.act, state)
        return row


def _age(born: str, day: str) -> int:
    """Return the full years from one `yyyyMMdd` to another."""
    return int(day[:4]) - int(born[:4]) - (day[4:] < born[4:])
