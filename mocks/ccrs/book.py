"""The book: takes applications, finds them, and moves them on, by the rules of the assumed contract.

It knows the ledger and the clock; messages, tokens and signatures are the rooms beside it. Of a person it keeps
keyed digests only.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mocks.ccrs.judgement import lacks_agreement, refusal_of
from mocks.kit.clock import BusinessClock
from mocks.kit.json_contract import flat
from mocks.kit.kst import KST, stamp
from mocks.kit.ledger import Act, Ledger

CODE_OF = {
    "received": "01",
    "assigned": "02",
    "investigating": "03",
    "reviewing": "04",
    "supplement": "05",
    "decided": "10",
    "unsuitable": "11",
    "dismissed": "12",
    "rejected": "13",
    "returned": "14",
    "in_service": "20",
    "lapsed": "21",
    "completed": "30",
    "closed": "90",
    "withdrawn": "92",
    "objected": "94",
}
"""The states, in the words of `advance` and the ledger, and their `prcsSttsCd`."""

_WORKING = frozenset({"assigned", "investigating", "reviewing", "supplement"})
_REFUSED = frozenset({"unsuitable", "dismissed", "rejected", "returned"})
_LEAVING = frozenset({"withdrawn", "closed"})
_OVER = _REFUSED | {"withdrawn", "closed", "lapsed", "completed"}
"""Whoever has no application but these may apply again."""

_NEXT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("received", *_WORKING), _WORKING | _REFUSED | _LEAVING | {"decided"}),
    "decided": _LEAVING | {"in_service", "completed"},
    "in_service": _LEAVING | {"completed", "lapsed"},
    "completed": frozenset({"closed"}),
    **dict.fromkeys(_REFUSED, frozenset({"objected", "closed"})),
    "objected": _LEAVING | _REFUSED | {"reviewing", "decided"},
    **dict.fromkeys(("lapsed", "withdrawn", "closed"), frozenset()),
}


class RefusalError(Exception):
    """An error of the contract: its `errCd`, and for E302 the number of the first application."""

    def __init__(self, code: str, number: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.number = number


@dataclass(frozen=True)
class Row:
    """One row of a history: one state that an application reached, with what the contract says about it."""

    number: int
    state: str
    at: datetime
    details: Mapping[str, str]
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    """Of the notice that tells it."""

    def as_json(self) -> dict[str, str | int]:
        """Return the `History` of the contract."""
        return {"hstSn": self.number, "prcsSttsCd": CODE_OF[self.state], "prcsDt": stamp(self.at), **self.details}


@dataclass
class Application:
    """One application, as the agency has it."""

    key: str
    number: str
    product: str
    content: str
    """Keyed digest of what was said."""
    people: frozenset[str]
    """Keyed digests of what tells who it is."""
    act: Act
    history: list[Row]
    supplements: dict[str, Row] = field(default_factory=dict)
    """The row that each supplement led to, by its key."""

    @property
    def state(self) -> str:
        """The present state."""
        return self.history[-1].state


class Book:
    """The applications of one server. `notify` is called for every row but the first of a history."""

    def __init__(self, clock: BusinessClock, ledger: Ledger, notify: Callable[[Application, Row], None]) -> None:
        self._clock = clock
        self._ledger = ledger
        self._notify = notify
        self._by_key: dict[str, Application] = {}
        self._by_number: dict[str, Application] = {}

    def register(self, body: Mapping[str, Any]) -> Application:
        """Take an application, unless its key is known: then nothing happens.

        Raises:
            RefusalError: E302, E101, E201, E202, E301.
        """
        key, content = body["clientRequestId"], self._ledger.digest(json.dumps(body, sort_keys=True))
        known = self._by_key.get(key)
        if known is not None:
            if known.content != content:
                raise RefusalError("E302", known.number)
            return known
        now = self._clock.now()
        refusal = refusal_of(body, now.astimezone(KST).date())
        people = frozenset(self._marks(body))
        if refusal or any(people & one.people and one.state not in _OVER for one in self._by_number.values()):
            raise RefusalError(refusal or "E301")
        number = f"C{now.astimezone(KST):%Y%m%d}{len(self._by_number) + 1:07d}"
        act = self._ledger.append("register", key, number, dict(flat(body)), "received")
        first = Row(1, "received", now, {})
        application = Application(key, number, body["prodDvsnCd"], content, people, act, [first])
        self._by_key[key] = self._by_number[number] = application
        return application

    def look_up(self, *, key: str = "", number: str = "") -> Application:
        """Find an application for a query: one that a fault hides is not there yet.

        Raises:
            RefusalError: E401.
        """
        found = self._by_key.get(key) if key else self._by_number.get(number)
        if found is None or not self._ledger.is_visible(found.act):
            raise RefusalError("E401")
        return found

    def withdraw(self, number: str, body: Mapping[str, Any]) -> tuple[Application, Row]:
        """Withdraw an application; one that is withdrawn already stays so.

        Raises:
            RefusalError: E401, or E402 if it has ended otherwise.
        """
        application = self._of(number, body)
        if application.state != "withdrawn":
            if "withdrawn" not in _NEXT[application.state]:
                raise RefusalError("E402")
            self._ledger.append("withdraw", application.key, number, dict(flat(body)), "withdrawn")
            self._add(application, "withdrawn", {})
        return application, application.history[-1]

    def supplement(self, number: str, body: Mapping[str, Any]) -> tuple[Application, Row]:
        """Take what was asked for, and review on; the second arrival of its key changes nothing.

        Raises:
            RefusalError: E401, E402 if nothing was asked for, E101.
        """
        application, key = self._of(number, body), body["supplementId"]
        if key not in application.supplements:
            if application.state != "supplement":
                raise RefusalError("E402")
            if lacks_agreement(body):
                raise RefusalError("E101")
            self._ledger.append("supplement", application.key, number, dict(flat(body)), "reviewing")
            application.supplements[key] = self._add(application, "reviewing", {})
        return application, application.supplements[key]

    def application_of(self, name: str) -> Application | None:
        """Return the application with this key or this number."""
        return self._by_key.get(name) or self._by_number.get(name)

    def move(self, application: Application, state: str, details: Mapping[str, str]) -> None:
        """Move an application on to `state`, by order of a tester.

        Raises:
            ValueError: `state` may not follow the present one.
        """
        allowed = _NEXT[application.state] - {application.state}
        if state not in allowed:
            can = ", ".join(sorted(allowed)) or "-"
            raise ValueError(f"{application.state} cannot become {state}; it can become: {can}")
        self._add(application, state, details)

    def _of(self, number: str, body: Mapping[str, Any]) -> Application:
        found = self._by_number.get(number)
        if found is None or found.key != body["clientRequestId"]:
            raise RefusalError("E401")
        return found

    def _add(self, application: Application, state: str, details: Mapping[str, str]) -> Row:
        row = Row(len(application.history) + 1, state, self._clock.now(), details)
        application.history.append(row)
        self._ledger.change(application.act, state)
        self._notify(application, row)
        return row

    def _marks(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Yield what tells who applies: the RRN; name and birth date with each telephone."""
        if "rrno" in body:
            yield self._ledger.digest(f"rrno {body['rrno']}")
        for phone in body["telnoList"]:
            yield self._ledger.digest(f"{body['custNm']} {body['custBrthYmd']} {phone}")
