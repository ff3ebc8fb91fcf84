"""The agency's cases: registering, moving on, withdrawing, and what of it may be read when. No XML.

Of a person it keeps only what is masked; the ledger keeps digests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mocks.kit.clock import BusinessClock
from mocks.kit.kst import stamp
from mocks.kit.ledger import Act, Ledger

RECEIVED, WITHDRAWN = "01", "16"
STEPS = {
    "assigned": "02",
    "investigating": "03",
    "reviewing": "04",
    "supplement": "05",
    "decided": "06",
    "unsuitable": "07",
    "dismissed": "08",
    "rejected": "09",
    "returned": "10",
    "in_service": "11",
    "completed": "12",
    "aftercare": "13",
    "closed": "14",
    "transferred": "15",
    "council": "17",
    "objected": "18",
}
"""What an order of `advance` calls a step, and its 처리상태 code."""
_ENDED = frozenset({"closed", "transferred", "withdrawn"})
_NEGATIVE = frozenset({"unsuitable", "dismissed", "rejected", "returned"})
_AFTER_NEGATIVE = frozenset({"closed", "objected", "council"})
_RESULTS = {
    "decided": "H01",
    "unsuitable": "N01",
    "dismissed": "N02",
    "rejected": "N02",
    "returned": "Z99",
    "completed": "H01",
}
_FORMS = {
    "result": re.compile(r"H01|N01|N02|B01|W01|U01|Z99"),
    "text": re.compile(r".{1,2000}", re.DOTALL),
    "department": re.compile(r".{1,50}"),
    "due": re.compile(r"20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", re.ASCII),
    "office": re.compile(r"\d{7}", re.ASCII),
}
_ROW_ORDER = ("procStcd", "procDt", "rsltCd", "rsltCn", "chrgDeptNm", "spplDueDt", "trsfOrgCd")
"""The schema's order of a row's fields, after `seq`."""
_SUPPLEMENT_DAYS = 10
_LONGEST_DELAY = 365 * 24 * 3600
_ELSEWHERE = "3820000"
"""의정부시: where a case goes that an order transfers without saying whereto."""


@dataclass(frozen=True)
class Row:
    """One 처리결과 row: its fields, since when it can be read, and how oddly."""

    seq: int
    fields: Mapping[str, str]
    visible_from: datetime
    complete_from: datetime
    """Until then only `seq` and `procStcd` are shown."""
    is_doubled: bool = False


@dataclass
class Case:
    """One registration."""

    rcpt_no: str
    link_req_no: str
    rcpt_dt: str
    masked: Mapping[str, str]
    act: Act
    rows: list[Row] = field(default_factory=list)

    @property
    def step(self) -> str:
        """The state by its word in the ledger."""
        return self.act.state


def mask(fields: Mapping[str, str]) -> dict[str, str]:
    """Return name, RRN and phone as they are read back: 홍*동, 9001011******, 010****0001."""
    name, rrn, phone = (fields.get(key, "") for key in ("tgtrNm", "tgtrRrn", "telNo"))
    tail = len(phone) - 4
    hidden = min(4, max(tail - 2, 1))
    return {
        "tgtrNm": re.sub(r"(?<=^.).+(?=.$)|(?<=^.).$|^.$", lambda inner: "*" * len(inner[0]), name),
        "tgtrRrn": rrn[:7] + "*" * 6 if rrn else "",
        "telNo": phone[: tail - hidden] + "*" * hidden + phone[tail:] if phone else "",
    }


def arrived(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that hold something: an empty tag tells nothing about anybody."""
    return {name: value for name, value in fields.items() if value}


