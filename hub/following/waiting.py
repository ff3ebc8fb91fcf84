"""Callbacks that came before their referral could be found: stored, and taken in as soon as it can."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from adapters.sdk import Fact, InboundCall
from hub.audit.entries import Action, record
from hub.delivery.room import Room, referral_subject
from hub.following.facts import take_facts
from hub.store.following import mark_matched, unmatched_calls
from hub.store.referrals import referral_by_id
from hub.vault.boxes import place
from schemas.status import BusinessStatus, OutcomeCode


def seal_call(room: Room, inbox_id: str, call: InboundCall, facts: Sequence[Fact]) -> bytes:
    """Seal a verified call as it came, with the facts that were read from it.

    The facts are kept beside the raw bytes because a signature's time window is over when they are needed later.
    """
    told = {
        "path": call.path,
        "headers": dict(call.headers),
        "body": call.body.decode("latin-1"),
    }
    return seal_told(room, inbox_id, told, facts)


def seal_told(room: Room, inbox_id: str, told: Mapping[str, Any], facts: Sequence[Fact]) -> bytes:
    """Seal what an agency told as it came, with the facts that were read from it."""
    text = json.dumps({**told, "facts": [_to_json(fact) for fact in facts]}, ensure_ascii=False)
    return room.vault.seal_text(room.vault.inbox_key, place("inbox", "sealed_call", inbox_id), text)


def take_waiting_calls(conn: Connection, room: Room, referral_id: str, case_key: bytes, now: datetime) -> int:
    """Take in the stored calls, shelved ones too, that name this referral by key or receipt.

    Returns how many facts were new.
    """
    referral = referral_by_id(conn, referral_id)
    if referral is None:
        return 0
    new = 0
    for waiting in unmatched_calls(conn, referral.agency, referral.wire_key, referral.receipt):
        box_place = place("inbox", "sealed_call", waiting.id)
        told = json.loads(room.vault.unseal_text(room.vault.inbox_key, box_place, waiting.sealed_call))
        facts = [_from_json(fact) for fact in told["facts"]]
        new += take_facts(conn, room, referral_id, case_key, facts, "callback", now)
        mark_matched(conn, waiting.id, referral_id)
        record(
            conn, at=now, actor=f"agency:{referral.agency}", action=Action.CALLBACK_RECEIVED,
            **referral_subject(referral), data={"inbox": waiting.id},
        )  # fmt: skip
    return new


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
