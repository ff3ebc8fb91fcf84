"""What a document becomes in the store: a case with its own key, sealed papers, routed referrals, deliveries that wait.

Every function is a part of one transaction. When it is done and what is answered is `intake.py`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from adapters.sdk import Verb
from adapters.sdk.kst import kst_today
from hub.access.actor import Actor
from hub.agencies import Agency
from hub.clock import Clock
from hub.consent.keeping import keep_consent
from hub.intake.identity import find_or_add_client
from hub.intake.promises import AcceptedReferral
from hub.intake.recipients import check_recipients
from hub.routing.facts import facts_of
from hub.routing.grounds import AppliedRule, Grounds
from hub.routing.holds import Hold, next_hold
from hub.routing.routing import Routed, RoutingReason, Unrouted, route
from hub.routing.rules import judge
from hub.settings import RoutingSettings
from hub.store.cases import CaseRecord, case_by_id, insert_case
from hub.store.deliveries import DeliveryRecord, insert_delivery
from hub.store.ids import new_id
from hub.store.referrals import ReferralRecord, append_event, insert_referral, open_duplicate
from hub.vault.boxes import place
from hub.vault.vault import Vault
from schemas.case import check_guardian_signed
from schemas.client import Client
from schemas.consent import Consent
from schemas.disclosure import Disclosure
from schemas.events import EventKind
from schemas.referral import ReferralRequest
from schemas.status import DeliveryStatus, Verification


class UnknownCaseError(Exception):
    """The caller's centre has no such case."""


class GuardianMissingError(Exception):
    """만 14세 미만의 동의는 법정대리인이 합니다: a child's consent that no guardian signed."""


class Addition(Protocol):
    """What is added to a case: a whole document has it too."""

    @property
    def consents(self) -> Sequence[Consent]:
        """동의 목록."""
        ...

    @property
    def referrals(self) -> Sequence[ReferralRequest]:
        """의뢰 목록."""
        ...


class NewCase(Addition, Protocol):
    """What begins a case: `schemas.case.CaseDocument`."""

    @property
    def reference(self) -> str | None:
        """The centre's own number."""
        ...

    @property
    def client(self) -> Client:
        """대상자."""
        ...


@dataclass(frozen=True)
class CaseFile:
    """An open case: whose it is, who adds to it, and the key that seals what is added."""

    actor: Actor
    case_id: str
    client_id: str
    client: Client
    key: bytes = field(repr=False)
    now: datetime


