"""What agencies told us: facts, the inbox of their calls, the files that they laid down."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from hub.store.tables.base import Moment, metadata, own_id, ref_to

facts = Table(
    "facts",
    metadata,
    own_id(),
    ref_to("referral_id", "referrals.id"),
    Column("digest", String(64), nullable=False),  # of what makes two facts the same; holds no personal data
    Column("business", String(24), nullable=False),
    Column("raw_code", String(60), nullable=False),
    Column("occurred_at", Moment),
    Column("office", String(7)),
    Column("learnt_at", Moment, nullable=False),
    Column("source", String(12), nullable=False),  # submit, find, poll, withdraw, supplement, …
    Column("applied", Boolean, nullable=False),
    Column("sealed_text", LargeBinary),
    UniqueConstraint("referral_id", "digest"),
)

inbox = Table(
    "inbox",
    metadata,
    own_id(),
    Column("agency", String(40), nullable=False),
    Column("nonce", String(100)),
    Column("wire_key", String(40)),
    Column("receipt", String(100)),
    Column("state", String(12), nullable=False),  # matched, unmatched, shelved, other_office
    Column("referral_id", String(32)),
    Column("received_at", Moment, nullable=False),
    Column("sealed_call", LargeBinary, nullable=False),
    UniqueConstraint("agency", "nonce"),
    Index("ix_inbox_unmatched", "agency", "state"),
    Index("ix_inbox_left", "state", "received_at"),
)

result_files = Table(
    "result_files",
    metadata,
    own_id(),
    Column("agency", String(40), nullable=False),
    Column("name", String(100), nullable=False),
    Column("digest", String(64), nullable=False),  # HMAC of what it says
    Column("other_digest", String(64)),  # of another file that came under the same name: a person must look
    Column("state", String(12), nullable=False),  # taken, stray, unreadable
    Column("answers", String(100)),  # the name of our file
    Column("rejected", String(60)),
    Column("lines", Integer, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("cleared_at", Moment),
    UniqueConstraint("agency", "name"),
)
