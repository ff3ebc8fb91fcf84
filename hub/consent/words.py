"""The policy's words for staff: what each field is called in Korean, and what each reason means for some fields.

Texts only. Which reason applies is decided in `hub/consent/policy.py`; values of a document never come here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from hub.consent.reasons import WithheldReason
from schemas.consent import CONSENT_TYPE_OF_CLASS, ConsentType
from schemas.disclosure import FIELD_PATHS

FIELD_TITLES: Mapping[str, str] = {
    "client.name": "성명",
    "client.birth_date": "생년월일",
    "client.sex": "성별",
    "client.rrn": "주민등록번호",
    "client.admin_number": "전산관리번호",
    "client.phones": "전화번호",
    "client.address.zip_no": "우편번호",
    "client.address.road_addr_part1": "도로명주소",
    "client.address.addr_detail": "상세주소",
    "client.address.adm_cd": "법정동코드",
    "client.address.rn_mgt_sn": "도로명코드",
    "client.address.bd_mgt_sn": "건물관리번호",
    "client.household.size": "가구원 수",
    "client.household.monthly_income": "월 소득",
    "client.household.median_income_percent": "기준중위소득 대비 비율",
    "client.debts.creditor": "채권자",
    "client.debts.creditor_phone": "채권자 휴대전화",
    "client.debts.amount": "채무액",
    "client.debts.secured": "담보 여부",
    "client.debts.days_overdue": "연체 일수",
    "client.debts.taken_on": "대출일",
    "client.debts.annual_rate_percent": "연 이자율",
    "client.debts.illegal_collection": "불법추심 여부",
    "client.debts.learned_through": "대출을 알게 된 경로",
    "client.employment.status": "고용 상태",
    "client.employment.wanted_job": "희망 직종",
    "client.employment.business_number": "사업자등록번호",
    "client.employment.business_registered_on": "사업자등록일",
    "client.health_condition": "건강 상태",
    "client.guardian.name": "법정대리인 성명",
    "client.guardian.relation": "법정대리인과의 관계",
    "client.guardian.phone": "법정대리인 전화번호",
    "client.related_persons.name": "관계인 성명",
    "client.related_persons.relation": "관계인과의 관계",
    "client.related_persons.phone": "관계인 전화번호",
    "referral.service_code": "서비스 코드",
    "referral.kind": "의뢰 구분",
    "referral.urgency": "긴급도",
    "referral.counselled_on": "상담일",
    "referral.referred_on": "의뢰일",
    "referral.due_on": "처리 기한",
    "referral.officer_name": "담당자 성명",
    "referral.officer_phone": "담당자 전화번호",
    "referral.eup_myeon_dong": "읍면동",
    "referral.opinion": "상담 의견",
    "referral.appointment.method": "희망 상담 방법",
    "referral.appointment.wanted_at": "희망 상담 시간",
    "referral.attachments.title": "첨부 제목",
    "referral.attachments.sha256": "첨부 해시값",
    "referral.attachments.held_at": "첨부 보관 위치",
}

CONSENT_TYPE_TITLES: Mapping[ConsentType, str] = {
    ConsentType.COLLECTION: "수집·이용",
    ConsentType.THIRD_PARTY: "제3자 제공",
    ConsentType.SENSITIVE: "민감정보",
    ConsentType.UNIQUE_IDENTIFIER: "고유식별정보",
    ConsentType.CREDIT: "개인신용정보",
    ConsentType.ADMINISTRATIVE: "행정정보 공동이용",
    ConsentType.FINANCIAL: "금융정보",
}

_SENTENCES: Mapping[WithheldReason, str] = {
    WithheldReason.CONSENT_WITHDRAWN: "대상자가 동의를 철회했습니다{fields}. 다시 의뢰하려면 새 동의가 필요합니다.",
    WithheldReason.CONSENT_EXPIRED: "동의 기간이 끝났습니다{fields}. 새 동의를 받아 등록해 주십시오.",
    WithheldReason.CONSENT_NOT_YET: "동의 일시가 아직 되지 않았습니다{fields}. 동의 일시를 확인해 주십시오.",
    WithheldReason.CONSENT_OTHER_PURPOSE: (
        "동의서의 이용 목적에 이 서비스가 없습니다{fields}. 이 서비스를 적은 동의를 받아 등록해 주십시오."
    ),
    WithheldReason.CONSENT_OTHER_OFFICE: (
        "동의서에 적힌 제공받는 자가 보낼 기관과 다릅니다(관할 확인){fields}. 새 동의를 받아 등록해 주십시오."
    ),
    WithheldReason.CONSENT_OTHER_TYPE: (
        "다른 유형의 동의로는 보낼 수 없는 항목입니다{typed_fields}. 해당 유형의 동의를 따로 받아 등록해 주십시오."
    ),
    WithheldReason.CONSENT_MISSING: (
        "제공에 필요한 동의가 없습니다{typed_fields}. 동의를 받아 등록하면 자동으로 진행합니다."
    ),
    WithheldReason.STATUTE_MISSING: (
        "법적 근거가 등록되어 있지 않거나 유효하지 않습니다{fields}. 주민등록번호는 동의만으로 보낼 수 없으며, "
        "법적 근거는 운영자가 등록합니다."
    ),
    WithheldReason.FIELD_MISSING: (
        "받는 기관에 꼭 필요한 항목이 의뢰 문서에 없습니다{fields}. 취소한 뒤 내용을 채워 다시 의뢰해 주십시오."
    ),
}


def title_of(path: str) -> str:
    """Return what staff call a field; the path itself if the common schema does not know it."""
    return "접수번호" if path == "referral.receipt" else FIELD_TITLES.get(path, path)


def explain(reason: WithheldReason, paths: Collection[str] = ()) -> str:
    """Say in one or two Korean sentences why fields are withheld, and what can be done; `paths` are named if known."""
    return _SENTENCES[reason].format(
        fields=after_colon(map(title_of, paths)), typed_fields=after_colon(_by_type(paths))
    )


def after_colon(names: Iterable[str]) -> str:
    """Return `: 성명, 생년월일` to go before a sentence's full stop; nothing for no names."""
    listed = ", ".join(names)
    return f": {listed}" if listed else ""


def _by_type(paths: Collection[str]) -> list[str]:
    """List fields by the type of consent that they need: `제3자 제공 동의(성명), 민감정보 동의(건강 상태)`."""
    groups: dict[ConsentType, list[str]] = {}
    for path in paths:
        privacy = FIELD_PATHS.get(path)
        needed = ConsentType.THIRD_PARTY if privacy is None else CONSENT_TYPE_OF_CLASS.get(privacy)
        groups.setdefault(needed or ConsentType.THIRD_PARTY, []).append(title_of(path))
    return [f"{CONSENT_TYPE_TITLES[kind]} 동의({', '.join(titles)})" for kind, titles in groups.items()]
