"""What a centre was promised under an Idempotency-Key, and that the same key promises nothing else.

A key belongs to a centre. Its first answer is stored in the transaction that it tells of, so the same request gets it
again word for word, also after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy import Connection

from hub.access.actor import Actor
from schemas.base import Frozen
from schemas.services import ServiceCode


class IdempotencyConflictError(Exception):
    """The key was used before, with another body or on another route: 422."""


class InFlightError(Exception):
    """The first request under this key is still being worked on: 409."""


class AcceptedReferral(Frozen):
    """One referral that was taken over."""

    id: str
    service_code: ServiceCode
    agency: str
    """The slug; empty while no agency is set for the service."""


class AcceptedCase(Frozen):
    """The answer to a hand-over: ids that stay, nothing that changes. `referrals`: those of this request only."""

    case_id: str
    client_id: str
    consents: tuple[str, ...]
    referrals: tuple[AcceptedReferral, ...]


class AcceptedConsents(Frozen):
    """The answer to consents that came later: the ids by which they can be withdrawn, in the order of the request."""

    case_id: str
    consents: tuple[str, ...]


Answer = TypeVar("Answer", AcceptedCase, AcceptedConsents)


@dataclass(frozen=True)
class Asked(Generic[Answer]):
    """A request under its key."""

    actor: Actor
    key: str = field(repr=False)
    route: str
    body: str = field(repr=False)
    """Its canonical text, which the key is bound to."""
    answer: type[Answer]
    """What is remembered of it; names the case, so that it is forgotten with it."""
    take: Callable[[Connection], Answer]
    """Takes it over, in the transaction that remembers the answer."""


class InFlight:
    """The keys whose request this process is working on."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()

    @contextmanager
    def hold(self, centre_id: str, key: str) -> Iterator[None]:
        """Hold a key while its request is worked on.

        Raises:
            InFlightError: somebody holds it.
        """
        held = (centre_id, key)
        if held in self._keys:
            raise InFlightError
        self._keys.add(held)
        try:
            yield
        finally:
            self._keys.discard(held)
