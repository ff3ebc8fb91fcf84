"""What the API answers: ids, codes, statuses and moments. Nothing about a person is ever in a view.

Here are the shapes, and how a stored record becomes one. Which record that is, the routes say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from adapters.sdk import Repeat, Verb
from hub.agencies import Agency, AgencyState
from hub.api.reasons import decided_against, offers_in_words, text_of
from hub.api.rule_views import RuleView, applied_rules, reason_in_words
from hub.api.standing import WaitsOn, waits_on
from hub.consent.records import ConsentRecord
from hub.delivery.holding import Holding, holding_of
from hub.delivery.steps import rules_behind
from hub.following.deadlines import DeadlineKind
from hub.intake.promises import AcceptedCase, AcceptedReferral
from hub.routing.grounds import Grounds
from hub.routing.rules import Rule
from hub.store.deliveries import DeliveryRecord
from hub.store.following import Unmatched
from hub.store.lanes import LaneState
from hub.store.referrals import ReferralRecord
from schemas.consent import ConsentBasis, ConsentType
from schemas.events import Event, EventKind
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode, Verification


class View(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class AcceptedView(View):
    """접수: what the hub promised. The same request under the same Idempotency-Key gets the same answer."""

    id: str
    """The case."""
    client_id: str
    """대상자: the same for every case of this person in this centre."""
    consents: tuple[str, ...]
    """The ids of the consents that came with the request, in their order."""
    referrals: tuple[AcceptedReferral, ...]
    """The referrals of the request, in their order."""


class ReferralView(View):
    """의뢰: how far it has come, and on whom it waits."""

    id: str
    case_id: str
    service_code: ServiceCode
    agency: str
    office: str | None
    """기관코드 (7 digits) of the office that carries it now."""
    urgent: bool
    delivery: DeliveryStatus
    """전달 상태."""
    business: BusinessStatus | None
    """기관 처리 상태; null until the agency said something."""
    raw_code: str | None
    """The agency's own code, as it came."""
    reason: str | None
    """Why it is where it is: a code."""
    reason_text: str | None
    """The same in words (Korean)."""
    reason_paths: tuple[str, ...]
    """The field paths that the reason is about."""
    waits_on: WaitsOn
    """Who has the next step."""
    receipt: str | None
    """접수번호 of the agency."""
    wire_key: str
    """Our key for it at the agency."""
    possible_duplicate_of: str | None
    overridden: tuple[str, ...]
    """Reasons that a counsellor decided against."""
    routed_on: date | None
    """배정일 (KST): the day whose routes and rules were applied."""
    route_from: date | None
    """The first day of the route to this agency that was taken."""
    rules: tuple[RuleView, ...]
    """신청 기준 that were applied; held for `rule_not_met`: those with the verdict `unmet` hold it."""
    verification: Verification | None
    """자격 확인: what the agency said of eligibility before it was sent this; null where no rule asks first."""
    outcome: OutcomeCode | None
    """종결 사유."""
    due_on: str | None
    """처리 기한 (KST)."""
    overdue: DeadlineKind | None
    """기한 경과: which term is over, once that was told (`escalated`); null for none."""
    overdue_since: datetime | None
    created_at: datetime
    updated_at: datetime


class CaseConsentView(View):
    """동의 of a case: what can be withdrawn, by whoever lost the answer that named it."""

    id: str
    recipient: str
    """제공받는 자: an agency's slug, or slug:기관코드."""
    type: ConsentType
    purposes: tuple[ServiceCode, ...]
    required: bool
    signed_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None


class ReferralsView(View):
    """One page of referrals, oldest first; the header `Link` with `rel="next"` leads to the next one."""

    referrals: tuple[ReferralView, ...]


class EventView(Event):
    """One thing that happened to a referral, its reason in words too."""

    reason_text: str | None = None
    """What the reason code means (Korean)."""
    rules: tuple[str, ...] = ()
    """신청 기준: the ids of the rules that were decided against (`overridden`)."""
    text: str | None = None
    """기관이 한 말, 또는 담당자가 적은 사유: the agency's words or a person's reason; may name the client."""


