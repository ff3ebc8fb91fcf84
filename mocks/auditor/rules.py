"""The auditor's own reading of the consent rules (decision 0008): whether a field may have been told at a moment.

Written from the law's words, not from the hub's policy, so that one misreading is not made twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mocks.kit.kst import KST

RRN = "client.rrn"
THIRD_PARTY = "third_party"

_UNIQUE_IDENTIFIERS = frozenset({RRN, "client.admin_number"})
_SENSITIVE = frozenset({"client.health_condition"})
_INCOME = frozenset({"client.household.monthly_income", "client.household.median_income_percent"})
_PLAIN = frozenset(
    f"referral.{name}"
    for name in (
        "service_code", "kind", "urgency", "counselled_on", "referred_on", "due_on", "officer_name", "officer_phone",
        "appointment.method", "appointment.wanted_at",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Statute:
    """One article that the configuration opened for a recipient: 24조의2 asks for one of the sender's too."""

    recipient: str
    fields: frozenset[str]
    article: str
    sender_article: str | None
    valid_from: date
    valid_to: date | None = None

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Statute:
        """Read one `[[statutes]]` table of a configuration file."""
        kept = {name: table.get(name) for name in ("recipient", "article", "sender_article", "valid_from", "valid_to")}
        return cls(fields=frozenset(table["fields"]), **kept)  # type: ignore[arg-type]  # what a TOML file holds

    def opens(self, recipient: str, path: str, day: date) -> bool:
        """Return whether it holds for the recipient and the field on a day."""
        in_time = self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
        return in_time and self.recipient == recipient and path in self.fields


@dataclass(frozen=True)
class Consent:
    """One consent as the client gave it, and what the client did with it since."""

    recipient: str
    type: str
    basis: str
    article: str | None
    purposes: frozenset[str]
    items: frozenset[str]
    signed_at: datetime
    expires_at: datetime | None
    handed_in_at: datetime
    """When the hub was first told of it."""
    withdrawn_at: datetime | None = None
    """When the client had the answer to its withdrawal."""
    in_flight: frozenset[str] = frozenset()
    """Referrals that this answer named as on their way."""

    def carries(self, asked: Question) -> bool:
        """Return whether it carried a referral at a moment."""
        begun = max(self.signed_at, self.handed_in_at) <= asked.moment
        over = self.expires_at is not None and self.expires_at <= asked.moment
        excused = asked.may_be_in_flight and asked.referral_id in self.in_flight
        withdrawn = self.withdrawn_at is not None and self.withdrawn_at < asked.moment and not excused
        return begun and not over and not withdrawn


@dataclass(frozen=True)
class Question:
    """May the recipient be told something for this purpose, for this referral, at this moment?"""

    recipients: frozenset[str]
    """The names under which a consent may name the recipient: the slug, or slug:기관코드 of one office."""
    purpose: str
    referral_id: str
    moment: datetime
    may_be_in_flight: bool = True
    """Whether it can be the very request that was on its way when a consent was withdrawn."""


def type_of(path: str) -> str:
    """Return the type of consent that a field needs; `plain` for what is about the act, not the person."""
    if path in _UNIQUE_IDENTIFIERS:
        return "unique_identifier"
    if path in _SENSITIVE:
        return "sensitive"
    if path in _INCOME or path.startswith("client.debts."):
        return "credit"
    return "plain" if path in _PLAIN else THIRD_PARTY


def why_not(path: str, asked: Question, consents: Sequence[Consent], statutes: Sequence[Statute]) -> str | None:
    """Return None if the field had a basis, else what was missing."""
    needed = type_of(path)
    wanted = THIRD_PARTY if needed == "plain" else needed
    fitting = [
        consent
        for consent in consents
        if consent.recipient in asked.recipients
        and consent.type == wanted
        and asked.purpose in consent.purposes
        and (needed == "plain" or path in consent.items)
    ]
    live = [consent for consent in fitting if consent.carries(asked)]
    if not live:
        return "consent_withdrawn" if any(consent.withdrawn_at for consent in fitting) else "consent_missing"
    return None if any(_is_lawful(consent, path, asked, statutes) for consent in live) else "statute_missing"


def _is_lawful(consent: Consent, path: str, asked: Question, statutes: Sequence[Statute]) -> bool:
    """Check what a consent alone cannot open: an RRN (24조의2), and what claims to rest on a law."""
    day = asked.moment.astimezone(KST).date()
    law = [statute for statute in statutes if statute.opens(consent.recipient, path, day)]
    if path == RRN and not any(statute.sender_article for statute in law):
        return False
    return consent.basis != "statute" or any(statute.article == consent.article for statute in law)
