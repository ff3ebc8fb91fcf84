"""Decisions: what the hub's policy allows one attempt to say, and the gate that no call passes without one.

The policy that makes decisions lives in `hub/consent`. Here is what a decision is, how a transport tells a true one
from a forged one (an HMAC under a key that only the hub's gate holds), and the check just before the first byte.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from adapters.sdk.errors import NotSentError, UndecidedError


def steady_now() -> float:
    """Return seconds on a clock that no one sets and that goes on while a process is stopped or a machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Leave to make one attempt: for which recipient, and until when its first byte may leave.

    `send_by` is on `steady_now`'s clock, in seconds. `stamp` is set by the gate; a decision without it opens nothing.
    """

    attempt_id: str
    recipient: str
    """The agency's slug, or slug:기관코드."""
    send_by: float
    stamp: str = field(default="", repr=False)

    @property
    def slug(self) -> str:
        """The agency, without the office."""
        return self.recipient.partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class Disclose(Decision):
    """Leave to tell the recipient these fields (제공)."""

    fields: frozenset[str]
    """The field paths that may be sent: what the client agreed to, and the adapter discloses."""
    bases: Mapping[str, tuple[str, ...]]
    """For each path, the ids of the consents and articles of law that it rests on."""
    fields_hmac: str
    """HMAC-SHA256 (hex) over the field set under the case's key: the audit's proof of what was decided."""


@dataclass(frozen=True, kw_only=True)
class Reconcile(Decision):
    """Leave to ask an agency about what it was already sent: our key, its receipt, fields of that submit."""


@dataclass(frozen=True, kw_only=True)
class Withdraw(Decision):
    """Leave to tell an agency that a referral it was sent is withdrawn (철회)."""


@dataclass(frozen=True, kw_only=True)
class Impersonal(Decision):
    """Leave to call with nothing about a person: tokens, probes, pre-checks, the catalogue."""


AnyDecision = TypeVar("AnyDecision", bound=Decision)


_KINDS: frozenset[type[Decision]] = frozenset({Disclose, Reconcile, Withdraw, Impersonal})
"""All that there are. A subclass, or a class of the same name, is none of them: it could answer otherwise."""

_WRITES = (Disclose, Withdraw)
"""Good for one write only."""


class Gate:
    """Stamps the policy's decisions and checks every one before a byte leaves. One for each process.

    The hub stamps; transports call `check` before they connect and `let_first_byte_pass` immediately before they
    write. A `Disclose` or `Withdraw` is good for one write only: an adapter cannot retry behind the hub's back, nor
    keep one for later: it stays spent until its time is over. Threads may share a gate.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._left: set[str] = set()
        self._spent: dict[str, float] = {}
        self._one_at_a_time = threading.RLock()

    def stamp(self, decision: AnyDecision) -> AnyDecision:
        """Return the decision with the stamp that transports ask for."""
        return replace(decision, stamp=self._stamp_of(decision))

    def check(self, decision: Decision, slug: str) -> None:
        """Check that `decision` is the policy's own, unchanged, and meant for the agency `slug`.

        Raises:
            UndecidedError: it is not.
            NotSentError: its time is over.
        """
        if not self._is_stamped(decision):
            raise UndecidedError(f"{slug}: a call without a decision of the policy was stopped")
        if decision.slug != slug:
            raise UndecidedError(f"{slug}: a decision for another agency was stopped")
        if isinstance(decision, _WRITES) and decision.attempt_id in self._spent:
            raise UndecidedError(f"{slug}: one decision allows one write; a second one was stopped")
        if not steady_now() < decision.send_by:
            raise NotSentError(f"{slug}: the time to send was over before the first byte left")

    def let_first_byte_pass(self, decision: Decision, slug: str) -> None:
        """Check once more, immediately before the first byte, and remember that it left.

        Raises:
            UndecidedError, NotSentError: as `check`.
        """
        with self._one_at_a_time:  # of two threads with one decision, one writes
            self.check(decision, slug)
            self._left.add(decision.attempt_id)
            if isinstance(decision, _WRITES):
                self._spent[decision.attempt_id] = decision.send_by

    def has_left(self, attempt_id: str) -> bool:
        """Return whether a byte of this attempt may have left this machine."""
        return attempt_id in self._left

    def nothing_left(self, attempt_id: str) -> None:
        """Take back that a byte of this attempt left, for a transport that knows better: its decision is good again."""
        with self._one_at_a_time:
            self._left.discard(attempt_id)
            self._spent.pop(attempt_id, None)

    def forget(self, attempt_id: str) -> None:
        """Drop what is remembered of an attempt whose outcome is stored; spent it stays while its time lasts."""
        with self._one_at_a_time:
            self._left.discard(attempt_id)
            now = steady_now()
            for oldest in list(itertools.takewhile(lambda one: self._spent[one] <= now, self._spent)):
                del self._spent[oldest]

    def _is_stamped(self, decision: Decision) -> bool:
        """Whatever is not a decision of the four kinds has no stamp that could be true."""
        if type(decision) not in _KINDS:
            return False
        try:
            return hmac.compare_digest(decision.stamp.encode(), self._stamp_of(decision).encode())
        except (AttributeError, TypeError, ValueError):  # forged of what no decision is made of
            return False

    def _stamp_of(self, decision: Decision) -> str:
        said: list[object] = [
            type(decision).__name__,
            decision.attempt_id,
            decision.recipient,
            decision.send_by,
        ]
        if isinstance(decision, Disclose):
            said += [sorted(decision.fields), sorted((k, list(v)) for k, v in decision.bases.items())]
            said.append(decision.fields_hmac)
        return hmac.new(self._key, json.dumps(said).encode(), hashlib.sha256).hexdigest()
