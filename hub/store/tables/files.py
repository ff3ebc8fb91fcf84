"""Our files for agencies that take many at once, and who is in them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from hub.store.tables.base import Moment, metadata, own_id, ref_to

batches = Table(
    "batches",
    metadata,
    own_id(),
    Column("agency", String(40), nullable=False),
    Column("day", String(10), nullable=False),  # KST
    Column("number", Integer, nullable=False),  # of the day's files, from 1; never used again
    Column("name", String(100), nullable=False),
    Column("status", String(12), nullable=False),  # frozen, handed_over, released, rejected, doubtful
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
    ref_to("delivery_id", "deliveries.id", index=True),
    ref_to("attempt_id", "attempts.id"),
    Column("ended", String(12)),  # released, settled, rejected, overdue; None while the file may decide it
    Column("cancel_asked_at", Moment),
    # Nothing is in two live files: the store itself refuses it.
    Index(
        "uq_batch_members_live", "delivery_id", unique=True,
        sqlite_where=text("ended IS NULL"), postgresql_where=text("ended IS NULL"),
    ),
)  # fmt: skip
