"""A call that an agency makes to us, as bytes, and the answer it gets. Who it is from is the adapter's to verify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from adapters.sdk.outcomes import Fact


@dataclass(frozen=True)
class InboundCall:
    """One request to `/v1/callbacks/<slug>`: header names in lower case, body untouched, the wall time (UTC)."""

    method: str
    path: str
    """What follows `/v1/callbacks/<slug>`; empty or beginning with `/`."""
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True)
class InboundReply:
    """The answer in the agency's own form."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Callback:
    """What a verified call says: facts about one referral, found by our key or the agency's receipt."""

    wire_key: str | None
    receipt: str | None
    facts: tuple[Fact, ...]
    reply: InboundReply
    """The answer once the hub has stored the call."""
    nonce: str | None = None
    """What makes this call unique by the agency's contract: a second one with it is a replay, and changes nothing."""
    office: str | None = None
    """The 기관코드 that speaks, for agencies with offices: only the office in charge moves a referral."""
