"""What an agency told, as the inbox keeps it: sealed as it came, with the facts that were read from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from adapters.sdk import Fact, InboundCall
from hub.delivery.giving_up import is_passing
from hub.delivery.room import Room
from hub.logs import places
from hub.store.following import InboxRecord
from hub.vault.boxes import place
from schemas.status import BusinessStatus, OutcomeCode

_log = structlog.get_logger("naru.following")


@dataclass(frozen=True)
class Told:
    """What a kept call tells; `office`: the 기관코드 of who spoke, if the call names one."""

    facts: tuple[Fact, ...]
    office: str | None


def seal_call(room: Room, inbox_id: str, call: InboundCall, facts: Sequence[Fact], office: str | None = None) -> bytes:
    """Seal a verified call as it came, with the facts that were read from it, and the office that it names.

    The facts are kept beside the raw bytes because a signature's time window is over when they are needed later.
    """
    told = {
        "path": call.path,
        "headers": dict(call.headers),
        "body": call.body.decode("latin-1"),
        "office": office,
    }
    return seal_told(room, inbox_id, told, facts)


def seal_told(room: Room, inbox_id: str, told: Mapping[str, Any], facts: Sequence[Fact]) -> bytes:
    """Seal what an agency told as it came, with the facts that were read from it."""
    text = json.dumps({**told, "facts": [_to_json(fact) for fact in facts]}, ensure_ascii=False)
    return room.vault.seal_text(room.vault.inbox_key, place("inbox", "sealed_call", inbox_id), text)


def open_call(room: Room, kept: InboxRecord) -> Told:
    """Open what was sealed."""
    box_place = place("inbox", "sealed_call", kept.id)
    told = json.loads(room.vault.unseal_text(room.vault.inbox_key, box_place, kept.sealed_call))
    return Told(tuple(_from_json(fact) for fact in told["facts"]), told.get("office"))


def apart(conn: Connection, agency: str, inbox_id: str, take: Callable[[], int]) -> int | None:
    """Take a kept call in, whole or not at all; return how many facts were new, None if it could not be.

    Whatever is wrong with one, it stays kept, and what the transaction did besides stands.

    Raises:
        Exception: the store's trouble, or the keys': it passes, and is not this call's.
    """
    try:
        with conn.begin_nested():
            return take()
    except Exception as error:
        if is_passing(error):
            raise
        _log.error("call_not_taken", agency=agency, inbox=inbox_id, error=type(error).__name__, at=places(error))
        return None


def _to_json(fact: Fact) -> dict[str, Any]:
    return {
        "business": fact.business,
        "raw_code": fact.raw_code,
        "occurred_at": fact.occurred_at and fact.occurred_at.isoformat(),
        "office": fact.office,
        "receipt": fact.receipt,
        "text": fact.text,
        "serial": fact.serial,
        "outcome": fact.outcome,
    }


def _from_json(told: dict[str, Any]) -> Fact:
    occurred_at = told["occurred_at"]
    return Fact(
        business=BusinessStatus(told["business"]),
        raw_code=told["raw_code"],
        occurred_at=occurred_at and datetime.fromisoformat(occurred_at),
        office=told["office"],
        receipt=told["receipt"],
        text=told["text"],
        serial=told["serial"],
        outcome=told["outcome"] and OutcomeCode(told["outcome"]),
    )
