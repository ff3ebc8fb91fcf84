"""The example bodies and ids of the OpenAPI description: obviously fake people, valid documents."""

from __future__ import annotations

from typing import Any

CASE_ID = "case_01jc0000000000000000000001"
REFERRAL_ID = "ref_01jc0000000000000000000001"
CONSENT_ID = "con_01jc0000000000000000000001"
CLIENT_ID = "cli_01jc0000000000000000000001"

REFERRAL: dict[str, Any] = {
    "service_code": "WEL-EMERG",
    "kind": "service",
    "urgency": "urgent",
    "counselled_on": "2025-11-03",
    "referred_on": "2025-11-03",
    "officer_name": "이담당",
    "officer_phone": "031-000-1111",
    "opinion": "실직으로 생계가 어려워 긴급지원이 필요함",
}
CONSENT: dict[str, Any] = {
    "recipient": "community_center:3820000",
    "type": "third_party",
    "purposes": ["WEL-EMERG"],
    "purpose_text": "긴급복지 지원 의뢰",
    "items": [
        "client.name",
        "client.birth_date",
        "client.phones",
        "client.address.road_addr_part1",
        "client.address.adm_cd",
        "referral.opinion",
    ],
    "retention": "지원 종료 후 5년",
    "refusal_right_notified": True,
    "disadvantage_notified": True,
    "required": True,
    "method": "electronic",
    "form_sha256": "a" * 64,
    "evidence_reference": "forms/2025/000001",
    "signed_at": "2025-11-03T10:00:00+09:00",
    "expires_at": "2026-11-03T00:00:00+09:00",
}
CASE: dict[str, Any] = {
    "reference": "visit-2025-000001",
    "client": {
        "name": "홍길동",
        "birth_date": "1985-03-15",
        "sex": "male",
        "phones": ["010-0000-1234"],
        "address": {"zip_no": "11622", "road_addr_part1": "경기도 의정부시 시민로 1", "adm_cd": "4115010100"},
    },
    "consents": [CONSENT],
    "referrals": [REFERRAL],
}
MORE_REFERRALS: dict[str, Any] = {
    "consents": [CONSENT | {"purposes": ["WEL-CASE"], "purpose_text": "통합사례관리 의뢰"}],
    "referrals": [REFERRAL | {"service_code": "WEL-CASE", "urgency": "normal"}],
}
MORE_CONSENTS: dict[str, Any] = {"case_id": CASE_ID, "consents": [CONSENT]}
RESOLUTION: dict[str, Any] = {"arrived": True, "receipt": "2025-0000001", "reason": "기관 담당자에게 전화로 확인함"}
OVERRIDE: dict[str, Any] = {"reason": "중복 의뢰가 아님을 대상자에게 확인함"}
ACKNOWLEDGEMENT: dict[str, Any] = {"reason": "기관 담당자가 전화로 취하를 확인함"}
SUPPLEMENT: dict[str, Any] = {"opinion": "요청하신 화재증명원을 2025-11-05에 방문 제출하였음"}
BULK: dict[str, Any] = {"action": "retry", "filter": {"agency": "ccrs", "delivery": "failed"}}
CLIENT_SEARCH: dict[str, Any] = {"name": "홍길동", "birth_date": "1985-03-15", "phone": "010-0000-1234"}
CLOSING: dict[str, Any] = {"outcome": "helped", "reason": "지원이 끝남"}
PRECHECK: dict[str, Any] = {
    "services": ["DEBT-IND", "LAW-BANKR", "WEL-EMERG"],
    "region": "41150",
    "facts": {"days_overdue": 120, "total_debt": 42_000_000, "median_income_percent": 60},
}
