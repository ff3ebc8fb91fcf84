"""What an attempt's answer or error means for its delivery. Pure: a result and what was known before make a `Change`.

The rule of the house: what may have arrived is *unknown*, and only the agency's word, its `repeat` or a person moves
it on; what surely did not leave is tried again until it is too old, then *failed*.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adapters.sdk import (
    Acknowledged,
    AdapterError,
    BusyError,
    CannotExpressError,
    Delivered,
    Fact,
    Found,
    MisconfiguredError,
    NotFound,
    NotSentError,
    Polling,
    Refused,
    Repeat,
    StatusReport,
    UncertainError,
    Verified,
)
from hub.delivery.acts import Act
from hub.delivery.steps import RECEIPT_WRONG, RETRY_OFF
from hub.delivery.waits import asked_seconds, backoff_seconds, doubling_seconds
from hub.settings import DeliverySettings
from schemas.status import DeliveryStatus

Outcome = Delivered | Refused | Found | NotFound | StatusReport | Acknowledged | Exception
"""What a call of any verb but `verify` came to; of that, `eligibility` tells."""
Result = Outcome | Verified
"""What a call of an adapter's verb came to: a value of the sdk, or whatever it raised."""


@dataclass(frozen=True)
class Before:
    """What is known of a delivery when an attempt ends."""

    act: Act
    status: DeliveryStatus
    """The status when the attempt ended: sending or unknown for a send, unknown for a look-up, delivered for a poll."""
    tries: int
    """Sends so far, this one included."""
    may_give_up: bool
    """Whether it may fail at last: a referral may, but an agency must hear of a withdrawal however long it takes."""
    lookups: int
    """Look-ups or polls since the last change, this one included."""
    tried_since: datetime
    """When the first of these attempts began: a person's retry, or a release, begins anew."""
    unknown_since: datetime | None
    started_at: datetime
    byte_left: bool
    """Whether a byte of this attempt may have left this machine."""
    repeat: Repeat
    settling_seconds: float
    """How long after the last send "not found" is not believed (`ActiveAgency.settling_seconds`)."""
    polling: Polling
    followed: bool
    """Whether a delivered referral of this agency can be polled."""
    may_retry: bool = True
    """Whether the agency's retries are on: what is off is given to a person."""
    watched_since: datetime | None = None
    """From when on this process saw time pass (`Clock.since`)."""


@dataclass(frozen=True)
class Change:
    """What becomes of the delivery. Fields that say nothing stay as they are."""

    status: DeliveryStatus
    result: str
    """For the attempt's row: delivered, refused, not_sent, busy, unknown, held, not_found, reported, defect."""
    due_at: datetime | None = None
    reason: str | None = None
    reason_paths: tuple[str, ...] = ()
    receipt: str | None = None
    raw_code: str | None = None
    text: str | None = field(default=None, repr=False)
    facts: tuple[Fact, ...] = ()
    offers: tuple[datetime, ...] = ()
    unknown_since: datetime | None = None
    lookups: int = 0
    pause_lane: bool = False


def change_after(result: Outcome, before: Before, now: datetime, settings: DeliverySettings) -> Change:
    """Return what `result` means for the delivery. Total: every value and every exception has a row."""
    match result:
        case Delivered(receipt, raw_code, facts) | Found(receipt, raw_code, facts):
            return _delivered(before, now, receipt, raw_code, facts)
        case Acknowledged(raw_code):
            return Change(DeliveryStatus.DELIVERED, "delivered", raw_code=raw_code)
        case Refused(reason, raw_code, text, offers):
            return Change(
                DeliveryStatus.REFUSED, "refused", reason=str(reason), raw_code=raw_code, text=text, offers=offers
            )
        case NotFound(raw_code):
            return _not_found(before, now, raw_code, settings)
        case StatusReport(facts):
            return replace(_follow_on(before, now), result="reported", facts=facts)
        case Exception():
            return _after_error(result, before, now, settings)


def _delivered(before: Before, now: datetime, receipt: str, raw_code: str, facts: tuple[Fact, ...]) -> Change:
    due = now + timedelta(seconds=before.polling.first_seconds) if before.followed else None
    return Change(DeliveryStatus.DELIVERED, "delivered", due_at=due, receipt=receipt, raw_code=raw_code, facts=facts)


def _not_found(before: Before, now: datetime, raw_code: str, settings: DeliverySettings) -> Change:
    """Believe "not found" only if the question was asked after the settling time; then it is as if never sent.

    What passed before this process began does not count: a clock may have been set meanwhile.
    """
    unknown_since = before.unknown_since or now
    since = max(unknown_since, before.watched_since or unknown_since)
    settled = since + timedelta(seconds=before.settling_seconds)
    if before.started_at < settled:
        return replace(_still_unknown(before, settled), result="not_found", raw_code=raw_code)
    if before.tries >= settings.max_tries:  # sent again and again, and never there
        return Change(DeliveryStatus.FAILED, "not_found", reason="tried_for_long", raw_code=raw_code)
    return Change(DeliveryStatus.PENDING, "not_found", due_at=now, raw_code=raw_code)


def _follow_on(before: Before, now: datetime) -> Change:
    wait = doubling_seconds(before.lookups, before.polling.first_seconds, before.polling.longest_seconds)
    return Change(
        DeliveryStatus.DELIVERED,
        "reported",
        due_at=now + timedelta(seconds=wait) if before.followed else None,
        lookups=before.lookups,
    )


