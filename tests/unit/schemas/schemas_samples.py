"""Sample people, consents and referrals for the tests of the common language: obviously fake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.case import CaseDocument
from schemas.client import Client
from schemas.consent import Consent
from schemas.referral import ReferralRequest

ADDRESS = {
    "zip_no": "11622",
    "road_addr_part1": "경기도 의정부시 시민로 1",
    "addr_detail": "101동 101호",
    "adm_cd": "4115010100",
    "rn_mgt_sn": "411503000001",
    "bd_mgt_sn": "4115010100100010000000001",
}
DEBT = {
    "creditor": "가상캐피탈",
    "creditor_phone": "010-0000-4321",
    "amount": 12_345_678,
    "secured": False,
    "days_overdue": 45,
    "taken_on": "2023-02-03",
    "annual_rate_percent": 19.9,
    "illegal_collection": True,
    "learned_through": "전단지",
}
CLIENT = {
    "name": "홍길동",
    "birth_date": "1980-01-02",
    "sex": "male",
    "rrn": "800102-1000000",
    "phones": ["010-0000-1234", "031-000-5678"],
    "address": ADDRESS,
    "household": {"size": 3, "monthly_income": 1_234_567, "median_income_percent": 62},
    "debts": [DEBT, DEBT | {"creditor": "나루저축은행", "amount": 2_000_001}],
    "employment": {
        "status": "self_employed",
        "wanted_job": "목공",
        "business_number": "124-81-00998",
        "business_registered_on": "2020-06-07",
    },
    "health_condition": "허리 디스크로 오래 서지 못함",
    "guardian": {"name": "김나루", "relation": "모", "phone": "010-0000-9876"},
    "related_persons": [{"name": "임꺽정", "relation": "형", "phone": "010-0000-5555"}],
}
REFERRAL = {
    "service_code": "WEL-EMERG",
    "kind": "person",
    "urgency": "urgent",
    "counselled_on": "2024-05-02",
    "referred_on": "2024-05-03",
    "due_on": "2024-05-31",
    "officer_name": "이담당",
    "officer_phone": "031-000-1111",
    "eup_myeon_dong": "의정부1동",
    "opinion": "생계가 어려워 긴급지원이 필요함",
    "appointment": {"method": "video", "wanted_at": "2024-05-07T10:30:00+09:00"},
    "attachments": [{"title": "소득확인서", "sha256": "0" * 64, "held_at": "files/1"}],
}
CONSENT = {
    "recipient": "community_center:3820000",
    "type": "third_party",
    "purposes": ["WEL-EMERG"],
    "purpose_text": "긴급복지 지원 의뢰",
    "items": ["client.name", "client.birth_date", "referral.opinion", "referral.service_code"],
    "retention": "5년",
    "refusal_right_notified": True,
    "disadvantage_notified": True,
    "required": True,
    "method": "written",
    "form_sha256": "a" * 64,
    "evidence_reference": "paper/2024/77",
    "signed_at": "2024-05-02T10:00:00+09:00",
}


def client(**changes: Any) -> Client:
    """Read the sample client with some fields changed."""
    return Client.model_validate(CLIENT | changes)


def referral(**changes: Any) -> ReferralRequest:
    """Read the sample referral with some fields changed."""
    return ReferralRequest.model_validate(REFERRAL | changes)


def consent(**changes: Any) -> Consent:
    """Read the sample consent with some fields changed."""
    return Consent.model_validate(CONSENT | changes)


def without(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return a document without some of its fields."""
    return {name: value for name, value in document.items() if name not in names}


def case(**changes: Any) -> CaseDocument:
    """Read a case document of the sample client, with one consent and one referral."""
    return CaseDocument.model_validate({"client": CLIENT, "consents": [CONSENT], "referrals": [REFERRAL]} | changes)
