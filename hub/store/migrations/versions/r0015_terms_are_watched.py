"""terms of referrals are watched."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Change the tables; what is there already is looked at once."""
    with op.batch_alter_table("referrals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("watch_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("overdue", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("overdue_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_referrals_watch_at", ["watch_at"], unique=False)
    op.execute("UPDATE referrals SET watch_at = updated_at")
