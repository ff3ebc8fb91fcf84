"""What a caller may do with a referral, by the status that it is in. Pure: the table behind every 409."""

from __future__ import annotations

from enum import StrEnum

from hub.routing.holds import Hold
from hub.routing.routing import RoutingReason
from schemas.status import BUSINESS_TRANSITIONS, BusinessStatus, DeliveryStatus


class Step(StrEnum):
    """A step that a person or a centre application takes; the last part of its route."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    RESOLVE = "resolve"
    OVERRIDE = "override"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"


class UnknownIdError(LookupError):
    """There is no such thing, or it is another centre's: the two are answered alike."""


class IllegalStepError(Exception):
    """The step cannot be taken now. `current` is the status, `legal` the steps that can."""

    def __init__(self, current: str, legal: tuple[Step, ...]) -> None:
        super().__init__(f"not a legal step from {current}")
        self.current = current
        self.legal = legal


TELL_BY_HAND = "tell_agency_by_hand"
"""The reason of a delivered referral that a person must take back at its agency, and has not yet."""

OVERRIDABLE = frozenset(Hold)
"""Reasons to hold that a counsellor may decide against; consent is not among them."""

UNROUTED = frozenset(RoutingReason)
"""Reasons to hold that trying again cannot mend: once the configuration knows the way, the centre refers anew."""

PAUSED = "paused_by_person"
"""Why nothing is sent or asked about a referral though it is due: somebody stopped it."""

_STEPS: dict[DeliveryStatus, tuple[Step, ...]] = {
    DeliveryStatus.PENDING: (Step.PAUSE, Step.CANCEL),
    DeliveryStatus.HELD: (Step.RETRY, Step.CANCEL, Step.CLOSE),
    DeliveryStatus.SENDING: (),
    DeliveryStatus.HANDED_OVER: (Step.CANCEL,),
    DeliveryStatus.DELIVERED: (),
    DeliveryStatus.REFUSED: (Step.CLOSE,),
    DeliveryStatus.UNKNOWN: (Step.PAUSE, Step.RESOLVE),
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
        owed = (Step.ACKNOWLEDGE,) if reason == TELL_BY_HAND else ()
        return (*owed, Step.CLOSE) if may_close else owed
    steps = _STEPS[delivery]
    if delivery is DeliveryStatus.HELD and reason in OVERRIDABLE:
        steps = (Step.OVERRIDE, Step.CANCEL, Step.CLOSE)
    if delivery is DeliveryStatus.HELD and reason in UNROUTED:
        steps = (Step.CANCEL, Step.CLOSE)
    if reason == PAUSED:
        steps = tuple(Step.RESUME if step is Step.PAUSE else step for step in steps)
    elif reason == "person_decides":  # nothing is sent or asked any more that could be stopped
        steps = tuple(step for step in steps if step is not Step.PAUSE)
    return tuple(step for step in steps if not (closed and step is Step.CLOSE))
