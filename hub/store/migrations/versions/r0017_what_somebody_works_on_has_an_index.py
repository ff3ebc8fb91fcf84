"""what somebody works on has an index."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Let a lane count its calls without reading every delivery that it ever had."""
    taken = sa.text("picked_until_wall IS NOT NULL OR lease_until_wall IS NOT NULL")
    op.create_index(
        "ix_deliveries_taken", "deliveries", ["agency"], unique=False, sqlite_where=taken, postgresql_where=taken
    )
