"""What people and centre applications do to a referral or a lane: each one transaction, refused if the table says no.

What consents and withdrawals do to referrals is written in the module `consents` beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from adapters.sdk import Fact, Verb
from hub.access.actor import Actor, HubActor
from hub.agencies import AgencyState
from hub.audit.entries import Action, record
from hub.delivery.acts import is_followed
from hub.delivery.arrival import note_arrival
from hub.delivery.finish import note_supplement
from hub.delivery.room import Papers, Room, read_papers, referral_subject, text_sealer
from hub.delivery.settle import settle
from hub.delivery.steps import (
    OF_SUPPLEMENT,
    PAUSED,
    IllegalStepError,
    ReceiptFormError,
    Step,
    UnknownIdError,
    VerificationReason,
    legal_steps,
    rules_behind,
)
from hub.delivery.supplementing import check_can_supplement, let_go_of_unknown, queue_supplement, why_not_now
from hub.delivery.verifying import must_be_verified, pause_question, question_under_way
from hub.following.facts import take_facts
from hub.routing.holds import next_hold
from hub.store.batches import ask_cancel, cancel_is_asked
from hub.store.cases import check_not_purged
from hub.store.deliveries import delivery_of_kind, update_delivery
from hub.store.lanes import pause_lane, resume_lane
from hub.store.referrals import ReferralRecord, append_event, referral_by_id, update_referral
from hub.store.supplements import open_supplement
from schemas.events import EventKind
from schemas.referral import Supplement
from schemas.status import BusinessStatus, DeliveryStatus, OutcomeCode


@dataclass(frozen=True)
class Commands:
    """The commands of the API. Methods take the transaction's connection first; after its commit, wake the engine.

    Raises (all methods):
        UnknownIdError: no such id, or another centre's.
        IllegalStepError: the status does not allow the step.
    """

    room: Room

    def cancel(self, conn: Connection, actor: Actor, referral_id: str) -> None:
        """Stop a referral that has surely not arrived; one that is in a file is taken back once its result is there."""
        papers = self._papers_for(conn, actor, referral_id, Step.CANCEL)
        self._audit(conn, actor, papers.referral, Action.REFERRAL_CANCELLED)
        if papers.delivery.status is DeliveryStatus.HANDED_OVER:
            ask_cancel(conn, papers.delivery.id, self.room.clock.now())
            self._settle(conn, actor, papers, DeliveryStatus.HANDED_OVER, reason="cancel_asked", due=False)
            return
        self._settle(conn, actor, papers, DeliveryStatus.CANCELLED, reason="cancelled_by_centre", due=False)

    def retry(self, conn: Connection, actor: Actor, referral_id: str) -> None:
        """Try a failed or held referral again now; the policy decides anew."""
        papers = self._papers_for(conn, actor, referral_id, Step.RETRY)
        self._audit(conn, actor, papers.referral, Action.REFERRAL_RETRIED)
        self._settle(conn, actor, papers, DeliveryStatus.PENDING, reason=None, due=True)

    def pause(self, conn: Connection, actor: Actor, referral_id: str) -> None:
        """Stop sending and asking until it is resumed; what the agency tells by itself still counts."""
        papers = self._papers_for(conn, actor, referral_id, Step.PAUSE)
        self._audit(conn, actor, papers.referral, Action.REFERRAL_PAUSED)
        self._hold_back(conn, actor, papers, EventKind.PAUSED, PAUSED)

    def resume(self, conn: Connection, actor: Actor, referral_id: str) -> None:
        """Let a paused referral go on where it was: what is due is due."""
        papers = self._papers_for(conn, actor, referral_id, Step.RESUME)
        self._audit(conn, actor, papers.referral, Action.REFERRAL_RESUMED)
        unknown, asked = papers.delivery.status is DeliveryStatus.UNKNOWN, must_be_verified(papers.referral)
        reason = "answer_lost" if unknown else VerificationReason.ON_ITS_WAY if asked else None
        self._hold_back(conn, actor, papers, EventKind.RESUMED, reason)

    def _hold_back(self, conn: Connection, actor: Actor, papers: Papers, kind: EventKind, reason: str | None) -> None:
        now = self.room.clock.now()
        paused = kind is EventKind.PAUSED
        update_delivery(conn, papers.delivery.id, paused=paused)
        pause_question(conn, papers.referral, paused=paused)
        update_referral(conn, papers.referral.id, now, reason=reason, reason_paths=[])
        append_event(conn, papers.referral.id, kind, now, actor.name, reason=reason)

    def override(self, conn: Connection, actor: Actor, referral_id: str, reason: str) -> None:
        """Decide against what holds a referral; `reason` is the counsellor's, in words, and is sealed.

        Only what holds it now is decided against: the next reason, and consent, hold it as before.
        """
        papers = self._papers_for(conn, actor, referral_id, Step.OVERRIDE)
        referral, now = papers.referral, self.room.clock.now()
        held_by, unmet = referral.reason or "", referral.grounds.unmet if referral.grounds else ()
        rules = rules_behind(held_by, referral.grounds)
        self._audit(conn, actor, referral, Action.REFERRAL_OVERRIDDEN, rule=held_by, rules=rules)
        sealed = text_sealer(self.room, papers, reason)
        append_event(conn, referral_id, EventKind.OVERRIDDEN, now, actor.name, reason=held_by, seal_text=sealed)
        overridden = [*referral.overridden, held_by]
        update_referral(conn, referral_id, now, overridden=overridden)
        duplicate = referral.possible_duplicate_of is not None
        still = next_hold(duplicate=duplicate, unmet=bool(unmet), overridden=overridden)
        status = DeliveryStatus.PENDING if still is None else DeliveryStatus.HELD
        self._settle(conn, actor, papers, status, reason=still, due=still is None)

    def resolve(
        self, conn: Connection, actor: Actor, referral_id: str, *, arrived: bool, receipt: str | None, reason: str
    ) -> None:
        """Settle an unknown by what a person found out: it arrived (with its receipt), or it did not (send again).

        Of a delivered referral it corrects a receipt that is none of the agency's.

        Raises:
            ReceiptFormError: the receipt has not the form of the agency's.
        """
        papers = self._papers_for(conn, actor, referral_id, Step.RESOLVE)
        corrects = papers.delivery.kind is Verb.SUBMIT and papers.delivery.status is DeliveryStatus.DELIVERED
        if corrects and not arrived:
            raise IllegalStepError(papers.referral.delivery, self.legal_steps_of(papers.referral))
        if receipt is not None:
            self._check_receipt(papers.referral.agency, receipt)
        self._audit(conn, actor, papers.referral, Action.REFERRAL_RESOLVED, arrived=arrived)
        now = self.room.clock.now()
        append_event(
            conn,
            referral_id,
            EventKind.RESOLVED,
            now,
            actor.name,
            reason="arrived" if arrived else "did_not_arrive",
            seal_text=text_sealer(self.room, papers, reason),
        )
        if papers.delivery.kind is Verb.SUPPLEMENT:
            status = DeliveryStatus.DELIVERED if arrived else DeliveryStatus.PENDING
            self._settle(conn, actor, papers, status, reason=None, due=not arrived)
            if arrived:
                note_supplement(conn, self.room, papers, now)
            return
        if not arrived and cancel_is_asked(conn, papers.delivery.id):
            self._settle(conn, actor, papers, DeliveryStatus.CANCELLED, reason="cancelled_by_centre", due=False)
            return
        if not arrived:
            self._settle(conn, actor, papers, DeliveryStatus.PENDING, reason=None, due=True)
            return
        agency = self.room.agencies.active.get(papers.referral.agency)
        followed = agency is not None and receipt is not None and is_followed(papers.referral.business, agency.verbs)
        if receipt is not None:
            update_referral(conn, referral_id, now, receipt=receipt)
        self._settle(conn, actor, papers, DeliveryStatus.DELIVERED, reason=None, due=followed)
        if corrects:
            update_referral(conn, referral_id, now, reason=None)
        if papers.referral.business is None:
            fact = Fact(BusinessStatus.RECEIVED, "resolved_by_person")
            take_facts(conn, self.room, referral_id, papers.case_key, [fact], "find", now)
        note_arrival(conn, self.room, papers, now)

    def _check_receipt(self, slug: str, receipt: str) -> None:
        agency = self.room.agencies.get(slug)
        profile = None if agency is None else agency.profile
        if profile is not None and profile.receipt is not None and not profile.may_be_receipt(receipt):
            raise ReceiptFormError(profile.receipt)

    def supplement(self, conn: Connection, actor: Actor, referral_id: str, content: Supplement) -> None:
        """Queue what the agency asked for (보완요청): a delivery of its own, with a key and a decision of its own.

        Raises:
            NoSupplementError: the agency's contract has no such message, or cannot carry the attachments.
        """
        referral = referral_by_id(conn, referral_id, centre_id=actor.centre_id)
        if referral is None:
            raise UnknownIdError("no referral has this id")
        check_not_purged(conn, referral.case_id)
        profile = check_can_supplement(self.room.agencies.get(referral.agency), content)
        why = why_not_now(conn, referral)
        if why is not None:
            raise IllegalStepError(referral.delivery, self.legal_steps_of(referral), why)
        papers = self._papers_for(conn, actor, referral_id, Step.SUPPLEMENT)
        self._audit(conn, actor, referral, Action.REFERRAL_SUPPLEMENTED)
        queue_supplement(conn, self.room, papers, profile, content, actor.name)

    def acknowledge(self, conn: Connection, actor: Actor, referral_id: str, reason: str) -> None:
        """Record that the agency acknowledged a withdrawal that a person told it of; `reason` says who: sealed."""
        papers = self._papers_for(conn, actor, referral_id, Step.ACKNOWLEDGE)
        self._audit(conn, actor, papers.referral, Action.WITHDRAWAL_ACKNOWLEDGED)
        now, withdrawal = self.room.clock.now(), delivery_of_kind(conn, referral_id, Verb.WITHDRAW)
        if withdrawal is not None:  # with a new token: what becomes of a try that is under way is no news
            over = {"due_at": None, "lease_until_wall": None, "token": withdrawal.token + 1}
            update_delivery(conn, withdrawal.id, status=DeliveryStatus.DELIVERED, **over)
        let_go_of_unknown(conn, referral_id, now, actor.name)
        update_referral(conn, referral_id, now, reason=None)
        seal_text = text_sealer(self.room, papers, reason)
        append_event(conn, referral_id, EventKind.WITHDRAWAL_ACKNOWLEDGED, now, actor.name, seal_text=seal_text)
        fact = Fact(BusinessStatus.WITHDRAWN, "acknowledged_to_person")
        take_facts(conn, self.room, referral_id, papers.case_key, [fact], "withdraw", now)

    def close(self, conn: Connection, actor: Actor, referral_id: str, outcome: OutcomeCode, reason: str) -> None:
        """Close a referral with an outcome code and a reason in words, which is sealed."""
        papers = self._papers_for(conn, actor, referral_id, Step.CLOSE)
        self._audit(conn, actor, papers.referral, Action.REFERRAL_CLOSED, outcome=outcome)
        now, referral = self.room.clock.now(), papers.referral
        business = BusinessStatus.CLOSED if referral.delivery is DeliveryStatus.DELIVERED else referral.business
        if referral.delivery in {DeliveryStatus.HELD, DeliveryStatus.FAILED}:
            self._settle(conn, actor, papers, DeliveryStatus.CANCELLED, reason="closed_by_centre", due=False)
        update_referral(conn, referral_id, now, outcome=outcome, business=business)
        append_event(
            conn,
            referral_id,
            EventKind.BUSINESS_CHANGED,
            now,
            actor.name,
            business=business,
            outcome=outcome,
            seal_text=text_sealer(self.room, papers, reason),
        )

    def pause_agency(self, conn: Connection, actor: HubActor, slug: str) -> None:
        """Stop everything outbound to an agency, whichever centre it is for, until it is resumed."""
        self._check_agency(slug)
        now = self.room.clock.now()
        pause_lane(conn, slug, now, actor.name, "by_person")
        self._audit_lane(conn, actor, Action.AGENCY_PAUSED, slug)

    def resume_agency(self, conn: Connection, actor: HubActor, slug: str) -> None:
        """Let a paused agency's work go on; what is due is due."""
        self._check_agency(slug)
        resume_lane(conn, slug)
        self._audit_lane(conn, actor, Action.AGENCY_RESUMED, slug)

    def _check_agency(self, slug: str) -> None:
        agency = self.room.agencies.get(slug)
        if agency is None or agency.state is not AgencyState.ACTIVE:
            raise UnknownIdError("no active agency has this slug")

    def _papers_for(self, conn: Connection, actor: Actor, referral_id: str, step: Step) -> Papers:
        referral = referral_by_id(conn, referral_id, centre_id=actor.centre_id)
        delivery = None if referral is None else delivery_of_kind(conn, referral_id, Verb.SUBMIT)
        if referral is None or delivery is None:
            raise UnknownIdError("no referral has this id")
        check_not_purged(conn, referral.case_id)
        if referral.delivery is DeliveryStatus.DELIVERED and step in OF_SUPPLEMENT:
            delivery = open_supplement(conn, referral_id) or delivery
        legal = self.legal_steps_of(referral)
        leased = delivery.lease_until_wall is not None or question_under_way(conn, referral)
        busy = leased and step not in {Step.CLOSE, Step.SUPPLEMENT}
        if step not in legal or busy:
            raise IllegalStepError("sending" if busy else referral.delivery, () if busy else legal)
        return read_papers(conn, self.room, delivery)

    def legal_steps_of(self, referral: ReferralRecord) -> tuple[Step, ...]:
        """Return the steps that a referral's status allows now."""
        agency = self.room.agencies.get(referral.agency)
        more = agency is not None and Verb.SUPPLEMENT in agency.verbs
        closed = referral.outcome is not None
        return legal_steps(referral.delivery, referral.business, referral.reason, closed=closed, supplements=more)

    def _settle(
        self, conn: Connection, actor: Actor, papers: Papers, status: DeliveryStatus, *, reason: str | None, due: bool
    ) -> None:
        now = self.room.clock.now()
        changes = {"due_at": now if due else None, "tries": 0, "lookups": 0}
        settle(conn, papers, status, now, actor=actor.name, reason=reason, delivery=changes)

    def _audit(
        self,
        conn: Connection,
        actor: Actor,
        referral: ReferralRecord,
        action: Action,
        **data: object,
    ) -> None:
        record(
            conn,
            at=self.room.clock.now(),
            actor=actor.name,
            action=action,
            origin=actor.origin,
            **referral_subject(referral),
            data=data,
        )

    def _audit_lane(self, conn: Connection, actor: HubActor, action: Action, slug: str) -> None:
        record(
            conn,
            at=self.room.clock.now(),
            actor=actor.name,
            action=action,
            origin=actor.origin,
            data={"agency": slug},
        )
