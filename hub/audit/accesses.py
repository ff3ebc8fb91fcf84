"""Reads a month's accesses from the store for its review, each with the persons that it was about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from adapters.sdk.kst import KST
from hub.audit.chain import Entry
from hub.audit.review import Access
from hub.store.audit_chain import clients_of, entries_between
from hub.store.tables import centres


def month(text: str) -> tuple[datetime, datetime]:
    """Return the beginning of a month in Korea, `YYYY-MM`, and of the one after.

    Raises:
        ValueError: it is no month.
    """
    begin = datetime.strptime(text, "%Y-%m").replace(tzinfo=KST)
    year, number = divmod(begin.year * 12 + begin.month, 12)
    return begin, begin.replace(year=year, month=number + 1)


def accesses(conn: Connection, begin: datetime, end: datetime) -> Iterator[Access]:
    """Yield the accesses of a period. A listing is about all clients that it showed, a search about all found."""
    for row in entries_between(conn, begin, end):
        entry = Entry.from_row(row)
        yield Access(entry, row["sequence"], _persons(conn, entry))


def centre_names(conn: Connection) -> dict[str, str]:
    """Return the centres' names, by id."""
    return {row.id: row.name for row in conn.execute(select(centres.c.id, centres.c.name))}


def _persons(conn: Connection, entry: Entry) -> frozenset[str]:
    if entry.client_id is not None:
        return frozenset({entry.client_id})
    found: Any = entry.data.get("clients")
    if isinstance(found, list):
        return frozenset(map(str, found))
    shown: Any = entry.data.get("referrals")
    if not isinstance(shown, list):
        return frozenset()
    known = clients_of(conn, shown)
    return frozenset(known.get(referral, str(referral)) for referral in shown)
