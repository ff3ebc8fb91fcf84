"""What an agency answered, as values. The agency's own code is always kept beside the mapped one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from schemas.status import BusinessStatus, OutcomeCode


@dataclass(frozen=True)
class Fact:
    """One thing that an agency says happened to a referral. Facts are kept as they come; the hub decides what applies.

    Two facts are the same if `business`, `raw_code`, `occurred_at`, `office` and `serial` are equal: agencies repeat
    themselves.
    """

    business: BusinessStatus
    raw_code: str
    """The agency's own code."""
    occurred_at: datetime | None = None
    """When it happened there, aware, UTC; None if the agency does not say."""
    office: str | None = None
    """이송: the 기관코드 (7 digits) of the office that carries on, as the agency names it."""
    receipt: str | None = field(default=None, repr=False)
    """이송: the receipt at the new office, if the agency names one."""
    serial: str | None = None
    """The agency's own number for this fact within the referral, if it has one: two in one second stay two."""
    outcome: OutcomeCode | None = None
    """종결: why the agency closed it, if it says."""
    text: str | None = field(default=None, repr=False)
    """The agency's words to the centre. May hold personal data: the hub seals it and never logs it."""


@dataclass(frozen=True)
class Delivered:
    """접수: the agency took it; `receipt` is its number for it."""

    receipt: str
    raw_code: str
    facts: tuple[Fact, ...] = ()


class RefusalReason(StrEnum):
    """Why an agency did not take a referral, in our words; its own code stands beside."""

    NOT_ELIGIBLE = "not_eligible"
    """대상 아님."""
    IDENTITY_MISMATCH = "identity_mismatch"
    """성명·번호 불일치."""
    NOT_RESIDENT = "not_resident"
    """거주자 아님, 관할 아님."""
    DUPLICATE = "duplicate"
    """이미 접수됨, by the agency's own rule."""
    NO_BUDGET = "no_budget"
    """예산 소진."""
    CONSENT_MISSING = "consent_missing_at_agency"
    """동의 누락, as the agency sees it; what our own policy holds is another code, `consent_missing`."""
    SLOT_TAKEN = "slot_taken"
    """희망 시간이 이미 예약됨: `Refused.offers` may name free ones."""
    INVALID_CONTENT = "invalid_content"
    """내용 오류: a person must change something."""
    OTHER = "other"


@dataclass(frozen=True)
class Refused:
    """접수 거절: an answer of the agency's contract that says no."""

    reason: RefusalReason
    raw_code: str
    text: str | None = field(default=None, repr=False)
    """The agency's words. May hold personal data: sealed by the hub, never logged."""
    offers: tuple[datetime, ...] = ()
    """예약 가능 시간: the free slots that it offers instead, aware, UTC, earliest first."""


@dataclass(frozen=True)
class Found:
    """The agency has the referral that our key names."""

    receipt: str
    """The first, if there are several."""
    raw_code: str
    facts: tuple[Fact, ...] = ()
    duplicates: tuple[str, ...] = ()
    """Further receipts under the same key: it was registered more than once, and a person must have them withdrawn."""


@dataclass(frozen=True)
class NotFound:
    """The agency does not know our key. Believed only after the adapter's settling time."""

    raw_code: str


@dataclass(frozen=True)
class StatusReport:
    """All that the agency says about a referral now, oldest first."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Acknowledged:
    """The agency confirmed a withdrawal or a supplement."""

    raw_code: str


class Eligibility(StrEnum):
    """자격 여부, as the agency answered."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Verified:
    """The agency's answer to an eligibility question with identity."""

    eligibility: Eligibility
    raw_code: str
    benefits: tuple[str, ...] = ()
    """Our names of the benefits that the person already receives, such as `생계`."""


@dataclass(frozen=True)
class Capacity:
    """Whether an agency takes referrals for a service now (수용 여력), asked without saying anything about anybody."""

    is_open: bool
    raw_code: str
    places: int | None = None
    """How many it still takes, if it says."""
    next_on: date | None = None
    """The first day (KST) on which it has room, if it says."""


@dataclass(frozen=True)
class HandedOver:
    """일괄 파일 인계: the file lies where the agency collects it; what it makes of each member, a result file says."""

    name: str
    was_there: bool = False
    """Whether it lay there already: an earlier attempt came further than we knew."""


@dataclass(frozen=True)
class ResultLine:
    """What a result file says about one member, or about a referral of an earlier file that moved on."""

    wire_key: str
    outcome: Delivered | Refused | Acknowledged | None = None
    """`Delivered` or `Refused` for a referral, `Acknowledged` or `Refused` for a withdrawal; None if it only tells of
    `facts`."""
    facts: tuple[Fact, ...] = ()
    is_withdrawal: bool = False


@dataclass(frozen=True)
class ResultFile:
    """결과 파일: one whole file of the agency's. Members that it does not name are not settled by it."""

    name: str
    answers: str | None = None
    """The name of our file that it answers, if it answers one."""
    rejected: str | None = None
    """파일 반려: the agency's code, if it took nothing of our file: its members go into a new one."""
    lines: tuple[ResultLine, ...] = ()
    unreadable: str | None = None
    """Why it cannot be read, without values: a person must look at it; nothing of it is taken in."""
    digest: str = field(default="", repr=False, compare=False)
    """What was read, as `DropFile.digest` has it: by it, only this very content is cleared. It is stored nowhere."""
