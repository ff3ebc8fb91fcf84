"""행복e음's codes and ours: every code of `schemas/agencies/haengbok/codes.json`, and what it means here. Tables only.

What each code says in Korean stands in that file; the raw code always travels beside the mapped one.
"""

from __future__ import annotations

from enum import StrEnum

from adapters.sdk import Eligibility, RefusalReason, WithdrawReason
from schemas.client import Sex
from schemas.referral import ReferralKind
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

DONE = "0000"
"""`rtnCd` 정상."""
UNKNOWN_RECEIPT = "R101"
"""`rtnCd` 접수번호없음."""

STATUSES = {
    "01": BusinessStatus.RECEIVED,
    "02": BusinessStatus.ASSIGNED,
    "03": BusinessStatus.INVESTIGATING,
    "04": BusinessStatus.REVIEWING,
    "05": BusinessStatus.SUPPLEMENT_REQUESTED,
    "06": BusinessStatus.APPROVED,
    "07": BusinessStatus.UNSUITABLE,
    "08": BusinessStatus.DISMISSED,
    "09": BusinessStatus.REJECTED,
    "10": BusinessStatus.RETURNED,
    "11": BusinessStatus.IN_SERVICE,
    "12": BusinessStatus.COMPLETED,
    "13": BusinessStatus.AFTERCARE,
    "14": BusinessStatus.CLOSED,
    "15": BusinessStatus.TRANSFERRED,
    "16": BusinessStatus.WITHDRAWN,
    "17": BusinessStatus.COUNCIL,
    "18": BusinessStatus.OBJECTED,
}
"""`procStcd` 처리상태."""

OUTCOMES = {
    "H01": OutcomeCode.HELPED,
    "N01": OutcomeCode.NOT_ELIGIBLE,
    "N02": OutcomeCode.NOT_ELIGIBLE,
    "B01": OutcomeCode.NO_BUDGET,
    "W01": OutcomeCode.WITHDRAWN,
    "U01": OutcomeCode.UNREACHABLE,
    "Z99": OutcomeCode.OTHER,
}
"""`rsltCd` 결과코드."""

REGISTER_REFUSALS = {
    "R001": RefusalReason.IDENTITY_MISMATCH,
    "R002": RefusalReason.IDENTITY_MISMATCH,
    "R003": RefusalReason.INVALID_CONTENT,
    "R004": RefusalReason.NOT_RESIDENT,
    "R005": RefusalReason.NOT_ELIGIBLE,
}
"""`rtnCd` of a registration: the agency decided, and registered nothing."""

CHANGE_REFUSALS = {
    UNKNOWN_RECEIPT: RefusalReason.OTHER,
    "R102": RefusalReason.OTHER,
}
"""`rtnCd` of a withdrawal or supplement."""

VERIFY_DONE = "1"
VERIFY_FAILED = "9"
VERIFY_REFUSALS = {
    "2": RefusalReason.IDENTITY_MISMATCH,
    "3": RefusalReason.IDENTITY_MISMATCH,
    "4": RefusalReason.NOT_RESIDENT,
    "5": RefusalReason.NOT_ELIGIBLE,
}
"""`serviceResult`, beside 1 정상 and 9 시스템오류."""

ELIGIBILITIES = {"Y": Eligibility.ELIGIBLE, "N": Eligibility.NOT_ELIGIBLE, "M": Eligibility.UNDETERMINED}
"""`FCT_YN` 수급 사실."""

BENEFITS = {"BSLF01": "생계", "BSLF02": "의료", "BSLF03": "주거", "BSLF04": "교육"}
"""The four benefits: `svcCd` of a request for one alone, which none of our services is, and `BSLF0n_YN` of a reply."""

SERVICES = {ServiceCode.WEL_BASIC: "BSLF00"}
"""`svcCd` 서비스코드."""
KINDS = {ReferralKind.PERSON: "01", ReferralKind.SERVICE: "02"}
"""`reqKindCd` 의뢰구분."""
SEXES = {Sex.MALE: "1", Sex.FEMALE: "2"}
"""`sexCd` 성별."""
WITHDRAWALS = {WithdrawReason.CONSENT_WITHDRAWN: "01", WithdrawReason.CANCELLED: "02"}
"""`wtdrRsnCd` 철회사유. 03 착오의뢰 is never ours to say: the hub does not know why a centre cancels."""


class FaultMeaning(StrEnum):
    """What a `soap:Client` fault means for us, by the contract."""

    OUR_SETUP = "our_setup"
    """Nothing was done, and no try will help before a person mends the set-up."""
    CONTENT = "content"
    """Nothing was done: this message's content was refused."""
    SEEN_BEFORE = "seen_before"
    """An earlier message had the same number: it may have been accepted."""
    FAILED = "failed"
    """The agency broke down: it may have been accepted."""


FAULTS = {
    "E001": FaultMeaning.OUR_SETUP,
    "E002": FaultMeaning.CONTENT,
    "E003": FaultMeaning.OUR_SETUP,
    "E101": FaultMeaning.OUR_SETUP,
    "E102": FaultMeaning.OUR_SETUP,
    "E103": FaultMeaning.OUR_SETUP,
    "E104": FaultMeaning.OUR_SETUP,
    "E201": FaultMeaning.OUR_SETUP,
    "E202": FaultMeaning.SEEN_BEFORE,
    "E900": FaultMeaning.FAILED,
}
"""`errCd` of a fault's detail."""
