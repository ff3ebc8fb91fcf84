"""Why a client was sent there (자동 배정의 설명, 개인정보 보호법 37조의2), in plain Korean and without a value.

The rules are told in the words that the configuration has for the version that applied. What a counsellor wrote when
deciding against one stays sealed: it is told that somebody decided, when, and against what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from adapters.sdk.kst import KST
from hub.agencies import Agency
from hub.api.meanings import MEANINGS
from hub.api.reasons import decided_against
from hub.api.register_views import FieldView, field_view
from hub.api.rule_views import RuleView, applied_rules
from hub.api.views import View
from hub.clients.names import agency_title, office_title
from hub.delivery.steps import rules_behind
from hub.routing.fact_fields import FACT_FIELDS, FACT_TITLES, OFFICE_FIELDS
from hub.routing.facts import FactName
from hub.routing.grounds import Grounds
from hub.routing.rules import Rule, Verdict, rule_named
from hub.store.referrals import ReferralRecord
from schemas.events import Event
from schemas.services import SERVICES, ServiceCode
from schemas.status import DeliveryStatus, Verification


class ExplainedFact(View):
    """사실: what a rule asked about, and the fields that it was worked out of. No figure is kept or told."""

    fact: FactName
    title: str
    fields: tuple[FieldView, ...]


class ExplainedRule(RuleView):
    """신청 기준: a rule that was applied, and what the facts said about it."""

    verdict_text: str
    facts: tuple[ExplainedFact, ...]
    """Empty if the configuration no longer has this version of the rule."""


class DecidedByPerson(View):
    """예외 진행: a counsellor decided against what held the referral."""

    at: datetime
    """UTC."""
    at_kst: datetime
    text: str
    rules: tuple[str, ...]
    """The ids of the rules that were decided against."""


class ExplanationView(View):
    """왜 이 기관으로 갔는가: the route, the rules, what people decided, and what the client may ask for."""

    referral_id: str
    service_code: ServiceCode
    service_title: str
    agency: str
    agency_title: str
    office: str | None
    office_title: str | None
    office_fields: tuple[FieldView, ...]
    """By which fields the office in charge (관할) was found; empty for an agency without offices."""
    routed_on: date | None
    """배정일 (KST)."""
    route_from: date | None
    """The first day of the route that was taken."""
    delivery: DeliveryStatus
    decided_by: Literal["rules", "person"]
    """rules: nobody decided, only rules did. person: a counsellor decided against what held it."""
    summary: tuple[str, ...]
    """The whole in sentences (Korean)."""
    rules: tuple[ExplainedRule, ...]
    decisions: tuple[DecidedByPerson, ...]
    rights: tuple[str, ...]
    """What the client may refuse and ask for, and how (Korean)."""


def explanation_view(
    referral: ReferralRecord, overrides: Sequence[Event], rules: Sequence[Rule], agencies: Mapping[str, Agency]
) -> ExplanationView:
    """Return the explanation; `overrides` are the events of decisions, `rules` those of the configuration."""
    service, grounds = ServiceCode(referral.service_code), referral.grounds
    judged = tuple(_rules(referral, rules))
    decisions = tuple(_decision(event, grounds) for event in overrides)
    title = agency_title(referral.agency, agencies) if referral.agency else "정해지지 않음"
    return ExplanationView(
        referral_id=referral.id,
        service_code=service,
        service_title=SERVICES[service].title,
        agency=referral.agency,
        agency_title=title,
        office=referral.office,
        office_title=referral.office and office_title(referral.office),
        office_fields=tuple(map(field_view, OFFICE_FIELDS)) if referral.office else (),
        routed_on=grounds.day if grounds else None,
        route_from=grounds.route_from if grounds else None,
        delivery=referral.delivery,
        decided_by="person" if decisions else "rules",
        summary=tuple(_summary(referral, title, judged, decisions)),
        rules=judged,
        decisions=decisions,
        rights=tuple(_rights(decided_by_person=bool(decisions))),
    )


def _rules(referral: ReferralRecord, rules: Sequence[Rule]) -> Iterable[ExplainedRule]:
    for view in applied_rules(referral.grounds, rules):
        rule = rule_named(rules, view.id, view.valid_from)
        asked = () if rule is None else tuple(map(_fact, rule.facts))
        yield ExplainedRule(**dict(view), verdict_text=MEANINGS[Verdict.__name__][view.verdict], facts=asked)


def _fact(name: FactName) -> ExplainedFact:
    return ExplainedFact(fact=name, title=FACT_TITLES[name], fields=tuple(map(field_view, FACT_FIELDS[name])))


def _decision(event: Event, grounds: Grounds | None) -> DecidedByPerson:
    rules = rules_behind(event.reason, grounds)
    return DecidedByPerson(
        at=event.at, at_kst=event.at.astimezone(KST), text=decided_against(event.reason, rules) or "", rules=rules
    )


_ASKED: Mapping[Verification, str] = {
    Verification.WANTED: "아직 답을 받지 않았습니다.",
    Verification.ELIGIBLE: "기관이 대상이라고 답했습니다.",
    Verification.NOT_ELIGIBLE: "기관이 대상이 아니라고 답했습니다. 그래도 거절하지 않으며, 상담사가 결정합니다.",
    Verification.UNDETERMINED: "기관이 확정하지 못했습니다. 상담사가 결정합니다.",
    Verification.REFUSED: "기관이 답하지 않았습니다. 상담사가 결정합니다.",
}
_HOW_FAR: Mapping[DeliveryStatus, str] = {
    DeliveryStatus.PENDING: "곧 기관에 보냅니다.",
    DeliveryStatus.HELD: "아직 보내지 않고 기다리고 있습니다.",
    DeliveryStatus.SENDING: "기관에 보내고 있습니다.",
    DeliveryStatus.HANDED_OVER: "기관에 파일로 전달했고, 결과를 기다립니다.",
    DeliveryStatus.DELIVERED: "기관이 받았습니다.",
    DeliveryStatus.REFUSED: "기관이 받지 않았습니다.",
    DeliveryStatus.UNKNOWN: "기관이 받았는지 확인하고 있습니다.",
    DeliveryStatus.FAILED: "보내지 못했습니다. 담당자가 확인합니다.",
    DeliveryStatus.CANCELLED: "보내지 않기로 했습니다.",
}


def _summary(
    referral: ReferralRecord, title: str, rules: Sequence[ExplainedRule], decisions: Sequence[DecidedByPerson]
) -> Iterable[str]:
    service = SERVICES[ServiceCode(referral.service_code)].title
    yield f"신청한 서비스: {service}. 맡은 기관: {title}."
    if not referral.agency:
        yield "이 서비스를 맡은 기관이 아직 없어 보내지 않고 기다리고 있습니다."
        return
    if referral.grounds is None:
        yield "배정한 근거가 남아 있지 않습니다. 센터의 담당자에게 물어보십시오."
        return
    day = referral.grounds.day
    yield f"{day:%Y-%m-%d}에 쓰이던 '서비스별 담당 기관표'에 따라 정했습니다. 같은 서비스는 누구나 같은 표를 따릅니다."
    if referral.office:
        where = office_title(referral.office)
        yield f"지금 맡은 곳은 {where}입니다. 관할은 주소로 정하며, 기관이 다른 곳으로 옮길 수 있습니다(이송)."
    counted = {verdict: sum(rule.verdict is verdict for rule in rules) for verdict in Verdict}
    if rules:
        yield (
            f"그날의 신청 기준 {len(rules)}가지를 살폈습니다: 맞음 {counted[Verdict.MET]}, "
            f"맞지 않음 {counted[Verdict.UNMET]}, 알 수 없음 {counted[Verdict.OPEN]}."
        )
    else:
        yield "이 서비스에 적용된 신청 기준은 없었습니다."
    if counted[Verdict.UNMET]:
        yield "맞지 않는 기준이 있어도 거절하지 않습니다. 상담사가 확인할 때까지 보내지 않고 기다립니다."
    if referral.verification is not None:
        yield f"의뢰하기 전에 이 기관에 자격을 확인하는 기준이 있습니다. {_ASKED[referral.verification]}"
    if decisions:
        yield "상담사가 살펴보고 사람의 판단으로 진행했습니다."
    yield _HOW_FAR[referral.delivery]


def _rights(*, decided_by_person: bool) -> Iterable[str]:
    if not decided_by_person:
        yield (
            "어느 기관이 맡는지는 사람이 아니라 정해진 기준이 정했습니다. 받아들이지 않을 수 있고, "
            "사람이 다시 정해 달라고 하거나 설명을 요구할 수 있습니다(개인정보 보호법 37조의2)."
        )
    yield "이 기관으로 가기를 원하지 않으면 거부할 수 있습니다. 거부해도 다른 기관의 서비스를 받는 데 영향이 없습니다."
    yield (
        "센터의 상담사에게 말하면 됩니다. 아직 보내지 않은 의뢰는 취소하고, 이미 보낸 의뢰는 동의를 철회해 "
        "거두어들일 수 있습니다. 적힌 사실이 다르면 고쳐 달라고 할 수 있습니다."
    )
