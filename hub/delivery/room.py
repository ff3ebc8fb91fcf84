"""What every step of delivery works with, and the papers of one delivery, read and unsealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypedDict

from sqlalchemy import Connection

from adapters.sdk import Gate, Verb
from hub.agencies import Agencies, recipient_of
from hub.calendar import WorkingDays
from hub.clock import Clock
from hub.consent.mint import Mint
from hub.consent.records import Statute
from hub.settings import DeliverySettings
from hub.store.cases import case_by_id
from hub.store.deliveries import DeliveryRecord
from hub.store.referrals import ReferralRecord, referral_by_id
from hub.store.supplements import sealed_supplement
from hub.vault.boxes import event_text_place, place
from hub.vault.vault import Vault
from schemas.client import Client
from schemas.disclosure import Disclosure
from schemas.referral import ReferralRequest, Supplement


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
    sealed_supplement: bytes | None = field(default=None, repr=False)

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
    supplement = sealed_supplement(conn, delivery.id) if delivery.kind is Verb.SUPPLEMENT else None
    return Papers(delivery, referral, key, case.sealed_client, supplement)


def unseal_document(room: Room, papers: Papers, *, to_send: bool = False) -> Disclosure:
    """Return everything that the case knows about this referral: what the policy prunes.

    In a supplement's, the centre's new words and attachments stand where the referral's stood. `to_send`: it must be
    such as is accepted today; what was accepted under wider rules can be read, and does not go out.
    """
    referral, unsealed = papers.referral, partial(room.vault.unseal_model, papers.case_key, as_new=to_send)
    client_place = place("cases", "sealed_client", referral.case_id)
    request_place = place("referrals", "sealed_request", referral.id)
    request = unsealed(request_place, referral.sealed_request, ReferralRequest)
    if papers.sealed_supplement is not None:
        content_place = supplement_place(papers.delivery.id)
        more = unsealed(content_place, papers.sealed_supplement, Supplement)
        request = request.model_copy(update={"opinion": more.opinion, "attachments": more.attachments})
    client = unsealed(client_place, papers.sealed_client, Client)
    return Disclosure(client=client, referral=request)


def supplement_place(delivery_id: str) -> str:
    """Name where the content of a supplement is kept."""
    return place("supplements", "sealed_content", delivery_id)


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
