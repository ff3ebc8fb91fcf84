"""The consent receipt (동의 확인서): what the client agreed to, as JSON modelled on ISO/IEC TS 27560:2023.

Which of that document's fields stand here, and which are left out and why: docs/decisions. The client is named by an
opaque id, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from adapters.sdk.kst import KST
from hub.agencies import Agency
from hub.api.views import View
from hub.clients.names import recipient_title
from hub.consent.policy import standing_of
from hub.consent.reasons import WithheldReason
from hub.consent.records import ConsentRecord
from schemas.consent import Consent, ConsentBasis, ConsentMethod, ConsentType
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass
from schemas.services import SERVICES, ServiceCode
from schemas.titles import (
    CONSENT_BASIS_TITLES,
    CONSENT_METHOD_TITLES,
    CONSENT_TYPE_TITLES,
    PRIVACY_CLASS_TITLES,
    title_of,
)

SCHEMA_VERSION = "urn:naru:consent-receipt:1"
MODELLED_ON = "ISO/IEC TS 27560:2023"

State = Literal["given", "withdrawn", "expired", "not_yet"]
_STATES: Mapping[WithheldReason | None, State] = {
    WithheldReason.CONSENT_WITHDRAWN: "withdrawn",
    WithheldReason.CONSENT_EXPIRED: "expired",
    WithheldReason.CONSENT_NOT_YET: "not_yet",
}
_PLAIN_CLASSES = frozenset({PrivacyClass.PLAIN, PrivacyClass.PERSONAL})


class ReceiptHeader(View):
    """Header: which receipt this is, of which record, about whom."""

    schema_version: str
    modelled_on: str
    receipt_id: str
    record_id: str
    """The consent."""
    pii_principal_id: str
    """대상자: an opaque id."""
    case_id: str
    language: str
    issued_at: datetime


class ReceiptNotice(View):
    """Privacy notice: the form that the client was shown, and where its signed copy is."""

    form_sha256: str
    """동의서 서식의 버전."""
    evidence_reference: str
    """증빙: where the centre keeps the signed paper or recording."""
    refusal_right_notified: bool
    """거부할 권리를 알렸는지."""
    disadvantage_notified: bool
    """거부에 따른 불이익을 알렸는지."""


class PurposeType(View):
    """서비스: a service code and its title."""

    code: ServiceCode
    title: str


class LawfulBasis(View):
    """근거: consent of which type, or a law."""

    basis: ConsentBasis
    title: str
    article: str | None
    """법 조문, for a statutory basis."""
    consent_type: ConsentType
    consent_type_title: str


class PiiInformation(View):
    """항목: a field that the consent names."""

    pii_attribute_id: str
    """The field path."""
    pii_type: str
    """What it is called (Korean)."""
    privacy_class: PrivacyClass
    privacy_title: str
    sensitive_pii_category: bool
    """Sensitive, unique identifier or credit: it needs a consent of its own."""


class ReceiptPurpose(View):
    """Purpose: what for, on what basis, which items, for whom, for how long."""

    purpose: str
    """이용 목적 as it was shown to the client."""
    purpose_types: tuple[PurposeType, ...]
    """이용 목적 as service codes: what the hub compares."""
    lawful_basis: LawfulBasis
    required: bool
    """필수 or 선택."""
    pii_information: tuple[PiiInformation, ...]
    pii_controllers: tuple[str, ...]
    """Party ids."""
    recipient_third_parties: tuple[str, ...]
    """Party ids; none for a consent to collection, which opens no disclosure."""
    retention_period: str
    """보유·이용 기간 as it was shown to the client."""
    jurisdiction: str
    withdrawal_method: str


class ReceiptProcessing(View):
    """PII processing."""

    privacy_notice: ReceiptNotice
    language: str
    purposes: tuple[ReceiptPurpose, ...]


class ReceiptParty(View):
    """Party identification."""

    party_id: str
    party_name: str
    party_role: Literal["pii_controller", "third_party", "named"]
    """`named`: whom a consent to collection names."""


class ConsentEvent(View):
    """Event: what happened to the consent, and when."""

    event_type: Literal["given", "expires", "withdrawn"]
    event_time: datetime
    """UTC."""
    event_time_kst: datetime
    method: ConsentMethod | None
    """동의 방법; of `given`."""
    method_title: str | None
    by: Literal["principal", "guardian"] | None
    """Who gave it: the client, or their 법정대리인. The guardian is not named."""


class ReceiptView(View):
    """동의 확인서. Modelled on ISO/IEC TS 27560:2023, and certified by nobody."""

    header: ReceiptHeader
    state: State
    """given 유효, withdrawn 철회, expired 만료, not_yet 동의 일시 전."""
    pii_processing: ReceiptProcessing
    party_identification: tuple[ReceiptParty, ...]
    events: tuple[ConsentEvent, ...]


def receipt_view(
    record: ConsentRecord,
    consent: Consent,
    *,
    client_id: str,
    centre_name: str,
    agencies: Mapping[str, Agency],
    now: datetime,
) -> ReceiptView:
    """Return the receipt of a consent; `consent` is its sealed record, opened."""
    return ReceiptView(
        header=ReceiptHeader(
            schema_version=SCHEMA_VERSION,
            modelled_on=MODELLED_ON,
            receipt_id=f"rcp_{record.id.partition('_')[2]}",
            record_id=record.id,
            pii_principal_id=client_id,
            case_id=record.case_id,
            language="ko",
            issued_at=now,
        ),
        state=_STATES.get(standing_of(record, record.recipient, consent.purposes[0], now), "given"),
        pii_processing=ReceiptProcessing(
            privacy_notice=ReceiptNotice(
                form_sha256=consent.form_sha256,
                evidence_reference=consent.evidence_reference,
                refusal_right_notified=consent.refusal_right_notified,
                disadvantage_notified=consent.disadvantage_notified,
            ),
            language="ko",
            purposes=(_purpose(record, consent, centre_name),),
        ),
        party_identification=(
            ReceiptParty(party_id=record.centre_id, party_name=centre_name, party_role="pii_controller"),
            ReceiptParty(
                party_id=consent.recipient,
                party_name=recipient_title(consent.recipient, agencies),
                party_role="third_party" if _is_disclosing(consent) else "named",
            ),
        ),
        events=tuple(_events(record, consent)),
    )


def _is_disclosing(consent: Consent) -> bool:
    return consent.type is not ConsentType.COLLECTION


def _purpose(record: ConsentRecord, consent: Consent, centre_name: str) -> ReceiptPurpose:
    return ReceiptPurpose(
        purpose=consent.purpose_text,
        purpose_types=tuple(PurposeType(code=code, title=SERVICES[code].title) for code in consent.purposes),
        lawful_basis=LawfulBasis(
            basis=consent.basis,
            title=CONSENT_BASIS_TITLES[consent.basis],
            article=consent.article,
            consent_type=consent.type,
            consent_type_title=CONSENT_TYPE_TITLES[consent.type],
        ),
        required=consent.required,
        pii_information=tuple(map(_item, consent.items)),
        pii_controllers=(record.centre_id,),
        recipient_third_parties=(consent.recipient,) if _is_disclosing(consent) else (),
        retention_period=consent.retention,
        jurisdiction="KR",
        withdrawal_method=how_to_withdraw(consent.basis, centre_name),
    )


def _item(path: str) -> PiiInformation:
    privacy = FIELD_PATHS[path]
    return PiiInformation(
        pii_attribute_id=path,
        pii_type=title_of(path),
        privacy_class=privacy,
        privacy_title=PRIVACY_CLASS_TITLES[privacy],
        sensitive_pii_category=privacy not in _PLAIN_CLASSES,
    )


def _events(record: ConsentRecord, consent: Consent) -> Iterable[ConsentEvent]:
    by: Literal["principal", "guardian"] = "principal" if consent.guardian is None else "guardian"
    title = CONSENT_METHOD_TITLES[consent.method]
    yield _event("given", record.signed_at, method=consent.method, method_title=title, by=by)
    if record.expires_at is not None:
        yield _event("expires", record.expires_at)
    if record.withdrawn_at is not None:
        yield _event("withdrawn", record.withdrawn_at)


def _event(
    event_type: Literal["given", "expires", "withdrawn"],
    at: datetime,
    *,
    method: ConsentMethod | None = None,
    method_title: str | None = None,
    by: Literal["principal", "guardian"] | None = None,
) -> ConsentEvent:
    return ConsentEvent(
        event_type=event_type,
        event_time=at,
        event_time_kst=at.astimezone(KST),
        method=method,
        method_title=method_title,
        by=by,
    )


def how_to_withdraw(basis: ConsentBasis, centre_name: str) -> str:
    """Say (Korean) how a client takes a consent back, and what follows (개인정보 보호법 37, 38④)."""
    if basis is ConsentBasis.STATUTE:
        return (
            f"법률에 따른 제공이어서 동의 철회로 멈추지 않을 수 있습니다. 센터({centre_name})에 처리 정지를 요구할 수 "
            "있습니다(개인정보 보호법 37조)."
        )
    return (
        f"언제든지 철회할 수 있습니다. 센터({centre_name})에 철회하겠다고 알리면 되고, 동의할 때보다 어려운 절차는 "
        "없습니다(개인정보 보호법 38조 4항). 철회하면 그 뒤로는 보내지 않으며, 이미 받은 기관에는 철회를 알립니다. "
        "철회하기 전에 보낸 것까지 없던 일이 되지는 않습니다."
    )
