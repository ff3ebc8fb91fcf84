"""The SQL of consents. A record is never changed, only marked withdrawn; what it opens: `hub/consent/policy.py`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from hub.consent.records import ConsentRecord
from hub.store.tables import consents
from schemas.consent import ConsentBasis, ConsentType

_CLEAR = [column for column in consents.c if column.name != "sealed_record"]


def insert_consent(conn: Connection, record: ConsentRecord, sealed_record: bytes) -> None:
    """Store a consent; `sealed_record` is the whole `schemas.Consent`, sealed under the case's key."""
    conn.execute(consents.insert().values(**_row_of(record), sealed_record=sealed_record))


def consents_of_case(conn: Connection, case_id: str, *, lock: bool = False) -> list[ConsentRecord]:
    """Return a case's consents, the withdrawn ones too; `lock`: nobody else may change them until we commit."""
    asked = select(*_CLEAR).where(consents.c.case_id == case_id).order_by(consents.c.id)
    rows = conn.execute(asked.with_for_update() if lock else asked).mappings()
    return [_record_of(row) for row in rows]


def consents_by_id(conn: Connection, ids: Collection[str]) -> list[ConsentRecord]:
    """Return these consents, in the order in which they came."""
    rows = conn.execute(select(*_CLEAR).where(consents.c.id.in_(ids)).order_by(consents.c.id)).mappings()
    return [_record_of(row) for row in rows]


def consent_of(conn: Connection, consent_id: str) -> ConsentRecord | None:
    """Return one consent, or None if there is none of this id."""
    row = conn.execute(select(*_CLEAR).where(consents.c.id == consent_id)).mappings().one_or_none()
    return None if row is None else _record_of(row)


def sealed_consent(conn: Connection, consent_id: str) -> bytes | None:
    """Return the sealed record of a consent."""
    found: bytes | None = conn.execute(
        select(consents.c.sealed_record).where(consents.c.id == consent_id)
    ).scalar_one_or_none()
    return found


def next_consent_begins(conn: Connection, case_id: str, now: datetime) -> datetime | None:
    """Return when the next consent of a case begins to hold, or None."""
    coming = [consent.signed_at for consent in consents_of_case(conn, case_id)]
    return min((moment for moment in coming if moment > now), default=None)


def mark_withdrawn(conn: Connection, consent_id: str, at: datetime) -> bool:
    """Mark a consent withdrawn from `at` on; False if it was before (the first moment stays) or does not exist."""
    still = (consents.c.id == consent_id) & consents.c.withdrawn_at.is_(None)
    return conn.execute(update(consents).where(still).values(withdrawn_at=at)).rowcount == 1


def _row_of(record: ConsentRecord) -> dict[str, Any]:
    row = vars(record)
    return {**row, "purposes": sorted(record.purposes), "items": sorted(record.items)}


def _record_of(row: RowMapping) -> ConsentRecord:
    known = dict(row)
    known |= {"type": ConsentType(known["type"]), "basis": ConsentBasis(known["basis"])}
    known |= {"purposes": frozenset(known["purposes"]), "items": frozenset(known["items"])}
    return ConsentRecord(**known)
