"""The audit: entries as business writes them, and where the sealer put them in the chain."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, String, Table, Text, text

from hub.store.tables.base import Moment, metadata

_UNSEALED = text("sequence IS NULL")

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("at_wall", Moment),  # None: written before there was a chain
    Column("actor", String(60), nullable=False),
    Column("origin", Text),
    Column("action", String(40), nullable=False),
    Column("centre_id", String(32)),
    Column("client_id", String(32), index=True),
    Column("case_id", String(32), index=True),
    Column("referral_id", String(32), index=True),
    Column("data", JSON, nullable=False),
    # The sealer's, and None until it came by: docs/decisions/0015.
    Column("sequence", Integer),
    Column("digest", LargeBinary),
    Index("ix_audit_entries_sequence", "sequence", unique=True),
    Index("ix_audit_entries_unsealed", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    Index("ix_audit_entries_centre", "centre_id", "sequence"),
)
