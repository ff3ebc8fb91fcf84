"""What the values of our enumerations mean, in words for whoever builds an application on the API (Korean). A table."""

from __future__ import annotations

from collections.abc import Mapping

from hub.access.scopes import Role, Scope
from hub.api.asked import BulkAction
from hub.api.precheck_views import Room
from hub.api.standing import Party, WaitsOn
from hub.clients.outcomes import SendOutcome
from hub.delivery.holding import Holding
from hub.following.deadlines import DeadlineKind
from hub.notices.desk import Subject
from hub.routing.prechecks import Outlook
from hub.routing.rules import Verdict
from hub.store.register import EntryKind
from schemas.events import EventKind
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode, Verification
from schemas.welfare import HouseholdGroup, LifeStage, Theme

MEANINGS: Mapping[str, Mapping[str, str]] = {
    Scope.__name__: {
        Scope.CASES: "사례와 의뢰를 접수하고, 의뢰를 어떻게 할지 정합니다.",
        Scope.CONSENTS: "동의를 추가하고 철회합니다.",
        Scope.READ: "사례와 의뢰, 이력을 조회합니다.",
        Scope.OPERATE: "전송을 관리합니다. 나루 운영자의 키로는 기관 전송을 중지하고 재개합니다.",
        Scope.AUDIT: "누가 누구의 정보로 무엇을 했는지 봅니다.",
        Scope.ADMIN: "웹훅 등 연동을 설정합니다.",
    },
    Role.__name__: {
        Role.COUNSELLOR: "상담원",
        Role.OPERATOR: "운영자",
        Role.AUDITOR: "감사자",
        Role.ADMIN: "관리자",
    },
    DeliveryStatus.__name__: {
        DeliveryStatus.PENDING: "보낼 예정. 차례를 기다리거나, 잠시 뒤 자동으로 다시 보냅니다.",
        DeliveryStatus.HELD: "보류. 사람이 결정하거나 보완해야 진행합니다. 사유는 reason에 있습니다.",
        DeliveryStatus.SENDING: "전송 중.",
        DeliveryStatus.HANDED_OVER: "일괄 파일로 전달했고, 결과를 기다립니다.",
        DeliveryStatus.DELIVERED: "접수 확인. 기관이 받았습니다.",
        DeliveryStatus.REFUSED: "접수 거절. 기관이 받지 않았습니다.",
        DeliveryStatus.UNKNOWN: "확인 필요. 기관에 접수되었는지 아직 알 수 없습니다.",
        DeliveryStatus.FAILED: "실패. 오래 시도했으나 보내지 못했습니다. 사람이 결정합니다.",
        DeliveryStatus.CANCELLED: "취소. 기관에 접수되기 전에 멈추었습니다.",
    },
    BusinessStatus.__name__: {
        BusinessStatus.RECEIVED: "접수.",
        BusinessStatus.ASSIGNED: "배정. 담당자가 정해졌습니다.",
        BusinessStatus.REVIEWING: "심사중.",
        BusinessStatus.INVESTIGATING: "조사중.",
        BusinessStatus.SUPPLEMENT_REQUESTED: "보완요청. 기관이 자료를 더 달라고 합니다.",
        BusinessStatus.APPROVED: "결정. 지원하기로 했습니다.",
        BusinessStatus.UNSUITABLE: "부적합.",
        BusinessStatus.DISMISSED: "기각.",
        BusinessStatus.REJECTED: "각하.",
        BusinessStatus.RETURNED: "반려.",
        BusinessStatus.IN_SERVICE: "서비스진행중.",
        BusinessStatus.COMPLETED: "완료. 서비스가 끝났고, 사후관리나 종결이 남았습니다.",
        BusinessStatus.AFTERCARE: "사후관리.",
        BusinessStatus.CLOSED: "종결. 더 이상 진행이 없습니다.",
        BusinessStatus.TRANSFERRED: "이송. 다른 기관코드가 이어서 맡습니다.",
        BusinessStatus.WITHDRAWN: "철회. 더 이상 진행이 없습니다.",
        BusinessStatus.COUNCIL: "협의체상정.",
        BusinessStatus.OBJECTED: "이의신청.",
    },
    Subject.__name__: {
        Subject.REFERRAL: "이 센터 의뢰의 모든 이력.",
        Subject.AGENCY: "기관 장애의 시작과 끝, 연계 설정 문제로 인한 중지.",
    },
    EventKind.__name__: {
        EventKind.ACCEPTED: "나루가 의뢰를 받아 두었습니다(202).",
        EventKind.DELIVERY_CHANGED: "전달 상태가 바뀌었습니다.",
        EventKind.BUSINESS_CHANGED: "기관 처리 상태가 바뀌었거나 종결했습니다.",
        EventKind.FACT_FLAGGED: "사람이 확인할 일입니다. 사유는 reason에 있습니다.",
        EventKind.OFFICE_CHANGED: "이송: 맡은 기관코드가 바뀌었습니다.",
        EventKind.CONSENT_CHANGED: "이 의뢰에 관한 동의가 추가되거나 철회되었습니다.",
        EventKind.WITHDRAWAL_ACKNOWLEDGED: "기관이 철회를 확인했습니다.",
        EventKind.SUPPLEMENTED: "보완요청에 따라 보낸 자료를 기관이 받았습니다.",
        EventKind.SUPPLEMENT_CHANGED: "보완 자료의 전달 상태가 바뀌었습니다. 무엇이 바뀌었는지는 reason에 있습니다.",
        EventKind.VERIFIED: "의뢰하기 전에 물은 자격에 기관이 답했습니다. 답은 reason과 raw_code에 있습니다.",
        EventKind.OVERRIDDEN: "상담사가 사유를 적고 예외로 진행했습니다.",
        EventKind.RESOLVED: "접수 여부를 사람이 확인해 입력했습니다.",
        EventKind.ESCALATED: "기한이 지났습니다. 어느 기한인지는 reason에 있습니다.",
        EventKind.PAUSED: "전송을 멈추었습니다.",
        EventKind.RESUMED: "전송을 다시 시작했습니다.",
    },
    DeadlineKind.__name__: {
        DeadlineKind.DECISION: "기관의 결정.",
        DeadlineKind.OBJECTION: "대상자의 이의신청.",
        DeadlineKind.OBJECTION_ANSWER: "이의신청에 대한 기관의 결정.",
        DeadlineKind.SUPPLEMENT: "보완 제출. 센터가 낼 차례입니다.",
        DeadlineKind.ATTENTION: "담당자 확인. 사람이 결정하거나 보완해야 합니다.",
    },
    Verification.__name__: {
        Verification.WANTED: "의뢰하기 전에 기관에 자격을 확인합니다. 아직 답이 없습니다.",
        Verification.ELIGIBLE: "기관이 대상이라고 답했습니다.",
        Verification.NOT_ELIGIBLE: "기관이 대상이 아니라고 답했습니다. 상담사가 사유를 적어 진행할 수 있습니다.",
        Verification.UNDETERMINED: "기관이 확정하지 못했습니다. 사람이 결정합니다.",
        Verification.REFUSED: "기관이 이 대상자에 관해 답하지 않았습니다. 사람이 결정합니다.",
    },
    OutcomeCode.__name__: {
        OutcomeCode.HELPED: "지원.",
        OutcomeCode.NOT_ELIGIBLE: "대상 아님.",
        OutcomeCode.NO_BUDGET: "예산 소진.",
        OutcomeCode.WITHDRAWN: "본인 철회.",
        OutcomeCode.UNREACHABLE: "연락두절.",
        OutcomeCode.OTHER: "기타.",
    },
    WaitsOn.__name__: {
        WaitsOn.HUB: "나루가 보내거나 확인하고 있습니다.",
        WaitsOn.CENTRE: "센터의 사람이 결정하거나 보완해야 합니다.",
        WaitsOn.AGENCY: "기관이 처리하고 있습니다.",
        WaitsOn.NOBODY: "끝났습니다.",
    },
    Party.__name__: {
        Party.CLIENT: "대상자의 동의를 기다립니다.",
        Party.COUNSELLOR: "상담사가 결정하거나 보완해야 합니다.",
        Party.OPERATOR: "운영자가 설정이나 법적 근거, 중지된 전송을 살펴야 합니다.",
        Party.AGENCY: "기관이 처리하고 있습니다.",
        Party.HUB: "나루가 보내거나 확인하고 있습니다.",
    },
    Holding.__name__: {
        Holding.NOTHING: "기관에 간 것이 없습니다.",
        Holding.SEEN: "기관이 대상자를 알게 되었으나(자격 확인, 접수 거절) 접수한 것은 없습니다.",
        Holding.IN_FLIGHT: "보내고 있거나, 받았는지 아직 알 수 없습니다.",
        Holding.HELD: "기관이 가지고 있습니다.",
        Holding.BEING_TOLD: "기관에 철회를 알리고 있습니다.",
        Holding.BY_HAND: "담당자가 기관에 직접 철회를 알리고 확인을 적어야 합니다.",
        Holding.ACKNOWLEDGED: "기관이 철회를 확인했습니다.",
    },
    EntryKind.__name__: {
        EntryKind.SENT: "기관에 보낸 것. 받았는지 알 수 없는 것도 여기에 있습니다.",
        EntryKind.CONSENT_WITHDRAWN: "대상자가 동의를 철회했습니다.",
        EntryKind.BY_HAND: "담당자가 기관에 직접 철회를 알려야 하게 되었습니다.",
        EntryKind.ACKNOWLEDGED: "기관이 철회를 확인했습니다.",
        EntryKind.TRANSFERRED: "이송: 기관이 다른 기관코드로 옮겼습니다. 나루가 보낸 것이 아닙니다.",
    },
    SendOutcome.__name__: {
        SendOutcome.UNDER_WAY: "보내고 있습니다. 받았는지 아직 알 수 없습니다.",
        SendOutcome.HANDED_OVER: "일괄 파일로 전달했고, 기관의 결과를 기다립니다.",
        SendOutcome.DELIVERED: "기관이 받았습니다.",
        SendOutcome.ANSWERED: "기관이 물은 것에 답했습니다. 접수한 것은 없습니다.",
        SendOutcome.REFUSED: "기관이 보았으나 받지 않았습니다.",
        SendOutcome.TURNED_AWAY: "기관이 그때는 받지 않고 돌려보냈습니다. 보낸 내용을 보았을 수 있습니다.",
        SendOutcome.MAY_HAVE_ARRIVED: "받았을 수 있습니다. 기관의 응답을 받지 못했습니다.",
    },
    BulkAction.__name__: {
        BulkAction.RETRY: "다시 보내기.",
        BulkAction.CLOSE: "종결. 종결 사유와 말로 적은 사유가 있어야 합니다.",
        BulkAction.CANCEL: "취소.",
        BulkAction.PAUSE: "일시 중지.",
        BulkAction.RESUME: "재개.",
    },
    Verdict.__name__: {
        Verdict.MET: "기준에 맞습니다.",
        Verdict.UNMET: "기준에 맞지 않습니다. 의뢰를 보류하며, 거절하지는 않습니다.",
        Verdict.OPEN: "문서에 없는 내용이 있어 알 수 없습니다. 기관이 판단합니다.",
    },
    Outlook.__name__: {
        Outlook.LIKELY_ELIGIBLE: "알려진 기준에 모두 맞습니다. 결정은 기관이 합니다.",
        Outlook.RULE_NOT_MET: "맞지 않는 기준이 있습니다. 의뢰하면 보류되고, 상담사가 사유를 적어 진행할 수 있습니다.",
        Outlook.NEEDS_AGENCY_ANSWER: "기준이 없거나 사실이 모자라 알 수 없습니다. 기관이 판단합니다.",
    },
    Room.__name__: {
        Room.OPEN: "기관이 지금 받습니다.",
        Room.FULL: "기관에 지금 여력이 없습니다.",
        Room.UNKNOWN: "알 수 없습니다. 사유는 reason에 있습니다.",
    },
    LifeStage.__name__: {
        LifeStage.INFANT: "영유아.",
        LifeStage.CHILD: "아동.",
        LifeStage.TEENAGER: "청소년.",
        LifeStage.YOUNG_ADULT: "청년.",
        LifeStage.MIDDLE_AGED: "중장년.",
        LifeStage.OLD_AGE: "노년.",
        LifeStage.PREGNANCY: "임신·출산.",
    },
    HouseholdGroup.__name__: {
        HouseholdGroup.MULTICULTURAL: "다문화·탈북민.",
        HouseholdGroup.MANY_CHILDREN: "다자녀.",
        HouseholdGroup.VETERAN: "보훈대상자.",
        HouseholdGroup.DISABLED: "장애인.",
        HouseholdGroup.LOW_INCOME: "저소득.",
        HouseholdGroup.SINGLE_PARENT: "한부모·조손.",
    },
    Theme.__name__: {
        Theme.PHYSICAL_HEALTH: "신체건강.",
        Theme.MENTAL_HEALTH: "정신건강.",
        Theme.LIVELIHOOD: "생활지원.",
        Theme.HOUSING: "주거.",
        Theme.JOBS: "일자리.",
        Theme.CULTURE: "문화·여가.",
        Theme.SAFETY: "안전·위기.",
        Theme.PREGNANCY: "임신·출산.",
        Theme.CHILDCARE: "보육.",
        Theme.EDUCATION: "교육.",
        Theme.ADOPTION: "입양·위탁.",
        Theme.CARE: "보호·돌봄.",
        Theme.FINANCE: "서민금융.",
        Theme.LAW: "법률.",
        Theme.RELATIONSHIPS: "관계개선.",
        Theme.ENERGY: "에너지.",
    },
}
"""Name of the enumeration → value → what it means."""
