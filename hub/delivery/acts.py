"""What to do next for a delivery: send, look up, poll, or nothing until somebody acts. Pure.

The truth is in the delivery's row; an engine may wake a worker for it as often as it likes.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from adapters.sdk import Repeat, Verb
from schemas.status import ENDED, BusinessStatus, DeliveryStatus


class Act(StrEnum):
    """The next outbound act of a delivery."""

    SEND = "send"
    """Call the verb of the delivery's kind: a write at the agency."""
    ASK = "ask"
    """Ask whether the client is eligible: a read at the agency, but it discloses."""
    LOOK_UP = "look_up"
    """Ask by our key whether an earlier send arrived."""
    POLL = "poll"
    """Ask how a delivered referral is getting on."""
    NOTHING = "nothing"


def next_act(
    kind: Verb,
    status: DeliveryStatus,
    business: BusinessStatus | None,
    repeat: Repeat,
    verbs: Collection[Verb],
) -> Act:
    """Return the next act for a delivery of `kind`; `repeat` says what its agency allows after a lost answer."""
    match status:
        case DeliveryStatus.PENDING:
            return Act.ASK if kind is Verb.VERIFY else Act.SEND
        case DeliveryStatus.UNKNOWN if repeat is Repeat.KEYED:
            return Act.SEND
        case DeliveryStatus.UNKNOWN if repeat is Repeat.LOOKUP and Verb.FIND in verbs:
            return Act.LOOK_UP
        case DeliveryStatus.DELIVERED if kind is Verb.SUBMIT and is_followed(business, verbs):
            return Act.POLL
        case _:
            return Act.NOTHING


def is_followed(business: BusinessStatus | None, verbs: Collection[Verb]) -> bool:
    """Return whether there is still something to learn about a delivered referral by asking."""
    return Verb.STATUS in verbs and business not in ENDED
