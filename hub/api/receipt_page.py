"""The consent receipt (동의 확인서) as a page to print and hand over. Pure; the content is `receipt_views`'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from adapters.sdk.kst import KST
from hub.api.pages import element, facts, page, section, table
from hub.api.receipt_views import ConsentEvent, ReceiptPurpose, ReceiptView, State

_STATE: Mapping[State, str] = {
    "given": "유효한 동의입니다.",
    "withdrawn": "철회된 동의입니다.",
    "expired": "기간이 끝난 동의입니다.",
    "not_yet": "동의 일시가 아직 되지 않았습니다.",
}
_EVENTS = {"given": "동의 일시", "expires": "만료 일시", "withdrawn": "철회 일시"}
_YES_NO = {True: "알렸음", False: "알리지 않음"}


def receipt_page(receipt: ReceiptView) -> str:
    """Return the page."""
    (purpose,) = receipt.pii_processing.purposes
    centre, recipient = receipt.party_identification
    notice = receipt.pii_processing.privacy_notice
    shown = {event.event_type for event in receipt.events}
    return page(
        "개인정보 동의 확인서",
        element("p", "무엇에 동의했는지 적은 확인서입니다. 잃어버릴 때를 생각해 성명과 연락처는 인쇄하지 않습니다."),
        element("p", _STATE[receipt.state], class_="state"),
        section(
            "동의 내용",
            facts([
                ("동의를 받은 곳", centre.party_name),
                ("제공받는 자" if recipient.party_role == "third_party" else "적힌 상대", recipient.party_name),
                ("동의 유형", f"{purpose.lawful_basis.consent_type_title} ({'필수' if purpose.required else '선택'})"),
                ("근거", " ".join(filter(None, (purpose.lawful_basis.title, purpose.lawful_basis.article)))),
                ("서비스", ", ".join(f"{one.title} ({one.code})" for one in purpose.purpose_types)),
                ("이용 목적", element("p", purpose.purpose, class_="said")),
                ("보유·이용 기간", purpose.retention_period),
                ("거부할 권리", _YES_NO[notice.refusal_right_notified]),
                ("거부에 따른 불이익", _YES_NO[notice.disadvantage_notified]),
                *_dates(receipt.events),
                *([] if "expires" in shown else [("만료 일시", "정하지 않음")]),
                *([] if "withdrawn" in shown else [("철회 여부", "철회하지 않음")]),
            ]),
        ),
        section("동의한 항목", _items(purpose)),
        section("철회하는 방법", element("p", purpose.withdrawal_method)),
        section(
            "증빙",
            facts([
                ("동의서 서식", notice.form_sha256),
                ("서명·녹취 보관", notice.evidence_reference),
                ("동의 번호", receipt.header.record_id),
                ("대상자 번호", receipt.header.pii_principal_id),
            ]),
        ),
        section("받은 사람", facts([("성명 (손으로 적음)", ""), ("받은 날", "")])),
        footer=f"확인서 번호 {receipt.header.receipt_id} · 발급 {in_korea(receipt.header.issued_at)} · "
        f"{receipt.header.modelled_on}의 구조를 본떴으며 인증을 받은 것은 아닙니다.",
    )  # fmt: skip


def _items(purpose: ReceiptPurpose) -> str:
    rows = ((item.pii_type, item.privacy_title) for item in purpose.pii_information)
    return table("아래 항목만, 위 목적으로", ("항목", "구분"), rows)


def _dates(events: tuple[ConsentEvent, ...]) -> Iterator[tuple[str, str]]:
    for event in events:
        yield _EVENTS[event.event_type], in_korea(event.event_time)
        if event.method_title is not None:
            by = "법정대리인이 동의함" if event.by == "guardian" else "본인이 동의함"
            yield "동의 방법", f"{event.method_title}, {by}"


def in_korea(moment: datetime) -> str:
    """Say a moment for people: `2026-03-02 10:00 (한국 시각)`."""
    return f"{moment.astimezone(KST):%Y-%m-%d %H:%M} (한국 시각)"
