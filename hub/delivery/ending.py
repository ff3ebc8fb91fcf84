"""Ends attempts that told an agency something: the attempt's own row, and its entry in the audit trail.

What becomes of the delivery is decided by those who call this.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from hub.audit.entries import Action, record
from hub.delivery.room import referral_subject
from hub.store.attempts import end_attempt
from hub.store.referrals import ReferralRecord


def end_telling(
    conn: Connection,
    referral: ReferralRecord,
    attempt_id: str,
    at: datetime,
    result: str,
    *,
    error: str | None = None,
    raw_code: str | None = None,
) -> None:
    """Store how an attempt ended that rested on a `Disclose` or a `Withdraw`, and note it; `error`: its class.

    The entry of the decision was written before a byte left: this one says what is known of it since.
    """
    end_attempt(conn, attempt_id, at, result, error=error, raw_code=raw_code)
    data = {"attempt": attempt_id, "result": result}
    record(conn, at=at, actor="hub", action=Action.ATTEMPT_ENDED, **referral_subject(referral), data=data)