class EventsView(View):
    """One page of events, oldest first; the header `Link` with `rel="next"` leads to the next one."""

    events: tuple[EventView, ...]


class HolderView(View):
    """보유 기관: what one agency has of one referral, and whether it acknowledged that it was taken back."""

    referral_id: str
    service_code: ServiceCode
    agency: str
    office: str | None
    """기관코드 (7 digits) of the office that carries it now."""
    holding: Holding
    """보유 상태."""


class ConsentView(CaseConsentView):
    """동의: what it opens, for whom, until when. Evidence and texts stay sealed."""

    case_id: str
    basis: ConsentBasis
    article: str | None
    items: tuple[str, ...]
    holders: tuple[HolderView, ...]
    """누가 아직 가지고 있는가: every referral that this consent is about, and what its agency has of it."""


class AddedConsents(View):
    """The ids of the consents that were added, in their order; the same again for the same key and request."""

    case_id: str
    consents: tuple[str, ...]


class WithdrawalView(View):
    """What a withdrawal did, as ids of referrals."""

    id: str
    """The consent."""
    stopped: tuple[str, ...]
    """Not sent yet; will not be sent."""
    in_flight: tuple[str, ...]
    """Was on its way at the moment of the withdrawal, or may have arrived: settled next, then withdrawn."""
    told: tuple[str, ...]
    """Arrived before: the agency is told of the withdrawal."""
    by_hand: tuple[str, ...]
    """Arrived before, and its agency's contract has no withdrawal: a person must tell it, and then record that it
    acknowledged (`POST /v1/referrals/{id}/acknowledge`)."""
    kept: tuple[str, ...]
    """Rests on another basis, and goes on."""


class UnmatchedView(View):
    """짝 없는 통보: what an agency told about referrals that the hub does not know; kept, sealed."""

    waiting: int
    """How many wait for their referral to turn up."""
    shelved: int
    """How many have waited too long, which was told: a person should ask the agency. They wait on all the same."""
    since: datetime | None
    """When the oldest of them came; null for none."""


class AgencyView(View):
    """기관: what it serves, what it may be told, whether it can be reached."""

    slug: str
    title: str | None
    state: AgencyState
    why: str | None
    """What a person must mend, if it is broken."""
    paused: str | None
    """by_person or misconfigured, while nothing is sent to it."""
    outage_since: datetime | None
    """연결 장애: since when it is not reached; null while it is."""
    closed_until: datetime | None
    """Until when nothing is sent to it: it is not reached and rests, or it asked the hub to wait; null for now."""
    retries: bool | None
    """자동 재시도: whether what was tried in vain is tried again by itself; null for an agency that is not active."""
    unmatched: UnmatchedView | None
    """For operators of the hub: what it told about nobody that we know; null for callers of a centre."""
    services: tuple[ServiceCode, ...]
    verbs: tuple[Verb, ...]
    wire: str | None
    contract_basis: Literal["real", "assumed", "mixed"] | None
    repeat: Repeat | None
    discloses: tuple[str, ...]
    """The field paths that it may ever see, with consent."""
    requires: tuple[str, ...]
    """The field paths without which it cannot take a referral."""


class AgenciesView(View):
    """All installed agencies."""

    agencies: tuple[AgencyView, ...]


class AliveView(View):
    """The process answers."""

    status: Literal["alive"] = "alive"


Check = Literal["ok", "failed"]
Intake = Literal["open", "backlog", "disk", "store", "failed"]


class ReadyView(View):
    """Whether the hub can keep what it would promise."""

    status: Literal["ready", "not_ready"]
    store: Annotated[Check, Field(description="A transaction can be written.")]
    schema_version: Annotated[Check, Field(description="The store's schema is the one that this version needs.")]
    vault: Annotated[Check, Field(description="The key file opens the store.")]
    engine: Annotated[Check, Field(description="The worker runs.")]
    intake: Annotated[
        Intake,
        Field(
            description="Whether new cases are taken; otherwise why they are answered 503 (limits). It does not make "
            "the hub unready: what it promised, and what agencies tell it, goes on."
        ),
    ]
    broken_agencies: tuple[str, ...]
    """Slugs of agencies that could not be loaded. They do not make the hub unready: the others are served."""
    paused_agencies: tuple[str, ...]


