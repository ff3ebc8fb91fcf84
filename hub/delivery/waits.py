"""How long to wait before the next try: tenacity's strategies, computed, never slept. Pure but for the jitter."""

from __future__ import annotations

from tenacity import RetryCallState
from tenacity.wait import wait_exponential_jitter

from adapters.sdk import BusyError

_LONGEST_OBEYED_SECONDS = 24 * 3600.0
"""An agency's Retry-After is obeyed up to a day: a slip of its clock must park nothing for ever."""


def backoff_seconds(times: int, first: float, longest: float) -> float:
    """Return an exponential wait with jitter for the `times`-th failure (1, 2, …), at most `longest` seconds."""
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]  # tenacity's strategies read attempt_number only
    state.attempt_number = max(1, times)
    return float(wait_exponential_jitter(multiplier=first, max=longest, jitter=first)(state))


def doubling_seconds(times: int, first: float, longest: float) -> float:
    """Return `first` doubled `times` times, at most `longest`: the wait between polls, without jitter."""
    return min(longest, first * 2.0 ** min(times, 40))


def asked_seconds(result: object) -> float | None:
    """Return how long an agency asked us to wait, as far as that is obeyed; None if it did not ask."""
    wished = result.retry_after_seconds if isinstance(result, BusyError) else None
    return None if wished is None else min(_LONGEST_OBEYED_SECONDS, max(0.0, wished))
