"""Why a field does not go: one code for each reason. The Korean words for staff are in `hub/consent/words.py`."""

from __future__ import annotations

from enum import StrEnum


class WithheldReason(StrEnum):
    """Why a field is withheld; the most telling first: of several reasons for one field the first is given."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    """동의 철회."""
    CONSENT_EXPIRED = "consent_expired"
    """동의 만료."""
    CONSENT_NOT_YET = "consent_not_yet"
    """The record says that it is signed later than now."""
    CONSENT_OTHER_PURPOSE = "consent_other_purpose"
    """The recipient is named, but for another service."""
    CONSENT_OTHER_OFFICE = "consent_other_office"
    """The agency is named, but another of its offices."""
    CONSENT_OTHER_TYPE = "consent_other_type"
    """The field is named, but in a consent of a type that cannot open it (22①)."""
    CONSENT_MISSING = "consent_missing"
    """동의 없음."""
    STATUTE_MISSING = "statute_missing"
    """법적 근거 없음: the table of statutes does not carry it for this recipient, field and day."""
    FIELD_MISSING = "field_missing"
    """The agency cannot do without it, and the document does not hold it."""
