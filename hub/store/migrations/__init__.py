"""Migrations of the store (Alembic): `versions/` in order. They run in this process, by `hub/store/schema.py`."""
