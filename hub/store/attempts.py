"""SQL of attempts: the journal that is written before a byte leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from adapters.sdk import Verb
from hub.store.tables import attempts

_NEVER_ARRIVED = ("not_sent", "busy", "held")
_MAY_HAVE_ARRIVED = attempts.c.result.is_(None) | attempts.c.result.not_in(_NEVER_ARRIVED)


@dataclass(frozen=True)
class AttemptRecord:
    """One row of `attempts`: one call, by which decision, and how it ended (`result` is None while it is under way)."""

    id: str
    delivery_id: str
    referral_id: str
    case_id: str
    verb: Verb
    decision: str
    recipient: str
    token: int
    message_id: str
    fields: tuple[str, ...]
    bases: Mapping[str, tuple[str, ...]]
    fields_hmac: str | None
    started_at: datetime
    ended_at: datetime | None = None
    result: str | None = None
    error: str | None = None
    raw_code: str | None = None


def _record(row: Row[Any]) -> AttemptRecord:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns by name
    values["verb"] = Verb(values["verb"])
    values["fields"] = tuple(values["fields"])
    values["bases"] = {path: tuple(bases) for path, bases in values["bases"].items()}
    return AttemptRecord(**values)


def insert_attempt(conn: Connection, record: AttemptRecord) -> None:
    """Store an attempt that is about to begin."""
    values = {column.name: getattr(record, column.name) for column in attempts.columns}
    values |= {"fields": list(record.fields), "bases": {path: list(ids) for path, ids in record.bases.items()}}
    conn.execute(insert(attempts).values(**values))


def end_attempt(conn: Connection, attempt_id: str, at: datetime, result: str, **values: Any) -> None:
    """Store how an attempt ended. `values`: error (its class), raw_code."""
    conn.execute(update(attempts).where(attempts.c.id == attempt_id).values(ended_at=at, result=result, **values))


def is_finished(conn: Connection, attempt_id: str) -> bool:
    """Return whether the result of an attempt is stored; that its lease was taken away is no result."""
    result = conn.execute(select(attempts.c.result).where(attempts.c.id == attempt_id)).scalar_one()
    return result not in {None, "interrupted"}


def attempts_of(conn: Connection, referral_id: str) -> list[AttemptRecord]:
    """Return the attempts of a referral, oldest first."""
    return attempts_where(conn, attempts.c.referral_id == referral_id)


def attempts_where(conn: Connection, which: ColumnElement[bool]) -> list[AttemptRecord]:
    """Return the attempts of which this holds, oldest first."""
    return [_record(row) for row in conn.execute(select(attempts).where(which).order_by(attempts.c.id))]


def last_errors_of(conn: Connection, delivery_id: str, count: int) -> list[str | None]:
    """Return the classes of the errors with which the last attempts of a delivery ended, the last one first."""
    query = select(attempts.c.error).where(attempts.c.delivery_id == delivery_id)
    return list(conn.execute(query.order_by(attempts.c.id.desc()).limit(count)).scalars())


def open_attempt(conn: Connection, delivery_id: str) -> AttemptRecord | None:
    """Return the attempt of a delivery that has no outcome yet, or None."""
    query = select(attempts).where(attempts.c.delivery_id == delivery_id, attempts.c.result.is_(None))
    row = conn.execute(query.order_by(attempts.c.id.desc())).first()
    return None if row is None else _record(row)


def disclosing_attempts(conn: Connection, referral_id: str, delivery_id: str | None = None) -> list[AttemptRecord]:
    """Return the attempts that disclosed something and may have arrived: what the agency may know of a referral.

    With `delivery_id`, only those of one of its deliveries.
    """
    query = (
        select(attempts)
        .where(
            attempts.c.referral_id == referral_id,
            attempts.c.decision == "disclose",
            _MAY_HAVE_ARRIVED,
        )
        .order_by(attempts.c.id)
    )
    if delivery_id is not None:
        query = query.where(attempts.c.delivery_id == delivery_id)
    return [_record(row) for row in conn.execute(query)]


def attempts_behind(conn: Connection, referral_id: str) -> list[AttemptRecord]:
    """Return the attempts by which the agency knows what it has of a delivered referral; none, if there is no journal.

    Where by the journal no submit arrived, one did all the same, and nobody knows which: then it is all of them.
    """
    which = (attempts.c.referral_id == referral_id) & (attempts.c.decision == "disclose")
    every = attempts_where(conn, which)
    arrived = [one for one in every if one.result not in _NEVER_ARRIVED]
    return arrived if any(one.verb is Verb.SUBMIT for one in arrived) else every


def asked_first_among(conn: Connection, referral_ids: Collection[str]) -> frozenset[str]:
    """Return those of some referrals whose agency was, or may have been, asked about the client's eligibility."""
    asked = select(attempts.c.referral_id).where(
        attempts.c.referral_id.in_(referral_ids), attempts.c.verb == Verb.VERIFY, _MAY_HAVE_ARRIVED
    )
    return frozenset(conn.execute(asked).scalars())
