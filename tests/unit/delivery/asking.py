"""A landing of whose agency a rule wants to be asked first, for tests of 자격 확인."""

from __future__ import annotations

from typing import Any

from ferry import START, Landing

from adapters.sdk import Verb
from hub.intake.filing import Filing
from hub.settings import RoutingSettings
from hub.store.attempts import AttemptRecord, attempts_of
from hub.store.deliveries import DeliveryRecord

ALWAYS = {
    "id": "ask-first", "services": ["WEL-BASIC"], "verify": True, "words": "먼저 자격을 확인합니다.",
    "source": "시험 고시", "mark": "A", "from": "2026-01-01",
}  # fmt: skip
WHERE_OPEN = {**ALWAYS, "id": "ask-if-unknown", "any_of": [{"fact": "median_income_percent", "at_most": 50}]}


def with_rules(landing: Landing, *rules: dict[str, Any]) -> Landing:
    """Have a landing judge by these rules."""
    routes = {"WEL-BASIC": [{"agency": "ferry", "from": START.date()}]}
    routing = RoutingSettings.model_validate({"services": routes, "rules": rules})
    landing.filing = Filing(landing.clock, landing.vault, landing.room.agencies, routing)
    return landing


def questions(landing: Landing, referral_id: str) -> list[DeliveryRecord]:
    """Return the questions that were put, or are to be, about a referral."""
    return [one for one in landing.deliveries(referral_id) if one.kind is Verb.VERIFY]


def attempts(landing: Landing, referral_id: str, verb: Verb = Verb.VERIFY) -> list[AttemptRecord]:
    """Return the attempts of one verb."""
    found = landing.store.read_now(lambda conn: attempts_of(conn, referral_id))
    return [one for one in found if one.verb is verb]
