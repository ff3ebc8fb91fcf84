"""the audit has a chain."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Change the tables. What was written before is sealed like the rest, in its order, without a wall time."""
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("at_wall", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("sequence", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.LargeBinary(), nullable=True))
        batch_op.create_index("ix_audit_entries_sequence", ["sequence"], unique=True)
        batch_op.create_index(batch_op.f("ix_audit_entries_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_referral_id"), ["referral_id"], unique=False)
        batch_op.create_index("ix_audit_entries_centre", ["centre_id", "sequence"], unique=False)
        batch_op.create_index(
            "ix_audit_entries_unsealed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("sequence IS NULL"),
            postgresql_where=sa.text("sequence IS NULL"),
        )
