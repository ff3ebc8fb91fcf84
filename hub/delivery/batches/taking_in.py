"""Takes one result file in, by its name, once, in one transaction. What it says and nobody expected is kept.

Lines about keys that nobody knows, and lines that contradict what is settled, go to the shelf of the inbox, sealed.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import structlog
from sqlalchemy import Connection

from adapters.sdk import ResultFile, ResultLine
from hub.agencies import ActiveAgency
from hub.delivery.batches.lines import take_line
from hub.delivery.batches.parting import hand_over, reject
from hub.delivery.giving_up import is_passing
from hub.delivery.room import Room
from hub.following.kept_calls import seal_told
from hub.store.batches import BatchStatus, batch_by_id, batch_by_name
from hub.store.cases import is_purged
from hub.store.following import held_name, insert_inbox
from hub.store.ids import new_id
from hub.store.referrals import ReferralRecord, append_event, referral_by_key
from hub.store.result_files import (
    FileState,
    ResultFileRecord,
    insert_result_file,
    result_file,
    update_result_file,
)
from schemas.events import EventKind

_log = structlog.get_logger("naru.batches")
_DEFECT = "defect"
"""A line that could not be taken in: even its code may be what the store does not hold."""


def take_in(conn: Connection, room: Room, slug: str, file: ResultFile) -> bool:
    """Take in a file that lies there; return whether it may be cleared. The same again changes nothing."""
    known, new = result_file(conn, slug, file.name), _record(conn, room, slug, file)
    if known is not None and (known.state is not FileState.UNREADABLE or known.digest == new.digest):
        return _is_as_before(conn, known, new.digest)
    file_id = _keep(conn, known, new)
    if new.state is not FileState.TAKEN:
        _log.error("result_file_" + new.state, agency=slug, file=new.name, answers=new.answers, why=file.unreadable)
    if new.state is not FileState.UNREADABLE:
        _take_answer(conn, room, slug, file, file_id)
    return new.state is FileState.TAKEN


def _is_as_before(conn: Connection, known: ResultFileRecord, digest: str) -> bool:
    """Return whether a file of a known name may go: another content under it is for a person, and told once."""
    if digest == known.digest:
        return known.state is FileState.TAKEN
    if digest != known.other_digest:
        _log.error("result_file_changed", agency=known.agency, file=known.name)
        update_result_file(conn, known.id, other_digest=digest)
    return False


def _record(conn: Connection, room: Room, slug: str, file: ResultFile) -> ResultFileRecord:
    """Return the row of a file that is seen for the first time."""
    state = FileState.TAKEN
    if file.unreadable is not None:
        state = FileState.UNREADABLE
    elif file.answers is not None and batch_by_name(conn, slug, file.answers) is None:
        state = FileState.STRAY
    return ResultFileRecord(
        id=new_id("rsf"),
        agency=slug,
        name=file.name,
        digest=_digest(room, file),
        state=state,
        answers=file.answers,
        rejected=file.rejected,
        lines=len(file.lines),
        seen_at=room.clock.now(),
    )


def _keep(conn: Connection, known: ResultFileRecord | None, new: ResultFileRecord) -> str:
    """Write the file down, in place of what could not be read under its name before; return the id of its row."""
    if known is None:
        insert_result_file(conn, new)
        return new.id
    update_result_file(conn, known.id, **vars(new) | {"id": known.id})
    return known.id


def _take_answer(conn: Connection, room: Room, slug: str, file: ResultFile, file_id: str) -> None:
    batch = None if file.answers is None else batch_by_name(conn, slug, file.answers)
    if batch is not None and batch.status is BatchStatus.FROZEN:
        hand_over(conn, room, batch.id)  # it is answered, so it lay there
    if batch is not None and batch.status is BatchStatus.RELEASED:
        _log.error("answered_though_released", agency=slug, file=batch.name)
    answered = None if batch is None else batch.id
    for number, line in enumerate(file.lines, start=1):
        _take_line(conn, room, room.agencies.active[slug], line, f"{file_id}:{number}", answered)
    if batch is not None and file.rejected is not None:
        _log.error("file_rejected", agency=slug, file=batch.name, code=file.rejected)
        reject(conn, room, batch_by_id(conn, batch.id) or batch, file.rejected)


def _take_line(
    conn: Connection, room: Room, agency: ActiveAgency, line: ResultLine, nonce: str, answered: str | None
) -> None:
    now, referral = room.clock.now(), referral_by_key(conn, agency.slug, held_name("wire_key", line.wire_key), None)
    if referral is None:
        _log.error("result_line_unknown", agency=agency.slug, line=nonce)
        _shelve(conn, room, agency, line, nonce, None)
        return
    if is_purged(conn, referral.case_id):
        _log.info("result_line_after_purge", agency=agency.slug, line=nonce)  # not kept: it tells about a person
        return
    try:
        with conn.begin_nested():  # one poisoned case must not keep the others' results out
            problem = take_line(conn, room, agency, referral, line, now, answered=answered)
    except Exception as error:  # whatever is wrong with it, the line is kept and the others go on
        if is_passing(error):
            raise
        _log.error("result_line_failed", agency=agency.slug, line=nonce, error=type(error).__name__)
        problem = _DEFECT
    if problem is not None:
        _flag(conn, referral, line, problem, now)
        _shelve(conn, room, agency, line, nonce, referral)


def _flag(conn: Connection, referral: ReferralRecord, line: ResultLine, problem: str, now: datetime) -> None:
    raw_code = None if line.outcome is None or problem == _DEFECT else line.outcome.raw_code
    actor = f"agency:{referral.agency}"
    append_event(conn, referral.id, EventKind.FACT_FLAGGED, now, actor, raw_code=raw_code, reason=problem)


def _shelve(
    conn: Connection, room: Room, agency: ActiveAgency, line: ResultLine, nonce: str, referral: ReferralRecord | None
) -> None:
    inbox_id = new_id("inb")
    outcome = None if line.outcome is None else {"is": type(line.outcome).__name__, **_plain(line.outcome)}
    told = {"line": nonce, "wire_key": line.wire_key, "is_withdrawal": line.is_withdrawal, "outcome": outcome}
    insert_inbox(
        conn,
        id=inbox_id,
        agency=agency.slug,
        nonce=nonce,
        wire_key=held_name("wire_key", line.wire_key),  # the whole is in the seal
        receipt=None,
        state="unmatched" if referral is None else "matched",
        referral_id=referral and referral.id,
        received_at=room.clock.now(),
        sealed_call=seal_told(room, inbox_id, told, line.facts),
    )


def _digest(room: Room, file: ResultFile) -> str:
    """Return what tells two files of one name apart: keyed, since a plain hash of personal data can be guessed."""
    said = {name: value for name, value in _plain(file).items() if name != "digest"}
    return room.vault.hmac(room.vault.inbox_key, json.dumps(said, sort_keys=True))


def _plain(told: object) -> dict[str, object]:
    plain: dict[str, object] = json.loads(json.dumps(asdict(told), default=str))  # type: ignore[call-overload]  # dataclasses of the sdk only
    return plain
