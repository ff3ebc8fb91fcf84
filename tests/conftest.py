"""What tests of every room share: a store to work on, once on each of the databases that the hub can stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgresql
import pytest
from sqlalchemy import make_url

from hub.store.schema import make_or_check
from hub.store.store import Store


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test process."""
    with postgresql.serving() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_server: str) -> Iterator[tuple[str, str]]:
    """The server's address, and the name of a template there that has the hub's tables, so that copies are quick."""
    with postgresql.database(postgres_server) as url:
        store = Store(url)
        store.write_now(make_or_check)
        store.close()
        yield postgres_server, make_url(url).database or ""


@pytest.fixture(params=postgresql.STORES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty store, on each database in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/naru.db"
        return
    with postgresql.database(request.getfixturevalue("postgres_server")) as url:
        yield url
