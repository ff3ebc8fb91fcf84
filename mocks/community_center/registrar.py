"""The registrar: registers, finds, transfers and moves cases on, by the rules of the assumed contract.

It knows the ledger and the clock; messages and signatures are the rooms beside it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any

from mocks.community_center.cases import Case, Fact, Leg, next_states
from mocks.community_center.contract import CODES
from mocks.community_center.offices import Office, office_of
from mocks.kit.clock import BusinessClock
from mocks.kit.kst import KST
from mocks.kit.ledger import Ledger

Notify = Callable[[Case, Leg, Fact], None]
"""Called for every fact but the first of a leg."""


class RefusalError(Exception):
    """업무 오류 (resultCode 0002): one of the contract's `errCd`, and for E403 where the case went."""

    def __init__(self, code: str, moved_to: Leg | None = None) -> None:
        super().__init__(f"{code} {CODES['errCd'][code]['ko']}")
        self.code = code
        self.moved_to = moved_to


class Registrar:
    """The cases of all offices of one server."""

    def __init__(self, clock: BusinessClock, ledger: Ledger, notify: Notify) -> None:
        self._clock = clock
        self._ledger = ledger
        self._notify = notify
        self._by_key: dict[str, Case] = {}
        self._by_receipt: dict[str, Case] = {}
        self._numbers: Counter[str] = Counter()
        self._refusals: deque[str] = deque()

    def refuse_next(self, code: str) -> None:
        """Refuse the next new registration, at whatever office, with `code`."""
        self._refusals.append(code)

    def register(self, office: Office, body: Mapping[str, Any]) -> tuple[Leg, bool]:
        """Register a referral, unless its `refRqstNo` is known: then nothing happens.

        A foreign address is accepted, and transferred at once to the office in charge.

        Returns:
            The part of the office that received it first, and whether it was known already.

        Raises:
            RefusalError: E201, E203, or what `refuse_next` ordered.
        """
        key = body["refRqstNo"]
        if key in self._by_key:
            return self._by_key[key].legs[0], True
        if self._refusals:
            raise RefusalError(self._refusals.popleft())
        home = office_of(body["lgldongCd"])
        if home is None:
            raise RefusalError("E201")
        if body["svcCd"] in office.not_offered:
            raise RefusalError("E203")
        leg = self._new_leg(office)
        act = self._ledger.append("register", key, leg.receipt, body, leg.state)
        case = Case(key, act, home, [leg])
        self._by_key[key] = self._by_receipt[leg.receipt] = case
        if home is not office:
            self._transfer(case, home, "01")
        return leg, False

    def look_up(self, office: Office, *, receipt: str = "", key: str = "") -> tuple[Case, Leg]:
        """Find a case for a status query: one that a fault hides is not there yet.

        Raises:
            RefusalError: E401.
        """
        case, leg = self._find(office, receipt=receipt, key=key)
        if not self._ledger.is_visible(case.act):
            raise RefusalError("E401")
        return case, leg

    def open_leg(self, office: Office, *, receipt: str = "", key: str = "") -> tuple[Case, Leg]:
        """Find a case that `office` still carries, to change it.

        Raises:
            RefusalError: E401, or E403 if it was transferred.
        """
        case, leg = self._find(office, receipt=receipt, key=key)
        if leg is not case.leg:
            raise RefusalError("E403", case.leg)
        return case, leg

    def withdraw(self, case: Case, body: Mapping[str, Any]) -> Fact:
        """Withdraw a case; one that is withdrawn already stays so.

        Raises:
            RefusalError: E402, it has ended otherwise.
        """
        leg = case.leg
        if leg.state == "withdrawn":
            return leg.facts[-1]
        if "withdrawn" not in next_states(leg.state):
            raise RefusalError("E402")
        self._ledger.append("withdraw", body["whdrwRqstNo"], leg.receipt, body, "withdrawn")
        return self._add(case, "withdrawn")

    def supplement(self, case: Case, body: Mapping[str, Any]) -> Fact:
        """Take what was asked for, and investigate on.

        Raises:
            RefusalError: E402, nothing was asked for.
        """
        if case.leg.state != "supplement":
            raise RefusalError("E402")
        self._ledger.append("supplement", body["refRqstNo"], case.leg.receipt, body, "investigating")
        return self._add(case, "investigating")

    def case_of(self, name: str) -> Case | None:
        """Return the case with this key, or with this receipt at any office."""
        return self._by_key.get(name) or self._by_receipt.get(name)

    def move(self, case: Case, state: str, details: Mapping[str, str]) -> None:
        """Move a case on to `state`, by order of a tester.

        Raises:
            ValueError: `state` may not follow the present one.
        """
        allowed = next_states(case.leg.state)
        if state not in allowed:
            raise ValueError(
                f"{case.leg.state} cannot become {state}; it can become: {', '.join(sorted(allowed)) or '-'}"
            )
        self._add(case, state, details)

    def transfer(self, case: Case, office: Office) -> None:
        """Transfer a case to `office`, by order of a tester.

        Raises:
            ValueError: it is there already, or has ended.
        """
        if case.leg.office is office:
            raise ValueError(f"{office.name} ({office.code}) has the case already")
        if "transferred" not in next_states(case.leg.state):
            raise ValueError(f"{case.leg.state} cannot become transferred")
        self._transfer(case, office, "01" if office is case.home else "02")

    def _find(self, office: Office, *, receipt: str, key: str) -> tuple[Case, Leg]:
        case = self._by_key.get(key) if key else self._by_receipt.get(receipt)
        legs = [leg for leg in case.legs if leg.office is office and receipt in {"", leg.receipt}] if case else []
        if case is None or not legs:
            raise RefusalError("E401")
        return case, legs[-1]

    def _transfer(self, case: Case, office: Office, reason: str) -> None:
        left, leg = case.leg, self._new_leg(office)
        details = {"trnsfOrgCd": office.code, "trnsfRcptNo": leg.receipt, "trnsfRsnCd": reason}
        fact = left.add("transferred", self._clock.now(), details)
        case.legs.append(leg)
        self._by_receipt[leg.receipt] = case
        self._ledger.change(case.act, "transferred", office=office.code, receipt=leg.receipt)
        self._notify(case, left, fact)

    def _add(self, case: Case, state: str, details: Mapping[str, str] | None = None) -> Fact:
        fact = case.leg.add(state, self._clock.now(), details)
        self._ledger.change(case.act, state)
        self._notify(case, case.leg, fact)
        return fact

    def _new_leg(self, office: Office) -> Leg:
        now = self._clock.now()
        self._numbers[office.code] += 1
        receipt = f"{office.code}-{now.astimezone(KST):%Y%m%d}-{self._numbers[office.code]:06d}"
        leg = Leg(office, receipt, now)
        leg.add("received", now)
        return leg
