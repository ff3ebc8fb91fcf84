"""What an adapter must say when its agency misbehaves: one row a fault of the mocks' catalogue, with the reason why.

The table is data: tests hold every adapter to it, on sockets, and `docs/classification.md` is written from it. An
agency whose contract says more than the general rule declares that in `faults.toml` beside its adapter:

    [busy_503]
    says = "busy"
    why = "the contract: the gateway answers before it hands the request on, so nothing was done"
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources import files
from typing import Any

from adapters.sdk.adapter import Adapter
from adapters.sdk.errors import (
    BadReplyError,
    BusyError,
    HostileReplyError,
    MisconfiguredError,
    NotSentError,
    UncertainError,
)
from adapters.sdk.outcomes import Acknowledged, Delivered, Found, StatusReport, Verified
from adapters.sdk.verbs import Verb

EXCEPTIONS = "faults.toml"


class Says(StrEnum):
    """What a verb comes to: its answer, or one class of `adapters.sdk.errors` and no subclass of it."""

    ANSWER = "answer"
    NOT_SENT = "not sent"
    UNCERTAIN = "uncertain"
    BAD_REPLY = "bad reply"
    HOSTILE = "hostile reply"
    BUSY = "busy"
    MISCONFIGURED = "misconfigured"


ANSWERS: Mapping[Verb, type] = {
    Verb.SUBMIT: Delivered,
    Verb.FIND: Found,
    Verb.STATUS: StatusReport,
    Verb.WITHDRAW: Acknowledged,
    Verb.SUPPLEMENT: Acknowledged,
    Verb.VERIFY: Verified,
}
"""The verbs that are spoken about a referral, and what each answers when all is well."""

_ERRORS: Mapping[type[Exception], Says] = {
    NotSentError: Says.NOT_SENT,
    UncertainError: Says.UNCERTAIN,
    BadReplyError: Says.BAD_REPLY,
    HostileReplyError: Says.HOSTILE,
    BusyError: Says.BUSY,
    MisconfiguredError: Says.MISCONFIGURED,
}


@dataclass(frozen=True)
class Row:
    """One fault, and what every verb says when it strikes: reads and writes alike, for the same thing is known."""

    fault: str
    """Its name in `mocks.kit.fault_catalogue`."""
    says: Says
    why: str
    waits: bool = False
    """Whether the call ends by its deadline only."""
    only: frozenset[Verb] | None = None
    """The verbs that it can strike; None for all."""

    def concerns(self, verb: Verb) -> bool:
        """Return whether it can strike this verb."""
        return self.only is None or verb in self.only


_ANSWER, _NOT_SENT, _UNCERTAIN, _BAD = Says.ANSWER, Says.NOT_SENT, Says.UNCERTAIN, Says.BAD_REPLY
_BUSY_WHY = "no contract in general says what a gateway's 429 or 503 proves: the agency behind it may have acted"
_POLLS = frozenset({Verb.STATUS})
_TECHNICAL_WHY = "the agency says that it broke down, not what it had done by then"

ROWS: Mapping[str, Row] = {
    row.fault: row
    for row in (
        Row("refuse_connection", _NOT_SENT, "there was no connection, so no byte left this machine"),
        Row("reset_while_sending", _UNCERTAIN, "bytes had left; how far they came is not known"),
        Row("reset_before_acceptance", _UNCERTAIN, "from here it looks the same as a reset after acceptance"),
        Row("no_answer", _UNCERTAIN, "the request had left; the deadline ended the wait for its answer", waits=True),
        Row("maintenance_page", _BAD, "a page is no answer of a contract, whatever its status; it proves nothing"),
        Row("busy_429", _BAD, _BUSY_WHY),
        Row("busy_429_retry_after", _BAD, _BUSY_WHY),
        Row("busy_503", _BAD, _BUSY_WHY),
        Row("busy_503_retry_after", _BAD, _BUSY_WHY),
        Row("accept_then_lose_reply", _UNCERTAIN, "the connection was closed without an answer"),
        Row("reset_after_acceptance", _UNCERTAIN, "the connection was reset without an answer"),
        Row("accept_then_hide", _UNCERTAIN, "the connection was closed without an answer"),
        Row("slow_drip", _UNCERTAIN, "no single read takes long, so only the deadline of the whole call ends it",
            waits=True),
        Row("cut_short", _UNCERTAIN, "the answer ended before its announced length"),
        Row("wrong_content_length", _BAD, "what was announced is half an answer; what follows it is not read"),
        Row("truncated_body", _BAD, "half an answer is none, even if it could be read"),
        Row("empty_200", _BAD, "nothing is no answer of the contract"),
        Row("empty_202", _BAD, "nothing is no answer of the contract, and 202 promises nothing"),
        Row("mislabelled_encoding", _BAD, "the bytes are not what their label says; a guess might change a name"),
        Row("wrong_encoding", _BAD, "the label is not the contract's, and not true either"),
        Row("gzip_bomb", _BAD, "compressed answers are not asked for, so they are not unpacked"),
        Row("deep_nesting", _BAD, "no answer of a contract is nested so deeply"),
        Row("dtd_entity", _BAD, "no answer of a contract has a DTD; nothing of it is looked up"),
        Row("agency_fault_200", _UNCERTAIN, _TECHNICAL_WHY),
        Row("agency_fault_500", _UNCERTAIN, _TECHNICAL_WHY),
        Row("agency_fault_after_acceptance", _UNCERTAIN, _TECHNICAL_WHY),
        Row("unsigned_fault", _BAD, "anybody between us and the agency could have said no"),
        Row("unsigned_reply", _BAD, "anybody between us and the agency could have said yes"),
        Row("wrongly_signed_reply", _BAD, "what was signed is not what came"),
        Row("foreign_signed_reply", _BAD, "it is signed by somebody, but not by the agency"),
        Row("stale_reply", _BAD, "an old answer may be an answer to something old"),
        Row("other_operation_reply", _BAD, "it answers another question"),
        Row("late_result", _ANSWER, "the agency may know less than it will; the next poll asks again", only=_POLLS),
        Row("duplicate_result", _ANSWER, "the same fact twice is one fact", only=_POLLS),
        Row("out_of_order_result", _ANSWER, "facts have an order of their own, whatever order they come in",
            only=_POLLS),
        Row("duplicate_callback", _ANSWER, "the second arrival of a callback changes nothing"),
        Row("late_callback", _ANSWER, "a fact that was overtaken is history, kept without moving anything back"),
        Row("out_of_order_callback", _ANSWER, "facts have an order of their own, whatever order they come in"),
    )
}  # fmt: skip
"""The general rule, by the fault's name."""


