"""The consent (동의): one record per recipient and type, with all that the law asks a valid one to say.

Here is what a consent *is*. Whether it opens a field for a recipient at a moment is the hub's policy (`hub/consent`).
Source: 개인정보보호법 15, 17②, 22, 23, 24, 신용정보법 32.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from schemas.base import Flag, Frozen, Line, Moment, Opaque, Prose, Sha256, at_the_door, names_nobody
from schemas.client import RelatedPerson, check_guardian_named
from schemas.disclosure import FIELD_PATHS, FieldPath
from schemas.privacy import PrivacyClass
from schemas.rules import BrokenRuleError
from schemas.services import ServiceCode


class ConsentType(StrEnum):
    """동의 유형. One tick never covers two types (22①)."""

    COLLECTION = "collection"
    """수집·이용: between client and centre; it never opens a disclosure."""
    THIRD_PARTY = "third_party"
    """제3자 제공."""
    SENSITIVE = "sensitive"
    """민감정보."""
    UNIQUE_IDENTIFIER = "unique_identifier"
    """고유식별정보."""
    CREDIT = "credit"
    """개인신용정보."""
    ADMINISTRATIVE = "administrative"
    """행정정보 공동이용: the agency may look the client up in administrative records."""
    FINANCIAL = "financial"
    """금융정보: the agency may ask financial institutions."""


CONSENT_TYPE_OF_CLASS: dict[PrivacyClass, ConsentType] = {
    PrivacyClass.PERSONAL: ConsentType.THIRD_PARTY,
    PrivacyClass.SENSITIVE: ConsentType.SENSITIVE,
    PrivacyClass.UNIQUE_IDENTIFIER: ConsentType.UNIQUE_IDENTIFIER,
    PrivacyClass.CREDIT: ConsentType.CREDIT,
}
"""The type of consent that a field of each class needs; a plain field goes with any live third-party basis."""

_CLASS_OF_CONSENT_TYPE = {consent_type: privacy for privacy, consent_type in CONSENT_TYPE_OF_CLASS.items()}


class ConsentBasis(StrEnum):
    """근거."""

    CONSENT = "consent"
    """동의."""
    STATUTE = "statute"
    """A law: counts only while the hub's own table of statutes carries the article."""


class ConsentMethod(StrEnum):
    """동의 방법."""

    WRITTEN = "written"
    """서면서명."""
    ELECTRONIC = "electronic"
    """전자서명."""
    RECORDED_CALL = "recorded_call"
    """전화녹취."""
    INTERNET = "internet"
    """인터넷."""
    EMAIL = "email"
    """이메일."""


Recipient = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}(:[0-9]{7})?$")]
"""제공받는 자: an agency's slug, or slug:기관코드 for one office. "Etc." is no recipient; a match is equality."""


def _is_told(value: object, *, what: str) -> object:
    if value is not True:
        raise ValueError(f"{what} 고지했음(true)이어야 유효한 동의입니다 (must be true)")
    return value


_TRUE = WithJsonSchema({"const": True, "type": "boolean"})
RefusalRightTold = Annotated[bool, BeforeValidator(partial(_is_told, what="동의 거부권을")), _TRUE]
"""A notice that the law asks for: true, or the consent is invalid (개인정보보호법 15②, 17②)."""

DisadvantageTold = Annotated[bool, BeforeValidator(partial(_is_told, what="동의 거부에 따른 불이익을")), _TRUE]
"""The same for what a refusal would cost the client."""


class Consent(Frozen):
    """동의 as a centre hands it in. Everything that makes it valid is required, so an invalid one cannot be stored.

    Raises:
        ValidationError: a part that 17② asks for is missing, an item belongs to another consent type, a statute
            without its article, an expiry before the signature.
    """

    recipient: Recipient
    """제공받는 자."""
    type: ConsentType
    """동의 유형."""
    basis: ConsentBasis = ConsentBasis.CONSENT
    """근거."""
    article: Annotated[Line, at_the_door(names_nobody)] | None = None
    """법 조문, for a statutory basis."""
    purposes: Annotated[tuple[ServiceCode, ...], Field(min_length=1, max_length=16)]
    """이용 목적, as service codes: what the policy compares."""
    purpose_text: Prose
    """이용 목적 as it was shown to the client."""
    items: Annotated[tuple[FieldPath, ...], Field(min_length=1, max_length=100)]
    """제공 항목, as leaf paths of the common schema."""
    retention: Line
    """보유·이용 기간 as it was shown to the client."""
    refusal_right_notified: RefusalRightTold
    """거부할 권리를 알렸는지: must be true, otherwise there is no valid consent."""
    disadvantage_notified: DisadvantageTold
    """거부에 따른 불이익을 알렸는지: must be true."""
    required: Flag
    """필수 or 선택."""
    method: ConsentMethod
    """동의 방법."""
    form_sha256: Sha256
    """동의서 서식의 버전: SHA-256 of the form."""
    evidence_reference: Opaque
    """증빙: where the centre keeps the signed paper or recording."""
    signed_at: Moment
    """동의 일시."""
    expires_at: Moment | None = None
    """만료 일시."""
    guardian: RelatedPerson | None = None
    """법정대리인 who signed for a child under 14 (22조의2)."""

    @model_validator(mode="after")
    def _statute_names_article(self) -> Self:
        if (self.basis is ConsentBasis.STATUTE) != (self.article is not None):
            raise BrokenRuleError("법적 근거에는 조문이 필요합니다 (basis statute and article go together)", "article")
        return self

    @model_validator(mode="after")
    def _expires_after_signature(self) -> Self:
        if self.expires_at is not None and self.expires_at <= self.signed_at:
            raise BrokenRuleError(
                "만료 일시가 동의 일시보다 앞섭니다 (expires_at must be after signed_at)", "expires_at"
            )
        return self

    @model_validator(mode="after")
    def _guardian_is_named(self) -> Self:
        check_guardian_named(self.guardian)
        return self

    @model_validator(mode="after")
    def _items_fit_type(self) -> Self:
        wanted = _CLASS_OF_CONSENT_TYPE.get(self.type)
        for position, item in enumerate(self.items):
            if wanted is not None and FIELD_PATHS[item] not in {wanted, PrivacyClass.PLAIN}:
                text = "동의 유형에 맞지 않는 항목입니다 (items: this one needs another consent type)"
                raise BrokenRuleError(text, "items", position)
        return self
