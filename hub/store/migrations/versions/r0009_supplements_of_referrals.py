"""supplements of referrals."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "supplements",
        sa.Column("delivery_id", sa.String(length=32), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_supplements_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_supplements")),
    )
