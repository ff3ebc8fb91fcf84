"""Every code of the contract in our words [A]. The agency's own code is always kept beside the mapped one."""

from __future__ import annotations

from enum import Enum

from adapters.sdk import RefusalReason
from schemas.client import Sex
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode


class Meaning(Enum):
    """What a `MESSAGE` proves."""

    DONE = "the agency did it"
    REFUSED = "the agency did not accept it, and says why"
    WAIT = "nothing was done, and later may be better"
    UNCERTAIN = "it broke on the way: it may have been accepted"


MESSAGES: dict[str, Meaning] = {
    "SUCCESS": Meaning.DONE,
    "E001": Meaning.REFUSED,
    "E002": Meaning.REFUSED,
    "E003": Meaning.REFUSED,
    "E004": Meaning.REFUSED,
    "E005": Meaning.REFUSED,
    "E201": Meaning.REFUSED,
    "E203": Meaning.REFUSED,
    "E301": Meaning.REFUSED,
    "E901": Meaning.WAIT,
    "E999": Meaning.UNCERTAIN,
}
"""`MESSAGE`."""

UNREAD = frozenset({"E001", "E002", "E003", "E004", "E005"})
"""Answers that may come to a form whose `TRAN_ID` could not be read: they then come without it."""

REFUSALS: dict[str, RefusalReason] = {
    **dict.fromkeys(UNREAD, RefusalReason.INVALID_CONTENT),
    "E201": RefusalReason.NOT_ELIGIBLE,
    "E203": RefusalReason.NO_BUDGET,
    "E301": RefusalReason.OTHER,
}
"""`MESSAGE` that refuses."""

STATUSES: dict[str, BusinessStatus] = {
    "10": BusinessStatus.RECEIVED,
    "20": BusinessStatus.ASSIGNED,
    "30": BusinessStatus.INVESTIGATING,
    "35": BusinessStatus.SUPPLEMENT_REQUESTED,
    "40": BusinessStatus.APPROVED,
    "45": BusinessStatus.UNSUITABLE,
    "46": BusinessStatus.RETURNED,
    "50": BusinessStatus.IN_SERVICE,
    "60": BusinessStatus.COMPLETED,
    "90": BusinessStatus.CLOSED,
    "92": BusinessStatus.WITHDRAWN,
}
"""`STTS_CD`."""

OUTCOMES: dict[str, OutcomeCode] = {
    "01": OutcomeCode.HELPED,
    "02": OutcomeCode.NOT_ELIGIBLE,
    "03": OutcomeCode.NO_BUDGET,
    "04": OutcomeCode.WITHDRAWN,
    "05": OutcomeCode.UNREACHABLE,
    "99": OutcomeCode.OTHER,
}
"""`END_CD`."""

SERVICES: dict[ServiceCode, str] = {ServiceCode.ILLEGAL_LEND: "IL", ServiceCode.LAW_AGENT: "AG"}
"""`SVC_CD`."""

SEXES: dict[Sex, str] = {Sex.MALE: "1", Sex.FEMALE: "2"}
"""`REQ_SEX`."""
