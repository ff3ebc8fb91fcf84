"""Every code of the contract in our words [A]. The agency's own code is always kept beside the mapped one."""

from __future__ import annotations

from adapters.sdk import RefusalReason, WithdrawReason
from schemas.client import EmploymentStatus, Sex
from schemas.referral import ReferralKind, Urgency
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

DONE, MALFORMED, NO_ROOM, NOT_REGISTERED, NOT_NOW, REGISTERED_BEFORE, BROKE_DOWN = (
    "0000",
    "0101",
    "0303",
    "0404",
    "0505",
    "0707",
    "9999",
)
"""`RSP_CD`: 정상, 형식오류, 취급불가, 미등록, 처리불가, 기접수, 시스템."""

ANSWERS: dict[str, frozenset[str]] = {
    "0200": frozenset({DONE, REGISTERED_BEFORE, NO_ROOM, MALFORMED, BROKE_DOWN}),
    "0300": frozenset({DONE, NOT_REGISTERED, MALFORMED, BROKE_DOWN}),
    "0400": frozenset({DONE, NOT_REGISTERED, NOT_NOW, MALFORMED, BROKE_DOWN}),
    "0500": frozenset({DONE, MALFORMED, BROKE_DOWN}),
    "0800": frozenset({DONE, MALFORMED, BROKE_DOWN}),
}
"""`MSG_NO` of what was asked → the `RSP_CD` that may answer it."""

REFUSALS: dict[str, RefusalReason] = {
    NO_ROOM: RefusalReason.NO_BUDGET,
    NOT_REGISTERED: RefusalReason.OTHER,
    NOT_NOW: RefusalReason.OTHER,
}
"""`RSP_CD` that refuses a registration or a withdrawal, in the contract's words."""

STATUSES: dict[str, BusinessStatus] = {
    "10": BusinessStatus.RECEIVED,
    "20": BusinessStatus.ASSIGNED,
    "30": BusinessStatus.INVESTIGATING,
    "31": BusinessStatus.REVIEWING,
    "40": BusinessStatus.SUPPLEMENT_REQUESTED,
    "50": BusinessStatus.APPROVED,
    "60": BusinessStatus.UNSUITABLE,
    "63": BusinessStatus.RETURNED,
    "70": BusinessStatus.IN_SERVICE,
    "80": BusinessStatus.COMPLETED,
    "85": BusinessStatus.AFTERCARE,
    "90": BusinessStatus.CLOSED,
    "92": BusinessStatus.WITHDRAWN,
}
"""`PRGR_ST`."""

RECEIVED = "10"
"""`PRGR_ST` of every registration when it was made; its `ST_SN` is 1."""
CANCELLED = "92"
"""`PRGR_ST` of what was withdrawn."""

OUTCOMES: dict[str, OutcomeCode] = {
    "01": OutcomeCode.HELPED,
    "02": OutcomeCode.NOT_ELIGIBLE,
    "03": OutcomeCode.NO_BUDGET,
    "04": OutcomeCode.WITHDRAWN,
    "05": OutcomeCode.UNREACHABLE,
    "99": OutcomeCode.OTHER,
}
"""`CLS_RSN`."""

SERVICES: dict[ServiceCode, str] = {ServiceCode.LOAN_MISO: "MS01"}
"""`SVC_CD`."""

KINDS: dict[ReferralKind, str] = {ReferralKind.PERSON: "1", ReferralKind.SERVICE: "2"}
"""`RQST_TP`."""

URGENCIES: dict[Urgency, str] = {Urgency.URGENT: "Y", Urgency.NORMAL: "N"}
"""`EMRG_YN`."""

SEXES: dict[Sex, str] = {Sex.MALE: "1", Sex.FEMALE: "2"}
"""`SEX_CD`."""

EMPLOYMENTS: dict[EmploymentStatus, str] = {
    EmploymentStatus.EMPLOYED: "01",
    EmploymentStatus.DAILY: "02",
    EmploymentStatus.SELF_EMPLOYED: "03",
    EmploymentStatus.UNEMPLOYED: "04",
    EmploymentStatus.RETIRED: "05",
    EmploymentStatus.STUDENT: "06",
    EmploymentStatus.OTHER: "99",
}
"""`EMPL_CD`."""

WITHDRAWALS: dict[WithdrawReason, str] = {WithdrawReason.CONSENT_WITHDRAWN: "01", WithdrawReason.CANCELLED: "02"}
"""`CNCL_RSN`."""
