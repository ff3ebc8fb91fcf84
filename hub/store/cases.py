"""SQL of cases and clients, of the blind indexes that recognise a client, and of idempotency keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from hub.store.tables import blind_indexes, cases, clients, idempotency_keys


class CasePurgedError(Exception):
    """The case was purged: its ids, states and register are there, and nothing about a person."""


@dataclass(frozen=True)
class CaseRecord:
    """One row of `cases`."""

    id: str
    centre_id: str
    client_id: str
    reference: str | None
    wrapped_key: bytes = field(repr=False)
    kek_id: str
    sealed_client: bytes = field(repr=False)
    created_at: datetime
    purged_at: datetime | None = None
    """When everything about a person was destroyed in it; then nothing of it can be opened, and `case_by_id` raises."""


@dataclass(frozen=True)
class IdempotencyRecord:
    """One row of `idempotency_keys`: what was asked under a key, and the first answer to it."""

    centre_id: str
    key_hmac: str
    route: str
    body_hmac: str
    answer: Mapping[str, Any] = field(repr=False)
    created_at: datetime


class BlindIndex(NamedTuple):
    """A keyed hash by which a client is found again within a centre."""

    kind: str
    digest: str


def insert_case(conn: Connection, record: CaseRecord) -> None:
    """Store a new case."""
    conn.execute(insert(cases).values({column.name: getattr(record, column.name) for column in cases.columns}))


def case_by_id(conn: Connection, case_id: str, *, centre_id: str | None = None) -> CaseRecord | None:
    """Return a case, or None; with `centre_id`, only if it is that centre's.

    Raises:
        CasePurgedError: there is nothing about a person in it any more.
    """
    query = select(cases).where(cases.c.id == case_id)
    if centre_id is not None:
        query = query.where(cases.c.centre_id == centre_id)
    row = conn.execute(query).one_or_none()
    if row is not None and row.purged_at is not None:
        raise CasePurgedError
    return None if row is None else CaseRecord(**row._mapping)  # noqa: SLF001 - the documented way to a row's columns by name


def cases_of_client(conn: Connection, centre_id: str, client_id: str) -> list[str]:
    """Return the ids of a client's cases at a centre, oldest first."""
    query = select(cases.c.id).where(cases.c.client_id == client_id, cases.c.centre_id == centre_id)
    return list(conn.execute(query.order_by(cases.c.id)).scalars())


def client_of_case(conn: Connection, case_id: str) -> str | None:
    """Return whose case it is, also of a purged one."""
    found: str | None = conn.execute(select(cases.c.client_id).where(cases.c.id == case_id)).scalar_one_or_none()
    return found


def check_not_purged(conn: Connection, case_id: str) -> None:
    """Check that a case still holds what it is about.

    Raises:
        CasePurgedError
    """
    if is_purged(conn, case_id):
        raise CasePurgedError


def is_purged(conn: Connection, case_id: str) -> bool:
    """Return whether everything about a person was destroyed in this case."""
    query = select(cases.c.id).where(cases.c.id == case_id, cases.c.purged_at.is_not(None))
    return conn.execute(query).first() is not None


def insert_client(conn: Connection, client_id: str, centre_id: str, at: datetime) -> None:
    """Store a new client: an id and nothing else in clear."""
    conn.execute(insert(clients).values(id=client_id, centre_id=centre_id, created_at=at))


def add_blind_indexes(conn: Connection, client_id: str, centre_id: str, indexes: Iterable[BlindIndex]) -> None:
    """Let a client be found by these too; those already there stay."""
    known = set(blind_indexes_of(conn, client_id))
    for index in set(indexes) - known:
        row = {"client_id": client_id, "centre_id": centre_id, "kind": index.kind, "digest": index.digest}
        conn.execute(insert(blind_indexes).values(row))


def blind_indexes_of(conn: Connection, client_id: str) -> list[BlindIndex]:
    """Return by what a client can be found."""
    query = select(blind_indexes.c.kind, blind_indexes.c.digest).where(blind_indexes.c.client_id == client_id)
    return [BlindIndex(row.kind, row.digest) for row in conn.execute(query)]


def clients_with(conn: Connection, centre_id: str, index: BlindIndex) -> list[str]:
    """Return the ids of a centre's clients with this index, oldest first."""
    query = (
        select(blind_indexes.c.client_id)
        .where(
            blind_indexes.c.centre_id == centre_id,
            blind_indexes.c.kind == index.kind,
            blind_indexes.c.digest == index.digest,
        )
        .order_by(blind_indexes.c.client_id)
    )
    return list(conn.execute(query).scalars())


def insert_idempotency_key(conn: Connection, record: IdempotencyRecord) -> None:
    """Remember a key and the answer that was given under it."""
    values = {column.name: getattr(record, column.name) for column in idempotency_keys.columns}
    conn.execute(insert(idempotency_keys).values(values))


def idempotency_key(conn: Connection, centre_id: str, key_hmac: str) -> IdempotencyRecord | None:
    """Return what a centre did under a key, or None."""
    query = select(idempotency_keys).where(
        idempotency_keys.c.centre_id == centre_id, idempotency_keys.c.key_hmac == key_hmac
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else IdempotencyRecord(**row._mapping)  # noqa: SLF001 - as above
