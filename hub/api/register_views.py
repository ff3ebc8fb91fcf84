"""How the register of provisions (제3자 제공 내역) is shown: ids, codes, field paths with their names, and sentences.

No value of the client's is in it, and nothing of it is read from what is sealed: it stays after the data is destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from adapters.sdk import Verb
from adapters.sdk.kst import KST
from hub.agencies import Agency
from hub.api.meanings import MEANINGS
from hub.api.reasons import text_of
from hub.api.views import CaseConsentView, View, consent_as
from hub.clients.names import agency_title, office_title, recipient_title
from hub.clients.outcomes import SendOutcome, outcome_of
from hub.clients.register import CONSENT_PREFIX, RegisterPage
from hub.consent.records import ConsentRecord
from hub.delivery.holding import Holding, holding_of
from hub.store.referrals import ReferralRecord
from hub.store.register import Entry, EntryKind, Sending, Withdrawal
from schemas.consent import ConsentBasis
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import PrivacyClass
from schemas.services import SERVICES, ServiceCode
from schemas.titles import CONSENT_TYPE_TITLES, PRIVACY_CLASS_TITLES, title_of

Agencies = Mapping[str, Agency]

KIND_TITLES: Mapping[Verb, str] = {
    Verb.SUBMIT: "의뢰",
    Verb.SUPPLEMENT: "보완 자료",
    Verb.VERIFY: "자격 확인",
    Verb.WITHDRAW: "철회 알림",
}


class FieldView(View):
    """항목: a field path of the common schema, never its value."""

    path: str
    title: str
    """What it is called (Korean)."""
    privacy: PrivacyClass | None
    """null for a path that the common schema has no longer."""
    privacy_title: str | None


class DisclosedFieldView(FieldView):
    """제공 항목: a field that was sent, and on what basis."""

    consents: tuple[str, ...]
    """The ids of the consents that it rests on."""
    articles: tuple[str, ...]
    """법 조문 that it rests on."""


class SendingView(View):
    """보낸 것: one send to one recipient."""

    id: str
    """The attempt. What was sent again is an entry of its own."""
    kind: Verb
    """submit 의뢰, supplement 보완, verify 자격 확인, withdraw 철회 알림."""
    kind_title: str
    recipient: str
    """제공받은 자: an agency's slug, or slug:기관코드."""
    recipient_title: str
    service_code: ServiceCode
    service_title: str
    outcome: SendOutcome
    outcome_text: str
    ended_at: datetime | None
    raw_code: str | None
    """The agency's own code in its answer."""
    receipt: str | None
    """접수번호, if the agency is known to have taken this referral by this send."""
    fields: tuple[DisclosedFieldView, ...]
    """제공 항목. Empty for a withdrawal, which tells our key and the receipt only."""


class EntryView(View):
    """내역 한 건: `sending` for what was sent, otherwise what is told of it."""

    kind: EntryKind
    at: datetime
    """UTC."""
    at_kst: datetime
    """The same moment in Korea."""
    text: str
    """The entry in a sentence (Korean)."""
    referral_id: str | None
    consent_id: str | None
    """Of `consent_withdrawn`."""
    office: str | None
    """Of `transferred`: the 기관코드 of the office that it was transferred to, if the agency named it."""
    office_title: str | None
    sending: SendingView | None


class AgencyWithdrawalView(View):
    """철회 진행: how far an agency is with a withdrawal."""

    asked_at: datetime
    """Since when the agency is to be told (UTC)."""
    acknowledged_at: datetime | None
    acknowledged_to: Literal["hub", "centre"] | None
    """Whom the agency told that it forgot: the hub, or a person of the centre, who recorded it."""


