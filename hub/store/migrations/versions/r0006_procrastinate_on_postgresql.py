"""procrastinate's tables and functions, on PostgreSQL only: as its version 3.10.0 ships them (MIT licence)."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

_SCHEMA = Path(__file__).parents[1] / "sql" / "procrastinate_3_10_0.sql"


def upgrade() -> None:
    """Change the tables."""
    conn = op.get_bind()
    if conn.dialect.name == "postgresql":
        driver = conn.connection.driver_connection
        assert driver is not None  # noqa: S101 - a transaction has a connection
        driver.execute(_SCHEMA.read_text(encoding="utf-8"))  # without parameters: many statements, and % means %
