"""5.9: what an agency answers becomes part of no document that another could be sent."""

from __future__ import annotations

from typing import Any

from ferry import Landing, fact
from sqlalchemy import select

from hub.delivery.room import read_papers, unseal_document
from hub.store.tables import cases, referrals
from schemas.status import BusinessStatus


def papers_of(landing: Landing, referral_id: str) -> tuple[Any, list[bytes]]:
    """Return the document that the policy prunes, and the sealed papers that it is made of."""
    (delivery, *_) = landing.deliveries(referral_id)

    def read(conn: Any) -> tuple[Any, list[bytes]]:
        sealed = [*conn.execute(select(cases.c.sealed_client)).scalars()]
        sealed += conn.execute(select(referrals.c.sealed_request)).scalars()
        return unseal_document(landing.room, read_papers(conn, landing.room, delivery)), sealed

    return landing.store.read_now(read)


def test_what_an_agency_answered_is_in_no_document_for_another(landing: Landing) -> None:
    """5.9 (19): after receipt, facts and reasons the case's papers are, byte for byte, what the centre handed in."""
    referral_id = landing.accept()
    document, sealed = papers_of(landing, referral_id)
    landing.agency.facts = [fact(BusinessStatus.REVIEWING, 1), fact(BusinessStatus.APPROVED, 2)]
    landing.work()
    landing.clock.advance(3600 * 24)
    landing.work()
    assert landing.referral(referral_id).business is BusinessStatus.APPROVED
    assert papers_of(landing, referral_id) == (document, sealed)
