"""What an agency's answer to "is this person eligible?" means for the question (자격 확인). Pure.

A question changes nothing at the agency, so it may be asked again; each time is a disclosure with a decision of its
own. Its status tells how far it is: delivered is *eligible*, refused is a *no*, held and failed wait for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from adapters.sdk import (
    AdapterError,
    CannotExpressError,
    Eligibility,
    MisconfiguredError,
    RefusalReason,
    Refused,
    Verified,
)
from hub.consent.reasons import WithheldReason
from hub.delivery.results import Before, Change, Result, is_over, wait_after, word_for
from hub.delivery.steps import VerificationReason
from hub.settings import DeliverySettings
from schemas.status import DeliveryStatus, Verification

_R = VerificationReason
_BY_REFUSAL: Mapping[RefusalReason, VerificationReason] = {
    RefusalReason.NOT_ELIGIBLE: _R.NOT_ELIGIBLE,
    RefusalReason.NOT_RESIDENT: _R.NOT_RESIDENT,
    RefusalReason.IDENTITY_MISMATCH: _R.IDENTITY_MISMATCH,
}
_SAID: Mapping[VerificationReason, Verification] = {
    _R.NOT_ELIGIBLE: Verification.NOT_ELIGIBLE,
    _R.NOT_RESIDENT: Verification.NOT_ELIGIBLE,
    _R.UNDETERMINED: Verification.UNDETERMINED,
    _R.IDENTITY_MISMATCH: Verification.REFUSED,
    _R.REFUSED: Verification.REFUSED,
}


def after_question(result: Result, before: Before, now: datetime, settings: DeliverySettings) -> Change:
    """Return what `result` means for the question. Total: every value and every exception has a row."""
    match result:
        case Verified(Eligibility.ELIGIBLE, raw_code):
            return Change(DeliveryStatus.DELIVERED, "answered", raw_code=raw_code)
        case Verified(Eligibility.NOT_ELIGIBLE, raw_code):
            return Change(DeliveryStatus.REFUSED, "answered", reason=_R.NOT_ELIGIBLE, raw_code=raw_code)
        case Verified(_, raw_code):
            return Change(DeliveryStatus.HELD, "answered", reason=_R.UNDETERMINED, raw_code=raw_code)
        case Refused(reason, raw_code, text):
            held_by = _BY_REFUSAL.get(reason, _R.REFUSED)
            return Change(DeliveryStatus.REFUSED, "answered", reason=held_by, raw_code=raw_code, text=text)
        case Exception():
            return _after_error(result, before, now, settings)
        case _:
            return Change(DeliveryStatus.FAILED, "defect", reason=_R.DEFECT)


def _after_error(error: Exception, before: Before, now: datetime, settings: DeliverySettings) -> Change:
    """Ask again what may pass, until it was for long enough: then, and where no trying helps, a person decides."""
    word = "unknown" if before.byte_left and word_for(error) == "not_sent" else word_for(error)
    match error:
        case MisconfiguredError():
            return Change(DeliveryStatus.PENDING, word, due_at=now, pause_lane=True)
        case CannotExpressError():
            return Change(DeliveryStatus.HELD, word, reason=_R.CANNOT_EXPRESS, reason_paths=(error.path,))
        case AdapterError() if is_over(error, before, now, settings):
            return Change(DeliveryStatus.FAILED, word, reason=_R.FAILED)
        case AdapterError():
            wait = wait_after(error, before.tries, settings.retry_first_seconds, settings.retry_longest_seconds)
            return Change(DeliveryStatus.PENDING, word, due_at=now + timedelta(seconds=wait))
        case _:
            return Change(DeliveryStatus.FAILED, "defect", reason=_R.DEFECT)


def said_by(change: Change) -> Verification | None:
    """Return what the agency said about the person; None if it said nothing."""
    if change.result != "answered":
        return None
    reason = change.reason
    return Verification.ELIGIBLE if reason is None else _SAID[VerificationReason(reason)]


def why_not_asked(reason: WithheldReason) -> VerificationReason:
    """Return why the agency may not be asked, by what the policy found."""
    if reason is WithheldReason.STATUTE_MISSING:
        return _R.WITHOUT_STATUTE
    return _R.FIELD_MISSING if reason is WithheldReason.FIELD_MISSING else _R.WITHOUT_CONSENT
