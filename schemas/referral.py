"""The referral (의뢰): one person's request for one service.

Each class stands twice: what a centre hands in, and what a recipient may see of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Day, Frozen, Line, Moment, Opaque, Prose, Sha256, day_in_korea
from schemas.identifiers import Phone
from schemas.privacy import PrivacyClass
from schemas.rules import BrokenRuleError
from schemas.services import ServiceCode


class ReferralKind(StrEnum):
    """의뢰 구분."""

    PERSON = "person"
    """대상자의뢰: the agency decides what this person needs."""
    SERVICE = "service"
    """서비스의뢰: a named service is asked for."""


class Urgency(StrEnum):
    """긴급도. Urgent ones go first in their lane; 긴급복지 always is one."""

    NORMAL = "normal"
    """일반."""
    URGENT = "urgent"
    """긴급."""


class Attachment(Frozen):
    """A document that the centre holds; only its reference travels, never its content."""

    title: Annotated[Line | None, PrivacyClass.PERSONAL] = None
    """서류 이름."""
    sha256: Annotated[Sha256 | None, PrivacyClass.PERSONAL] = None
    """SHA-256 of the file, lower-case hex."""
    held_at: Annotated[Opaque | None, PrivacyClass.PERSONAL] = None
    """Where the centre keeps it: an opaque reference."""


class AppointmentMethod(StrEnum):
    """상담 방법."""

    VISIT = "visit"
    """면접."""
    PHONE = "phone"
    """전화."""
    VIDEO = "video"
    """화상."""


class DisclosedAppointment(Frozen):
    """예약 희망: the parts that a recipient may see."""

    method: Annotated[AppointmentMethod | None, PrivacyClass.PLAIN] = None
    """상담 방법: 면접, 전화 or 화상."""
    wanted_at: Annotated[Moment | None, PrivacyClass.PLAIN] = None
    """희망 시간. Without one the agency gives its earliest free time."""


class Appointment(DisclosedAppointment):
    """예약 희망 as a centre hands it in, for agencies that give appointments."""

    method: Annotated[AppointmentMethod, PrivacyClass.PLAIN]
    """상담 방법: 면접, 전화 or 화상."""


class DisclosedReferral(Frozen):
    """의뢰: the parts that a recipient may see."""

    service_code: Annotated[ServiceCode | None, PrivacyClass.PLAIN] = None
    """서비스 코드."""
    kind: Annotated[ReferralKind | None, PrivacyClass.PLAIN] = None
    """의뢰 구분."""
    urgency: Annotated[Urgency | None, PrivacyClass.PLAIN] = None
    """긴급도."""
    counselled_on: Annotated[Day | None, PrivacyClass.PLAIN] = None
    """상담일 (KST)."""
    referred_on: Annotated[Day | None, PrivacyClass.PLAIN] = None
    """의뢰일 (KST)."""
    due_on: Annotated[Day | None, PrivacyClass.PLAIN] = None
    """처리 기한 (KST)."""
    officer_name: Annotated[Line | None, PrivacyClass.PLAIN] = None
    """담당자: the officer acts in office; this is not about the client."""
    officer_phone: Annotated[Phone | None, PrivacyClass.PLAIN] = None
    """담당자 전화."""
    eup_myeon_dong: Annotated[Line | None, PrivacyClass.PERSONAL] = None
    """읍면동 that the client belongs to."""
    opinion: Annotated[Prose | None, PrivacyClass.PERSONAL] = None
    """상담 의견."""
    appointment: DisclosedAppointment | None = None
    """예약 희망."""
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=20)] = ()
    """첨부: references only."""


class ReferralRequest(DisclosedReferral):
    """의뢰 as a centre hands it in.

    Raises:
        ValidationError: referred before counselled, due before referred, or an appointment before the referral.
    """

    service_code: Annotated[ServiceCode, PrivacyClass.PLAIN]
    """서비스 코드."""
    kind: Annotated[ReferralKind, PrivacyClass.PLAIN] = ReferralKind.SERVICE
    """의뢰 구분."""
    urgency: Annotated[Urgency, PrivacyClass.PLAIN] = Urgency.NORMAL
    """긴급도."""
    counselled_on: Annotated[Day, PrivacyClass.PLAIN]
    """상담일 (KST)."""
    referred_on: Annotated[Day, PrivacyClass.PLAIN]
    """의뢰일 (KST)."""
    officer_name: Annotated[Line, PrivacyClass.PLAIN]
    """담당자: the officer acts in office; this is not about the client."""
    officer_phone: Annotated[Phone, PrivacyClass.PLAIN]
    """담당자 전화."""
    appointment: Appointment | None = None
    """예약 희망."""

    @property
    def is_urgent(self) -> bool:
        """Whether it goes first in its lane: the centre says so, or it asks for 긴급복지."""
        return self.urgency is Urgency.URGENT or self.service_code is ServiceCode.WEL_EMERG

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.referred_on < self.counselled_on:
            raise BrokenRuleError("의뢰일이 상담일보다 앞섭니다 (referred_on is before counselled_on)", "referred_on")
        if self.due_on is not None and self.due_on < self.referred_on:
            raise BrokenRuleError("처리 기한이 의뢰일보다 앞섭니다 (due_on is before referred_on)", "due_on")
        wanted_at = self.appointment.wanted_at if self.appointment else None
        if wanted_at is not None and day_in_korea(wanted_at) < self.referred_on:
            text = "희망 시간이 의뢰일보다 앞섭니다 (wanted_at is before referred_on)"
            raise BrokenRuleError(text, "appointment", "wanted_at")
        return self


class Supplement(Frozen):
    """보완: what a centre hands in after an agency asked for more (보완요청)."""

    opinion: Annotated[Prose, PrivacyClass.PERSONAL]
    """보완 내용, in words: what the agency asked for."""
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=20)] = ()
    """첨부: references only, for agencies whose supplement can carry them."""


def check_each_service_once(referrals: Sequence[ReferralRequest]) -> None:
    """Check that no two of these ask for the same service: it would be sent twice.

    Raises:
        BrokenRuleError: two do; it points at the second one.
    """
    seen: set[ServiceCode] = set()
    for position, referral in enumerate(referrals):
        if referral.service_code in seen:
            text = "같은 서비스를 두 번 의뢰할 수 없습니다 (each service_code may appear once)"
            raise BrokenRuleError(text, "referrals", position, "service_code")
        seen.add(referral.service_code)
