"""The document that a centre hands over: one client, their consents, and a referral for each service they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Frozen, Opaque, day_in_korea
from schemas.client import GUARDED_BELOW_AGE, Client, age_on
from schemas.consent import Consent
from schemas.referral import ReferralRequest, check_each_service_once
from schemas.rules import BrokenRuleError


class CaseDocument(Frozen):
    """동의·의뢰 문서: the body of `POST /v1/cases`.

    Raises:
        ValidationError: the same service twice; a birth date after the counselling; a child under 14 without a
            guardian, or with a consent that no guardian signed.
    """

    reference: Opaque | None = None
    """The centre's own number for this visit; opaque, never personal data."""
    client: Client
    """대상자."""
    consents: Annotated[tuple[Consent, ...], Field(max_length=100)] = ()
    """동의 목록: may be empty; then nothing is sent and every referral is held."""
    referrals: Annotated[tuple[ReferralRequest, ...], Field(min_length=1, max_length=16)]
    """의뢰 목록."""

    @model_validator(mode="after")
    def _each_service_once(self) -> Self:
        check_each_service_once(self.referrals)
        return self

    @model_validator(mode="after")
    def _born_before_counselling(self) -> Self:
        if any(referral.counselled_on < self.client.birth_date for referral in self.referrals):
            raise BrokenRuleError(
                "생년월일이 상담일보다 늦습니다 (client.birth_date is after counselled_on)", "client", "birth_date"
            )
        return self

    @model_validator(mode="after")
    def _child_has_guardian(self) -> Self:
        if self.client.guardian is None and any(is_child(self.client, r.referred_on) for r in self.referrals):
            raise BrokenRuleError(
                "만 14세 미만은 법정대리인이 필요합니다 (client.guardian is required under 14)", "client", "guardian"
            )
        check_guardian_signed(self.client, self.consents)
        return self


def is_child(client: Client, day: date) -> bool:
    """Return whether the client is under 14 (만 나이) on `day`, a day in Korea (22조의2)."""
    return age_on(client.birth_date, day) < GUARDED_BELOW_AGE


def check_guardian_signed(client: Client, consents: Sequence[Consent]) -> None:
    """Check that every consent given while the client was under 14 names the guardian who signed it.

    Raises:
        BrokenRuleError: one does not; it points at the first.
    """
    for position, consent in enumerate(consents):
        if consent.guardian is None and is_child(client, day_in_korea(consent.signed_at)):
            text = "만 14세 미만의 동의는 법정대리인이 합니다 (a child's consent needs its guardian)"
            raise BrokenRuleError(text, "consents", position, "guardian")
