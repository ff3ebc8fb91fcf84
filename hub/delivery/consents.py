"""What a new or withdrawn consent does to the referrals of its case, at whatever point of their way they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.access.actor import Actor
from hub.audit.entries import Action, record
from hub.consent.keeping import keep_consent
from hub.consent.policy import Withheld
from hub.consent.reasons import WithheldReason
from hub.delivery.giving_up import is_passing
from hub.delivery.room import Papers, Room, read_papers
from hub.delivery.settle import settle_without_call
from hub.delivery.steps import VERIFICATION_WITHHELD, SupplementReason, UnknownIdError
from hub.delivery.supplementing import is_in_flight
from hub.delivery.taking_back import Told, concerns, left_after_withdrawal, take_back_if_consent_is_gone
from hub.delivery.verifying import question_under_way
from hub.intake.filing import GuardianMissingError
from hub.logs import places
from hub.store.cases import CaseRecord, case_by_id
from hub.store.consents import consent_of, mark_withdrawn
from hub.store.deliveries import delivery_of_kind
from hub.store.referrals import ReferralRecord, append_event, referrals_of_case
from hub.store.supplements import open_supplement, sealed_supplement
from hub.vault.boxes import place
from schemas.case import check_guardian_signed
from schemas.client import Client
from schemas.consent import Consent
from schemas.events import EventKind
from schemas.status import DeliveryStatus

_log = structlog.get_logger("naru.delivery")


@dataclass
class ConsentWithdrawal:
    """What a withdrawal did, by referral id: the answer to the client."""

    consent_id: str
    stopped: list[str] = field(default_factory=list)
    """Never sent, and now never will be."""
    in_flight: list[str] = field(default_factory=list)
    """A send, or a supplement's, is under way or not accounted for: the agency may hold it, and is told if it does."""
    told: list[str] = field(default_factory=list)
    """The agency holds it, and is being told."""
    by_hand: list[str] = field(default_factory=list)
    """The agency holds it, and can only be told by a person."""
    kept: list[str] = field(default_factory=list)
    """Goes on, or stays, with the fields that other consents still carry."""


