"""What Alembic runs: the migrations on the connection that `hub/store/schema.py` hands in, in its transaction."""

from typing import Any, Literal

from alembic import context

from hub.store.tables import Moment, metadata


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write a moment as what the database sees: a migration must not change when our code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


def is_ours(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:  # noqa: FBT001 - Alembic's form
    """Leave procrastinate's tables out of comparisons: its own schema file makes them."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render_item,
    include_object=is_ours,
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,  # our SQLite connections begin a transaction themselves: half a migration never stays
)
with context.begin_transaction():
    context.run_migrations()
