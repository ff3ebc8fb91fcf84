"""cases may be purged, and what is left of them kept apart."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "kept_cases",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("ground", sa.String(length=200), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_kept_cases_case_id")),
        sa.PrimaryKeyConstraint("case_id", "what", name=op.f("pk_kept_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_cases_purged_at"), ["purged_at"])