class Book:
    """The cases of one agency."""

    def __init__(self, clock: BusinessClock, ledger: Ledger, words: Mapping[str, str]) -> None:
        self._clock = clock
        self._ledger = ledger
        self._words = words
        self._cases: dict[str, Case] = {}

    def register(self, fields: Mapping[str, str]) -> Case:
        """Take a registration. The same key again is a second registration: this agency does not dedupe."""
        now = self._clock.now()
        rcpt_no = f"HB{stamp(now)[:8]}{len(self._cases) + 1:07d}"
        act = self._ledger.append("register", fields["linkReqNo"], rcpt_no, arrived(fields), "received")
        case = Case(rcpt_no, fields["linkReqNo"], stamp(now), mask(fields), act)
        self._cases[rcpt_no] = case
        self._write_row(case, RECEIVED, {})
        return case

    def known_by(self, link_req_no: str) -> list[Case]:
        """Return what a look-up by key may show now, the earliest first."""
        same_key = (case for case in self._cases.values() if case.link_req_no == link_req_no)
        return [case for case in same_key if self._ledger.is_visible(case.act)]

    def by_receipt(self, rcpt_no: str, link_req_no: str | None = None) -> Case | None:
        """Return the case of a receipt; None if there is none, or if it has another key than the one given."""
        case = self._cases.get(rcpt_no)
        return None if case is None or link_req_no not in {None, case.link_req_no} else case

    def rows_of(self, case: Case) -> list[Mapping[str, str]]:
        """Return the rows that can be read now: partial ones without their details, doubled ones twice."""
        now = self._clock.now()
        shown: list[Mapping[str, str]] = []
        for row in case.rows:
            if row.visible_from > now:
                continue
            known = row.fields if row.complete_from <= now else {"procStcd": row.fields["procStcd"]}
            shown += [{"seq": str(row.seq), **known}] * (2 if row.is_doubled else 1)
        return shown

    def withdraw(self, case: Case, fields: Mapping[str, str]) -> bool:
        """Withdraw a case (again: nothing happens); False if it is closed or transferred."""
        if case.step == "withdrawn":
            return True
        if case.step in _ENDED:
            return False
        self._ledger.append("withdraw", case.link_req_no, case.rcpt_no, arrived(fields), "withdrawn")
        self._ledger.change(case.act, "withdrawn")
        self._write_row(case, WITHDRAWN, {"rsltCd": "W01"})
        return True

    def supplement(self, case: Case, fields: Mapping[str, str]) -> bool:
        """Take what was asked for; False if nothing was."""
        if case.step != "supplement":
            return False
        self._ledger.append("supplement", case.link_req_no, case.rcpt_no, arrived(fields), "supplemented")
        self._ledger.change(case.act, "investigating")
        self._write_row(case, STEPS["investigating"], {})
        return True

    def advance(self, order: Mapping[str, Any]) -> Case:
        """Move a case on by an order (see the README).

        Raises:
            ValueError: no such case, or no such step from its state.
        """
        case = self._ordered(order)
        step = str(order.get("to", ""))
        if step not in STEPS:
            raise ValueError(f"to must be one of {', '.join(STEPS)}")
        _refuse_odd(order)
        if case.step in _ENDED or (case.step in _NEGATIVE and step not in _AFTER_NEGATIVE):
            raise ValueError(f"a case that is {case.step} cannot become {step}")
        details = _details(step, order, self._clock.now(), case)
        self._write_row(
            case,
            STEPS[step],
            details,
            delay=_seconds(order, "delay_seconds"),
            partial=_seconds(order, "partial_seconds"),
            is_doubled=bool(order.get("twice", False)),
        )
        self._ledger.change(case.act, step)
        return case

    def _ordered(self, order: Mapping[str, Any]) -> Case:
        receipt, key = order.get("receipt"), order.get("key")
        found = [case for case in self._cases.values() if receipt == case.rcpt_no or key == case.link_req_no]
        if len(found) != 1:
            raise ValueError("no such case" if not found else "several cases have this key: name the receipt")
        return found[0]

    def _write_row(
        self,
        case: Case,
        proc_stcd: str,
        details: Mapping[str, str],
        *,
        delay: float = 0,
        partial: float = 0,
        is_doubled: bool = False,
    ) -> None:
        now = self._clock.now()
        visible = now + timedelta(seconds=delay)
        known = {"procStcd": proc_stcd, "procDt": stamp(now), "rsltCn": self._words[proc_stcd]} | dict(details)
        fields = {name: known[name] for name in _ROW_ORDER if name in known}
        row = Row(len(case.rows) + 1, fields, visible, visible + timedelta(seconds=partial), is_doubled)
        case.rows.append(row)


def _details(step: str, order: Mapping[str, Any], now: datetime, case: Case) -> dict[str, str]:
    """Return the optional fields of a new row: what the order says, else what the step brings with it."""
    last = next((row.fields["rsltCd"] for row in reversed(case.rows) if "rsltCd" in row.fields), "Z99")
    default = {"closed": last}.get(step, _RESULTS.get(step))
    details = {
        "rsltCd": order.get("result", default),
        "rsltCn": order.get("text"),
        "chrgDeptNm": order.get("department"),
    }
    if step == "supplement":
        details["spplDueDt"] = order.get("due", stamp(now + timedelta(days=_SUPPLEMENT_DAYS))[:8])
    if step == "transferred":
        details["trsfOrgCd"] = order.get("office", _ELSEWHERE)
    return {name: str(value) for name, value in details.items() if value is not None}


def _refuse_odd(order: Mapping[str, Any]) -> None:
    """Refuse what a row of the contract could not carry: better here than in the reply that reads it.

    Raises:
        ValueError: an unknown word, or a value out of its form.
    """
    for name, value in order.items():
        if name in _FORMS and not (isinstance(value, str) and _FORMS[name].fullmatch(value)):
            raise ValueError(f"{name} is not in its form: {_FORMS[name].pattern}")
        if name not in {*_FORMS, "receipt", "key", "to", "delay_seconds", "partial_seconds", "twice"}:
            raise ValueError(f"unknown word in an order: {name}")
    if order.get("twice", False) not in (True, False):
        raise ValueError("twice is true or false")


def _seconds(order: Mapping[str, Any], name: str) -> float:
    value = order.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_DELAY:
        raise ValueError(f"{name} must be a number of seconds from 0 up to {_LONGEST_DELAY}")
    return float(value)
