"""What the hub does after each thing that an adapter can say: its own rules, asked one by one, and put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.sdk import (
    BadReplyError,
    BusyError,
    Delivered,
    Eligibility,
    HostileReplyError,
    MisconfiguredError,
    NotSentError,
    Repeat,
    StatusReport,
    UncertainError,
    Verb,
    Verified,
)
from adapters.sdk.registry import AdapterClass
from adapters.sdk.testing import Row, Says
from adapters.sdk.verbs import capabilities
from hub.agencies import ActiveAgency
from hub.delivery.acts import Act
from hub.delivery.eligibility import after_question
from hub.delivery.results import Before, Change, Outcome, change_after
from hub.settings import DeliverySettings
from mocks.kit.fault_catalogue import CATALOGUE
from schemas.status import DeliveryStatus

_UNKNOWN = DeliveryStatus.UNKNOWN
_NOW = datetime(2025, 1, 15, tzinfo=UTC)
_ACTS = {Verb.FIND: Act.LOOK_UP, Verb.STATUS: Act.POLL, Verb.VERIFY: Act.ASK}
_BEFORE = {
    Act.SEND: DeliveryStatus.SENDING,
    Act.ASK: DeliveryStatus.SENDING,
    Act.LOOK_UP: DeliveryStatus.UNKNOWN,
    Act.POLL: DeliveryStatus.DELIVERED,
}
_ERRORS: Mapping[Says, Exception] = {
    Says.NOT_SENT: NotSentError("-"),
    Says.UNCERTAIN: UncertainError("-"),
    Says.BAD_REPLY: BadReplyError("-"),
    Says.HOSTILE: HostileReplyError("-"),
    Says.BUSY: BusyError("-"),
    Says.MISCONFIGURED: MisconfiguredError("-"),
}
_AFTER_LOSS = {
    Repeat.KEYED: "unknown: sends the same key again",
    Repeat.LOOKUP: "unknown: looks up by our key, and believes *not found* after the settling time only",
    Repeat.BATCH: "unknown: waits for the result file",
    Repeat.NEVER: "unknown: a person decides",
}


@dataclass(frozen=True)
class Next:
    """What becomes of a delivery, and in words what the hub does."""

    status: DeliveryStatus
    reason: str | None
    words: str


def next_step(adapter: AdapterClass, verb: Verb, says: Says) -> Next:
    """Ask the hub's rules what follows when a verb, spoken for the first time, came to `says`."""
    act = _ACTS.get(verb, Act.SEND)
    repeat = _repeat_of(adapter, verb)
    before, settings = _before(adapter, act, repeat, says), DeliverySettings()
    if act is Act.ASK:
        answer = Verified(Eligibility.ELIGIBLE, "-") if says is Says.ANSWER else _ERRORS[says]
        change = after_question(answer, before, _NOW, settings)
    else:
        change = change_after(_result(verb, says), before, _NOW, settings)
    return Next(change.status, change.reason, _in_words(act, says, repeat, change))


@dataclass(frozen=True)
class End:
    """What becomes of a referral whose agency has behaved again for long enough."""

    status: DeliveryStatus
    reason: str | None
    acts: int
    """Registrations that the agency then has."""

    @property
    def person(self) -> bool:
        """Whether a person must decide."""
        return self.status is not DeliveryStatus.DELIVERED


def last_step(adapter: AdapterClass, row: Row) -> End:
    """Say how a referral ends whose first calls were struck: with one act, unless nothing may be repeated or asked."""
    if adapter.profile.repeat is Repeat.NEVER and next_step(adapter, Verb.SUBMIT, row.says).status is _UNKNOWN:
        return End(_UNKNOWN, "person_decides", int(CATALOGUE[row.fault].acts))
    return End(DeliveryStatus.DELIVERED, None, 1)


def _result(verb: Verb, says: Says) -> Outcome:
    if says is not Says.ANSWER:
        return _ERRORS[says]
    return StatusReport(()) if verb is Verb.STATUS else Delivered("-", "-")


def _repeat_of(adapter: AdapterClass, verb: Verb) -> Repeat:
    nobody: Any = None
    verbs = capabilities(adapter)
    return ActiveAgency(adapter.profile.slug, adapter.profile, verbs, nobody, 1, 1.0, nobody).repeat_of(verb)


def _before(adapter: AdapterClass, act: Act, repeat: Repeat, says: Says) -> Before:
    return Before(
        act=act,
        status=_BEFORE[act],
        tries=1,
        may_give_up=True,
        lookups=1,
        tried_since=_NOW,
        unknown_since=_NOW if act is Act.LOOK_UP else None,
        started_at=_NOW,
        byte_left=says is not Says.NOT_SENT,
        repeat=repeat,
        settling_seconds=adapter.profile.settling_seconds,
        polling=adapter.profile.polling,
        followed=Verb.STATUS in capabilities(adapter),
    )


def _in_words(act: Act, says: Says, repeat: Repeat, change: Change) -> str:
    person = ", pauses the lane and calls a person" if change.pause_lane else ""
    if says is Says.ANSWER:
        return "takes the facts in" if act is Act.POLL else "done"
    if act is Act.POLL:
        return f"asks again at the next poll{person}"
    if act is Act.LOOK_UP:
        return f"stays unknown: looks up again{person}"
    if act is Act.ASK:
        assert change.status is DeliveryStatus.PENDING, change
        return f"pending: {person.removeprefix(', ') or 'waits, then asks again, by a new decision'}"
    if change.status is DeliveryStatus.PENDING:
        return f"pending: {person.removeprefix(', ') or 'waits, then sends again'}"
    assert change.status is DeliveryStatus.UNKNOWN, change
    return _AFTER_LOSS[repeat]
