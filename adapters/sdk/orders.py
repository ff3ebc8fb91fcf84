"""The orders that verbs are given: what to do, by whose decision, about what.

Every order that goes out carries the decision that allows it; documents come pruned to it. What an adapter does with an
order is in `verbs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from adapters.sdk.decisions import Disclose, Impersonal, Reconcile, Withdraw
from adapters.sdk.errors import UndecidedError
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths
from schemas.services import ServiceCode


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


@dataclass(frozen=True, kw_only=True)
class PrecheckOrder:
    """여력 확인: does the agency (or that office of it) take referrals for this service now? Nothing about anybody."""

    decision: Impersonal
    service: ServiceCode
    office: str | None = None
    message_id: str
    sent_at: datetime


@dataclass(frozen=True, kw_only=True)
class FoldOrder:
    """일괄 연계: one file of several referrals and withdrawals, frozen together.

    Every member is an order of its own, with its own decision; none is in two files. `name` is what the adapter's
    `file_name` gave for the day and number; `made_at` is the business moment at which the members were frozen, and the
    day in the file; two foldings of one batch are equal but for their decisions, `sent_at` and message ids.
    """

    name: str
    number: int
    """The file's number within its KST day, from 1."""
    made_at: datetime
    members: tuple[SubmitOrder | WithdrawOrder, ...]
