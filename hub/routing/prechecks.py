"""Pre-checks (사전 확인): what rules say about facts without identity, service by service, and who has room."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hub.agencies import Agencies
from hub.routing.capacity import Answer, Capacities, NotKnown
from hub.routing.facts import FactName, Facts, facts_of
from hub.routing.routing import Routed, RoutingReason, Unrouted, route
from hub.routing.rules import Judged, Verdict, judge
from hub.settings import RoutingSettings
from schemas.address import DisclosedAddress
from schemas.client import DisclosedClient
from schemas.disclosure import Disclosure
from schemas.referral import DisclosedReferral
from schemas.services import ServiceCode


class Outlook(StrEnum):
    """What can be said before an agency is asked."""

    LIKELY_ELIGIBLE = "likely_eligible"
    """대상일 가능성이 큼: every rule in force is met. The agency still decides."""
    RULE_NOT_MET = "rule_not_met"
    """기준에 맞지 않음: at least one rule is not met. A counsellor may decide against it."""
    NEEDS_AGENCY_ANSWER = "needs_agency_answer"
    """기관이 판단: there is no rule, or the facts leave one open."""


@dataclass(frozen=True)
class Checked:
    """What was found about one service."""

    service: ServiceCode
    agency: str | None
    office: str | None
    unrouted: RoutingReason | None
    """Why a referral would be held for want of a way. Without a region nobody can say that no office is in charge."""
    judged: Sequence[Judged]
    capacity: Answer | NotKnown | None
    """None where the agency offers no such answer, or would not be reached."""

    @property
    def outlook(self) -> Outlook:
        """What can be said before the agency is asked."""
        return outlook_of(judged.verdict for judged in self.judged)

    @property
    def lacking(self) -> tuple[FactName, ...]:
        """The facts that open rules ask about: to know them would tell more."""
        asked = (name for one in self.judged if one.verdict is Verdict.OPEN for name in one.rule.facts)
        return tuple(dict.fromkeys(asked))


def outlook_of(verdicts: Iterable[Verdict]) -> Outlook:
    """Return what the verdicts of a service's rules come to."""
    found = set(verdicts)
    if Verdict.UNMET in found:
        return Outlook.RULE_NOT_MET
    return Outlook.LIKELY_ELIGIBLE if found == {Verdict.MET} else Outlook.NEEDS_AGENCY_ANSWER


@dataclass(frozen=True)
class Prechecker:
    """Answers pre-checks. Nothing of a question or an answer is stored."""

    routing: RoutingSettings
    agencies: Agencies
    capacities: Capacities

    async def check(
        self, services: Sequence[ServiceCode], region: str | None, facts: Facts, day: date, paused: Collection[str]
    ) -> tuple[Checked, ...]:
        """Check services by facts on a day in Korea; the agencies are asked at the same time.

        `region` is a 시군구, the first five digits of the 법정동코드; `paused` are the agencies that nothing goes to.
        """
        return tuple(await asyncio.gather(*(self._check(service, region, facts, day, paused) for service in services)))

    async def _check(
        self, service: ServiceCode, region: str | None, facts: Facts, day: date, paused: Collection[str]
    ) -> Checked:
        address = DisclosedAddress(adm_cd=f"{region}00000") if region is not None else None
        document = Disclosure(client=DisclosedClient(address=address), referral=DisclosedReferral(service_code=service))
        way = route(document, day, self.routing.services, self.agencies)
        unrouted = way.reason if isinstance(way, Unrouted) else None
        if unrouted is RoutingReason.NO_OFFICE and region is None:
            unrouted = None
        return Checked(
            service,
            way.agency,
            way.office if isinstance(way, Routed) else None,
            unrouted,
            judge(self.routing.rules, service, day, {**facts_of(document, day), **facts}),
            None if unrouted is not None else await self._capacity(service, way, paused),
        )

    async def _capacity(
        self, service: ServiceCode, way: Routed | Unrouted, paused: Collection[str]
    ) -> Answer | NotKnown | None:
        if way.agency is None or not self.capacities.offers(way.agency):
            return None
        if isinstance(way, Unrouted):
            return NotKnown.REGION_MISSING
        if way.agency in paused:
            return NotKnown.AGENCY_PAUSED
        return await self.capacities.ask(way.agency, way.office, service)
