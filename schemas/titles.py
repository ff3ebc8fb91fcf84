"""What fields, privacy classes and consents are called in Korean: for forms, receipts, registers, staff. Tables only.

Every leaf path of the common schema has a title, and no two have the same; a test holds it.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.consent import ConsentBasis, ConsentMethod, ConsentType
from schemas.privacy import PrivacyClass

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

PRIVACY_CLASS_TITLES: Mapping[PrivacyClass, str] = {
    PrivacyClass.PLAIN: "일반",
    PrivacyClass.PERSONAL: "개인정보",
    PrivacyClass.SENSITIVE: "민감정보",
    PrivacyClass.UNIQUE_IDENTIFIER: "고유식별정보",
    PrivacyClass.CREDIT: "개인신용정보",
}

CONSENT_BASIS_TITLES: Mapping[ConsentBasis, str] = {
    ConsentBasis.CONSENT: "동의",
    ConsentBasis.STATUTE: "법률",
}

CONSENT_METHOD_TITLES: Mapping[ConsentMethod, str] = {
    ConsentMethod.WRITTEN: "서면 서명",
    ConsentMethod.ELECTRONIC: "전자서명",
    ConsentMethod.RECORDED_CALL: "전화 녹취",
    ConsentMethod.INTERNET: "인터넷",
    ConsentMethod.EMAIL: "이메일",
}


def title_of(path: str) -> str:
    """Return what a field is called in Korean; the path itself if the common schema does not know it."""
    return "접수번호" if path == "referral.receipt" else FIELD_TITLES.get(path, path)