class RegisteredReferralView(View):
    """의뢰와 보유 기관: who has what was sent, and what became of its withdrawal."""

    id: str
    case_id: str
    service_code: ServiceCode
    service_title: str
    agency: str
    agency_title: str
    office: str | None
    """기관코드 of the office that carries it now, also by 이송."""
    office_title: str | None
    receipt: str | None
    """접수번호."""
    holding: Holding
    holding_text: str
    withdrawal: AgencyWithdrawalView | None
    explanation: str
    """Where it is told why it went there (`GET /v1/referrals/{id}/explanation`)."""


class BasisView(CaseConsentView):
    """동의 that something was sent by, or that was withdrawn."""

    basis: ConsentBasis
    article: str | None
    recipient_title: str
    type_title: str
    purpose_titles: tuple[str, ...]
    receipt: str
    """Where its receipt is (`GET /v1/consents/{id}/receipt`)."""


class DisclosuresView(View):
    """제3자 제공 내역, oldest first; the header `Link` with `rel="next"` leads to the next page.

    `referrals` and `consents` are those that the entries of this page name.
    """

    client_id: str
    entries: tuple[EntryView, ...]
    referrals: tuple[RegisteredReferralView, ...]
    consents: tuple[BasisView, ...]


def disclosures_view(client_id: str, page: RegisterPage, agencies: Agencies) -> DisclosuresView:
    """Return a page of the register as it is shown."""
    referrals = {referral.id: referral for referral in page.referrals}
    return DisclosuresView(
        client_id=client_id,
        entries=tuple(_entry(entry, page, referrals, agencies) for entry in page.entries),
        referrals=tuple(
            _referral(one, page.withdrawals.get(one.id), agencies, asked_first=one.id in page.asked_first)
            for one in page.referrals
        ),
        consents=tuple(_basis(consent, agencies) for consent in page.consents),
    )


def field_view(path: str) -> FieldView:
    """Return a field path with its names."""
    return FieldView(**_named(path))


def _named(path: str) -> dict[str, Any]:
    privacy = FIELD_PATHS.get(path)
    title = PRIVACY_CLASS_TITLES[privacy] if privacy else None
    return {"path": path, "title": title_of(path), "privacy": privacy, "privacy_title": title}


def _entry(entry: Entry, page: RegisterPage, referrals: Mapping[str, ReferralRecord], agencies: Agencies) -> EntryView:
    referral = referrals.get(entry.referral_id or "")
    sending = page.sendings.get(entry.id or "")
    shown = _sending(sending, referral, agencies) if sending is not None and referral is not None else None
    place = (entry.referral_id or "", entry.sequence or 0)
    office = page.offices.get(place)
    return EntryView(
        kind=entry.kind,
        at=entry.place.at,
        at_kst=entry.place.at.astimezone(KST),
        text=_text(entry, page, referral, shown, agencies),
        referral_id=entry.referral_id,
        consent_id=entry.id if entry.kind is EntryKind.CONSENT_WITHDRAWN else None,
        office=office,
        office_title=office and office_title(office),
        sending=shown,
    )


def _text(
    entry: Entry, page: RegisterPage, referral: ReferralRecord | None, sending: SendingView | None, agencies: Agencies
) -> str:
    if sending is not None:
        told = f"{sending.recipient_title} · {sending.service_title} · {sending.kind_title}"
        return f"{told}: {sending.outcome_text}"
    if referral is None:
        return _withdrawn_text(entry, page, agencies)
    event = page.events[referral.id, entry.sequence or 0]
    whose = f"{agency_title(referral.agency, agencies)} · {_service_title(referral.service_code)}"
    match entry.kind:
        case EntryKind.TRANSFERRED:
            office = page.offices.get((referral.id, event.sequence))
            where = f" 옮겨 간 곳: {office_title(office)}." if office else ""
            return f"{whose}: 기관이 다른 기관으로 이송했습니다. 센터나 나루가 보낸 것이 아닙니다.{where}"
        case EntryKind.ACKNOWLEDGED:
            by_agency = event.actor.startswith("agency:")
            how = "기관이 철회를 확인했습니다." if by_agency else "기관이 철회를 확인한 것을 담당자가 적었습니다."
            return f"{whose}: {how}"
        case _:
            return f"{whose}: {text_of(event.reason) or MEANINGS[Holding.__name__][Holding.BY_HAND]}"


