"""The events of a referral: what happened, in order, each with its actor. They never carry personal data."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Frozen, Moment, Opaque, Whole
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode


class EventKind(StrEnum):
    """What an event tells."""

    ACCEPTED = "accepted"
    """The hub took the referral over (202)."""
    DELIVERY_CHANGED = "delivery_changed"
    """Our sending came a step further."""
    BUSINESS_CHANGED = "business_changed"
    """The agency did something."""
    FACT_FLAGGED = "fact_flagged"
    """The agency told something that cannot follow from what it told before; kept, not applied."""
    OFFICE_CHANGED = "office_changed"
    """이송: another office carries the referral on; we follow it there."""
    CONSENT_CHANGED = "consent_changed"
    """A consent was added or withdrawn that concerns this referral."""
    WITHDRAWAL_ACKNOWLEDGED = "withdrawal_acknowledged"
    """The agency confirmed that it withdrew the referral."""
    SUPPLEMENTED = "supplemented"
    """The agency took what was sent after its 보완요청."""
    SUPPLEMENT_CHANGED = "supplement_changed"
    """What is to be sent after a 보완요청 was handed in, came a step further, or was stopped; the reason says which."""
    VERIFIED = "verified"
    """The agency answered whether the client is eligible, before the referral was sent; the raw code says what."""
    OVERRIDDEN = "overridden"
    """A counsellor decided against a rule, with a reason."""
    RESOLVED = "resolved"
    """A person settled an unknown."""
    ESCALATED = "escalated"
    """A term is over (기한 경과), the agency's or the centre's; the reason says which. Told once for each."""
    PAUSED = "paused"
    """Somebody stopped the sending of this referral for a while."""
    RESUMED = "resumed"
    """Somebody let it go on."""


class Event(Frozen):
    """One thing that happened to a referral."""

    sequence: Annotated[Whole, Field(ge=1)]
    """1, 2, 3, … within the referral, without gaps."""
    kind: EventKind
    """What it tells."""
    at: Moment
    """When the hub learnt of it, on the business clock, UTC."""
    actor: Opaque
    """Who did it: `hub`, `agency:<slug>`, or the id of a key, never a person's name."""
    delivery: DeliveryStatus | None = None
    """The delivery status after the event, if it changed."""
    business: BusinessStatus | None = None
    """The business status after the event, if it changed; in a flagged fact, the one that could not apply."""
    raw_code: str | None = None
    """The agency's own code, as it came."""
    reason: str | None = None
    """A reason code of ours, such as `consent_missing`."""
    outcome: OutcomeCode | None = None
    """Why the referral was closed."""
    offers: tuple[Moment, ...] = ()
    """예약 가능 시간: the times that an agency offers instead of the one that it refused, earliest first."""
