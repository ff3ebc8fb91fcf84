"""How often somebody may do something: a token bucket for each, on the monotonic clock, in this process only. Pure."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

_MOST = 10_000


@dataclass(frozen=True)
class Standing:
    """How somebody stands after a call."""

    policy: str
    """What the limit is called."""
    quota: int
    """Calls that may be made at once."""
    window: int
    """Seconds over which as many come back."""
    left: int
    """Calls that may still be made at once."""
    full_in: int
    """Seconds until all may be made at once again; at least 1."""
    wait: int
    """Seconds until the next call is allowed; 0: this one was."""

    @property
    def is_allowed(self) -> bool:
        """Whether the call may be made."""
        return self.wait == 0


class Rates:
    """Buckets by name. Only the last 10,000 names are remembered: a name that is forgotten begins anew, full."""

    def __init__(self, policy: str, quota: int, window: int, now: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._quota = quota
        self._window = window
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> Standing:
        """Take one call out of a name's bucket, if there is one, and say how the name stands."""
        now, pace = self._now(), self._quota / self._window
        left, then = self._buckets.pop(name, (float(self._quota), now))
        left = min(float(self._quota), left + (now - then) * pace)
        enough = left >= 1
        if enough:
            left -= 1
        self._buckets[name] = (left, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        wait = 0 if enough else max(1, math.ceil((1 - left) / pace))
        full_in = max(1, math.ceil((self._quota - left) / pace))
        return Standing(self._policy, self._quota, self._window, int(left), full_in, wait)


def network_of(origin: str | None) -> str:
    """Return what stands for a network address in a bucket: an IPv6 address is one of very many of its owner's /64."""
    try:
        address = ip_address(origin or "")
    except ValueError:
        return "-"
    return str(ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)  # noqa: PLR2004
