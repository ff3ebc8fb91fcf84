"""What a caller may do: the scopes, and the roles that are named sets of them. Which route needs which: `hub/api`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Scope(StrEnum):
    """One kind of thing that a caller may do; a key or a token carries a set of them."""

    CASES = "cases"
    """Hand over cases and referrals, and decide what becomes of them."""
    CONSENTS = "consents"
    """Add consents, and withdraw them."""
    READ = "read"
    """Read cases, referrals and their events."""
    OPERATE = "operate"
    """Keep the sending going: retry, pause, resume, settle; of the hub as a whole: pause an agency for all."""
    AUDIT = "audit"
    """Read who did what to whose data."""
    ADMIN = "admin"
    """Set up how the hub and the caller's own systems are tied together: webhooks."""


class Role(StrEnum):
    """What a person does at work."""

    COUNSELLOR = "counsellor"
    """상담원: with clients."""
    OPERATOR = "operator"
    """운영자: sees that everything arrives."""
    AUDITOR = "auditor"
    """감사자: looks at who looked."""
    ADMIN = "admin"
    """관리자: sets up."""


ROLES: Mapping[Role, frozenset[Scope]] = {
    Role.COUNSELLOR: frozenset({Scope.CASES, Scope.CONSENTS, Scope.READ}),
    Role.OPERATOR: frozenset({Scope.READ, Scope.OPERATE}),
    Role.AUDITOR: frozenset({Scope.AUDIT}),
    Role.ADMIN: frozenset({Scope.ADMIN}),
}
APPLICATION = frozenset(Scope) - {Scope.AUDIT}
"""What a centre's application gets when nobody says otherwise, and what every key could do before keys had scopes."""
OF_THE_HUB = frozenset({Scope.OPERATE, Scope.AUDIT, Scope.ADMIN})
"""What a caller without a centre can have: nothing that is about a client's case."""


def in_text(scopes: Iterable[Scope]) -> str:
    """Return scopes as they are stored and shown: words in the order of `Scope`."""
    held = frozenset(scopes)
    return " ".join(scope for scope in Scope if scope in held)


def from_text(text: str) -> frozenset[Scope]:
    """Return the scopes among the words of `text`; a word that is none opens nothing."""
    words = frozenset(text.split())
    return frozenset(scope for scope in Scope if scope in words)
