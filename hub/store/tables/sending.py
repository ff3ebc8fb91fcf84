"""What was asked for and what became of it: referrals, deliveries, attempts, events, lanes."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
    or_,
)

from hub.store.tables.base import Moment, metadata, own_id, ref_to

referrals = Table(
    "referrals",
    metadata,
    own_id(),
    ref_to("case_id", "cases.id", index=True),
    ref_to("centre_id", "centres.id"),
    ref_to("client_id", "clients.id"),
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
    Column("verification", String(16)),  # what came of asking first; None: no rule asks
    Column("outcome", String(20)),
    Column("due_on", String(10)),
    Column("watch_at", Moment),  # when the watch looks at its terms next; None: nothing runs
    Column("overdue", String(20)),  # the kind of its term that is over, once that was told
    Column("overdue_since", Moment),
    Column("events", Integer, nullable=False),  # the sequence of the last event
    Column("sealed_request", LargeBinary, nullable=False),  # schemas.ReferralRequest as JSON
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("agency", "wire_key"),
    Index("ix_referrals_receipt", "agency", "receipt"),
    Index("ix_referrals_open", "client_id", "service_code", "agency"),
    Index("ix_referrals_listing", "centre_id", "id"),
    Index("ix_referrals_watch_at", "watch_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    own_id(),
    ref_to("referral_id", "referrals.id", index=True),
    Column("agency", String(40), nullable=False),
    Column("kind", String(12), nullable=False),  # verify, submit, supplement, withdraw
    Column("status", String(16), nullable=False),
    Column("wire_key", String(40), nullable=False),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("paused", Boolean, nullable=False, server_default=false()),  # a person stopped it until it is resumed
    Column("due_at", Moment),  # when a worker shall look at it next; None: only after somebody acts
    Column("tries", Integer, nullable=False, server_default="0"),  # attempts of the verb itself
    Column("lookups", Integer, nullable=False, server_default="0"),  # look-ups or polls since the last change
    Column("tried_since", Moment),  # when the first of these attempts began; their age counts from there
    Column("token", Integer, nullable=False, server_default="0"),  # fencing: grows with every attempt
    Column("picked_until_wall", Float),  # epoch seconds: till then it waits for the worker that it was given to
    Column("lease_until_wall", Float),  # epoch seconds; None: nobody works on it
    Column("unknown_since", Moment),
    Column("created_at", Moment, nullable=False),
    Index("ix_deliveries_due", "agency", "due_at"),
    Index("ix_deliveries_sending", "status", "lease_until_wall"),
)
IS_TAKEN = or_(deliveries.c.picked_until_wall.is_not(None), deliveries.c.lease_until_wall.is_not(None))
"""Somebody works on a delivery, or was given it: few are, of very many. Whoever asks for them says it like this."""
Index("ix_deliveries_taken", deliveries.c.agency, sqlite_where=IS_TAKEN, postgresql_where=IS_TAKEN)

supplements = Table(
    "supplements",
    metadata,
    Column("delivery_id", String(32), ForeignKey("deliveries.id"), primary_key=True),
    Column("sealed_content", LargeBinary, nullable=False),  # schemas.Supplement as JSON
)

attempts = Table(
    "attempts",
    metadata,
    own_id(),
    ref_to("delivery_id", "deliveries.id", index=True),
    ref_to("referral_id", "referrals.id", index=True),
    ref_to("case_id", "cases.id", index=True),
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
