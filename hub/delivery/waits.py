"""How long to wait before the next try: tenacity's strategies, computed, never slept. Pure but for the jitter."""

from __future__ import annotations

from tenacity import RetryCallState
from tenacity.wait import wait_exponential_jitter


def backoff_seconds(times: int, first: float, longest: float) -> float:
    """Return an exponential wait with jitter for the `times`-th failure (1, 2, …), at most `longest` seconds."""
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]  # tenacity's strategies read attempt_number only
    state.attempt_number = max(1, times)
    return float(wait_exponential_jitter(multiplier=first, max=longest, jitter=first)(state))


def doubling_seconds(times: int, first: float, longest: float) -> float:
    """Return `first` doubled `times` times, at most `longest`: the wait between polls, without jitter."""
    return min(longest, first * 2.0 ** min(times, 40))
