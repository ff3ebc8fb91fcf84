"""What a pre-check answers, service by service: what rules say, and whether the agency has room. Words in Korean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum

from adapters.sdk import Capacity
from hub.api.reasons import text_of
from hub.api.rule_views import RuleView, rule_view
from hub.api.views import View
from hub.routing.capacity import Answer, NotKnown
from hub.routing.facts import FactName
from hub.routing.prechecks import Checked, Outlook
from hub.routing.routing import RoutingReason
from schemas.services import SERVICES, ServiceCode

_OUTLOOKS: Mapping[Outlook, str] = {
    Outlook.LIKELY_ELIGIBLE: "알려진 신청 기준에 모두 맞습니다. 결정은 기관이 합니다.",
    Outlook.RULE_NOT_MET: "맞지 않는 신청 기준이 있습니다. 의뢰하면 보류되며, 상담사가 사유를 적어 진행할 수 있습니다.",
    Outlook.NEEDS_AGENCY_ANSWER: "적어 주신 내용만으로는 알 수 없습니다. 기관이 판단합니다.",
}
_NOT_KNOWN: Mapping[NotKnown, str] = {
    NotKnown.REGION_MISSING: "지역(region)을 적으면 관할 기관에 물어볼 수 있습니다.",
    NotKnown.AGENCY_PAUSED: "이 기관과의 연계가 잠시 중지되어 있습니다.",
    NotKnown.AGENCY_UNREACHABLE: "기관에 연결하지 못했습니다.",
    NotKnown.AGENCY_BUSY: "기관이 잠시 뒤에 다시 물어 달라고 했습니다.",
    NotKnown.MISCONFIGURED: "기관 연계 설정에 문제가 있습니다. 운영자에게 알려 주십시오.",
    NotKnown.NO_ANSWER: "기관이 제때 답하지 않았습니다.",
}


class Room(StrEnum):
    """Whether an agency takes referrals for a service now."""

    OPEN = "open"
    """받음."""
    FULL = "full"
    """여력 없음."""
    UNKNOWN = "unknown"
    """알 수 없음: the reason says why."""


class CapacityView(View):
    """수용 여력, as the agency says without being told who for."""

    room: Room
    places: int | None
    """How many it still takes, if it says."""
    next_on: date | None
    """The first day (KST) on which it has room, if it says."""
    raw_code: str | None
    """The agency's own code."""
    asked_at: datetime | None
    """When it was asked: an answer is good for a short while."""
    reason: NotKnown | None
    """Why it is not known."""
    reason_text: str | None
    """The same in words (Korean)."""


class ServiceAnswerView(View):
    """사전 확인 결과 for one service."""

    service_code: ServiceCode
    title: str
    """서비스 이름."""
    agency: str | None
    """The slug; null while no agency is set for the service."""
    office: str | None
    """기관코드 (7 digits) of the office that would be in charge."""
    unrouted: RoutingReason | None
    """Why a referral would be held whatever the rules say; null if its way is open."""
    unrouted_text: str | None
    """The same in words (Korean)."""
    outlook: Outlook
    outlook_text: str
    """The same in words (Korean)."""
    rules: tuple[RuleView, ...]
    """신청 기준 in force, and what the facts say about each."""
    lacking: tuple[FactName, ...]
    """The facts that would tell more."""
    capacity: CapacityView | None
    """수용 여력; null where the agency offers no such answer, or would not be reached."""


class PrecheckView(View):
    """사전 확인 결과. No promise: the agency decides. Nothing of it is stored."""

    day: date
    """The day (KST) whose routes and rules were applied."""
    services: tuple[ServiceAnswerView, ...]
    """In the order of the question."""


def precheck_view(day: date, checked: Iterable[Checked]) -> PrecheckView:
    """Return what was found."""
    return PrecheckView(day=day, services=tuple(map(_service_view, checked)))


def _service_view(checked: Checked) -> ServiceAnswerView:
    return ServiceAnswerView(
        service_code=checked.service,
        title=SERVICES[checked.service].title,
        agency=checked.agency,
        office=checked.office,
        unrouted=checked.unrouted,
        unrouted_text=text_of(checked.unrouted),
        outlook=checked.outlook,
        outlook_text=_OUTLOOKS[checked.outlook],
        rules=tuple(rule_view(one.rule, one.verdict) for one in checked.judged),
        lacking=checked.lacking,
        capacity=None if checked.capacity is None else _capacity_view(checked.capacity),
    )


def _capacity_view(answer: Answer | NotKnown) -> CapacityView:
    said, at = (answer.said, answer.at) if isinstance(answer, Answer) else (answer, None)
    known = said if isinstance(said, Capacity) else None
    reason = said if isinstance(said, NotKnown) else None
    return CapacityView(
        room=Room.UNKNOWN if known is None else Room.OPEN if known.is_open else Room.FULL,
        places=known.places if known else None,
        next_on=known.next_on if known else None,
        raw_code=known.raw_code if known else None,
        asked_at=at,
        reason=reason,
        reason_text=_NOT_KNOWN[reason] if reason else None,
    )
