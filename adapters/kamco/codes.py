"""Every code of the contract in our words. The agency's own code is always kept beside the mapped one. All [A]."""

from __future__ import annotations

from adapters.sdk import RefusalReason, WithdrawReason
from schemas.client import EmploymentStatus, Sex
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

DONE = "0000"
"""정상, of a file and of a line."""
KNOWN_ALREADY = "0001"
"""중복: the line's referral is registered, under the receipt that stands beside."""
CLOSED = "90"
RECEIVED = "10"

REFUSALS: dict[str, RefusalReason] = {
    "E01": RefusalReason.INVALID_CONTENT,
    "E02": RefusalReason.INVALID_CONTENT,
    "E03": RefusalReason.INVALID_CONTENT,
    "E04": RefusalReason.INVALID_CONTENT,
    "E11": RefusalReason.NOT_ELIGIBLE,
    "E12": RefusalReason.NO_BUDGET,
    "E21": RefusalReason.OTHER,
    "E22": RefusalReason.OTHER,
}
"""`RSLT_CD` that say no."""

REFERRALS_ONLY = frozenset({KNOWN_ALREADY, "E11", "E12"})
WITHDRAWALS_ONLY = frozenset({"E21", "E22"})

STATUSES: dict[str, BusinessStatus] = {
    "10": BusinessStatus.RECEIVED,
    "20": BusinessStatus.ASSIGNED,
    "30": BusinessStatus.INVESTIGATING,
    "31": BusinessStatus.REVIEWING,
    "50": BusinessStatus.APPROVED,
    "60": BusinessStatus.UNSUITABLE,
    "70": BusinessStatus.IN_SERVICE,
    "80": BusinessStatus.COMPLETED,
    "90": BusinessStatus.CLOSED,
    "92": BusinessStatus.WITHDRAWN,
}
"""`PRGR_STTS_CD`."""

OUTCOMES: dict[str, OutcomeCode] = {
    "01": OutcomeCode.HELPED,
    "02": OutcomeCode.NOT_ELIGIBLE,
    "03": OutcomeCode.NO_BUDGET,
    "04": OutcomeCode.WITHDRAWN,
    "05": OutcomeCode.UNREACHABLE,
    "99": OutcomeCode.OTHER,
}
"""`CLS_RSN_CD`."""

SERVICES: dict[ServiceCode, str] = {ServiceCode.DEBT_KAMCO: "DA01"}
"""`SVC_CD`."""

SEXES: dict[Sex, str] = {Sex.MALE: "1", Sex.FEMALE: "2"}
"""`SEX_CD`."""

JOBS: dict[EmploymentStatus, str] = {
    EmploymentStatus.EMPLOYED: "01",
    EmploymentStatus.DAILY: "02",
    EmploymentStatus.SELF_EMPLOYED: "03",
    EmploymentStatus.UNEMPLOYED: "04",
    EmploymentStatus.RETIRED: "05",
    EmploymentStatus.STUDENT: "06",
    EmploymentStatus.OTHER: "99",
}
"""`JOB_CD`."""

WITHDRAWALS: dict[WithdrawReason, str] = {WithdrawReason.CONSENT_WITHDRAWN: "01", WithdrawReason.CANCELLED: "02"}
"""`WHDR_RSN_CD`."""
