"""Every code of the contract in our words. The agency's own code is always kept beside the mapped one."""

from __future__ import annotations

from enum import Enum

from adapters.sdk import RefusalReason, WithdrawReason
from schemas.referral import AppointmentMethod
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode


class Meaning(Enum):
    """What an `errCd` proves."""

    REFUSED = "the agency decided against it; nothing changed"
    TAKEN_BEFORE = "it took our key before, with another content; the first one stands"
    NOT_HERE = "it has nothing under our key"
    MISCONFIGURED = "it was turned away unread: a person must mend key, rights or form"
    UNCERTAIN = "it broke down; what it had done by then is not known"


ERRORS: dict[str, Meaning] = {
    "E101": Meaning.MISCONFIGURED,
    "E201": Meaning.REFUSED,
    "E202": Meaning.REFUSED,
    "E203": Meaning.REFUSED,
    "E204": Meaning.REFUSED,
    "E205": Meaning.REFUSED,
    "E301": Meaning.REFUSED,
    "E302": Meaning.REFUSED,
    "E303": Meaning.TAKEN_BEFORE,
    "E401": Meaning.NOT_HERE,
    "E402": Meaning.REFUSED,
    "E901": Meaning.MISCONFIGURED,
    "E902": Meaning.MISCONFIGURED,
    "E999": Meaning.UNCERTAIN,
}
"""`errCd` [A]."""

REFUSALS: dict[str, RefusalReason] = {
    "E201": RefusalReason.NOT_RESIDENT,
    "E202": RefusalReason.NOT_ELIGIBLE,
    "E203": RefusalReason.DUPLICATE,
    "E204": RefusalReason.NO_BUDGET,
    "E205": RefusalReason.CONSENT_MISSING,
    "E301": RefusalReason.SLOT_TAKEN,
    "E302": RefusalReason.SLOT_TAKEN,
    "E401": RefusalReason.OTHER,
    "E402": RefusalReason.OTHER,
}
"""Why it refused. E302 (지난 시간, 상담 시간이 아님) asks the same of a person as E301: another time."""

STATUSES: dict[str, BusinessStatus] = {
    "10": BusinessStatus.RECEIVED,
    "20": BusinessStatus.ASSIGNED,
    "30": BusinessStatus.INVESTIGATING,
    "31": BusinessStatus.REVIEWING,
    "40": BusinessStatus.SUPPLEMENT_REQUESTED,
    "50": BusinessStatus.APPROVED,
    "61": BusinessStatus.DISMISSED,
    "70": BusinessStatus.IN_SERVICE,
    "80": BusinessStatus.COMPLETED,
    "90": BusinessStatus.CLOSED,
    "92": BusinessStatus.WITHDRAWN,
}
"""`prgrSttsCd` [A]. 상담 (30) is where the facts are gathered; 구조신청 (31) where the aid is judged."""

WITHDRAWN = "92"

OUTCOMES: dict[str, OutcomeCode] = {
    "01": OutcomeCode.HELPED,
    "02": OutcomeCode.NOT_ELIGIBLE,
    "03": OutcomeCode.NO_BUDGET,
    "04": OutcomeCode.WITHDRAWN,
    "05": OutcomeCode.UNREACHABLE,
    "99": OutcomeCode.OTHER,
}
"""`clsRsnCd` [A]."""

AID: dict[ServiceCode, str] = {ServiceCode.LAW_REHAB: "01", ServiceCode.LAW_BANKR: "02"}
"""`aplyDvsnCd` [A]: the services that are applications; LAW-COUNSEL is a reservation."""

SERVICES = frozenset({ServiceCode.LAW_COUNSEL, *AID})

METHODS: dict[AppointmentMethod, str] = {
    AppointmentMethod.VISIT: "01",
    AppointmentMethod.PHONE: "02",
    AppointmentMethod.VIDEO: "03",
}
"""`cnslMthdCd` [A]."""

WITHDRAWALS: dict[WithdrawReason, str] = {WithdrawReason.CONSENT_WITHDRAWN: "01", WithdrawReason.CANCELLED: "02"}
"""`whdrwRsnCd` [A]; 99 기타 is never needed."""
