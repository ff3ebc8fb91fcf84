"""The client (대상자): who the person is, their household, debts and work.

Each class stands twice. `Disclosed…` classes let every field be absent: that is what an adapter sees after pruning.
Their subclasses say what a centre must hand in, and what must agree with what.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.address import Address, DisclosedAddress
from schemas.base import Day, Flag, Frozen, Line, Prose, Whole, Won
from schemas.identifiers import AdminNumber, Brn, Phone, Rrn, rrn_birth_date, rrn_is_male
from schemas.privacy import PrivacyClass
from schemas.rules import BrokenRuleError

GUARDED_BELOW_AGE = 14
"""A child under this age needs a guardian's consent (개인정보보호법 22조의2)."""


class Sex(StrEnum):
    """성별."""

    MALE = "male"
    """남."""
    FEMALE = "female"
    """여."""


class EmploymentStatus(StrEnum):
    """고용 상태."""

    EMPLOYED = "employed"
    """상용직."""
    DAILY = "daily"
    """일용직."""
    SELF_EMPLOYED = "self_employed"
    """자영업."""
    UNEMPLOYED = "unemployed"
    """실직."""
    RETIRED = "retired"
    """은퇴."""
    STUDENT = "student"
    """학생."""
    OTHER = "other"
    """기타."""


class Household(Frozen):
    """가구. Income is credit information: it tells the ability to pay (신용정보법 2조 1호 라목)."""

    size: Annotated[Whole | None, Field(ge=1, le=30), PrivacyClass.PERSONAL] = None
    """가구원 수."""
    monthly_income: Annotated[Won | None, PrivacyClass.CREDIT] = None
    """월 소득, whole won a month."""
    median_income_percent: Annotated[Whole | None, Field(ge=0, le=10_000), PrivacyClass.CREDIT] = None
    """기준중위소득 대비, per cent."""


class DisclosedDebt(Frozen):
    """채무: the parts that a recipient may see."""

    creditor: Annotated[Line | None, PrivacyClass.CREDIT] = None
    """채권자, by name."""
    creditor_phone: Annotated[Phone | None, PrivacyClass.CREDIT] = None
    """채권자 휴대폰: a complaint about illegal lending needs it."""
    amount: Annotated[Won | None, PrivacyClass.CREDIT] = None
    """채무액, whole won."""
    secured: Annotated[Flag | None, PrivacyClass.CREDIT] = None
    """담보 여부."""
    days_overdue: Annotated[Whole | None, Field(ge=0, le=36_500), PrivacyClass.CREDIT] = None
    """연체 일수."""
    taken_on: Annotated[Day | None, PrivacyClass.CREDIT] = None
    """대출일 (KST)."""
    annual_rate_percent: Annotated[float | None, Field(strict=True, ge=0, le=100_000), PrivacyClass.CREDIT] = None
    """연 이자율, per cent a year."""
    illegal_collection: Annotated[Flag | None, PrivacyClass.CREDIT] = None
    """불법추심을 당하고 있는지."""
    learned_through: Annotated[Line | None, PrivacyClass.CREDIT] = None
    """대출을 알게 된 경로."""


class Debt(DisclosedDebt):
    """채무 as a centre hands it in."""

    creditor: Annotated[Line, PrivacyClass.CREDIT]
    """채권자, by name."""
    amount: Annotated[Won, PrivacyClass.CREDIT]
    """채무액, whole won."""
    secured: Annotated[Flag, PrivacyClass.CREDIT]
    """담보 여부."""
    days_overdue: Annotated[Whole, Field(ge=0, le=36_500), PrivacyClass.CREDIT]
    """연체 일수."""


class Employment(Frozen):
    """고용과 사업."""

    status: Annotated[EmploymentStatus | None, PrivacyClass.PERSONAL] = None
    """고용 상태."""
    wanted_job: Annotated[Line | None, PrivacyClass.PERSONAL] = None
    """희망 직종."""
    business_number: Annotated[Brn | None, PrivacyClass.PERSONAL] = None
    """사업자등록번호, 10 digits."""
    business_registered_on: Annotated[Day | None, PrivacyClass.PERSONAL] = None
    """사업자등록일 (KST)."""


