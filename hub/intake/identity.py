"""Who a document is about: the client whom this centre handed over before, or a new one.

A client is recognised within one centre only, and by keyed hashes: of the RRN or the 전산관리번호, else of name, birth
date and a telephone number together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection

from hub.store.cases import BlindIndex, add_blind_indexes, blind_indexes_of, clients_with, insert_client
from hub.store.ids import new_id
from hub.vault.vault import Vault
from schemas.client import Client

_NUMBERS = frozenset({"rrn", "admin_number"})


def find_or_add_client(conn: Connection, vault: Vault, centre_id: str, client: Client, now: datetime) -> str:
    """Return the id of the centre's client; from now on they are found by all that this document says too."""
    number, likeness = list(_by_number(vault, client)), list(_by_likeness(vault, client))
    client_id = _find(conn, centre_id, number, likeness)
    if client_id is None:
        client_id = new_id("cli")
        insert_client(conn, client_id, centre_id, now)
    add_blind_indexes(conn, client_id, centre_id, number + likeness)
    return client_id


def _find(conn: Connection, centre_id: str, number: list[BlindIndex], likeness: list[BlindIndex]) -> str | None:
    for index in number:
        if known := clients_with(conn, centre_id, index):
            return known[0]
    for index in likeness:
        for client_id in clients_with(conn, centre_id, index):
            if not number or not _has_number(conn, client_id):  # another number: another person, however alike
                return client_id
    return None


def _has_number(conn: Connection, client_id: str) -> bool:
    return any(index.kind in _NUMBERS for index in blind_indexes_of(conn, client_id))


def _by_number(vault: Vault, client: Client) -> Iterator[BlindIndex]:
    if client.rrn is not None:
        yield index_of_rrn(vault, client.rrn)
    if client.admin_number is not None:
        yield index_of_admin_number(vault, client.admin_number)


def _by_likeness(vault: Vault, client: Client) -> Iterator[BlindIndex]:
    for phone in client.phones:
        yield index_of_likeness(vault, client.name, client.birth_date, phone)


def index_of_rrn(vault: Vault, rrn: str) -> BlindIndex:
    """Return by what a client is found by their 주민등록번호 (13 digits)."""
    return BlindIndex("rrn", vault.blind("rrn", rrn))


def index_of_admin_number(vault: Vault, number: str) -> BlindIndex:
    """Return by what a client is found by their 전산관리번호 (13 digits)."""
    return BlindIndex("admin_number", vault.blind("admin_number", number))


def index_of_likeness(vault: Vault, name: str, birth_date: date, phone: str) -> BlindIndex:
    """Return by what a client is found by name (NFC; spaces and case do not count), birth date and one telephone."""
    folded = "".join(name.split()).casefold()
    digits = "".join(character for character in phone if character.isdigit())
    return BlindIndex("name_birth_phone", vault.blind("name_birth_phone", folded, birth_date.isoformat(), digits))
