"""What the policy reads: the clear columns of a consent, and the entries of the table of statutes. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Day, Flag, Frozen, Line
from schemas.consent import Consent, ConsentBasis, ConsentType, Recipient
from schemas.disclosure import FieldPath


@dataclass(frozen=True, kw_only=True)
class ConsentRecord:
    """A consent as the store keeps it in clear: no name, no text, nothing that says who the client is."""

    id: str
    case_id: str
    centre_id: str
    recipient: str
    type: ConsentType
    basis: ConsentBasis
    article: str | None = None
    purposes: frozenset[str]
    items: frozenset[str]
    required: bool = True
    signed_at: datetime
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None

    @classmethod
    def of(cls, consent: Consent, *, consent_id: str, case_id: str, centre_id: str) -> Self:
        """Return the record of a consent that a centre handed in."""
        return cls(
            id=consent_id,
            case_id=case_id,
            centre_id=centre_id,
            recipient=consent.recipient,
            type=consent.type,
            basis=consent.basis,
            article=consent.article,
            purposes=frozenset(consent.purposes),
            items=frozenset(consent.items),
            required=consent.required,
            signed_at=consent.signed_at,
            expires_at=consent.expires_at,
        )


class Statute(Frozen):
    """One entry of the table of statutes (법적 근거): what a law lets a recipient be told, and for how long it holds.

    An entry is configuration that a person with legal knowledge answers for; shipped is none. `recipient` is compared
    by equality, as a consent's is: an entry for `community_center` opens nothing for `community_center:3820000`.
    """

    recipient: Recipient
    """제공받는 자."""
    fields: Annotated[frozenset[FieldPath], Field(min_length=1)]
    """The leaf paths that the recipient may process by this article."""
    article: Line
    """법 조문 on the recipient's side: what a consent record with basis `statute` must name, letter for letter."""
    sender_article: Line | None = None
    """법 조문 on the sender's side; without it the entry opens no RRN (24조의2)."""
    valid_from: Day
    """First day, in Korea."""
    valid_to: Day | None = None
    """Last day, in Korea; None while it holds."""
    reviewed: Flag = False
    """Whether a lawyer looked at it: live mode refuses to start with an entry that is not."""

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("유효기간의 끝이 시작보다 앞섭니다 (valid_to is before valid_from)")
        return self

    def holds_on(self, day: date) -> bool:
        """Return whether the entry is valid on `day` (Korea)."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
