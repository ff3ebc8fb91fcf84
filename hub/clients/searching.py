"""Finding a client of a centre again: an exact match of blind indexes, and nothing else. Opaque ids come back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from hub.store.cases import BlindIndex, cases_of_client, clients_with


@dataclass(frozen=True)
class Found:
    """A client who was found, and their cases, oldest first."""

    client_id: str
    cases: tuple[str, ...]


def find_clients(conn: Connection, centre_id: str, index: BlindIndex) -> list[Found]:
    """Return the centre's clients with this index, oldest first; another centre's are like none."""
    ids = clients_with(conn, centre_id, index)
    return [Found(client_id, tuple(cases_of_client(conn, centre_id, client_id))) for client_id in ids]
