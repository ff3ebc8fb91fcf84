"""Amends its own audit trail: an entry that is sealed already says something else afterwards."""

from __future__ import annotations

from sqlalchemy import Connection, update

from hub.audit import sealer
from hub.audit.sealer import Sealed
from hub.cli.stage import leash
from hub.store.tables import audit_entries

_seal_some = sealer.seal_some


def amend(conn: Connection) -> Sealed:
    """Seal, and put the first entry in a better light."""
    sealed = _seal_some(conn)
    conn.execute(update(audit_entries).where(audit_entries.c.sequence == 1).values(actor="hub"))
    return sealed


sealer.seal_some = amend
leash.run()
