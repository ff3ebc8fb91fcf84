"""The audit, unchained: a sealer comes after the commit."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from hub.store.tables.base import Moment, metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("origin", Text),
    Column("action", String(40), nullable=False),
    Column("centre_id", String(32)),
    Column("client_id", String(32)),
    Column("case_id", String(32)),
    Column("referral_id", String(32)),
    Column("data", JSON, nullable=False),
)
