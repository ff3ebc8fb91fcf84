"""Audit entries: written with the business they tell of, and never with anything about a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.audit.entries import Action, record
from hub.clock import wall_now
from hub.store.store import Store
from hub.store.tables import audit_entries, metadata

NOW = datetime(2024, 5, 2, 1, 30, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = Store(store_url)
    made.write_now(metadata.create_all)
    yield made
    made.close()


def entries(store: Store) -> list[dict[str, Any]]:
    rows = store.read_now(
        lambda conn: conn.execute(select(audit_entries).order_by(audit_entries.c.id)).mappings().all()
    )
    return [dict(row) for row in rows]


def test_an_entry_says_who_did_what_when_from_where_on_whose_data(store: Store) -> None:
    """Every part comes back as it was written."""
    said = {
        "at": NOW, "actor": "key:key_1", "action": Action.DISCLOSED, "origin": "127.0.0.1", "centre_id": "ctr_1",
        "client_id": "cli_1", "case_id": "cas_1", "referral_id": "ref_1",
        "data": {"attempt": "att_1", "recipient": "community_center:3820000", "fields": ["client.name"], "tries": 2},
    }  # fmt: skip
    store.write_now(lambda conn: record(conn, **said))
    (written,) = entries(store)
    assert wall_now() - written.pop("at_wall") < timedelta(minutes=1)
    assert {"id": 1, **said, "sequence": None, "digest": None} == written


def test_an_entry_may_be_about_nobody(store: Store) -> None:
    """Pausing a lane concerns no client."""
    store.write_now(lambda conn: record(conn, at=NOW, actor="hub", action=Action.AGENCY_PAUSED))
    assert [(row["action"], row["client_id"], row["data"]) for row in entries(store)] == [("agency_paused", None, {})]


def test_an_entry_shares_the_fate_of_its_business(store: Store) -> None:
    """What is undone was not done: the entry goes with the transaction."""

    def undone(conn: Connection) -> None:
        record(conn, at=NOW, actor="hub", action=Action.CASE_ACCEPTED)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write_now(undone)
    assert entries(store) == []


@pytest.mark.parametrize(
    "data",
    [
        {"name": "홍길동"},
        {"note": "two words"},
        {"fields": ["client.name", "홍길동"]},
        {"deep": {"deeper": [{"홍길동": 1}]}},
        {"long": "a" * 201},
        {"bytes": b"x"},
        {"set": {"a"}},
        {"number": float("nan")},
        {"endless": float("inf")},
    ],
    ids=lambda data: next(iter(data)),
)
def test_free_text_is_refused(store: Store, data: dict[str, object]) -> None:
    """Codes, paths and ids only; the error does not show what it refused."""
    with pytest.raises(ValueError, match="must hold codes, paths and ids only") as caught:
        store.write_now(lambda conn: record(conn, at=NOW, actor="hub", action=Action.WITHHELD, data=data))
    assert "홍길동" not in str(caught.value)
    assert entries(store) == []


def test_codes_paths_and_ids_are_taken(store: Store) -> None:
    """Everything that the hub has to say about a decision is a code, a number, or a list of them."""
    data = {
        "reason": "consent_missing", "paths": ["client.address.adm_cd"], "bases": {"client.name": ["cns_01hx"]},
        "count": 3, "late": False, "office": None, "seconds": 1.5, "at": "2024-05-02T01:30:00+00:00",
    }  # fmt: skip
    store.write_now(lambda conn: record(conn, at=NOW, actor="hub", action=Action.WITHHELD, data=data))
    assert [data] == [row["data"] for row in entries(store)]
