"""Writing audit entries, in the business transaction that they tell of. Chaining and export live elsewhere.

An entry says who did what, when, from where, on whose data. Its `data` holds codes, field paths and ids only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from hub.clock import wall_now
from hub.store.tables import audit_entries

_CODE = re.compile(r"[A-Za-z0-9_.:,/+-]{0,200}")


class Action(StrEnum):
    """What was done."""

    CENTRE_ADDED = "centre_added"
    OPERATOR_ADDED = "operator_added"
    KEY_ISSUED = "key_issued"
    KEY_ROTATED = "key_rotated"
    """A new key for an old one, which ends by itself; the data names both."""
    KEY_REVOKED = "key_revoked"
    AUTHENTICATION_FAILED = "authentication_failed"
    """Somebody called without a good key or token. So many an hour are written down; the data holds how many not."""
    ACCESS_REFUSED = "access_refused"
    """A known caller asked for what it may not have, or too often. The same."""
    CASE_ACCEPTED = "case_accepted"
    REFERRALS_ADDED = "referrals_added"
    CASE_READ = "case_read"
    REFERRAL_READ = "referral_read"
    REFERRALS_LISTED = "referrals_listed"
    EVENTS_READ = "events_read"
    CONSENT_READ = "consent_read"
    RECEIPT_READ = "receipt_read"
    DISCLOSURES_READ = "disclosures_read"
    EXPLANATION_READ = "explanation_read"
    CLIENT_SEARCHED = "client_searched"
    """Somebody looked for a client; the data names the way and who was found, never what was looked for."""
    CONSENTS_ADDED = "consents_added"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    DISCLOSED = "disclosed"
    """The policy let an attempt tell an agency something; the data names attempt, recipient, fields and their bases."""
    WITHDRAWAL_TOLD = "withdrawal_told"
    """An attempt tells an agency that what it was told is taken back; it rests on the disclosure already made."""
    WITHHELD = "withheld"
    """The policy refused; the data names the reason and the fields."""
    ATTEMPT_ENDED = "attempt_ended"
    """What is known of an attempt that told an agency something; interrupted: nothing, its process died."""
    CALLBACK_RECEIVED = "callback_received"
    CALL_SHELVED = "call_shelved"
    """A call named no referral that we know, for so long that operators are told; the data names it."""
    REFERRAL_CANCELLED = "referral_cancelled"
    REFERRAL_PAUSED = "referral_paused"
    REFERRAL_RESUMED = "referral_resumed"
    REFERRAL_SUPPLEMENTED = "referral_supplemented"
    REFERRAL_RETRIED = "referral_retried"
    REFERRAL_RESOLVED = "referral_resolved"
    REFERRAL_OVERRIDDEN = "referral_overridden"
    REFERRAL_CLOSED = "referral_closed"
    BULK_STEP_TAKEN = "bulk_step_taken"
    """One step for many referrals; each has an entry of its own too, unless it was skipped."""
    WITHDRAWAL_ACKNOWLEDGED = "withdrawal_acknowledged"
    PRECHECKED = "prechecked"
    """Somebody asked about services without naming anybody; the data holds how many, and no facts."""
    AGENCY_PAUSED = "agency_paused"
    AGENCY_RESUMED = "agency_resumed"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_CHANGED = "webhook_changed"
    """Its address, what it hears of, whether it is on; the data names which of them."""
    WEBHOOK_ROTATED = "webhook_rotated"
    WEBHOOK_REMOVED = "webhook_removed"
    WEBHOOK_REDELIVERED = "webhook_redelivered"
    WEBHOOK_DISABLED = "webhook_disabled"
    """Its receiver answered 410 Gone."""
    CASE_PURGED = "case_purged"
    """Key and sealed data were destroyed; the data says why, after how many days, and counts what was destroyed."""
    CASE_LET_GO = "case_let_go"
    """What was kept apart of a purged case was deleted: its time was over."""
    CASE_HELD = "case_held"
    CASE_RELEASED = "case_released"
    KEK_ANNOUNCED = "kek_announced"
    KEK_SWITCHED = "kek_switched"
    KEK_RETIRED = "kek_retired"
    """Data keys were wrapped anew; the data counts them, and names the keys that wrap nothing any more."""
    AUDIT_READ = "audit_read"
    """Somebody read this very record; the data names what was filtered by, and how many entries were shown."""
    AUDIT_EXPORTED = "audit_exported"
    ACCESS_REVIEWED = "access_reviewed"
    """The monthly review (접속기록 점검) was written; the data names the month."""

    @property
    def is_read(self) -> bool:
        """Whether it shows data and changes nothing: by its name, so that a new one cannot be forgotten in a list."""
        return self.value.endswith(("_read", "_listed", "_searched", "_exported", "_reviewed"))


def record(
    conn: Connection,
    *,
    at: datetime,
    actor: str,
    action: Action,
    origin: str | None = None,
    centre_id: str | None = None,
    client_id: str | None = None,
    case_id: str | None = None,
    referral_id: str | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Add an entry; wall time is added. `at` is business time; `actor` a name: `key:<id>`, `hub`, `agency:<slug>`.

    Raises:
        ValueError: `data` holds something that is no code, path or id: free text, Hangul, a nested model.
    """
    said = dict(data or {})
    if not _is_codes(said):
        raise ValueError(f"audit data of {action} must hold codes, paths and ids only")
    conn.execute(
        audit_entries.insert().values(
            at=at, at_wall=wall_now(), actor=actor, origin=origin, action=action, centre_id=centre_id,
            client_id=client_id, case_id=case_id, referral_id=referral_id, data=said,
        )
    )  # fmt: skip


def _is_codes(value: object) -> bool:
    match value:
        case None | bool() | int():
            return True
        case float():
            return math.isfinite(value)  # others have no JSON, and the sealer could not write them
        case str():
            return _CODE.fullmatch(value) is not None
        case Mapping():
            return all(_is_codes(key) and _is_codes(inner) for key, inner in value.items())
        case list() | tuple():
            return all(_is_codes(inner) for inner in value)
        case _:
            return False
