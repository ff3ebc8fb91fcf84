"""The verbs that an adapter may speak: one small Protocol for each, and the order that each is given.

An adapter implements the verbs that its agency's contract has; `capabilities` derives the list from the class, so it
cannot claim what it cannot do. Every order carries the decision that allows it; documents come pruned to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from adapters.sdk.decisions import Disclose, Impersonal, Reconcile, Withdraw
from adapters.sdk.errors import UndecidedError
from adapters.sdk.inbound import Callback, InboundCall
from adapters.sdk.outcomes import (
    Acknowledged,
    Delivered,
    Found,
    NotFound,
    Refused,
    StatusReport,
    Verified,
)
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths


@dataclass(frozen=True, kw_only=True)
class Order:
    """What every outbound verb is given, beside its own."""

    wire_key: str
    """Our key for the referral in the agency's format: the same in every order about it, at every attempt."""
    message_id: str
    """32 lower-case hex characters, new at every attempt."""
    office: str | None = None
    """The office (기관코드, 7 digits) that is in charge now, for agencies with offices."""
    sent_at: datetime
    """Wall time of the attempt, aware, UTC: for the wire's own time fields."""


@dataclass(frozen=True, kw_only=True)
class DisclosingOrder(Order):
    """What every order that tells something about a person is given: the document, pruned to the decision's fields.

    Raises:
        UndecidedError: the document holds more than the decision allows.
    """

    decision: Disclose
    document: Disclosure = field(repr=False)

    def __post_init__(self) -> None:
        """Stop a document that was not pruned before any adapter sees it."""
        beyond = sorted(present_paths(self.document) - self.decision.fields)
        if beyond:
            raise UndecidedError(f"{self.decision.slug}: the decision does not allow {', '.join(beyond)}")


@dataclass(frozen=True, kw_only=True)
class SubmitOrder(DisclosingOrder):
    """의뢰 등록: one referral."""


@dataclass(frozen=True, kw_only=True)
class VerifyOrder(DisclosingOrder):
    """자격 확인 with identity: gated like a submit."""


@dataclass(frozen=True, kw_only=True)
class SupplementOrder(DisclosingOrder):
    """보완 제출 to what `receipt` names."""

    receipt: str
    supplement_key: str
    """Our key for this supplement: the same at every attempt, another for the next supplement of the referral."""


@dataclass(frozen=True, kw_only=True)
class FindOrder(Order):
    """Do you have what our key names? Asked when an answer was lost."""

    decision: Reconcile


@dataclass(frozen=True, kw_only=True)
class StatusOrder(Order):
    """진행 상태 조회 of what `receipt` names."""

    decision: Reconcile
    receipt: str


class WithdrawReason(StrEnum):
    """철회 사유, as agencies want to know it."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    """동의 철회."""
    CANCELLED = "cancelled"
    """의뢰 취소: the client or the centre no longer wants it."""


@dataclass(frozen=True, kw_only=True)
class WithdrawOrder(Order):
    """철회 of what `receipt` names."""

    decision: Withdraw
    receipt: str
    reason: WithdrawReason = WithdrawReason.CONSENT_WITHDRAWN


@runtime_checkable
class Submits(Protocol):
    """Can register a referral."""

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """Register; raises the errors of `adapters.sdk.errors`."""
        ...


@runtime_checkable
class Finds(Protocol):
    """Can say whether it has what our key names."""

    async def find(self, order: FindOrder) -> Found | NotFound:
        """Look up by our key; changes nothing at the agency."""
        ...


@runtime_checkable
class ReportsStatus(Protocol):
    """Can be polled."""

    async def status(self, order: StatusOrder) -> StatusReport:
        """Read all that the agency says about a referral; changes nothing there."""
        ...


@runtime_checkable
class Withdraws(Protocol):
    """Can take a referral back."""

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        """Withdraw; asking twice is safe by the agency's contract."""
        ...


@runtime_checkable
class Supplements(Protocol):
    """Can be sent more after a 보완요청."""

    async def supplement(self, order: SupplementOrder) -> Acknowledged | Refused:
        """Send what was asked for."""
        ...


@runtime_checkable
class Verifies(Protocol):
    """Can say whether a person is eligible, knowing who it is."""

    async def verify(self, order: VerifyOrder) -> Verified | Refused:
        """Ask; changes nothing at the agency, but discloses."""
        ...


@runtime_checkable
class ReadsCallbacks(Protocol):
    """Calls us by itself."""

    def read_callback(self, call: InboundCall) -> Callback:
        """Verify and read one call; no I/O.

        Raises:
            CallbackRefusedError: it did not prove to be the agency's, or cannot be read.
        """
        ...


@runtime_checkable
class ChoosesOffice(Protocol):
    """Has several offices, of which one is in charge of a client."""

    def office_for(self, document: Disclosure, day: date) -> str | None:
        """Return the 기관코드 (7 digits) of the office in charge on `day`, None if no office is. Pure."""
        ...


@runtime_checkable
class Probes(Protocol):
    """Can be asked whether it is there, without saying anything about anybody."""

    async def probe(self, decision: Impersonal) -> None:
        """Return if the agency answers by its contract; raise an `AdapterError` otherwise."""
        ...


class Verb(StrEnum):
    """The names of the verbs, as `naru adapters list` shows them."""

    SUBMIT = "submit"
    FIND = "find"
    STATUS = "status"
    WITHDRAW = "withdraw"
    SUPPLEMENT = "supplement"
    VERIFY = "verify"
    READ_CALLBACK = "read_callback"
    OFFICE_FOR = "office_for"
    PROBE = "probe"


_PROTOCOLS: dict[Verb, type] = {
    Verb.SUBMIT: Submits,
    Verb.FIND: Finds,
    Verb.STATUS: ReportsStatus,
    Verb.WITHDRAW: Withdraws,
    Verb.SUPPLEMENT: Supplements,
    Verb.VERIFY: Verifies,
    Verb.READ_CALLBACK: ReadsCallbacks,
    Verb.OFFICE_FOR: ChoosesOffice,
    Verb.PROBE: Probes,
}


def capabilities(adapter: type) -> frozenset[Verb]:
    """Return the verbs that an adapter class implements."""
    return frozenset(verb for verb, protocol in _PROTOCOLS.items() if issubclass(adapter, protocol))
