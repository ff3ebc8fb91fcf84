"""Whether a case may be forgotten now, and if not, why. Pure: what stands in the store goes in, obstacles come out.

When in doubt it is kept: whatever may still be sent, told, asked, taken back or decided is an obstacle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from adapters.sdk import Verb
from adapters.sdk.kst import kst_today
from hub.delivery.steps import LASTING, SupplementReason
from schemas.status import ENDED, BusinessStatus, DeliveryStatus

_D = DeliveryStatus
_NOBODY_HOLDS_IT = frozenset({_D.CANCELLED, _D.REFUSED})
_SETTLED = frozenset({_D.DELIVERED, _D.REFUSED, _D.CANCELLED})
"""A delivery of which nothing is still to come."""
_ASKED_NO_MORE = _SETTLED | {_D.HELD, _D.FAILED}
"""The same of a question beforehand (자격 확인): it lies for ever, and whoever asks again puts a new one."""
_OWED = LASTING - {SupplementReason.ACKNOWLEDGED, SupplementReason.REFUSED}
"""Reasons of a delivered referral that call for somebody."""


class Obstacle(StrEnum):
    """Why a case is not forgotten."""

    PURGED = "purged_already"
    LEGAL_HOLD = "legal_hold"
    REFERRAL_OPEN = "referral_open"
    WITHDRAWAL_UNDELIVERED = "withdrawal_undelivered"
    SUPPLEMENT_OPEN = "supplement_open"
    DELIVERY_UNDER_WAY = "delivery_under_way"
    CONSENT_IN_FORCE = "consent_in_force"
    """Asked for by the client: they withdraw first, so that whoever was told is told of that."""
    TIME_RUNS = "retention_runs"
    NO_PERIOD = "no_retention_set"


@dataclass(frozen=True)
class ReferralState:
    """How a referral stands."""

    delivery: DeliveryStatus
    business: BusinessStatus | None
    reason: str | None
    updated_at: datetime


@dataclass(frozen=True)
class DeliveryState:
    """How one of its deliveries stands; `is_taken`: somebody works on it, was given it, or it lies in a live file."""

    kind: Verb
    status: DeliveryStatus
    is_taken: bool


@dataclass(frozen=True)
class CaseState:
    """What decides about a case."""

    id: str
    client_id: str
    centre_id: str
    created_at: datetime
    purged_at: datetime | None
    held_until: date | None
    is_held: bool
    referrals: Sequence[ReferralState]
    deliveries: Sequence[DeliveryState]
    consents_in_force: int

    @property
    def ended_at(self) -> datetime:
        """The moment after which nothing happened to any of its referrals."""
        return max((one.updated_at for one in self.referrals), default=self.created_at)


def obstacles(state: CaseState, now: datetime, days: int | None, *, asked_for: bool = False) -> list[Obstacle]:
    """Return why a case is kept; none: it is due. `days` from its end on; `asked_for`: the client wants it gone now."""
    return list(dict.fromkeys(_obstacles(state, now, days, asked_for=asked_for)))


def _obstacles(state: CaseState, now: datetime, days: int | None, *, asked_for: bool) -> Iterator[Obstacle]:
    today = kst_today(now)
    if state.purged_at is not None:
        yield Obstacle.PURGED
    if state.is_held and (state.held_until is None or today <= state.held_until):
        yield Obstacle.LEGAL_HOLD
    yield from (Obstacle.REFERRAL_OPEN for referral in state.referrals if not is_over(referral))
    yield from (_under_way(one) for one in state.deliveries if not _is_over(one))
    if asked_for:
        yield from [Obstacle.CONSENT_IN_FORCE] if state.consents_in_force else []
    elif days is None:
        yield Obstacle.NO_PERIOD
    elif today <= kst_today(state.ended_at) + timedelta(days=days):
        yield Obstacle.TIME_RUNS


def is_over(referral: ReferralState) -> bool:
    """Return whether nothing is to be done or awaited about a referral any more."""
    if referral.reason in _OWED:
        return False
    return referral.business in ENDED or (referral.business is None and referral.delivery in _NOBODY_HOLDS_IT)


def _is_over(delivery: DeliveryState) -> bool:
    return not delivery.is_taken and delivery.status in (_ASKED_NO_MORE if delivery.kind is Verb.VERIFY else _SETTLED)


def _under_way(delivery: DeliveryState) -> Obstacle:
    if delivery.kind is Verb.WITHDRAW:
        return Obstacle.WITHDRAWAL_UNDELIVERED
    return Obstacle.SUPPLEMENT_OPEN if delivery.kind is Verb.SUPPLEMENT else Obstacle.DELIVERY_UNDER_WAY
