"""Who calls us and whom we serve: centres, their keys, clients, cases, consents; nothing of it in clear."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from hub.store.tables.base import Moment, metadata, own_id, ref_to

centres = Table(
    "centres",
    metadata,
    own_id(),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

operators = Table(
    "operators",
    metadata,
    own_id(),
    Column("name", String(200), nullable=False, unique=True),  # of an office or a system, not of a person
    Column("created_at", Moment, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    own_id(),
    ref_to("centre_id", "centres.id", nullable=True),
    ref_to("operator_id", "operators.id", nullable=True),
    Column("prefix", String(12), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("scopes", String(100), nullable=False, server_default=""),  # words; none: opens nothing
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    CheckConstraint("(centre_id IS NULL) <> (operator_id IS NULL)", name="ck_api_keys_one_holder"),
)

vault_keys = Table(
    "vault_keys",
    metadata,
    Column("name", String(40), primary_key=True),  # `inbox`, `blind_index`, `notices`: the hub's own
    Column("wrapped", LargeBinary, nullable=False),
    Column("kek_id", String(16), nullable=False),
)

keks = Table(  # the key-encryption keys: their ids, never the keys
    "keks",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("state", String(8), nullable=False),  # next, current, old, retired
    Column("since", Moment, nullable=False),
    Index(
        "uq_keks_state", "state", unique=True,
        sqlite_where=text("state IN ('next', 'current')"), postgresql_where=text("state IN ('next', 'current')"),
    ),
)  # fmt: skip

key_holders = Table(  # which process has which keys at hand
    "key_holders",
    metadata,
    own_id(),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("kek_ids", JSON, nullable=False),
    Column("seen_wall", Float, nullable=False),  # epoch seconds
)

clients = Table(
    "clients",
    metadata,
    own_id(),
    ref_to("centre_id", "centres.id"),
    Column("created_at", Moment, nullable=False),
)

blind_indexes = Table(
    "blind_indexes",
    metadata,
    Column("client_id", String(32), ForeignKey("clients.id"), primary_key=True),
    Column("centre_id", String(32), nullable=False),
    Column("kind", String(24), primary_key=True),  # rrn, admin_number, name_birth_phone
    Column("digest", String(64), primary_key=True),  # HMAC-SHA256 under the vault's blind-index key
    Index("ix_blind_indexes_lookup", "centre_id", "kind", "digest"),
)

cases = Table(
    "cases",
    metadata,
    own_id(),
    ref_to("centre_id", "centres.id"),
    ref_to("client_id", "clients.id"),
    Column("reference", String(200)),
    Column("wrapped_key", LargeBinary, nullable=False),  # this, and whatever is sealed, is empty once it was purged
    Column("kek_id", String(16), nullable=False),
    Column("sealed_client", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("purged_at", Moment, index=True),
    Index("ix_cases_client", "client_id"),
    Index("ix_cases_kek", "kek_id"),
)

kept_cases = Table(  # 21조 3항: what a law has us keep, apart from the rest
    "kept_cases",
    metadata,
    Column("case_id", String(32), ForeignKey("cases.id"), primary_key=True),
    Column("what", String(8), primary_key=True),  # hold: nothing is purged; register: what is left of a purged case
    Column("ground", String(200), nullable=False),  # the law or order, never about a person
    Column("until", String(10)),  # the last day in Korea; None: without an end
    Column("since", Moment, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("centre_id", String(32), ForeignKey("centres.id"), primary_key=True),
    Column("key_hmac", String(64), primary_key=True),
    Column("route", String(60), nullable=False),
    Column("body_hmac", String(64), nullable=False),  # empty once the case was destroyed
    Column("answer", JSON, nullable=False),  # the first answer, to be given again: ids and codes
    Column("created_at", Moment, nullable=False, index=True),
)

consents = Table(
    "consents",
    metadata,
    own_id(),
    ref_to("case_id", "cases.id", index=True),
    ref_to("centre_id", "centres.id"),
    Column("recipient", String(60), nullable=False),
    Column("type", String(20), nullable=False),
    Column("basis", String(10), nullable=False),
    Column("article", String(200)),
    Column("purposes", JSON, nullable=False),
    Column("items", JSON, nullable=False),
    Column("required", Boolean, nullable=False),
    Column("signed_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("withdrawn_at", Moment),
    Column("sealed_record", LargeBinary, nullable=False),  # the whole schemas.Consent as JSON
)
