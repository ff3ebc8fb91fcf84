"""Why a client was sent there, as a page to print and hand over. Pure; the content is `explanation_views`'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.api.explanation_views import ExplainedRule, ExplanationView
from hub.api.pages import element, facts, page, paragraphs, section, table
from hub.api.receipt_page import in_korea
from hub.routing.rules import Mark

_MARKS: Mapping[Mark, str] = {"S": "공개 자료", "S2": "보도 등 간접 자료", "A": "가정한 기준"}


def explanation_page(told: ExplanationView) -> str:
    """Return the page."""
    return page(
        "자동 배정 설명서",
        paragraphs(told.summary),
        section("배정", facts(_route(told))),
        *([section("살핀 기준", *map(_rule, told.rules))] if told.rules else []),
        *([section("사람이 정한 것", _decisions(told))] if told.decisions else []),
        section("요구할 수 있는 것", paragraphs(told.rights)),
        footer=f"의뢰 번호 {told.referral_id} · 성명과 금액 같은 값은 적지 않습니다.",
    )


def _route(told: ExplanationView) -> Iterator[tuple[str, str]]:
    yield "서비스", f"{told.service_title} ({told.service_code})"
    yield "맡은 기관", told.agency_title
    if told.office_title is not None:
        yield "지금 맡은 곳", told.office_title
        yield "관할을 정한 항목", ", ".join(field.title for field in told.office_fields)
    if told.routed_on is not None:
        yield "배정일", f"{told.routed_on:%Y-%m-%d}"
    if told.route_from is not None:
        yield "담당 기관표의 시행일", f"{told.route_from:%Y-%m-%d}"


def _rule(rule: ExplainedRule) -> str:
    until = f"{rule.valid_to:%Y-%m-%d}" if rule.valid_to else ""
    asked = (f"{fact.title} ({', '.join(field.title for field in fact.fields)})" for fact in rule.facts)
    return element("div", element("h3", rule.words or rule.id), facts([
        ("결과", rule.verdict_text),
        ("출처", f"{rule.source} ({_MARKS[rule.mark]})" if rule.mark else "지금의 설정에는 남아 있지 않습니다."),
        ("시행", f"{rule.valid_from:%Y-%m-%d} ~ {until}"),
        ("살핀 사실 (항목)", "; ".join(asked) or "지금의 설정에는 남아 있지 않습니다."),
    ]))  # fmt: skip


def _decisions(told: ExplanationView) -> str:
    rows = ((in_korea(one.at), one.text) for one in told.decisions)
    return table("상담사의 결정", ("때", "내용"), rows)
