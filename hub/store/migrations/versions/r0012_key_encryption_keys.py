"""key-encryption keys, and who holds them."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Change the tables. The key that wrapped what is there is the one that wraps now."""
    at_most_one = sa.text("state IN ('next', 'current')")
    keks = op.create_table(
        "keks",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keks")),
    )
    with op.batch_alter_table("keks", schema=None) as batch_op:
        batch_op.create_index(
            "uq_keks_state", ["state"], unique=True, sqlite_where=at_most_one, postgresql_where=at_most_one
        )
    op.create_table(
        "key_holders",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("kek_ids", sa.JSON(), nullable=False),
        sa.Column("seen_wall", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_holders")),
    )
    op.create_index("ix_cases_kek", "cases", ["kek_id"])
    found = op.get_bind().execute(sa.text("SELECT DISTINCT kek_id FROM vault_keys")).scalars()
    rows = [{"id": kek_id, "state": "current", "since": datetime.now(UTC)} for kek_id in found]
    if rows:
        op.bulk_insert(keks, rows)
