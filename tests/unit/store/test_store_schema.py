from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import postgresql
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from migrations_once import once
from sqlalchemy import Connection, event, inspect, text

from hub.store.migrating import migrate, migrations_on
from hub.store.schema import SchemaError, make_or_check, newest, revision_of, revisions
from hub.store.store import Store
from hub.store.tables import metadata


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store."""
    opened = Store(store_url)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The migrations, not what `migrations_once` copies."""
    monkeypatch.setattr("hub.store.migrating.migrate", migrate)


def test_the_names_of_the_migrations_are_what_alembic_runs(store: Store) -> None:
    """A start reads names alone: one that says another number than its file, or forks, would be taken for another."""
    found = store.read_now(lambda conn: list(ScriptDirectory.from_config(migrations_on(conn)).walk_revisions()))
    assert [script.revision for script in reversed(found)] == list(revisions())


def test_what_tests_copy_is_what_migrations_make(tmp_path: Path) -> None:
    """Else a thousand tests would run on tables that no hub has."""
    stores = [Store(f"sqlite:///{tmp_path}/{name}.db") for name in ("migrated", "first", "copied")]
    work = once(migrate)
    for store, make in zip(stores, (migrate, work, work), strict=True):
        store.write_now(make)
    told = [store.read_now(_dump) for store in stores]
    for store in stores:
        store.close()
    assert told[0] == told[1] == told[2]


def _dump(conn: Connection) -> list[str]:
    """Return what a store is made of, line by line; Alembic writes the constraints of a table in any order."""
    driver: Any = conn.connection.driver_connection
    return sorted(line.strip().rstrip(",") for statement in driver.iterdump() for line in statement.splitlines())


def test_migrations_make_the_tables_that_the_code_uses(store: Store) -> None:
    """If this fails, a table was changed without `python -m hub.store.migrations "what changes"`."""
    store.write_now(make_or_check)

    def difference(conn: Connection) -> list[object]:
        opts = {"compare_type": True, "include_object": ours}
        return list(compare_metadata(MigrationContext.configure(conn, opts=opts), metadata))

    assert store.read_now(difference) == []


def ours(_item: object, name: str | None, kind: str, *_: object) -> bool:
    return kind != "table" or not (name or "").startswith("procrastinate_")


def test_the_engine_s_schema_is_the_installed_one() -> None:
    """If this fails, procrastinate was upgraded: write a migration with its own migrations, and a new copy."""
    shipped = files("procrastinate").joinpath("sql/schema.sql").read_text(encoding="utf-8")
    ours = files("hub.store.migrations").joinpath(f"sql/procrastinate_{version('procrastinate').replace('.', '_')}.sql")
    assert shipped == ours.read_text(encoding="utf-8")


def test_a_fresh_store_gets_the_newest_schema(store: Store) -> None:
    """The first start makes the tables by itself; the second changes nothing."""
    assert store.read_now(revision_of) is None
    for _ in range(2):
        store.write_now(make_or_check)
        assert store.read_now(revision_of) == newest()


def test_migrating_says_from_where_to_where(store: Store) -> None:
    """Once from nothing; after that there is nothing to do."""
    found = [store.write_now(migrate) for _ in range(2)]
    assert found == [(None, newest()), (newest(), newest())]


def test_an_older_schema_is_refused_and_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says what to run."""
    store.write_now(make_or_check)
    monkeypatch.setattr("hub.store.schema.newest", lambda: "9998")
    with pytest.raises(SchemaError, match="run `naru migrate`"):
        store.write_now(make_or_check)


def test_a_newer_schema_is_refused(store: Store) -> None:
    """A store that a later naru migrated is left alone by this one, by `migrate` too."""
    store.write_now(make_or_check)
    store.write_now(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for work in (make_or_check, migrate):
        with pytest.raises(SchemaError, match="newer naru"):
            store.write_now(work)


def test_a_foreign_database_is_left_alone(store: Store) -> None:
    """A file with other tables is not ours to write to."""
    store.write_now(lambda conn: conn.execute(text("CREATE TABLE ledger (id INTEGER)")))
    with pytest.raises(SchemaError, match="naru did not make"):
        store.write_now(make_or_check)
    assert store.read_now(lambda conn: inspect(conn).get_table_names()) == ["ledger"]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_KR"])
def test_a_database_that_holds_no_korean_is_refused(postgres_server: str, encoding: str) -> None:
    """Before a table is made in it, with what to do: else the first name that it cannot hold would be the end."""
    told = rf"in {encoding}, names need UTF8: make another one \(createdb"
    with (
        postgresql.database(postgres_server, encoding=encoding) as url,
        closing(Store(url)) as store,
        pytest.raises(SchemaError, match=told),
    ):
        store.write_now(migrate)


def test_half_a_migration_never_stays(store: Store) -> None:
    """Whatever breaks it off, the store is as before, and the next try succeeds."""
    left = 9

    def fail(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError("the disk is full")

    event.listen(store.writer, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="disk is full"):
        store.write_now(make_or_check)
    assert store.read_now(lambda conn: inspect(conn).get_table_names()) == []
    store.write_now(make_or_check)
    assert store.read_now(revision_of) == newest()