@dataclass(frozen=True)
class Consents:
    """Consents of a case after it was accepted. After a method's transaction is committed, wake the engine.

    Raises (all methods):
        UnknownIdError: no such id, or another centre's.
    """

    room: Room

    def add(self, conn: Connection, actor: Actor, case_id: str, consents: Sequence[Consent]) -> list[str]:
        """Store consents and let the policy decide anew on every referral that is held for want of one.

        Raises:
            GuardianMissingError: a child's consent that no guardian signed.
        """
        case = case_by_id(conn, case_id, centre_id=actor.centre_id)
        if case is None:
            raise UnknownIdError("no case has this id")
        key = self.room.vault.case_key(case.id, case.wrapped_key, case.kek_id)
        client = self.room.vault.unseal_model(key, place("cases", "sealed_client", case.id), case.sealed_client, Client)
        try:
            check_guardian_signed(client, consents)
        except ValueError:
            raise GuardianMissingError from None
        now = self.room.clock.now()
        ids = [
            keep_consent(conn, self.room.vault, consent, case_id=case.id, centre_id=case.centre_id, case_key=key)
            for consent in consents
        ]
        self._audit(conn, actor, case, Action.CONSENTS_ADDED, {"consents": ids}, now)
        self.release_held(conn, actor, case.id, consents)
        return ids

    def release_held(self, conn: Connection, actor: Actor, case_id: str, consents: Sequence[Consent]) -> None:
        """Let the policy decide anew on every referral that waits for a consent and that one of these is about."""
        now = self.room.clock.now()
        for referral in referrals_of_case(conn, case_id):
            if not any(concerns(c.recipient, c.purposes, referral) for c in consents):
                continue
            if _waits_for_consent(referral):
                self._decide_anew(conn, actor, self._papers(conn, referral), now)
            elif referral.reason == SupplementReason.WITHHELD and (more := open_supplement(conn, referral.id)):
                self._decide_anew(conn, actor, read_papers(conn, self.room, more), now)

    def withdraw(self, conn: Connection, actor: Actor, consent_id: str) -> ConsentWithdrawal:
        """Withdraw a consent: stop what is queued, tell who holds it. Withdrawing twice is once."""
        consent = consent_of(conn, consent_id)
        if consent is None or consent.centre_id != actor.centre_id:
            raise UnknownIdError("no consent has this id")
        case = case_by_id(conn, consent.case_id)
        if case is None:
            raise LookupError(f"{consent_id} belongs to no case")
        now, done = self.room.clock.now(), ConsentWithdrawal(consent_id)
        first = mark_withdrawn(conn, consent_id, now)
        if first:
            self._audit(conn, actor, case, Action.CONSENT_WITHDRAWN, {"consent": consent_id}, now)
        for referral in referrals_of_case(conn, consent.case_id):
            if concerns(consent.recipient, consent.purposes, referral):
                if first:
                    event = EventKind.CONSENT_CHANGED
                    append_event(conn, referral.id, event, now, actor.name, reason="consent_withdrawn")
                for answer in self._withdraw_from(conn, actor, referral, done, now):
                    answer.append(referral.id)
        return done

    def _withdraw_from(
        self, conn: Connection, actor: Actor, referral: ReferralRecord, done: ConsentWithdrawal, now: datetime
    ) -> list[list[str]]:
        """Withdraw from one referral; return the lists that name it. From one that nobody can read all is withdrawn."""
        try:
            with conn.begin_nested():  # one poisoned case must not keep the consent, or the others, in force
                return self._act_on(conn, actor, self._papers(conn, referral), done, now)
        except Exception as error:
            if is_passing(error):
                raise
            _log.error("withdrawn_unread", referral=referral.id, error=type(error).__name__, at=places(error))
        return self._act_on(conn, actor, self._papers(conn, referral, opened=False), done, now)

    def _act_on(
        self, conn: Connection, actor: Actor, papers: Papers, done: ConsentWithdrawal, now: datetime
    ) -> list[list[str]]:
        match papers.delivery.status:
            case DeliveryStatus.SENDING | DeliveryStatus.HANDED_OVER | DeliveryStatus.UNKNOWN:
                return [done.in_flight]
            case DeliveryStatus.DELIVERED:
                in_flight = [done.in_flight] if self._is_supplement_in_flight(conn, actor, papers, now) else []
                told = take_back_if_consent_is_gone(conn, self.room, papers, now)
                return [*in_flight, {Told.BY_US: done.told, Told.BY_HAND: done.by_hand, Told.NOT: done.kept}[told]]
            case DeliveryStatus.PENDING | DeliveryStatus.HELD | DeliveryStatus.FAILED:
                in_flight = [done.in_flight] if question_under_way(conn, papers.referral) else []
                stopped = self._stop(conn, actor, papers, now)
                return [*in_flight, done.stopped if stopped else done.kept]
            case DeliveryStatus.REFUSED | DeliveryStatus.CANCELLED:
                return []  # nobody holds it, and nobody will

    def _is_supplement_in_flight(self, conn: Connection, actor: Actor, submit: Papers, now: datetime) -> bool:
        """Return whether a supplement may arrive yet; one that was not sent, and cannot go without it, is stopped."""
        more = open_supplement(conn, submit.referral.id)
        if more is None or is_in_flight(more):
            return more is not None
        papers = replace(submit, delivery=more, sealed_supplement=sealed_supplement(conn, more.id))
        paths = self._missing_by_withdrawal(conn, papers, now)
        if paths is not None:
            reason = WithheldReason.CONSENT_WITHDRAWN
            settle_without_call(
                conn, papers, DeliveryStatus.CANCELLED, now, actor=actor.name, reason=reason, paths=paths
            )
        return False

    def _stop(self, conn: Connection, actor: Actor, papers: Papers, now: datetime) -> bool:
        """Cancel what was not sent and cannot go without the consent; return whether it was."""
        paths = self._missing_by_withdrawal(conn, papers, now)
        if paths is None:
            return False
        settle_without_call(
            conn, papers, DeliveryStatus.CANCELLED, now, actor=actor.name,
            reason=WithheldReason.CONSENT_WITHDRAWN, paths=paths,
        )  # fmt: skip
        return True

    def _missing_by_withdrawal(self, conn: Connection, papers: Papers, now: datetime) -> tuple[str, ...] | None:
        """Return the fields that the agency cannot do without and that the withdrawal took; None if it can go on."""
        agency = self.room.agencies.get(papers.referral.agency)
        if agency is None or agency.profile is None:
            return None  # nobody can say what the agency needs; the gate decides if it is ever sent
        left = left_after_withdrawal(conn, self.room, papers, agency.profile, now, papers.recipient)
        if left is None:
            return ()
        if isinstance(left, Withheld) and left.reason is WithheldReason.CONSENT_WITHDRAWN:
            return left.paths
        return None

    def _decide_anew(self, conn: Connection, actor: Actor, papers: Papers, now: datetime) -> None:
        append_event(conn, papers.referral.id, EventKind.CONSENT_CHANGED, now, actor.name, reason="consent_added")
        settle_without_call(conn, papers, DeliveryStatus.PENDING, now, actor=actor.name, due_at=now)

    def _papers(self, conn: Connection, referral: ReferralRecord, *, opened: bool = True) -> Papers:
        delivery = delivery_of_kind(conn, referral.id, Verb.SUBMIT)
        if delivery is None:
            raise LookupError(f"{referral.id} has no delivery")
        return read_papers(conn, self.room, delivery) if opened else Papers(delivery, referral, b"", b"")

    def _audit(
        self,
        conn: Connection,
        actor: Actor,
        case: CaseRecord,
        action: Action,
        data: dict[str, object],
        now: datetime,
    ) -> None:
        record(
            conn,
            at=now,
            actor=actor.name,
            action=action,
            origin=actor.origin,
            centre_id=case.centre_id,
            client_id=case.client_id,
            case_id=case.id,
            data=data,
        )


_WAIT_FOR_CONSENT = frozenset({*WithheldReason, *VERIFICATION_WITHHELD})


def _waits_for_consent(referral: ReferralRecord) -> bool:
    return referral.delivery is DeliveryStatus.HELD and referral.reason in _WAIT_FOR_CONSENT
