"""What tests of every room share: a store to work on, once on each of the databases that the hub can stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgresql
import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test process."""
    with postgresql.serving() as url:
        yield url


@pytest.fixture(params=postgresql.STORES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty store, on each database in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/naru.db"
        return
    with postgresql.database(request.getfixturevalue("postgres_server")) as url:
        yield url
