"""What every step of delivery works with, and the papers of one delivery, read and unsealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from sqlalchemy import Connection

from adapters.sdk import Gate
from hub.agencies import Agencies, recipient_of
from hub.calendar import WorkingDays
from hub.clock import Clock
from hub.consent.mint import Mint
from hub.consent.records import Statute
from hub.settings import DeliverySettings
from hub.store.cases import case_by_id
from hub.store.deliveries import DeliveryRecord
from hub.store.referrals import ReferralRecord, referral_by_id
from hub.vault.boxes import event_text_place, place
from hub.vault.vault import Vault
from schemas.client import Client
from schemas.disclosure import Disclosure
from schemas.referral import ReferralRequest


@dataclass(frozen=True)
class Room:
    """The hub's own things that delivery and following need. Built in `hub/wiring.py`."""

    clock: Clock
    vault: Vault
    gate: Gate
    mint: Mint
    agencies: Agencies
    settings: DeliverySettings
    statutes: Sequence[Statute]
    working_days: WorkingDays = field(default_factory=WorkingDays)


@dataclass(frozen=True)
class Papers:
    """A delivery with its referral and the key that opens its case."""

    delivery: DeliveryRecord
    referral: ReferralRecord
    case_key: bytes = field(repr=False)
    sealed_client: bytes = field(repr=False)

    @property
    def recipient(self) -> str:
        """The recipient, as consents name it."""
        return recipient_of(self.referral.agency, self.referral.office)


def read_papers(conn: Connection, room: Room, delivery: DeliveryRecord) -> Papers:
    """Read the referral and the case of a delivery.

    Raises:
        LookupError: the store lost a row that a foreign key promised.
    """
    referral = referral_by_id(conn, delivery.referral_id)
    case = None if referral is None else case_by_id(conn, referral.case_id)
    if referral is None or case is None:
        raise LookupError(f"{delivery.id} has no referral or no case")
    key = room.vault.case_key(case.id, case.wrapped_key, case.kek_id)
    return Papers(delivery, referral, key, case.sealed_client)


def unseal_document(room: Room, papers: Papers) -> Disclosure:
    """Return everything that the case knows about this referral: what the policy prunes."""
    referral = papers.referral
    client_place = place("cases", "sealed_client", referral.case_id)
    request_place = place("referrals", "sealed_request", referral.id)
    return Disclosure(
        client=room.vault.unseal_model(papers.case_key, client_place, papers.sealed_client, Client),
        referral=room.vault.unseal_model(papers.case_key, request_place, referral.sealed_request, ReferralRequest),
    )


def text_sealer(room: Room, papers: Papers, text: str) -> Callable[[int], bytes]:
    """Return what seals `text` for an event of this referral, once its sequence is known."""
    return lambda sequence: room.vault.seal_text(papers.case_key, event_text_place(papers.referral.id, sequence), text)


class Subject(TypedDict):
    """Whose data an audit entry is about."""

    centre_id: str
    client_id: str
    case_id: str
    referral_id: str


def referral_subject(referral: ReferralRecord) -> Subject:
    """Return the columns of an audit entry that say whose data it is about."""
    return Subject(
        centre_id=referral.centre_id,
        client_id=referral.client_id,
        case_id=referral.case_id,
        referral_id=referral.id,
    )
