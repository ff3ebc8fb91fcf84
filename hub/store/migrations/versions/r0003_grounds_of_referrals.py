"""Referrals name the route and the rules that brought them where they go."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change the tables."""
    with op.batch_alter_table("referrals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("grounds", sa.JSON(none_as_null=True), nullable=True))