def _still_unknown(before: Before, due_at: datetime | None) -> Change:
    return Change(
        DeliveryStatus.UNKNOWN,
        "unknown",
        due_at=due_at,
        reason="answer_lost",
        unknown_since=before.unknown_since,
        lookups=before.lookups,
    )


def _after_error(error: Exception, before: Before, now: datetime, settings: DeliverySettings) -> Change:
    if before.act is Act.POLL and isinstance(error, CannotExpressError):
        return Change(DeliveryStatus.DELIVERED, "not_sent", reason=RECEIPT_WRONG)  # asked again, it is as wrong
    if before.act is Act.POLL:
        return replace(_follow_on(before, now), result=word_for(error), pause_lane=_is_ours(error))
    if before.act is Act.LOOK_UP:
        wait = wait_after(error, before.lookups, settings.lookup_first_seconds, settings.lookup_longest_seconds)
        waiting = _still_unknown(before, now + timedelta(seconds=wait))
        return replace(waiting, result=word_for(error), pause_lane=_is_ours(error))
    return _after_send_error(error, before, now, settings)


def _after_send_error(  # noqa: PLR0911 - a table of errors: one row, one return
    error: Exception, before: Before, now: datetime, settings: DeliverySettings
) -> Change:
    if before.byte_left and isinstance(error, NotSentError | CannotExpressError):
        return _lost(before, now, settings)  # whatever the adapter says: a byte left, so nobody can know that
    match error:
        case MisconfiguredError():
            return replace(_untouched(before), due_at=now, result="not_sent", reason="misconfigured", pause_lane=True)
        case BusyError() | NotSentError():
            return _try_again(error, before, now, settings)
        case UncertainError():
            return _lost(before, now, settings)
        case _ if before.byte_left:
            return replace(_lost(before, now, settings), due_at=None, reason="defect", result="defect")
        case _ if before.status is DeliveryStatus.UNKNOWN:  # a resend that cannot be made says nothing of the first one
            return replace(_still_unknown(before, None), reason="person_decides", result=word_for(error))
        case CannotExpressError() if not before.may_give_up:  # nobody can change a withdrawal: a person tells it
            return Change(DeliveryStatus.FAILED, "not_sent")
        case CannotExpressError():
            return Change(DeliveryStatus.HELD, "held", reason="cannot_express", reason_paths=(error.path,))
        case _:
            return Change(DeliveryStatus.FAILED, "defect", reason="defect")


def _untouched(before: Before) -> Change:
    """Nothing left this time: what was pending is pending, what was unknown is as unknown as it was."""
    if before.status is DeliveryStatus.UNKNOWN:
        return _still_unknown(before, None)
    return Change(DeliveryStatus.PENDING, "not_sent")


def _try_again(error: Exception, before: Before, now: datetime, settings: DeliverySettings) -> Change:
    wait = wait_after(error, before.tries, settings.retry_first_seconds, settings.retry_longest_seconds)
    change = replace(_untouched(before), due_at=now + timedelta(seconds=wait), result=word_for(error))
    if not before.may_retry and change.status is DeliveryStatus.UNKNOWN:
        return replace(change, due_at=None, reason="person_decides")
    if not before.may_retry:
        return replace(change, status=DeliveryStatus.FAILED, due_at=None, reason=RETRY_OFF)
    if change.status is DeliveryStatus.UNKNOWN or not before.may_give_up:
        return change
    if is_over(error, before, now, settings):
        return replace(change, status=DeliveryStatus.FAILED, due_at=None, reason="tried_for_long")
    return replace(change, reason="agency_busy" if isinstance(error, BusyError) else "agency_unreachable")


def is_over(error: Exception, before: Before, now: datetime, settings: DeliverySettings) -> bool:
    """Return whether it was tried for long enough; how often counts only if the agency did not ask to wait."""
    too_old = now - before.tried_since > timedelta(hours=settings.max_age_hours)
    too_often = before.tries >= settings.max_tries and not isinstance(error, BusyError)
    return not before.may_retry or too_old or too_often


def _lost(before: Before, now: datetime, settings: DeliverySettings) -> Change:
    """The answer was lost: from now on the settling time runs anew, and `repeat` says what may be done, and when."""
    match before.repeat:
        case Repeat.KEYED if before.may_retry and (before.tries < settings.max_tries or not before.may_give_up):
            wait = backoff_seconds(before.tries, settings.retry_first_seconds, settings.retry_longest_seconds)
            due: datetime | None = now + timedelta(seconds=wait)
        case Repeat.LOOKUP:
            due = now + timedelta(seconds=settings.lookup_first_seconds)
        case _:
            due = None
    return Change(
        DeliveryStatus.UNKNOWN,
        "unknown",
        due_at=due,
        reason="answer_lost" if due is not None else "person_decides",
        unknown_since=now,
    )


def wait_after(error: Exception, times: int, first: float, longest: float) -> float:
    """Return how long to wait after the `times`-th vain try, in seconds; what the agency asks for is obeyed."""
    return max(backoff_seconds(times, first, longest), asked_seconds(error) or 0.0)


def _is_ours(error: Exception) -> bool:
    return isinstance(error, MisconfiguredError)


def word_for(error: Exception) -> str:
    """Return the word for the attempt's row."""
    match error:
        case BusyError():
            return "busy"
        case NotSentError() | MisconfiguredError() | CannotExpressError():
            return "not_sent"
        case AdapterError():
            return "unknown"
        case _:
            return "defect"
