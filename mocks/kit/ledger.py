"""The ledger: the business acts that one mock agency accepted, by its own record.

It keeps field names and keyed digests, never a value in clear. It lives in memory: a new server, or a reset, begins
an empty one. Requests that were no business act are the journal's matter.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mocks.kit.clock import BusinessClock

FieldValue = str | int | bool

_accepted: ContextVar[list[Act] | None] = ContextVar("accepted", default=None)


@dataclass
class Act:
    """One accepted business act (a registration, a withdrawal, …) and what became of it."""

    seq: int
    at: datetime
    operation: str
    key: str
    receipt: str
    state: str
    fields: Mapping[str, str]
    changes: list[Mapping[str, str]] = field(default_factory=list)
    visible_from: datetime | None = None

    def as_json(self) -> Mapping[str, Any]:
        """Return the act as it stands in `GET /_mock/<slug>/ledger`."""
        return {
            "seq": self.seq,
            "at": self.at.isoformat(),
            "operation": self.operation,
            "key": self.key,
            "receipt": self.receipt,
            "state": self.state,
            "fields": dict(self.fields),
            "changes": list(self.changes),
        }


class Ledger:
    """The accepted acts of one agency, in the order of their acceptance."""

    def __init__(self, clock: BusinessClock, hmac_key: bytes | None = None) -> None:
        self._clock = clock
        self._hmac_key = hmac_key or secrets.token_bytes(32)
        self._acts: list[Act] = []

    @property
    def acts(self) -> tuple[Act, ...]:
        """All acts, oldest first."""
        return tuple(self._acts)

    def append(self, operation: str, key: str, receipt: str, fields: Mapping[str, FieldValue], state: str) -> Act:
        """Record one accepted business act.

        Args:
            operation: the agency's operation, such as `register`.
            key: the caller's key of this act (`refRqstNo`, `linkReqNo`, …); empty if the contract has none.
            receipt: the agency's receipt number.
            fields: the agency's fields that arrived, by name, with their values in clear: text (kept in NFC), whole
                numbers and booleans. Members of lists are named by position: `debtList[0].debtAmt`.
            state: the agency's state of the case after the act, such as `received`.

        Returns:
            The act, to be handed to `change` when the case moves on.
        """
        digests = {name: self.digest(value) for name, value in fields.items()}
        act = Act(len(self._acts) + 1, self._clock.now(), operation, key, receipt, state, digests)
        self._acts.append(act)
        watched = _accepted.get()
        if watched is not None:
            watched.append(act)
        return act

    def change(self, act: Act, state: str, **details: str) -> None:
        """Record that the case of `act` is now in `state`; `details` (a new receipt, …) hold no personal data."""
        act.state = state
        act.changes.append({"at": self._clock.now().isoformat(), "state": state, **details})

    def is_visible(self, act: Act) -> bool:
        """Tell whether look-ups may show `act` yet: the fault `accept_then_hide` hides it until its settling time."""
        return act.visible_from is None or act.visible_from <= self._clock.now()

    def digest(self, value: FieldValue) -> str:
        """Return the lower-case hex HMAC-SHA256 of a value: NFC text in UTF-8; `12` for 12, `true` for True."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return hmac.digest(self._hmac_key, unicodedata.normalize("NFC", text).encode(), "sha256").hex()

    def clear(self) -> None:
        """Forget everything."""
        self._acts.clear()

    def as_json(self, slug: str) -> Mapping[str, Any]:
        """Return the body of `GET /_mock/<slug>/ledger`."""
        return {"slug": slug, "acts": [act.as_json() for act in self._acts]}


@contextmanager
def watching_acts() -> Iterator[list[Act]]:
    """Collect the acts that are appended, to any ledger, by the request that is being handled."""
    acts: list[Act] = []
    token = _accepted.set(acts)
    try:
        yield acts
    finally:
        _accepted.reset(token)
