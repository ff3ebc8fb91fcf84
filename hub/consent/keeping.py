"""Keeps a consent that a centre handed in: what the policy compares in clear, the whole record sealed."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.consent.records import ConsentRecord
from hub.store.consents import insert_consent
from hub.store.ids import new_id
from hub.vault.boxes import place
from hub.vault.vault import Vault
from schemas.consent import Consent


def keep_consent(
    conn: Connection, vault: Vault, consent: Consent, *, case_id: str, centre_id: str, case_key: bytes
) -> str:
    """Store one consent of a case and return its id."""
    consent_id = new_id("con")
    known = ConsentRecord.of(consent, consent_id=consent_id, case_id=case_id, centre_id=centre_id)
    insert_consent(conn, known, vault.seal_model(case_key, place("consents", "sealed_record", consent_id), consent))
    return consent_id
