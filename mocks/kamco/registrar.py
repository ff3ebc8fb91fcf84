"""The registrar: takes referrals and withdrawals line by line, and moves cases on, by the rules of the contract.

It knows the ledger; files and folders are the rooms beside it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mocks.kamco.contract import CODES, kst_day
from mocks.kamco.files import Line, Told
from mocks.kit.fixed_width import FieldValue
from mocks.kit.kst import stamp
from mocks.kit.ledger import Act, Ledger

CODE_OF = {
    "received": "10",
    "assigned": "20",
    "investigating": "30",
    "reviewing": "31",
    "decided": "50",
    "unsuitable": "60",
    "in_service": "70",
    "completed": "80",
    "closed": "90",
    "withdrawn": "92",
}
"""The states, in the words of `advance` and the ledger, and their PRGR_STTS_CD."""

CEILING_WON = 1_500_000_000
"""채무총액 above which KAMCO finds nobody eligible [A]."""

_WORKING = frozenset({"assigned", "investigating", "reviewing"})
_LEAVING = frozenset({"closed", "withdrawn"})
_NEXT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("received", *_WORKING), _WORKING | _LEAVING | {"decided", "unsuitable"}),
    "decided": _LEAVING | {"in_service", "completed"},
    "in_service": _LEAVING | {"completed"},
    "completed": frozenset({"closed"}),
    "unsuitable": frozenset({"closed"}),
    "withdrawn": frozenset({"closed"}),
    "closed": frozenset(),
}


@dataclass
class Case:
    """One referral that was taken."""

    key: str
    receipt: str
    act: Act
    steps: int = 1
    state: str = "received"


@dataclass
class Registrar:
    """The cases of one server, and the steps that no file has told yet."""

    ledger: Ledger
    _by_key: dict[str, Case] = field(default_factory=dict)
    _by_receipt: dict[str, Case] = field(default_factory=dict)
    _numbers: Counter[str] = field(default_factory=Counter)
    _refusals: deque[str] = field(default_factory=deque)
    _untold: list[Told] = field(default_factory=list)

    def refuse_next(self, code: str) -> None:
        """Refuse the next new line that could be taken, with `code`.

        Raises:
            ValueError: no RSLT_CD that refuses a referral.
        """
        if code not in {"E11", "E12"}:
            raise ValueError("refuse_next takes E11 (대상 아님) or E12 (예산 소진)")
        self._refusals.append(code)

    def take(self, line: Line, at: datetime) -> Told:
        """Take one line; return its 처리결과."""
        if line.code:
            return _answer(line, line.code, at, wrong_field=line.wrong_field)
        return self._register(line, at) if line.kind == "N" else self._withdraw(line, at)

    def case_of(self, name: str) -> Case | None:
        """Return the case with this key or receipt."""
        return self._by_key.get(name) or self._by_receipt.get(name)

    def move(self, case: Case, state: str, at: datetime, *, reason: str = "", text: str = "") -> None:
        """Move a case on; the next file of results tells it.

        Raises:
            ValueError: `state` may not follow the present one, or a reason is none.
        """
        allowed = _NEXT[case.state] - {case.state}
        if state not in allowed:
            can = ", ".join(sorted(allowed)) or "-"
            raise ValueError(f"{case.state} cannot become {state}; it can become: {can}")
        if state == "closed" and (reason or "01") not in CODES["CLS_RSN_CD"]:
            raise ValueError(f"no 종결사유 {reason}; there are: {', '.join(CODES['CLS_RSN_CD'])}")
        self._step(case, state)
        told: dict[str, FieldValue | None] = {
            "LINE_KEY": case.key,
            "RCPT_NO": case.receipt,
            "PRGR_SN": case.steps,
            "PRGR_STTS_CD": CODE_OF[state],
            "PRGR_DT": stamp(at),
            "CLS_RSN_CD": (reason or "01") if state == "closed" else None,
            "PRGR_MSG": text or None,
        }
        self._untold.append(Told("progress", told))

    def progress(self) -> tuple[Told, ...]:
        """Return the steps that no file has told yet, oldest first; they count as told then."""
        told, self._untold = tuple(self._untold), []
        return told

    def _register(self, line: Line, at: datetime) -> Told:
        known = self._by_key.get(line.key)
        if known is not None:
            return _answer(line, "0001", at, receipt=known.receipt)
        if self._refusals:
            return _answer(line, self._refusals.popleft(), at)
        if int(line.fields["DEBT_TOT_AMT"]) > CEILING_WON:
            return _answer(line, "E11", at)
        self._numbers[kst_day(at)] += 1
        receipt = f"KM{kst_day(at)}-{self._numbers[kst_day(at)]:06d}"
        act = self.ledger.append("register", line.key, receipt, line.fields, "received")
        self._by_key[line.key] = self._by_receipt[receipt] = Case(line.key, receipt, act)
        return _answer(line, "0000", at, receipt=receipt)

    def _withdraw(self, line: Line, at: datetime) -> Told:
        case = self._by_key.get(line.key)
        if case is None or case.receipt != line.fields["RCPT_NO"]:
            return _answer(line, "E21", at)
        if case.state == "withdrawn":
            return _answer(line, "0000", at, receipt=case.receipt)
        if "withdrawn" not in _NEXT[case.state]:
            return _answer(line, "E22", at)
        self.ledger.append("withdraw", line.key, case.receipt, line.fields, "withdrawn")
        self._step(case, "withdrawn")
        return _answer(line, "0000", at, receipt=case.receipt)

    def _step(self, case: Case, state: str) -> None:
        case.state = state
        case.steps += 1
        self.ledger.change(case.act, state)


def _answer(line: Line, code: str, at: datetime, *, receipt: str = "", wrong_field: str = "") -> Told:
    values: dict[str, FieldValue | None] = {
        "LINE_KEY": line.key,
        "RQST_TP": line.kind,
        "RSLT_CD": code,
        "RCPT_NO": receipt or None,
        "PRCS_DT": stamp(at),
        "ERR_FLD_NM": wrong_field or None,
        "RSLT_MSG": CODES["RSLT_CD"][code]["ko"],
    }
    return Told("result", values)
