"""What our reason codes mean, in words for staff (Korean). A table; which code a referral carries is decided elsewhere.

The consent policy has its own words, which name the fields: `hub/consent/words.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from adapters.sdk.kst import KST
from hub.consent.reasons import WithheldReason
from hub.consent.words import after_colon, explain
from hub.delivery.steps import NOT_VERIFIED
from schemas.titles import title_of

_TEXTS: dict[str, str] = {
    # held at intake
    "no_agency": "이 서비스를 맡은 기관이 설정되어 있지 않습니다. 운영자에게 알려 주십시오.",
    "agency_disabled": "맡은 기관과의 연계가 꺼져 있습니다. 운영자에게 알려 주십시오.",
    "no_office": (
        f"{title_of('client.address.adm_cd')}로 관할 시군을 찾지 못했습니다. "
        "취소한 뒤 주소를 고쳐서 다시 의뢰해 주십시오."
    ),
    "possible_duplicate": "같은 대상자의 같은 의뢰가 진행 중입니다. 확인한 뒤 취소하거나 사유를 적어 진행해 주십시오.",
    "rule_not_met": "서비스의 기준에 맞지 않는 점이 있습니다. 기준을 확인한 뒤 취소하거나 사유를 적어 진행해 주십시오.",
    # asked of the agency before the referral is sent
    "verification_on_its_way": "의뢰하기 전에 기관에 자격을 확인하고 있습니다. 대상이면 자동으로 의뢰합니다.",
    "verification_eligible": "기관이 대상이라고 답했습니다.",
    "verification_not_eligible": (
        "기관이 자격 확인에 대상이 아니라고 답했습니다. 취소하거나 사유를 적어 진행해 주십시오."
    ),
    "verification_not_resident": (
        "기관이 자격 확인에 거주자가 아니라고 답했습니다. 취소하거나 사유를 적어 진행해 주십시오."
    ),
    "verification_identity_mismatch": (
        "자격 확인에서 기관이 성명이나 번호가 기록과 다르다고 답했습니다. "
        "취소한 뒤 고쳐서 다시 의뢰하거나 사유를 적어 진행해 주십시오."
    ),
    "verification_refused": "기관이 자격 확인을 받지 않았습니다. 취소하거나 사유를 적어 진행해 주십시오.",
    "verification_undetermined": (
        "기관이 자격을 확정하지 못했습니다. 기관에 알아본 뒤 다시 확인하거나 사유를 적어 진행해 주십시오."
    ),
    "verification_without_consent": (
        "자격 확인에 필요한 동의가 없습니다{fields}. 동의를 더하면 자동으로 확인하며, "
        "확인하지 않고 의뢰하려면 사유를 적어 진행해 주십시오."
    ),
    "verification_without_statute": (
        "자격 확인에 필요한 항목의 법적 근거가 등록되어 있지 않습니다{fields}. "
        "주민등록번호는 동의만으로 보낼 수 없으며, 법적 근거는 운영자가 등록합니다. "
        "확인하지 않고 의뢰하려면 사유를 적어 진행해 주십시오."
    ),
    "verification_field_missing": (
        "자격 확인에 꼭 필요한 항목이 의뢰 문서에 없습니다{fields}. "
        "취소한 뒤 채워서 다시 의뢰하거나 사유를 적어 진행해 주십시오."
    ),
    "verification_cannot_express": (
        "자격 확인에 기관의 전문에 담을 수 없는 값이 있습니다{fields}. "
        "취소한 뒤 고쳐서 다시 의뢰하거나 사유를 적어 진행해 주십시오."
    ),
    "verification_not_offered": (
        "맡은 기관에는 자격을 물을 수 없는데 기준이 그렇게 정해져 있습니다. 운영자에게 알려 주십시오."
    ),
    "verification_failed": (
        "오래 시도했으나 자격 확인의 답을 받지 못했습니다. 다시 확인하거나 사유를 적어 진행해 주십시오."
    ),
    "verification_defect": "자격 확인을 처리하는 중 오류가 났습니다. 운영자에게 알려 주십시오.",
    # on the way
    "agency_busy": "기관이 잠시 뒤에 다시 보내 달라고 했습니다. 자동으로 다시 보냅니다.",
    "agency_unreachable": "기관에 연결하지 못했습니다. 자동으로 다시 보냅니다.",
    "misconfigured": "기관 연계 설정에 문제가 있어 멈추었습니다. 운영자가 고치면 다시 보냅니다.",
    "cannot_express": "기관의 전문에 담을 수 없는 값이 있습니다{fields}. 취소한 뒤 고쳐서 다시 의뢰해 주십시오.",
    "answer_lost": "기관의 응답을 받지 못했습니다. 접수되었는지 기관에 확인하고 있습니다.",
    "person_decides": "접수되었는지 알 수 없습니다. 기관에 물어보고 결과를 입력해 주십시오.",
    "tried_for_long": "오래 시도했으나 보내지 못했습니다. 다시 보내거나 종결해 주십시오.",
    "retry_off": "이 기관의 자동 재시도가 꺼져 있어 다시 보내지 않았습니다. 다시 보내거나 종결해 주십시오.",
    "defect": "처리 중 오류가 났습니다. 운영자에게 알려 주십시오.",
    # refused by the agency
    "not_eligible": "기관이 대상이 아니라고 답했습니다.",
    "identity_mismatch": "기관의 기록과 성명이나 번호가 다릅니다.",
    "not_resident": "기관이 관할 거주자가 아니라고 답했습니다.",
    "duplicate": "기관에 이미 접수되어 있습니다.",
    "no_budget": "기관의 예산이 소진되었습니다.",
    "slot_taken": "희망한 시간에 예약할 수 없습니다. 이력에 있는 예약 가능 시간에서 골라 다시 의뢰해 주십시오.",
    "consent_missing_at_agency": "기관이 동의가 빠졌다고 답했습니다.",
    "invalid_content": "기관이 내용 오류로 받지 않았습니다. 내용을 고쳐 다시 의뢰해 주십시오.",
    "other": "기관이 그 밖의 사유로 받지 않았습니다.",
    # of what was sent after the agency asked for more
    "supplement_on_its_way": "보완 자료를 기관에 보내고 있습니다.",
    "supplement_withheld": (
        "보완 자료를 보내는 데 필요한 동의나 항목이 없습니다{fields}. 동의를 더하면 자동으로 보냅니다."
    ),
    "supplement_cannot_express": (
        "보완 자료에 기관의 전문에 담을 수 없는 값이 있습니다{fields}. "
        "보완 제출을 취소한 뒤 고쳐서 다시 제출해 주십시오."
    ),
    "supplement_answer_lost": "보완 자료에 대한 기관의 응답을 받지 못했습니다. 같은 번호로 다시 확인하고 있습니다.",
    "supplement_person_decides": "보완 자료가 접수되었는지 알 수 없습니다. 기관에 물어보고 결과를 입력해 주십시오.",
    "supplement_failed": "보완 자료를 오래 시도했으나 보내지 못했습니다. 다시 보내거나 취소해 주십시오.",
    "supplement_refused": "기관이 보완 자료를 받지 않았습니다. 기관의 답을 확인한 뒤 다시 제출해 주십시오.",
    "supplement_acknowledged": "기관이 보완 자료를 받았습니다. 기관의 다음 처리를 기다립니다.",
    "supplement_not_wanted": "기관이 더는 보완을 기다리지 않아 보완 자료를 보내지 않았습니다.",
    "supplement_stopped": "의뢰를 거두어들이게 되어 보완 자료를 보내지 않았습니다.",
    "supplement_taken_back": "기관이 철회를 확인하여, 도착을 알 수 없던 보완 자료를 더는 확인하지 않습니다.",
    # in a file
    "file_rejected": "기관이 일괄 파일을 통째로 받지 않았습니다. 다음 파일로 다시 보내며, 거듭되면 담당자가 정합니다.",
    "cancel_asked": "취소를 요청했으나 이미 일괄 파일에 들어 있습니다. 기관에 접수되면 다음 파일로 철회를 알립니다.",
    # decided by a person
    "paused_by_person": "담당자가 보내기를 멈추었습니다. 다시 진행하려면 재개해 주십시오.",
    "cancelled_by_centre": "센터가 취소했습니다.",
    "closed_by_centre": "센터가 종결했습니다.",
    "arrived": "기관에 접수된 것을 담당자가 확인했습니다.",
    "did_not_arrive": "기관에 접수되지 않은 것을 담당자가 확인했습니다.",
    # a term that is over
    "overdue_decision": "기관이 결정할 기한이 지났습니다. 기관에 확인해 주십시오.",
    "overdue_decision_extended": "기관이 늘릴 수 있는 기한까지 지났습니다. 기관에 확인해 주십시오.",
    "overdue_objection_answer": "이의신청에 답할 기한이 지났습니다. 기관에 확인해 주십시오.",
    "overdue_objection_answer_extended": "이의신청에 답할, 늘린 기한까지 지났습니다. 기관에 확인해 주십시오.",
    "overdue_supplement": "보완 자료를 낼 기한이 지났습니다. 보완을 제출하거나 기관과 상의해 주십시오.",
    "overdue_supplement_extended": "보완 자료를 낼, 늘린 기한까지 지났습니다. 기관과 상의해 주십시오.",
    "overdue_attention": "담당자가 확인할 기한이 지났습니다. 의뢰를 열어 처리해 주십시오.",
    "overdue_attention_extended": "담당자가 확인할, 늘린 기한까지 지났습니다. 의뢰를 열어 처리해 주십시오.",
    "overdue_result": (
        "일괄 파일의 결과를 받을 기한이 지났는데 결과 폴더를 읽지 못하고 있습니다. "
        "기관에 확인하고, 운영자에게 알려 주십시오."
    ),
    # by what consents say
    "law_opened": "법적 근거가 등록되어 다시 판단합니다.",
    "consent_added": "동의가 추가되어 다시 판단합니다.",
    "tell_agency_by_hand": "의뢰를 거두어들이는데 전산으로는 마치지 못했습니다. 담당자가 기관에 직접 알려 주십시오.",
    "tell_agency_of_partial_withdrawal": "일부 항목의 동의가 철회되었습니다. 기관에 담당자가 알려 주십시오.",
    # told by the agency
    "receipt_wrong": "접수번호가 이 기관의 것이 아니어서 상태를 물을 수 없습니다. 기관에 확인해 바로잡아 주십시오.",
    "arrived_after_refusal": "거절했던 의뢰를 기관이 접수했다고 알려 와서 접수된 것으로 처리했습니다.",
    "cannot_follow": "기관이 알린 상태가 앞선 상태와 맞지 않아 적용하지 않고 남겨 두었습니다.",
    "result_contradicts": "기관의 결과 파일이 앞서 확정된 내용과 달라 적용하지 않았습니다. 기관에 확인해 주십시오.",
    "other_office": "지금 맡은 곳이 아닌 기관이 상태를 알려 와서 적용하지 않고, 맡은 기관에 다시 확인합니다.",
    "time_in_future": "기관이 알린 시각이 아직 오지 않은 시각이어서, 시각을 알리지 않은 것으로 보고 처리했습니다.",
    "arrived_after_cancel": "취소한 의뢰가 기관에 접수되어 있습니다. 기관에 철회를 알립니다.",
    "other_receipt": (
        "기관이 답한 접수번호가 이미 알고 있는 것과 달라 바꾸지 않았습니다. "
        "이송되기 전의 번호이거나 중복 접수일 수 있으니 기관에 확인해 주십시오."
    ),
    "poll_outside_contract": "기관의 상태 조회 응답이 거듭 규격과 달라 진행을 알 수 없습니다. 기관에 확인해 주십시오.",
    "registered_twice_at_agency": "기관에 같은 의뢰가 거듭 접수되어 있습니다. 중복 접수의 취소를 요청해 주십시오.",
    "withdrawal_refused": "기관이 철회를 받지 않았습니다. 담당자가 기관에 직접 확인해 주십시오.",
    "withdrawal_unanswered": "기관이 기한까지 철회에 답하지 않았습니다. 담당자가 기관에 직접 확인해 주십시오.",
    "withdrawal_failed": "철회를 기관에 알리지 못했습니다. 담당자가 기관에 직접 알려 주십시오.",
}


_OVERRIDDEN: dict[str, str] = {
    "possible_duplicate": "같은 의뢰가 진행 중임을 확인하고도 상담사가 사유를 적어 진행했습니다.",
    **dict.fromkeys(NOT_VERIFIED, "자격이 확인되지 않았으나(기준{rules}) 상담사가 사유를 적어 예외로 진행했습니다."),
    "rule_not_met": "맞지 않는 기준{rules}이 있었으나 상담사가 사유를 적어 예외로 진행했습니다.",
}


def decided_against(held_by: str | None, rules: Collection[str]) -> str | None:
    """Return the words for what a counsellor decided against: a reason code, and the ids of the rules, if it has some.

    What the reason itself says is what was to be done then, and is done.
    """
    if held_by is None:
        return None
    named = f"({', '.join(rules)})" if rules else ""
    return _OVERRIDDEN.get(held_by, "상담사가 사유를 적어 예외로 진행했습니다.").format(rules=named)


def offers_in_words(offers: Collection[datetime]) -> str:
    """Return the free times that an agency offers, in Korea's time; nothing for none."""
    times = ", ".join(f"{moment.astimezone(KST):%Y-%m-%d %H:%M}" for moment in offers)
    return f" 예약 가능 시간: {times}." if times else ""


def text_of(reason: str | None, paths: Collection[str] = ()) -> str | None:
    """Return the words for a reason code and the fields it is about; the code itself for one that has none."""
    if reason is None:
        return None
    if reason in set(WithheldReason):
        return explain(WithheldReason(reason), paths)
    return _TEXTS.get(reason, reason).format(fields=after_colon(map(title_of, paths)))
