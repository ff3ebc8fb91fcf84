"""What a caller may do with a referral, by the status that it is in. Pure: the table behind every 409."""

from __future__ import annotations

from enum import StrEnum

from hub.routing.holds import Hold
from hub.routing.routing import RoutingReason
from schemas.status import BUSINESS_TRANSITIONS, BusinessStatus, DeliveryStatus


class Step(StrEnum):
    """A step that a person or a centre application takes; the last part of its route."""

    CANCEL = "cancel"
    RETRY = "retry"
    RESOLVE = "resolve"
    OVERRIDE = "override"
    CLOSE = "close"


class UnknownIdError(LookupError):
    """There is no such thing, or it is another centre's: the two are answered alike."""


class IllegalStepError(Exception):
    """The step cannot be taken now. `current` is the status, `legal` the steps that can."""

    def __init__(self, current: str, legal: tuple[Step, ...]) -> None:
        super().__init__(f"not a legal step from {current}")
        self.current = current
        self.legal = legal


OVERRIDABLE = frozenset(Hold)
"""Reasons to hold that a counsellor may decide against; consent is not among them."""

UNROUTED = frozenset(RoutingReason)
"""Reasons to hold that trying again cannot mend: once the configuration knows the way, the centre refers anew."""

_STEPS: dict[DeliveryStatus, tuple[Step, ...]] = {
    DeliveryStatus.PENDING: (Step.CANCEL,),
    DeliveryStatus.HELD: (Step.RETRY, Step.CANCEL, Step.CLOSE),
    DeliveryStatus.SENDING: (),
    DeliveryStatus.HANDED_OVER: (Step.CANCEL,),
    DeliveryStatus.DELIVERED: (),
    DeliveryStatus.REFUSED: (Step.CLOSE,),
    DeliveryStatus.UNKNOWN: (Step.RESOLVE,),
    DeliveryStatus.FAILED: (Step.RETRY, Step.CANCEL, Step.CLOSE),
    DeliveryStatus.CANCELLED: (Step.CLOSE,),
}


def legal_steps(
    delivery: DeliveryStatus, business: BusinessStatus | None, reason: str | None, *, closed: bool
) -> tuple[Step, ...]:
    """Return the steps that may be taken now. `closed`: an outcome code was given already.

    What became of a delivered referral is told by its business status; an outcome that the agency gave closes nothing.
    """
    if delivery is DeliveryStatus.DELIVERED:
        may_close = business is not None and BusinessStatus.CLOSED in BUSINESS_TRANSITIONS[business]
        return (Step.CLOSE,) if may_close else ()
    steps = _STEPS[delivery]
    if delivery is DeliveryStatus.HELD and reason in OVERRIDABLE:
        steps = (Step.OVERRIDE, Step.CANCEL, Step.CLOSE)
    if delivery is DeliveryStatus.HELD and reason in UNROUTED:
        steps = (Step.CANCEL, Step.CLOSE)
    return tuple(step for step in steps if not (closed and step is Step.CLOSE))
