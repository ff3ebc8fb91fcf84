"""Every code of the contract in our words, all assumed [A]. The agency's own code is kept beside the mapped one."""

from __future__ import annotations

from enum import Enum

from adapters.sdk import RefusalReason, WithdrawReason
from schemas.client import EmploymentStatus
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode


class Meaning(Enum):
    """What an `errCd` proves."""

    REFUSED = "the agency decided against it, and nothing changed"
    MISCONFIGURED = "the message was turned away unread: a person must mend route or form"
    UNCERTAIN = "it broke inside the agency: it may have been done"


ERRORS: dict[str, Meaning] = {
    "E001": Meaning.MISCONFIGURED,
    "E004": Meaning.MISCONFIGURED,
    "E005": Meaning.MISCONFIGURED,
    "E101": Meaning.REFUSED,
    "E201": Meaning.REFUSED,
    "E202": Meaning.REFUSED,
    "E301": Meaning.REFUSED,
    "E302": Meaning.REFUSED,
    "E401": Meaning.REFUSED,
    "E402": Meaning.REFUSED,
    "E900": Meaning.UNCERTAIN,
}
"""`errCd`."""

REFUSALS: dict[str, RefusalReason] = {
    "E101": RefusalReason.CONSENT_MISSING,
    "E201": RefusalReason.NOT_ELIGIBLE,
    "E202": RefusalReason.NOT_ELIGIBLE,
    "E301": RefusalReason.DUPLICATE,
    "E302": RefusalReason.DUPLICATE,
    "E401": RefusalReason.OTHER,
    "E402": RefusalReason.OTHER,
    "E004": RefusalReason.OTHER,
}
"""`errCd` of a refusal; E004 only of a path with an application's number in it."""

NO_SUCH_PATH = "E004"
"""Of a path with an application's number in it: a refusal."""

KEY_TAKEN = "E302"
UNKNOWN_HERE = "E401"

STATUSES: dict[str, BusinessStatus] = {
    "01": BusinessStatus.RECEIVED,
    "02": BusinessStatus.ASSIGNED,
    "03": BusinessStatus.INVESTIGATING,
    "04": BusinessStatus.REVIEWING,
    "05": BusinessStatus.SUPPLEMENT_REQUESTED,
    "10": BusinessStatus.APPROVED,
    "11": BusinessStatus.UNSUITABLE,
    "12": BusinessStatus.DISMISSED,
    "13": BusinessStatus.REJECTED,
    "14": BusinessStatus.RETURNED,
    "20": BusinessStatus.IN_SERVICE,
    "21": BusinessStatus.CLOSED,
    "30": BusinessStatus.COMPLETED,
    "90": BusinessStatus.CLOSED,
    "92": BusinessStatus.WITHDRAWN,
    "94": BusinessStatus.OBJECTED,
}
"""`prcsSttsCd`."""

LAPSED = "21"
"""실효: the agreed repayment was not kept, and the adjustment is void. An end without a `clsRsnCd`."""

OUTCOMES: dict[str, OutcomeCode] = {
    "01": OutcomeCode.HELPED,
    "02": OutcomeCode.NOT_ELIGIBLE,
    "03": OutcomeCode.NO_BUDGET,
    "04": OutcomeCode.WITHDRAWN,
    "05": OutcomeCode.UNREACHABLE,
    "99": OutcomeCode.OTHER,
}
"""`clsRsnCd`."""

SERVICES: dict[ServiceCode, str] = {
    ServiceCode.DEBT_FAST: "10",
    ServiceCode.DEBT_PRE: "20",
    ServiceCode.DEBT_IND: "30",
    ServiceCode.LOAN_CCRS: "40",
}
"""`prodDvsnCd`."""

EMPLOYMENTS: dict[EmploymentStatus, str] = {
    EmploymentStatus.EMPLOYED: "01",
    EmploymentStatus.DAILY: "02",
    EmploymentStatus.SELF_EMPLOYED: "03",
    EmploymentStatus.UNEMPLOYED: "04",
    EmploymentStatus.RETIRED: "05",
    EmploymentStatus.STUDENT: "06",
    EmploymentStatus.OTHER: "99",
}
"""`emplSttsCd`."""

WITHDRAWALS: dict[WithdrawReason, str] = {WithdrawReason.CONSENT_WITHDRAWN: "01", WithdrawReason.CANCELLED: "02"}
"""`whdrwRsnCd`; 99 기타 is never needed."""