SomeConsentView = TypeVar("SomeConsentView", bound=CaseConsentView)


def accepted_view(accepted: AcceptedCase) -> AcceptedView:
    """Return what was promised."""
    return AcceptedView(
        id=accepted.case_id,
        client_id=accepted.client_id,
        consents=accepted.consents,
        referrals=accepted.referrals,
    )


def referral_view(record: ReferralRecord, rules: Sequence[Rule]) -> ReferralView:
    """Return the public part of a referral's row; `rules` are those of the configuration."""
    values = {name: getattr(record, name) for name in ReferralView.model_fields if hasattr(record, name)}
    return ReferralView(
        reason_text=reason_in_words(record, rules),
        waits_on=waits_on(record),
        routed_on=record.grounds.day if record.grounds else None,
        route_from=record.grounds.route_from if record.grounds else None,
        rules=tuple(applied_rules(record.grounds, rules)),
        **values,
    )


def event_view(event: Event, text: str | None = None, grounds: Grounds | None = None) -> EventView:
    """Return an event with its reason in words, and what was said; `grounds` are those of the referral's routing."""
    overridden = event.kind is EventKind.OVERRIDDEN
    rules = rules_behind(event.reason, grounds) if overridden else ()
    words = decided_against(event.reason, rules) if overridden else text_of(event.reason)
    if words is not None:
        words += offers_in_words(event.offers)
    return EventView(**dict(event), reason_text=words, text=text, rules=rules)


def consent_view(record: ConsentRecord, holders: Sequence[HolderView]) -> ConsentView:
    """Return the public part of a consent's row, and who holds what was sent by it."""
    return consent_as(ConsentView, record, holders=tuple(holders))


def holder_views(
    referrals: Iterable[ReferralRecord], withdrawals: Mapping[str, DeliveryRecord], asked_first: Collection[str]
) -> tuple[HolderView, ...]:
    """Return what the agencies of these referrals have of them; `withdrawals` are theirs, by referral.

    `asked_first` are the referrals whose agency was asked about the client beforehand.
    """
    return tuple(
        HolderView(
            referral_id=referral.id,
            service_code=ServiceCode(referral.service_code),
            agency=referral.agency,
            office=referral.office,
            holding=holding_of(
                referral.delivery,
                referral.business,
                withdrawals.get(referral.id),
                asked_first=referral.id in asked_first,
            ),
        )
        for referral in referrals
    )


def consent_as(view: type[SomeConsentView], record: ConsentRecord, **more: object) -> SomeConsentView:
    """Return a consent's row as one of its views; `more` is what the row does not hold."""
    values = {name: getattr(record, name) for name in view.model_fields.keys() - more.keys()}
    return view(**{name: tuple(sorted(v)) if isinstance(v, frozenset) else v for name, v in values.items()}, **more)


def agency_view(agency: Agency, lane: LaneState, unmatched: Unmatched | None, now: datetime) -> AgencyView:
    """Return what is public about an agency. `unmatched`: None for who is not to know."""
    profile, closed = agency.profile, lane.closed_until
    return AgencyView(
        slug=agency.slug,
        title=profile.title if profile else None,
        state=agency.state,
        why=agency.why,
        paused=lane.reason if lane.is_paused else None,
        outage_since=lane.outage_since,
        closed_until=closed if closed is not None and now < closed else None,
        retries=None if agency.adapter is None else agency.adapter.settings.retry,
        unmatched=None if unmatched is None else UnmatchedView(**vars(unmatched)),
        services=tuple(sorted(profile.services)) if profile else (),
        verbs=tuple(sorted(agency.verbs)),
        wire=profile.wire if profile else None,
        contract_basis=profile.contract_basis if profile else None,
        repeat=profile.repeat if profile else None,
        discloses=tuple(sorted(profile.discloses)) if profile else (),
        requires=tuple(sorted(profile.requires)) if profile else (),
    )
