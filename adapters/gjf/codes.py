"""Every code of the contract in our words. The agency's own code is always kept beside the mapped one."""

from __future__ import annotations

from enum import Enum

from adapters.sdk import RefusalReason, WithdrawReason
from schemas.client import EmploymentStatus, Sex
from schemas.status import BusinessStatus, OutcomeCode


class Meaning(Enum):
    """What a `resultCode` proves."""

    DONE = "the agency did it"
    NO_DATA = "it has nothing under our key"
    REFUSED = "the agency decided against it; nothing changed"
    WAIT = "it is closed: nothing was done, and it may work later"
    MISCONFIGURED = "it was turned away unread: a person must mend token or form"
    UNCERTAIN = "it broke down; what it had done by then is not known"


RESULT_CODES: dict[str, Meaning] = {
    "00": Meaning.DONE,
    "03": Meaning.NO_DATA,
    "10": Meaning.MISCONFIGURED,
    "11": Meaning.MISCONFIGURED,
    "20": Meaning.REFUSED,
    "21": Meaning.REFUSED,
    "22": Meaning.REFUSED,
    "23": Meaning.REFUSED,
    "24": Meaning.REFUSED,
    "30": Meaning.REFUSED,
    "50": Meaning.MISCONFIGURED,
    "90": Meaning.WAIT,
    "99": Meaning.UNCERTAIN,
}
"""`resultCode` [A]."""

REFUSALS: dict[str, RefusalReason] = {
    "03": RefusalReason.OTHER,  # to a withdrawal only: a person must ask what became of it
    "20": RefusalReason.NOT_RESIDENT,
    "21": RefusalReason.NOT_ELIGIBLE,
    "22": RefusalReason.DUPLICATE,
    "23": RefusalReason.NO_BUDGET,
    "24": RefusalReason.CONSENT_MISSING,
    "30": RefusalReason.OTHER,
}
"""Why it refused."""

STATUSES: dict[str, BusinessStatus] = {
    "01": BusinessStatus.RECEIVED,
    "02": BusinessStatus.ASSIGNED,
    "03": BusinessStatus.INVESTIGATING,
    "04": BusinessStatus.APPROVED,
    "05": BusinessStatus.IN_SERVICE,
    "06": BusinessStatus.COMPLETED,
    "07": BusinessStatus.AFTERCARE,
    "08": BusinessStatus.CLOSED,
    "09": BusinessStatus.UNSUITABLE,
    "10": BusinessStatus.WITHDRAWN,
}
"""`sttsCd` [A]. 초기상담·진단 (03) is where the agency finds out what the client needs."""

OUTCOMES: dict[str, OutcomeCode] = {
    "01": OutcomeCode.HELPED,
    "02": OutcomeCode.NOT_ELIGIBLE,
    "03": OutcomeCode.NO_BUDGET,
    "04": OutcomeCode.WITHDRAWN,
    "05": OutcomeCode.UNREACHABLE,
    "99": OutcomeCode.OTHER,
}
"""`clsRsnCd` [A]."""

SEXES: dict[Sex, str] = {Sex.MALE: "1", Sex.FEMALE: "2"}
"""`sexCd` [A]."""

EMPLOYMENT: dict[EmploymentStatus, str] = {
    EmploymentStatus.EMPLOYED: "01",
    EmploymentStatus.DAILY: "02",
    EmploymentStatus.SELF_EMPLOYED: "03",
    EmploymentStatus.UNEMPLOYED: "04",
    EmploymentStatus.RETIRED: "05",
    EmploymentStatus.STUDENT: "06",
    EmploymentStatus.OTHER: "99",
}
"""`empSttsCd` [A]."""

WITHDRAWALS: dict[WithdrawReason, str] = {WithdrawReason.CONSENT_WITHDRAWN: "01", WithdrawReason.CANCELLED: "02"}
"""`whdrwRsnCd` [A]; 99 기타 is never needed."""
