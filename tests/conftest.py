"""What tests of every room share: a store to work on, once on each of the databases that the hub can stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgresql
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from migrations_once import once
from psycopg import sql

from hub.store import migrating
from hub.store.schema import make_or_check
from hub.store.store import Store

# How long an example takes says nothing on a busy machine.
settings.register_profile("naru", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("naru")


@pytest.fixture(scope="session", autouse=True)
def _migrations_once() -> Iterator[None]:
    """Migrations run once in a test process, and are copied after that: whoever tests them takes them themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrating, "migrate", once(migrating.migrate))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test process."""
    with postgresql.serving() as url:
        yield url


@pytest.fixture(scope="session")
def _used_again(postgres_server: str) -> Iterator[str]:
    with postgresql.database(postgres_server) as url:
        store = Store(url)
        store.write_now(make_or_check)
        store.close()
        yield url


@pytest.fixture
def postgres_url(_used_again: str) -> str:
    """The address of a database with the hub's tables and nothing in them; quicker than a new one."""
    with psycopg.connect(_used_again) as conn:  # deleting is much quicker than truncating when there is little
        tables = [row[0] for row in conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        conn.execute("SET session_replication_role = replica")  # no foreign keys, no triggers
        for name in set(tables) - {"alembic_version"}:
            conn.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
    return _used_again


@pytest.fixture(params=postgresql.STORES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty store, on each database in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/naru.db"
        return
    with postgresql.database(request.getfixturevalue("postgres_server")) as url:
        yield url