class Filing:
    """Files documents. `routing` is the map of services with the rules; `agencies` says which can be reached."""

    def __init__(
        self,
        clock: Clock,
        vault: Vault,
        agencies: Mapping[str, Agency],
        routing: RoutingSettings,
    ) -> None:
        self._clock = clock
        self._vault = vault
        self._agencies = agencies
        self._routing = routing

    def check_recipients(self, consents: Sequence[Consent]) -> None:
        """Check that each consent names somebody that this hub could send to.

        Raises:
            UnknownRecipientError
        """
        check_recipients(consents, self._routing.services, self._agencies)

    def open_case(self, conn: Connection, actor: Actor, document: NewCase) -> CaseFile:
        """Begin a case: recognise the client, make the case's key, seal the client's data as it is today.

        Raises:
            UnknownRecipientError
        """
        self.check_recipients(document.consents)
        now, case_id = self._clock.now(), new_id("case")
        client_id = find_or_add_client(conn, self._vault, actor.centre_id, document.client, now)
        key = self._vault.new_case_key(conn, case_id)
        insert_case(
            conn,
            CaseRecord(
                id=case_id,
                centre_id=actor.centre_id,
                client_id=client_id,
                reference=document.reference,
                wrapped_key=key.wrapped,
                kek_id=key.kek_id,
                sealed_client=self._vault.seal_model(key.plain, _client_place(case_id), document.client),
                created_at=now,
            ),
        )
        return CaseFile(actor, case_id, client_id, document.client, key.plain, now)

    def reopen_case(self, conn: Connection, actor: Actor, case_id: str, consents: Sequence[Consent]) -> CaseFile:
        """Open a case that the hub has, to add these consents and more.

        Raises:
            UnknownCaseError, UnknownRecipientError, GuardianMissingError
        """
        case = case_by_id(conn, case_id, centre_id=actor.centre_id)
        if case is None:
            raise UnknownCaseError
        self.check_recipients(consents)
        key = self._vault.case_key(case.id, case.wrapped_key, case.kek_id)
        client = self._vault.unseal_model(key, _client_place(case.id), case.sealed_client, Client)
        try:
            check_guardian_signed(client, consents)
        except ValueError:
            raise GuardianMissingError from None
        return CaseFile(actor, case.id, case.client_id, client, key, self._clock.now())

    def add_consent(self, conn: Connection, file: CaseFile, consent: Consent) -> str:
        """Store a consent, sealed whole beside what the policy compares; return its id."""
        return keep_consent(
            conn, self._vault, consent, case_id=file.case_id, centre_id=file.actor.centre_id, case_key=file.key
        )

    def add_referral(self, conn: Connection, file: CaseFile, request: ReferralRequest) -> AcceptedReferral:
        """Route a referral and store it with its delivery: due at once, or held with the reason."""
        document, day = Disclosure(client=file.client, referral=request), kst_today(file.now)
        way = route(document, day, self._routing.services, self._agencies)
        judged = judge(self._routing.rules, request.service_code, day, facts_of(document, day))
        grounds = Grounds(day=day, route_from=way.since, rules=tuple(map(AppliedRule.of, judged)))
        referral = self._referral(conn, file, request, way, grounds)
        insert_referral(conn, referral)
        insert_delivery(conn, _delivery(referral))
        append_event(
            conn, referral.id, EventKind.ACCEPTED, file.now, file.actor.name,
            delivery=referral.delivery, reason=referral.reason,
        )  # fmt: skip
        return AcceptedReferral(id=referral.id, service_code=request.service_code, agency=referral.agency)

    def _referral(
        self, conn: Connection, file: CaseFile, request: ReferralRequest, way: Routed | Unrouted, grounds: Grounds
    ) -> ReferralRecord:
        referral_id, agency, like = new_id("ref"), way.agency or "", None
        reason: RoutingReason | Hold | None
        if isinstance(way, Unrouted):
            reason = way.reason
        else:
            like = open_duplicate(conn, file.client_id, request.service_code, agency)
            reason = next_hold(duplicate=like is not None, unmet=bool(grounds.unmet), overridden=())
        known = self._agencies.get(agency)
        wire_key = known.profile.wire_key.make(file.now) if known and known.profile else referral_id
        return ReferralRecord(
            id=referral_id,
            case_id=file.case_id,
            centre_id=file.actor.centre_id,
            client_id=file.client_id,
            agency=agency,
            office=way.office if isinstance(way, Routed) else None,
            service_code=request.service_code,
            urgent=request.is_urgent,
            delivery=DeliveryStatus.HELD if reason else DeliveryStatus.PENDING,
            business=None,
            raw_code=None,
            reason=reason,
            reason_paths=(),
            receipt=None,
            wire_key=wire_key,  # of an agency whose format is not known yet: any unique text
            possible_duplicate_of=like,
            overridden=(),
            outcome=None,
            due_on=request.due_on.isoformat() if request.due_on else None,
            events=0,
            sealed_request=self._vault.seal_model(file.key, place("referrals", "sealed_request", referral_id), request),
            created_at=file.now,
            updated_at=file.now,
            grounds=grounds,
            verification=Verification.WANTED if grounds.to_verify and isinstance(way, Routed) else None,
        )


def _delivery(referral: ReferralRecord) -> DeliveryRecord:
    """Return the submit of a new referral: it has the referral's status, and is due unless that is held."""
    return DeliveryRecord(
        id=new_id("dlv"),
        referral_id=referral.id,
        agency=referral.agency,
        kind=Verb.SUBMIT,
        status=referral.delivery,
        wire_key=referral.wire_key,
        urgent=referral.urgent,
        due_at=None if referral.delivery is DeliveryStatus.HELD else referral.created_at,
        created_at=referral.created_at,
    )


def _client_place(case_id: str) -> str:
    return place("cases", "sealed_client", case_id)
