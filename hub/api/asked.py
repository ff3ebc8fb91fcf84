"""The bodies that callers send beside the case document: what a step needs to be told."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Flag, Frozen, Line, Opaque, Prose
from schemas.consent import Consent
from schemas.referral import ReferralRequest, check_each_service_once
from schemas.status import OutcomeCode


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


class Closing(Frozen):
    """종결: no closing without an outcome."""

    outcome: OutcomeCode
    """종결 사유."""
    reason: Prose
    """In words. Kept sealed."""
