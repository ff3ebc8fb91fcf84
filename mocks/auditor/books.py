"""The agencies' books as they come out of `/_mock/`: the ledger's acts and the journal's requests. No judging here."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

MOCKS = Path(__file__).parent.parent

_POSITION = re.compile(r"\[\d+\]", re.ASCII)
_OFFICE = re.compile(r"/(\d{7})(?=/|$)", re.ASCII)
_NO_REGISTRATION = frozenset({"verify", "withdraw", "supplement"})


@dataclass(frozen=True)
class Act:
    """One business act that the agency accepted."""

    at: datetime
    operation: str
    key: str
    receipt: str
    receipts: frozenset[str]
    """All receipts that the case has had: an office that 이송 names gives it a new one."""
    digests: Mapping[str, str]
    """Keyed digests of the values that arrived, by the agency's field names."""
    office: str | None
    """기관코드 of the office that it was sent to, where the address names one."""
    state: str = ""
    """The agency's own word for what became of it."""

    @property
    def asks(self) -> bool:
        """Whether it was a question about a person, which leaves nothing at the agency."""
        return self.operation == "verify"

    @property
    def registers(self) -> bool:
        """Whether it made a new case at the agency."""
        return self.operation not in _NO_REGISTRATION


@dataclass(frozen=True)
class Visit:
    """One request that reached the agency, accepted or not."""

    at: datetime
    operation: str
    key: str
    names: tuple[str, ...]
    """The agency's names of the fields that arrived."""
    office: str | None
    accepted: bool
    refused: bool
    """Whether the agency itself answered, in full, and did not accept."""
    path: str = ""
    fault: str | None = None
    """The fault that struck it."""


@dataclass(frozen=True)
class Book:
    """What one agency's own record says, and how its field names map to field paths."""

    slug: str
    acts: tuple[Act, ...]
    visits: tuple[Visit, ...]
    path_of: Mapping[str, str | None]
    """From the agency's field name to the field path of the common schema; None for fields of the protocol."""
    required: frozenset[str]
    """The field paths without which the agency's contract takes no registration."""
    required_to_ask: frozenset[str] = frozenset()
    """The field paths without which the agency answers no question about a person."""
    yes: frozenset[str] = frozenset()
    """The words of its ledger for a question that it answered with a yes."""
    spoilt: frozenset[str] = frozenset()
    """The names of files whose answer a fault struck."""


def read_book(slug: str, ledger: Mapping[str, Any], journal: Mapping[str, Any]) -> Book:
    """Read the answers of `GET /_mock/<slug>/ledger` and `…/journal`, and the agency's tables.

    Raises:
        OSError: the agency has no `fields.json` or `required.json`; `questions.json` only those have that answer any.
    """
    visits = tuple(_visit(entry) for entry in journal["entries"] if entry["direction"] == "in")
    offices = {(visit.key, visit.operation): visit.office for visit in visits if visit.accepted}
    acts = tuple(_act(act, offices.get((act["key"], act["operation"]))) for act in ledger["acts"])
    spoilt = frozenset(e["key"] for e in journal["entries"] if e["direction"] == "out" and e["fault"] and e["key"])
    asked = _table(slug, "questions") if (MOCKS / slug / "questions.json").exists() else {"required": (), "yes": ()}
    return Book(
        slug, acts, visits, _table(slug, "fields"), frozenset(_table(slug, "required")),
        frozenset(asked["required"]), frozenset(asked["yes"]), spoilt,
    )  # fmt: skip


def base_of(name: str) -> str:
    """Return a field's name without positions in lists: `debtList[0].debtAmt` is `debtList.debtAmt` in the tables."""
    return _POSITION.sub("", name)


@lru_cache(maxsize=1 << 18)
def digest(key: bytes, text: str) -> str:
    """Return the keyed digest that a ledger holds for a value: HMAC-SHA256 of its NFC text, hex."""
    return hmac.new(key, unicodedata.normalize("NFC", text).encode(), hashlib.sha256).hexdigest()


@cache
def _table(slug: str, name: str) -> Any:
    return json.loads((MOCKS / slug / f"{name}.json").read_text(encoding="utf-8"))


def _act(act: Mapping[str, Any], office: str | None) -> Act:
    later = {text for change in act["changes"] for name, text in change.items() if name not in {"at", "state"}}
    return Act(
        at=datetime.fromisoformat(act["at"]),
        operation=act["operation"],
        key=act["key"],
        receipt=act["receipt"],
        receipts=frozenset({act["receipt"], *later}),
        digests=act["fields"],
        office=office,
        state=act["state"],
    )


def _visit(entry: Mapping[str, Any]) -> Visit:
    office = _OFFICE.search(entry["path"])
    return Visit(
        at=datetime.fromisoformat(entry["at"]),
        operation=entry["operation"],
        key=entry["key"],
        names=tuple(entry["fields"]),
        office=office[1] if office else None,
        accepted=entry["accepted"],
        refused=not entry["accepted"] and entry["fault"] is None and entry["reply_complete"],
        path=entry["path"],
        fault=entry["fault"],
    )
