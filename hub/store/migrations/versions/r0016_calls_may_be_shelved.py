"""calls that name nobody may be shelved."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Let what waits too long be found without reading every call; states are words, and one more is."""
    op.create_index("ix_inbox_left", "inbox", ["state", "received_at"], unique=False)