class RelatedPerson(Frozen):
    """관계인 or guardian (법정대리인): another person's data, carried only where an agency asks for it."""

    name: Annotated[Line | None, PrivacyClass.PERSONAL] = None
    """성명, NFC."""
    relation: Annotated[Line | None, PrivacyClass.PERSONAL] = None
    """관계, such as 모, 배우자."""
    phone: Annotated[Phone | None, PrivacyClass.PERSONAL] = None
    """전화번호."""


class DisclosedClient(Frozen):
    """대상자: the parts that a recipient may see."""

    name: Annotated[Line | None, PrivacyClass.PERSONAL] = None
    """성명, NFC. May hold syllables that CP949 lacks; an adapter whose wire cannot carry them refuses."""
    birth_date: Annotated[Day | None, PrivacyClass.PERSONAL] = None
    """생년월일, YYYY-MM-DD."""
    sex: Annotated[Sex | None, PrivacyClass.PERSONAL] = None
    """성별."""
    rrn: Annotated[Rrn | None, PrivacyClass.UNIQUE_IDENTIFIER] = None
    """주민등록번호, 13 digits. Never sent on consent alone (24조의2)."""
    admin_number: Annotated[AdminNumber | None, PrivacyClass.UNIQUE_IDENTIFIER] = None
    """전산관리번호, 13 digits, for people without an RRN."""
    phones: Annotated[tuple[Phone, ...], Field(max_length=5), PrivacyClass.PERSONAL] = ()
    """전화번호, at most five, the one to call first at the head."""
    address: DisclosedAddress | None = None
    """주소."""
    household: Household | None = None
    """가구."""
    debts: Annotated[tuple[DisclosedDebt, ...], Field(max_length=100)] = ()
    """채무 목록."""
    employment: Employment | None = None
    """고용과 사업."""
    health_condition: Annotated[Prose | None, PrivacyClass.SENSITIVE] = None
    """건강 상태와 장애: 민감정보."""
    guardian: RelatedPerson | None = None
    """법정대리인, for a child under 14."""
    related_persons: Annotated[tuple[RelatedPerson, ...], Field(max_length=20)] = ()
    """관계인 (불법사금융 피해 신고)."""


class Client(DisclosedClient):
    """대상자 as a centre hands it in: name and birth date always, an RRN or a 전산관리번호 at most one.

    That the birth date is not after the counselling is the case document's to check.

    Raises:
        ValidationError: two identifiers, an RRN that contradicts birth date or sex, a guardian without name and
            relation.
    """

    name: Annotated[Line, PrivacyClass.PERSONAL]
    """성명, NFC. May hold syllables that CP949 lacks; an adapter whose wire cannot carry them refuses."""
    birth_date: Annotated[Day, Field(ge=date(1880, 1, 1)), PrivacyClass.PERSONAL]
    """생년월일, YYYY-MM-DD, not before 1880."""
    address: Address | None = None
    """주소."""
    debts: Annotated[tuple[Debt, ...], Field(max_length=100)] = ()
    """채무 목록."""

    @model_validator(mode="after")
    def _one_identifier(self) -> Self:
        if self.rrn is not None and self.admin_number is not None:
            raise BrokenRuleError(
                "주민등록번호와 전산관리번호는 하나만 적습니다 (give rrn or admin_number, not both)", "admin_number"
            )
        return self

    @model_validator(mode="after")
    def _rrn_agrees(self) -> Self:
        if self.rrn is None:
            return self
        if rrn_birth_date(self.rrn) != self.birth_date:
            raise BrokenRuleError("생년월일이 주민등록번호와 다릅니다 (birth_date contradicts rrn)", "birth_date")
        if self.sex is not None and (self.sex is Sex.MALE) != rrn_is_male(self.rrn):
            raise BrokenRuleError("성별이 주민등록번호와 다릅니다 (sex contradicts rrn)", "sex")
        return self

    @model_validator(mode="after")
    def _guardian_is_named(self) -> Self:
        check_guardian_named(self.guardian)
        return self


def check_guardian_named(guardian: RelatedPerson | None) -> None:
    """Check that a guardian, if there is one, has a name and a relation to the child.

    Raises:
        BrokenRuleError: one of them is missing.
    """
    if guardian is not None and (guardian.name is None or guardian.relation is None):
        raise BrokenRuleError("법정대리인의 성명과 관계가 필요합니다 (guardian needs name and relation)", "guardian")


def age_on(birth_date: date, day: date) -> int:
    """Return the full years (만 나이) that a person born on `birth_date` has lived on `day`."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
