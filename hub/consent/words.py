"""The policy's words for staff: what each reason means for some fields. What a field is called: `schemas/titles.py`.

Texts only. Which reason applies is decided in `hub/consent/policy.py`; values of a document never come here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from hub.consent.reasons import WithheldReason
from schemas.consent import CONSENT_TYPE_OF_CLASS, ConsentType
from schemas.disclosure import FIELD_PATHS
from schemas.titles import CONSENT_TYPE_TITLES, title_of

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
