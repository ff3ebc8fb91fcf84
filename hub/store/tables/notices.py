"""The centres' webhooks, and what is still to be told them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table

from hub.store.tables.base import Moment, metadata, own_id, ref_to

webhooks = Table(
    "webhooks",
    metadata,
    own_id(),
    ref_to("centre_id", "centres.id", index=True),
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
    own_id(),
    ref_to("webhook_id", "webhooks.id"),
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
