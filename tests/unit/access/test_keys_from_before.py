from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from hub.access.api_keys import NewKey, find_caller, new_key
from hub.access.caller import Caller
from hub.access.keys import live_keys
from hub.access.scopes import APPLICATION
from hub.store.migrating import migrate, migrations_on
from hub.store.store import Store

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def old(store_url: str) -> Iterator[tuple[Store, NewKey]]:
    """A store of the schema before keys had scopes, with a centre and its key."""
    store, key = Store(store_url), new_key()

    def make(conn: Connection) -> None:
        command.upgrade(migrations_on(conn), "0009")
        conn.execute(text("INSERT INTO centres VALUES ('ctr_1', '의정부센터', '2026-01-01 00:00:00')"))
        values = {"prefix": key.prefix, "sha256": key.sha256}
        conn.execute(
            text(
                "INSERT INTO api_keys (id, centre_id, prefix, sha256, created_at)"
                " VALUES ('key_1', 'ctr_1', :prefix, :sha256, '2026-01-01 00:00:00')"
            ),
            values,
        )

    store.write_now(make)
    store.write_now(migrate)
    yield store, key
    store.close()


def test_a_key_from_before_opens_what_it_opened_for_its_centre(old: tuple[Store, NewKey]) -> None:
    """It goes on working, without anybody doing anything; what concerns every centre is the operators' now."""
    store, key = old
    assert store.read_now(lambda conn: find_caller(conn, key.text, NOW)) == Caller("key:key_1", "ctr_1", APPLICATION)
    assert [one.expires_at for one in store.read_now(lambda conn: live_keys(conn, NOW))] == [None]


def test_the_migrated_table_holds_its_rules(old: tuple[Store, NewKey]) -> None:
    """A key has one holder, a holder that is there, and a prefix of its own, also in a table that was copied."""
    store, key = old
    row = "INSERT INTO api_keys (id, centre_id, operator_id, prefix, sha256, created_at) VALUES "
    for values in (
        f"('key_2', 'ctr_1', NULL, '{key.prefix}', 'x', '2026-01-01 00:00:00')",
        "('key_2', NULL, NULL, 'another', 'x', '2026-01-01 00:00:00')",
        "('key_2', NULL, 'opr_nobody', 'another', 'x', '2026-01-01 00:00:00')",
        "('key_2', 'ctr_nobody', NULL, 'another', 'x', '2026-01-01 00:00:00')",
    ):
        with pytest.raises(IntegrityError):
            store.write_now(lambda conn, v=values: conn.execute(text(row + v)))
