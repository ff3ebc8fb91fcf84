"""lanes shared by processes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Change the tables."""
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("picked_until_wall", sa.Float(), nullable=True))

    with op.batch_alter_table("lanes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_start_wall", sa.Float(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("last_failed", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("openings", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("outage_since", sa.DateTime(timezone=True), nullable=True))
