"""The consent rules once more, by somebody who knows them and nothing of the policy's code: what tests judge it by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hub.consent.records import ConsentRecord, Statute
from schemas.consent import ConsentBasis, ConsentType
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass

RRN = "client.rrn"
NEEDS = {
    PrivacyClass.PERSONAL: ConsentType.THIRD_PARTY,
    PrivacyClass.SENSITIVE: ConsentType.SENSITIVE,
    PrivacyClass.UNIQUE_IDENTIFIER: ConsentType.UNIQUE_IDENTIFIER,
    PrivacyClass.CREDIT: ConsentType.CREDIT,
}

Question = dict[str, Any]
"""`recipient`, `purpose`, `statutes`, `now`; what else it holds does not matter here."""


def is_live(record: ConsentRecord, question: Question) -> bool:
    """In force for the recipient and the purpose at the moment."""
    now: datetime = question["now"]
    return (
        record.recipient == question["recipient"]
        and question["purpose"] in record.purposes
        and record.signed_at <= now
        and not (record.expires_at is not None and now >= record.expires_at)
        and record.withdrawn_at is None
    )


def laws(question: Question, path: str) -> list[Statute]:
    """Entries for the recipient and the field on the day in Korea."""
    today = (question["now"] + timedelta(hours=9)).date()
    return [
        entry
        for entry in question["statutes"]
        if entry.recipient == question["recipient"]
        and path in entry.fields
        and entry.valid_from <= today <= (entry.valid_to or date.max)
    ]


def opens(record: ConsentRecord, path: str, question: Question) -> bool:
    """This record lets this field out."""
    if not is_live(record, question):
        return False
    if FIELD_PATHS[path] is PrivacyClass.PLAIN:
        if record.basis is ConsentBasis.CONSENT:
            return record.type is ConsentType.THIRD_PARTY
        return any(opens(record, item, question) for item in record.items if FIELD_PATHS[item] in NEEDS)
    if path not in record.items or record.type is not NEEDS[FIELD_PATHS[path]]:
        return False
    if record.basis is ConsentBasis.STATUTE and record.article not in {e.article for e in laws(question, path)}:
        return False
    return path != RRN or any(entry.sender_article is not None for entry in laws(question, path))
