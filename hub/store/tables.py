"""Every table of the hub. What a column may hold in clear is decided here: nothing about a person, ever.

Columns named `sealed_…` hold AES-GCM boxes under the case's key (`hub/vault`). Moments are UTC; those named `…_wall`
come from the wall clock (leases), all others from the business clock. Lists and maps are JSON of codes and paths.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite keeps it as text without an offset, so the offset is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's form
        """Refuse a naive moment; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive moment must not reach the store")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the same
        """Give every moment its offset back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id(name: str = "id", **more: Any) -> Column[str]:
    return Column(name, String(32), primary_key=True, **more)


def _ref(name: str, target: str, **more: Any) -> Column[str]:
    return Column(name, String(32), ForeignKey(target), **{"nullable": False, **more})


centres = Table(
    "centres",
    metadata,
    _id(),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _ref("centre_id", "centres.id"),
    Column("prefix", String(12), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

vault_keys = Table(
    "vault_keys",
    metadata,
    Column("name", String(40), primary_key=True),  # `inbox`, `blind_index`, `notices`: the hub's own
    Column("wrapped", LargeBinary, nullable=False),
    Column("kek_id", String(16), nullable=False),
)

clients = Table(
    "clients",
    metadata,
    _id(),
    _ref("centre_id", "centres.id"),
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
    _id(),
    _ref("centre_id", "centres.id"),
    _ref("client_id", "clients.id"),
    Column("reference", String(200)),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("kek_id", String(16), nullable=False),
    Column("sealed_client", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_cases_client", "client_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("centre_id", String(32), ForeignKey("centres.id"), primary_key=True),
    Column("key_hmac", String(64), primary_key=True),
    Column("route", String(60), nullable=False),
    Column("body_hmac", String(64), nullable=False),
    Column("answer", JSON, nullable=False),  # the first answer, to be given again: ids and codes
    Column("created_at", Moment, nullable=False, index=True),
)

consents = Table(
    "consents",
    metadata,
    _id(),
    _ref("case_id", "cases.id", index=True),
    _ref("centre_id", "centres.id"),
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

referrals = Table(
    "referrals",
    metadata,
    _id(),
    _ref("case_id", "cases.id", index=True),
    _ref("centre_id", "centres.id"),
    _ref("client_id", "clients.id"),
    Column("agency", String(40), nullable=False),
    Column("office", String(7)),  # 기관코드 of the office that carries it now
    Column("service_code", String(20), nullable=False),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("delivery", String(16), nullable=False),
    Column("business", String(24)),
    Column("raw_code", String(60)),
    Column("reason", String(60)),  # why it is held, refused, failed, unknown: a code of ours
    Column("reason_paths", JSON, nullable=False),  # field paths that the reason is about
    Column("receipt", String(100)),
    Column("wire_key", String(40), nullable=False),
    Column("possible_duplicate_of", String(32)),
    Column("overridden", JSON, nullable=False),  # reasons that a counsellor decided against
    Column("grounds", JSON(none_as_null=True)),  # why it goes where it goes: the day, ids and first days of rules
    Column("outcome", String(20)),
    Column("due_on", String(10)),
    Column("events", Integer, nullable=False),  # the sequence of the last event
    Column("sealed_request", LargeBinary, nullable=False),  # schemas.ReferralRequest as JSON
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("agency", "wire_key"),
    Index("ix_referrals_receipt", "agency", "receipt"),
    Index("ix_referrals_open", "client_id", "service_code", "agency"),
    Index("ix_referrals_listing", "centre_id", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _ref("referral_id", "referrals.id", index=True),
    Column("agency", String(40), nullable=False),
    Column("kind", String(12), nullable=False),  # verify, submit, supplement, withdraw
    Column("status", String(16), nullable=False),
    Column("wire_key", String(40), nullable=False),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("paused", Boolean, nullable=False, server_default=false()),  # a person stopped it until it is resumed
    Column("due_at", Moment),  # when a worker shall look at it next; None: only after somebody acts
    Column("tries", Integer, nullable=False, server_default="0"),  # attempts of the verb itself
    Column("lookups", Integer, nullable=False, server_default="0"),  # look-ups or polls since the last change
    Column("token", Integer, nullable=False, server_default="0"),  # fencing: grows with every attempt
    Column("picked_until_wall", Float),  # epoch seconds: till then it waits for the worker that it was given to
    Column("lease_until_wall", Float),  # epoch seconds; None: nobody works on it
    Column("unknown_since", Moment),
    Column("created_at", Moment, nullable=False),
    Index("ix_deliveries_due", "agency", "due_at"),
    Index("ix_deliveries_sending", "status", "lease_until_wall"),
)

attempts = Table(
    "attempts",
    metadata,
    _id(),
    _ref("delivery_id", "deliveries.id", index=True),
    _ref("referral_id", "referrals.id", index=True),
    _ref("case_id", "cases.id", index=True),
    Column("verb", String(12), nullable=False),  # submit, find, status, withdraw, supplement, verify
    Column("decision", String(12), nullable=False),  # disclose, reconcile, withdraw, impersonal
    Column("recipient", String(60), nullable=False),
    Column("token", Integer, nullable=False),
    Column("message_id", String(32), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("bases", JSON, nullable=False),
    Column("fields_hmac", String(64)),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("result", String(16)),  # None while it is under way
    Column("error", String(40)),  # the class of the error
    Column("raw_code", String(60)),
)

events = Table(
    "events",
    metadata,
    Column("referral_id", String(32), ForeignKey("referrals.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kind", String(28), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("delivery", String(16)),
    Column("business", String(24)),
    Column("raw_code", String(60)),
    Column("reason", String(60)),
    Column("outcome", String(20)),
    Column("offers", JSON(none_as_null=True)),  # free times that the agency named, RFC 3339
    Column("sealed_text", LargeBinary),  # a person's reason, or the agency's words
)

facts = Table(
    "facts",
    metadata,
    _id(),
    _ref("referral_id", "referrals.id"),
    Column("digest", String(64), nullable=False),  # of what makes two facts the same; holds no personal data
    Column("business", String(24), nullable=False),
    Column("raw_code", String(60), nullable=False),
    Column("occurred_at", Moment),
    Column("office", String(7)),
    Column("learnt_at", Moment, nullable=False),
    Column("source", String(12), nullable=False),  # submit, find, poll, withdraw, callback, result
    Column("applied", Boolean, nullable=False),
    Column("sealed_text", LargeBinary),
    UniqueConstraint("referral_id", "digest"),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("agency", String(40), nullable=False),
    Column("nonce", String(100)),
    Column("wire_key", String(40)),
    Column("receipt", String(100)),
    Column("state", String(12), nullable=False),  # matched, unmatched
    Column("referral_id", String(32)),
    Column("received_at", Moment, nullable=False),
    Column("sealed_call", LargeBinary, nullable=False),
    UniqueConstraint("agency", "nonce"),
    Index("ix_inbox_unmatched", "agency", "state"),
)

lanes = Table(
    "lanes",
    metadata,
    Column("agency", String(40), primary_key=True),
    Column("paused_at", Moment),
    Column("paused_by", String(60)),
    Column("reason", String(60)),  # why it is paused: by_person, misconfigured
    Column("next_start_wall", Float, nullable=False, server_default="0"),  # the rest: see hub/delivery/lanes.py
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_failed", String(32)),
    Column("openings", Integer, nullable=False, server_default="0"),
    Column("closed_until", Moment),
    Column("outage_since", Moment),
)

batches = Table(
    "batches",
    metadata,
    _id(),
    Column("agency", String(40), nullable=False),
    Column("day", String(10), nullable=False),  # KST
    Column("number", Integer, nullable=False),  # of the day's files, from 1; never used again
    Column("name", String(100), nullable=False),
    Column("status", String(12), nullable=False),  # frozen, handed_over, released, rejected
    Column("cut_off_at", Moment, nullable=False),
    Column("frozen_at", Moment, nullable=False),
    Column("looks", Integer, nullable=False, server_default="0"),  # how often the name was looked for in vain
    Column("look_at", Moment),  # frozen: when to look whether the file lies there
    Column("left_at", Moment),  # when it was handed over, or released
    Column("result_due_at", Moment),  # handed over: when a person is asked; None once nothing is awaited
    UniqueConstraint("agency", "name"),
    UniqueConstraint("agency", "day", "number"),
    Index("ix_batches_status", "agency", "status"),
    Index("ix_batches_result_due", "agency", "result_due_at"),
)

batch_members = Table(
    "batch_members",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    _ref("delivery_id", "deliveries.id", index=True),
    _ref("attempt_id", "attempts.id"),
    Column("ended", String(12)),  # released, settled, rejected, overdue; None while the file may decide it
    Column("cancel_asked_at", Moment),
    # Nothing is in two live files: the store itself refuses it.
    Index(
        "uq_batch_members_live", "delivery_id", unique=True,
        sqlite_where=text("ended IS NULL"), postgresql_where=text("ended IS NULL"),
    ),
)  # fmt: skip

result_files = Table(
    "result_files",
    metadata,
    _id(),
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

webhooks = Table(
    "webhooks",
    metadata,
    _id(),
    _ref("centre_id", "centres.id", index=True),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_by", String(10)),  # centre, gone: the receiver answered 410
    Column("wants_referrals", Boolean, nullable=False),
    Column("wants_agencies", Boolean, nullable=False),
    Column("sealed_target", LargeBinary, nullable=False),  # hub/notices/targets.py: the address, the secrets
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

webhook_paces = Table(  # apart from webhooks, which every event's transaction reads
    "webhook_paces",
    metadata,
    Column("webhook_id", String(32), ForeignKey("webhooks.id"), primary_key=True),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", Moment),
    Column("rest_until", Moment),
    Column("last_failure", String(24)),  # a code of ours
    Column("last_delivered_at", Moment),
)

webhook_messages = Table(  # what is not delivered yet: a row goes when its receiver took it
    "webhook_messages",
    metadata,
    _id(),
    _ref("webhook_id", "webhooks.id"),
    Column("type", String(48), nullable=False),
    Column("at", Moment, nullable=False),
    Column("referral_id", String(32)),
    Column("case_id", String(32)),
    Column("sequence", Integer),
    Column("delivery", String(16)),
    Column("business", String(24)),
    Column("agency", String(40)),
    Column("state", String(8), nullable=False),  # waiting, shelved
    Column("since", Moment, nullable=False),  # its age counts from here: when it was written, or asked for again
    Column("due_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("why", String(24)),  # what the last try came to
    Column("lease_until_wall", Float),  # epoch seconds; whose lease it is, is known by this number
    Column("shelved_at", Moment),
    Index("ix_webhook_messages_due", "webhook_id", "state", "due_at"),
    Index("ix_webhook_messages_shelved", "state", "shelved_at"),
)

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
