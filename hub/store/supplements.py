"""SQL of what supplements (보완) say: one sealed box for each delivery of that kind."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from adapters.sdk import Verb
from hub.store.deliveries import DeliveryRecord, delivery_of_kind
from hub.store.tables import supplements
from schemas.status import DeliveryStatus

_D = DeliveryStatus
OPEN = frozenset({_D.PENDING, _D.HELD, _D.SENDING, _D.UNKNOWN, _D.FAILED})
"""The statuses of a supplement of which something is still to come; a referral has one such at most."""


def insert_supplement(conn: Connection, delivery_id: str, sealed_content: bytes) -> None:
    """Store what a supplement says."""
    conn.execute(insert(supplements).values(delivery_id=delivery_id, sealed_content=sealed_content))


def sealed_supplement(conn: Connection, delivery_id: str) -> bytes | None:
    """Return what a supplement says, sealed."""
    query = select(supplements.c.sealed_content).where(supplements.c.delivery_id == delivery_id)
    found: bytes | None = conn.execute(query).scalar_one_or_none()
    return found


def open_supplement(conn: Connection, referral_id: str) -> DeliveryRecord | None:
    """Return the supplement of a referral that is not settled yet, or None."""
    latest = delivery_of_kind(conn, referral_id, Verb.SUPPLEMENT)
    return latest if latest is not None and latest.status in OPEN else None
