"""What follows from one try to tell a webhook: for the message, and for the pace of everything sent there. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hub.delivery.waits import backoff_seconds
from hub.notices.configured import WebhookSettings
from hub.store.webhooks import Pace

PATIENCE = 3
"""Failures in a row after which a webhook rests between single trials."""
_LONGEST_REST_SECONDS = 60.0
_LONGEST_OBEYED_SECONDS = 24 * 3600.0
_GONE = 410
_ABOUT_MESSAGE = frozenset({400, 409, 413, 415, 422})


class Failure(StrEnum):
    """Why a try came to nothing; beside these there is `status_<the HTTP status>`."""

    NAME_UNRESOLVED = "name_unresolved"
    ADDRESS_FORBIDDEN = "address_forbidden"
    CONNECT_FAILED = "connect_failed"
    TLS_FAILED = "tls_failed"
    TIMED_OUT = "timed_out"
    BROKE_OFF = "broke_off"
    TOO_OLD = "too_old"
    """It waited for longer than messages do, untried: its webhook was off, or out of reach."""


@dataclass(frozen=True)
class Outcome:
    """What a try came to."""

    status: int | None = None
    """The HTTP status; None if there was no answer."""
    failure: Failure | None = None
    retry_after_seconds: float | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took it: any 2xx. A redirect is not followed, and delivers nothing."""
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004 - 2xx

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more: 410."""
        return self.status == _GONE

    @property
    def is_about_message(self) -> bool:
        """Whether a receiver that works refuses this one: it says nothing of the next."""
        return self.status in _ABOUT_MESSAGE

    @property
    def why(self) -> str | None:
        """The failure as a code; None for none."""
        if self.is_delivered:
            return None
        return self.failure if self.failure is not None else f"status_{self.status}"


def next_try(
    outcome: Outcome, tries: int, since: datetime, now: datetime, settings: WebhookSettings
) -> datetime | None:
    """Return when a message is tried again after its `tries`-th vain try; None: it goes to the shelf."""
    wait = backoff_seconds(tries, settings.retry_first_seconds, settings.retry_longest_seconds)
    due = now + timedelta(seconds=max(wait, _asked(outcome)))
    return None if due > since + timedelta(hours=settings.max_age_hours) else due


def room_at(pace: Pace, in_flight: int, now: datetime, settings: WebhookSettings) -> int:
    """Return how many messages may be sent to a webhook now."""
    if pace.rest_until is not None and now < pace.rest_until:
        return 0
    is_probing = pace.failures >= PATIENCE
    return max(0, (1 if is_probing else settings.concurrency) - in_flight)


def pace_after(pace: Pace, outcome: Outcome, now: datetime, settings: WebhookSettings) -> Pace:
    """Return the pace after a try. One message that is refused again and again does not hold the others up."""
    if outcome.is_delivered:
        return Pace(pace.webhook_id, last_delivered_at=now)
    failing = replace(pace, last_failure=outcome.why, failing_since=pace.failing_since or now)
    if not outcome.is_about_message:
        failing = replace(failing, failures=pace.failures + 1)
    rest = _asked(outcome)
    if failing.failures >= PATIENCE and not outcome.is_about_message:
        rest = max(rest, backoff_seconds(failing.failures, settings.retry_first_seconds, _LONGEST_REST_SECONDS))
    return replace(failing, rest_until=now + timedelta(seconds=rest) if rest else pace.rest_until)


def _asked(outcome: Outcome) -> float:
    """Return how long the receiver asked us to wait, as far as we obey."""
    return min(outcome.retry_after_seconds or 0.0, _LONGEST_OBEYED_SECONDS)
