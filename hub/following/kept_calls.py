"""What an agency told, as the inbox keeps it: sealed as it came, with the facts that were read from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.sdk import Fact, InboundCall
from hub.delivery.room import Room
from hub.store.following import InboxRecord
from hub.vault.boxes import place
from schemas.status import BusinessStatus, OutcomeCode


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