def said_by(result: object) -> Says:
    """Name what a verb came to: what it returned, or the error that it raised.

    Raises:
        LookupError: an error that is not of the sdk's tree, or a class of its own.
    """
    if not isinstance(result, Exception):
        return Says.ANSWER
    if type(result) not in _ERRORS:
        raise LookupError(f"{type(result).__name__} is no class that tells the hub what to do")
    return _ERRORS[type(result)]


def rows_for(adapter: type[Adapter[Any]]) -> Mapping[str, Row]:
    """Return the table as it holds for one adapter: the general rule and its own exceptions.

    Raises:
        ValueError: its `faults.toml` names an unknown fault, an unknown word, or gives no reason.
    """
    file = files(sys.modules[adapter.__module__].__package__ or adapter.__module__) / EXCEPTIONS
    told: Mapping[str, Mapping[str, str]] = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    exceptions = {fault: _exception(adapter.profile.slug, fault, table) for fault, table in told.items()}
    return {**ROWS, **exceptions}


def _exception(slug: str, fault: str, table: Mapping[str, str]) -> Row:
    if fault not in ROWS or table.keys() != {"says", "why"}:
        raise ValueError(f"{slug}: {EXCEPTIONS} must give says and why for faults of the table, not so {fault}")
    return replace(ROWS[fault], says=Says(table["says"]), why=table["why"])