def _withdrawn_text(entry: Entry, page: RegisterPage, agencies: Agencies) -> str:
    consent = next(one for one in page.consents if one.id == entry.id)
    whose = f"{recipient_title(consent.recipient, agencies)} · {CONSENT_TYPE_TITLES[consent.type]}"
    return f"{whose}: 대상자가 동의를 철회했습니다."


def _sending(sending: Sending, referral: ReferralRecord, agencies: Agencies) -> SendingView:
    attempt, outcome = sending.attempt, outcome_of(sending)
    proves = attempt.verb is Verb.SUBMIT and outcome is SendOutcome.DELIVERED
    return SendingView(
        id=attempt.id,
        kind=attempt.verb,
        kind_title=KIND_TITLES.get(attempt.verb, str(attempt.verb)),
        recipient=attempt.recipient,
        recipient_title=recipient_title(attempt.recipient, agencies),
        service_code=ServiceCode(referral.service_code),
        service_title=_service_title(referral.service_code),
        outcome=outcome,
        outcome_text=MEANINGS[SendOutcome.__name__][outcome],
        ended_at=attempt.ended_at,
        raw_code=attempt.raw_code,
        receipt=referral.receipt if proves else None,
        fields=tuple(_fields(sending)),
    )


def _fields(sending: Sending) -> Iterable[DisclosedFieldView]:
    order = {path: place for place, path in enumerate(FIELD_PATHS)}
    for path in sorted(sending.attempt.fields, key=lambda one: (order.get(one, len(order)), one)):
        bases = sending.attempt.bases.get(path, ())
        yield DisclosedFieldView(
            **_named(path),
            consents=tuple(basis for basis in bases if basis.startswith(CONSENT_PREFIX)),
            articles=tuple(basis for basis in bases if not basis.startswith(CONSENT_PREFIX)),
        )


def _referral(
    referral: ReferralRecord, withdrawal: Withdrawal | None, agencies: Agencies, *, asked_first: bool
) -> RegisteredReferralView:
    told = withdrawal.delivery if withdrawal else None
    holding = holding_of(referral.delivery, referral.business, told, asked_first=asked_first)
    return RegisteredReferralView(
        id=referral.id,
        case_id=referral.case_id,
        service_code=ServiceCode(referral.service_code),
        service_title=_service_title(referral.service_code),
        agency=referral.agency,
        agency_title=agency_title(referral.agency, agencies),
        office=referral.office,
        office_title=referral.office and office_title(referral.office),
        receipt=referral.receipt,
        holding=holding,
        holding_text=MEANINGS[Holding.__name__][holding],
        withdrawal=withdrawal and _withdrawal(withdrawal),
        explanation=f"/v1/referrals/{referral.id}/explanation",
    )


def _withdrawal(withdrawal: Withdrawal) -> AgencyWithdrawalView:
    to = withdrawal.acknowledged_to
    return AgencyWithdrawalView(
        asked_at=withdrawal.delivery.created_at,
        acknowledged_at=withdrawal.acknowledged_at,
        acknowledged_to=None if to is None else "hub" if to.startswith("agency:") else "centre",
    )


def _basis(consent: ConsentRecord, agencies: Agencies) -> BasisView:
    return consent_as(
        BasisView,
        consent,
        recipient_title=recipient_title(consent.recipient, agencies),
        type_title=CONSENT_TYPE_TITLES[consent.type],
        purpose_titles=tuple(_service_title(purpose) for purpose in sorted(consent.purposes)),
        receipt=f"/v1/consents/{consent.id}/receipt",
    )


def _service_title(code: str) -> str:
    return SERVICES[ServiceCode(code)].title
