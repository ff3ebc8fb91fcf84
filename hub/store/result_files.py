"""SQL of the agencies' result files: each name is taken in once, and what it said then is known by its digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.store.tables import result_files


class FileState(StrEnum):
    """What became of a file that an agency laid down."""

    TAKEN = "taken"
    """All that it says is stored; it may go."""
    STRAY = "stray"
    """All that it says is stored, but it answers a file that we never made: it stays for a person."""
    UNREADABLE = "unreadable"
    """Nothing of it was taken in: it stays for a person."""


@dataclass(frozen=True, kw_only=True)
class ResultFileRecord:
    """One row of `result_files`."""

    id: str
    agency: str
    name: str
    digest: str
    state: FileState
    answers: str | None
    rejected: str | None
    lines: int
    seen_at: datetime
    other_digest: str | None = None
    cleared_at: datetime | None = None


def result_file(conn: Connection, agency: str, name: str) -> ResultFileRecord | None:
    """Return what is known of a result file, or None."""
    named = (result_files.c.agency == agency) & (result_files.c.name == name)
    row = conn.execute(select(result_files).where(named)).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns by name
    return ResultFileRecord(**values | {"state": FileState(values["state"])})


def insert_result_file(conn: Connection, record: ResultFileRecord) -> None:
    """Store a result file that is seen for the first time."""
    conn.execute(insert(result_files).values(**vars(record)))


def update_result_file(conn: Connection, file_id: str, **values: Any) -> None:
    """Change columns of a result file."""
    conn.execute(update(result_files).where(result_files.c.id == file_id).values(**values))


def mark_cleared(conn: Connection, agency: str, name: str, at: datetime) -> None:
    """Note that a file that was taken in is gone from the folder."""
    named = (result_files.c.agency == agency) & (result_files.c.name == name)
    conn.execute(update(result_files).where(named).values(cleared_at=at))
