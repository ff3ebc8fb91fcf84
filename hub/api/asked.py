"""The bodies that callers send beside the case document: what a step needs to be told."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from hub.routing.facts import FactName, Facts, exactly
from schemas.base import Day, Flag, Frozen, Line, Moment, Opaque, Prose, Whole
from schemas.consent import Consent
from schemas.identifiers import AdminNumber, Phone, Rrn
from schemas.referral import ReferralRequest, check_each_service_once
from schemas.rules import BrokenRuleError
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode


class MoreReferrals(Frozen):
    """추가 의뢰: more services for a case that the hub has."""

    consents: Annotated[tuple[Consent, ...], Field(max_length=100)] = ()
    """추가 동의: what the new referrals need beside the case's consents."""
    referrals: Annotated[tuple[ReferralRequest, ...], Field(min_length=1, max_length=16)]
    """의뢰 목록."""

    @model_validator(mode="after")
    def _each_service_once(self) -> Self:
        check_each_service_once(self.referrals)
        return self


class MoreConsents(Frozen):
    """추가 동의: what is held for want of it goes on by itself."""

    case_id: Line
    """The case that they belong to."""
    consents: Annotated[tuple[Consent, ...], Field(min_length=1, max_length=100)]
    """동의 목록."""


class Override(Frozen):
    """예외 진행: a counsellor decides against a rule (개인정보보호법 37조의2)."""

    reason: Prose
    """사유. Kept sealed."""


class Resolution(Frozen):
    """확인 결과: a person asked the agency whether it has the referral."""

    arrived: Flag
    """Whether the agency has it."""
    receipt: Annotated[Opaque | None, Field(max_length=100)] = None
    """접수번호, if it arrived and the agency named one."""
    reason: Prose
    """Who said so, and how. Kept sealed."""


class Acknowledgement(Frozen):
    """철회 확인: the agency acknowledged a withdrawal that a person told it of."""

    reason: Prose
    """Who acknowledged, when and how. Kept sealed."""


class Closing(Frozen):
    """종결: no closing without an outcome."""

    outcome: OutcomeCode
    """종결 사유."""
    reason: Prose
    """In words. Kept sealed."""


class BulkAction(StrEnum):
    """일괄 처리: what is done to each referral, as its own route would."""

    RETRY = "retry"
    CLOSE = "close"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"


class BulkFilter(Frozen):
    """대상: the centre's referrals that are all of this; at least one must be said."""

    agency: Annotated[str | None, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")] = None
    """기관 slug."""
    delivery: DeliveryStatus | None = None
    """전달 상태."""
    reason: Annotated[str | None, StringConstraints(pattern=r"^[a-z][a-z_]{0,59}$")] = None
    """사유 코드, as in a referral's `reason`."""
    business: BusinessStatus | None = None
    """기관 처리 상태."""
    created_before: Moment | None = None
    """Accepted before this moment."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise BrokenRuleError("대상을 정하는 조건이 하나는 있어야 합니다 (at least one condition)")
        return self


class Bulk(Frozen):
    """일괄 처리: first without `confirm`, which only counts; then with the `confirm` that the preview gave."""

    action: BulkAction
    """What to do."""
    filter: BulkFilter
    """To which referrals."""
    outcome: OutcomeCode | None = None
    """종결 사유; for `close`, and only for it."""
    reason: Prose | None = None
    """In words; for `close`, and only for it. Kept sealed."""
    confirm: Annotated[str | None, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,60000}$")] = None
    """확인 값: of the preview of this very request."""

    @model_validator(mode="after")
    def _closing_says_why(self) -> Self:
        closes = self.action is BulkAction.CLOSE
        for name in ("outcome", "reason"):
            if (getattr(self, name) is not None) is not closes:
                raise BrokenRuleError(
                    "종결(close)에만, 그리고 종결에는 반드시 적습니다 (for close, and only for it)", name
                )
        return self


class SearchWay(StrEnum):
    """By what a client is looked for; the names of the blind indexes."""

    RRN = "rrn"
    ADMIN_NUMBER = "admin_number"
    LIKENESS = "name_birth_phone"


class ClientSearch(Frozen):
    """대상자 찾기: by `rrn`, by `admin_number`, or by `name`, `birth_date` and `phone` together; one way at a time."""

    rrn: Rrn | None = None
    """주민등록번호."""
    admin_number: AdminNumber | None = None
    """전산관리번호."""
    name: Line | None = None
    """성명; spaces do not count."""
    birth_date: Day | None = None
    """생년월일."""
    phone: Phone | None = None
    """전화번호: one of those that were handed over with the client."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        alike = (self.name, self.birth_date, self.phone)
        ways = (self.rrn is not None, self.admin_number is not None, any(part is not None for part in alike))
        if sum(ways) != 1 or (ways[2] and None in alike):
            raise BrokenRuleError(
                "주민등록번호, 전산관리번호, 또는 성명·생년월일·전화번호 가운데 한 가지로만 찾습니다 "
                "(give rrn, or admin_number, or name with birth_date and phone)"
            )
        return self

    @property
    def way(self) -> SearchWay:
        """By what is looked for."""
        if self.rrn is not None:
            return SearchWay.RRN
        return SearchWay.LIKENESS if self.admin_number is None else SearchWay.ADMIN_NUMBER


_Debt = Annotated[Whole | None, Field(ge=0, le=10**12)]
"""Whole won; a 13-digit number is not taken, lest somebody's number be typed here."""


class PrecheckFacts(Frozen):
    """사실: figures and flags, of nobody in particular. What is left out, the agency judges."""

    days_overdue: Annotated[Whole | None, Field(ge=0, le=36_500)] = None
    """연체 일수: of the debt that is longest overdue."""
    total_debt: _Debt = None
    """총 채무액, whole won."""
    secured_debt: _Debt = None
    """담보 채무액, whole won."""
    unsecured_debt: _Debt = None
    """무담보 채무액, whole won."""
    new_debt_percent: Annotated[float | None, Field(strict=True, ge=0, le=100)] = None
    """최근 6개월 신규 채무 비율, per cent of all debt by amount."""
    median_income_percent: Annotated[Whole | None, Field(ge=0, le=10_000)] = None
    """기준중위소득 대비, per cent."""
    business_months: Annotated[Whole | None, Field(ge=0, le=1_200)] = None
    """사업자등록 후 지난 개월 수, full months."""
    highest_rate_percent: Annotated[float | None, Field(strict=True, ge=0, le=100_000)] = None
    """가장 높은 연 이자율, per cent a year."""
    illegal_collection: Flag | None = None
    """불법추심을 당하고 있는지."""
    creditor_mobile_known: Flag | None = None
    """채권자 휴대폰 번호를 아는지."""

    def spans(self) -> Facts:
        """Return what is known, as rules ask for it."""
        return {FactName(name): exactly(value) for name, value in self if value is not None}


class Precheck(Frozen):
    """사전 확인: services and facts, and nothing that says who. Nothing of it is stored."""

    services: Annotated[tuple[ServiceCode, ...], Field(min_length=1, max_length=16)]
    """서비스 코드, each once."""
    region: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{5}$")] = None
    """시군구: the first five digits of the 법정동코드. It says which office would be in charge."""
    facts: PrecheckFacts = PrecheckFacts()
    """사실."""

    @model_validator(mode="after")
    def _each_service_once(self) -> Self:
        if len(set(self.services)) < len(self.services):
            raise BrokenRuleError("같은 서비스를 두 번 물을 수 없습니다 (each service may appear once)", "services")
        return self
