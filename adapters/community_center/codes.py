"""Every code of the contract in our words. The agency's own code is always kept beside the mapped one."""

from __future__ import annotations

from enum import Enum

from adapters.sdk import RefusalReason, WithdrawReason
from schemas.client import Sex
from schemas.referral import ReferralKind
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode


class Meaning(Enum):
    """What a `resultCode` proves."""

    DONE = "the office did it"
    BUSINESS_ERROR = "the office decided against it; `errCd` says why, and nothing changed"
    WAIT = "the integration did not reach the office: nothing happened, and it may work later"
    MISCONFIGURED = "the message was turned away before the office saw it: a person must mend ids, route or form"
    UNCERTAIN = "it broke on the way to the office, there, or on the way back: it may have been done"


RESULT_CODES: dict[str, Meaning] = {
    "0000": Meaning.DONE,
    "0001": Meaning.UNCERTAIN,
    "0002": Meaning.BUSINESS_ERROR,
    "1000": Meaning.MISCONFIGURED,
    "1001": Meaning.WAIT,  # outside hours; a clock that is wrong looks the same, see `envelope`
    "1002": Meaning.MISCONFIGURED,
    "1003": Meaning.MISCONFIGURED,
    "1004": Meaning.MISCONFIGURED,
    "1005": Meaning.MISCONFIGURED,
    "1006": Meaning.WAIT,
    "2000": Meaning.WAIT,
    "2001": Meaning.UNCERTAIN,
    "3000": Meaning.MISCONFIGURED,
    "3001": Meaning.MISCONFIGURED,
    "3002": Meaning.MISCONFIGURED,
    "3003": Meaning.UNCERTAIN,
    "4000": Meaning.UNCERTAIN,
    "4001": Meaning.UNCERTAIN,
    "5000": Meaning.UNCERTAIN,
    "5001": Meaning.UNCERTAIN,
}
"""`resultCode` [S]. What each proves is our reading [A]: everything from the call of the office on is uncertain."""

INVALID_TIME = "1001"
UNREAD = frozenset({"1004", "1005", "3000", "3001", "3002"})
"""Answers that may come before the request's header was read: its ids are then empty."""

STATUSES: dict[str, BusinessStatus] = {
    "10": BusinessStatus.RECEIVED,
    "20": BusinessStatus.ASSIGNED,
    "30": BusinessStatus.INVESTIGATING,
    "31": BusinessStatus.REVIEWING,
    "40": BusinessStatus.SUPPLEMENT_REQUESTED,
    "50": BusinessStatus.APPROVED,
    "60": BusinessStatus.UNSUITABLE,
    "61": BusinessStatus.DISMISSED,
    "62": BusinessStatus.REJECTED,
    "63": BusinessStatus.RETURNED,
    "70": BusinessStatus.IN_SERVICE,
    "80": BusinessStatus.COMPLETED,
    "85": BusinessStatus.AFTERCARE,
    "90": BusinessStatus.CLOSED,
    "91": BusinessStatus.TRANSFERRED,
    "92": BusinessStatus.WITHDRAWN,
    "93": BusinessStatus.COUNCIL,
    "94": BusinessStatus.OBJECTED,
}
"""`prgrSttsCd` [A]."""

OUTCOMES: dict[str, OutcomeCode] = {
    "01": OutcomeCode.HELPED,
    "02": OutcomeCode.NOT_ELIGIBLE,
    "03": OutcomeCode.NO_BUDGET,
    "04": OutcomeCode.WITHDRAWN,
    "05": OutcomeCode.UNREACHABLE,
    "99": OutcomeCode.OTHER,
}
"""`clsRsnCd` [A]."""

REFUSALS: dict[str, RefusalReason] = {
    "E201": RefusalReason.NOT_RESIDENT,
    "E202": RefusalReason.NOT_ELIGIBLE,
    "E203": RefusalReason.OTHER,
    "E401": RefusalReason.OTHER,
    "E402": RefusalReason.OTHER,
    "E403": RefusalReason.OTHER,
}
"""`errCd` [A]."""

UNKNOWN_HERE = "E401"
TRANSFERRED_AWAY = "E403"

SERVICES: dict[ServiceCode, str] = {
    ServiceCode.WEL_EMERG: "EW01",
    ServiceCode.WEL_NEAR: "NB01",
    ServiceCode.WEL_CASE: "CM01",
}
"""`svcCd` [A]."""

KINDS: dict[ReferralKind, str] = {ReferralKind.PERSON: "1", ReferralKind.SERVICE: "2"}
"""`rqstSecd` [A]."""

SEXES: dict[Sex, str] = {Sex.MALE: "1", Sex.FEMALE: "2"}
"""`sexCd` [A]."""

WITHDRAWALS: dict[WithdrawReason, str] = {WithdrawReason.CONSENT_WITHDRAWN: "01", WithdrawReason.CANCELLED: "02"}
"""`whdrwRsnCd` [A]; 99 기타 is never needed."""
