"""How entries of the audit trail are shown: codes, field paths and ids, as they were sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.api.views import View
from hub.audit.chain import Link


class AuditEntryView(View):
    """접속기록: who did what to whose data, when, from where, for which task, by which decision."""

    sequence: int
    """Its place in the chain; nothing is ever put before it."""
    digest: str
    """SHA-256 over the entry and the digest of the one before it (hex)."""
    at: datetime
    """업무 시각."""
    at_wall: datetime | None
    """실제 시각; null only for entries of before there was a chain."""
    actor: str
    """key:<id>, hub, agency:<slug>, cli."""
    origin: str | None
    """접속지: the network address that it came from."""
    action: str
    """한 일: a code."""
    centre_id: str | None
    client_id: str | None
    """정보주체: whose data."""
    case_id: str | None
    referral_id: str | None
    data: dict[str, Any]
    """Codes, field paths and ids: the fields disclosed and their bases, the attempt, the reason of a refusal."""


class AuditView(View):
    """접속기록 목록: sealed entries, in the chain's order."""

    entries: tuple[AuditEntryView, ...]


def audit_entry_view(row: Mapping[str, Any]) -> AuditEntryView:
    """Return what is shown of a sealed row."""
    link = Link.from_row(row)
    return AuditEntryView(sequence=link.sequence, digest=link.digest.hex(), **vars(link.entry))
