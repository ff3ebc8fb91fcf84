"""The form of a notice on the wire: its body, and its headers after Standard Webhooks (`webhook-…`, HMAC-SHA256)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from standardwebhooks import Webhook

from hub.store.messages import Message


def body_of(message: Message) -> str:
    """Return the JSON that is sent: the same text at every try."""
    told = {"type": message.type, "timestamp": _rfc3339(message.at), "data": _data(message)}
    return json.dumps(told, separators=(",", ":"))


def headers_of(message_id: str, body: str, secrets: Iterable[str], wall: datetime) -> dict[str, str]:
    """Return the headers of one try: signed anew at every try, by every secret that holds at the moment."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(wall.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, wall, body) for secret in secrets),
    }


def _data(message: Message) -> Mapping[str, object]:
    """Return ids and codes; what is not there is left out."""
    said = {
        "referral_id": message.referral_id,
        "case_id": message.case_id,
        "sequence": message.sequence,
        "delivery": message.delivery,
        "business": message.business,
        "agency": message.agency,
    }
    return {name: value for name, value in said.items() if value is not None}


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
