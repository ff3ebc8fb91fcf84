"""API keys have scopes, and the hub's own operators have keys.

Keys that are there keep what they could do for their centre. What concerns every centre (pausing an agency for all)
goes to keys of operators, of which there are none yet: `naru operators add`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_UNTIL_NOW = "cases consents read operate admin"


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "operators",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("name", name=op.f("uq_operators_name")),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.alter_column("centre_id", existing_type=sa.String(length=32), nullable=True)
        batch_op.add_column(sa.Column("operator_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("scopes", sa.String(length=100), server_default="", nullable=False))
        batch_op.create_foreign_key(op.f("fk_api_keys_operator_id"), "operators", ["operator_id"], ["id"])
        batch_op.create_check_constraint(op.f("ck_api_keys_one_holder"), "(centre_id IS NULL) <> (operator_id IS NULL)")
    keys = sa.table("api_keys", sa.column("scopes", sa.String))
    op.execute(keys.update().values(scopes=_UNTIL_NOW))
