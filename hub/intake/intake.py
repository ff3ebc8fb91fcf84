"""The way in: a document is taken over whole, in one transaction that also remembers the answer, or not at all.

What a document becomes in the store is written in `filing.py`. Whether anything may be disclosed is not judged here:
delivery asks the policy just before it sends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from hub.access.actor import Actor
from hub.audit.entries import Action, record
from hub.clock import Clock
from hub.delivery.consents import Consents
from hub.intake.doorkeeper import Doorkeeper, OverloadedError
from hub.intake.filing import Addition, CaseFile, Filing
from hub.intake.promises import AcceptedCase, AcceptedConsents, Answer, Asked, IdempotencyConflictError, InFlight
from hub.store.cases import IdempotencyRecord, check_not_purged, idempotency_key, insert_idempotency_key
from hub.store.store import Store
from hub.vault.vault import Vault
from schemas.case import CaseDocument
from schemas.consent import Consent


class Intake:
    """Takes documents over. `wake` is called after every commit that may have made something due."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        vault: Vault,
        filing: Filing,
        consents: Consents,
        doorkeeper: Doorkeeper,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._vault = vault
        self._filing = filing
        self._consents = consents
        self._doorkeeper = doorkeeper
        self._wake = wake
        self._in_flight = InFlight()

    async def accept_case(self, actor: Actor, key: str, body: str, document: CaseDocument) -> AcceptedCase:
        """Take over a client's document. `body` is its canonical text, which the key is bound to.

        Raises:
            UnknownRecipientError: a consent names nobody that this hub could send to.
            IdempotencyConflictError: the centre used the key for something else.
            InFlightError: the same key is being worked on.
            OverloadedError: nothing more can be promised for now; what this key was promised already is told again.
            CasePurgedError: what this key was promised has been destroyed since.
        """
        take = partial(self._take_case, actor=actor, document=document)
        return await self._once(Asked(actor, key, "POST /v1/cases", body, AcceptedCase, take))

    async def accept_referrals(
        self, actor: Actor, key: str, body: str, case_id: str, addition: Addition
    ) -> AcceptedCase:
        """Take over more referrals, and consents, for a case that the hub has.

        Raises:
            UnknownCaseError: the centre has no such case.
            UnknownRecipientError: a consent names nobody that this hub could send to.
            GuardianMissingError: a child's consent that no guardian signed.
            IdempotencyConflictError, InFlightError, OverloadedError, CasePurgedError: as for `accept_case`.
        """
        take = partial(self._take_referrals, actor=actor, case_id=case_id, addition=addition)
        route = f"POST /v1/cases/{case_id}/referrals"
        return await self._once(Asked(actor, key, route, body, AcceptedCase, take))

    async def accept_consents(
        self, actor: Actor, key: str, body: str, case_id: str, consents: Sequence[Consent]
    ) -> AcceptedConsents:
        """Take over consents that the client of a case gave later, however full the house is: promises wait for them.

        Raises:
            UnknownIdError: the centre has no such case.
            UnknownRecipientError: a consent names nobody that this hub could send to.
            GuardianMissingError: a child's consent that no guardian signed.
            IdempotencyConflictError, InFlightError, CasePurgedError: as for `accept_case`.
        """
        take = partial(self._take_consents, actor=actor, case_id=case_id, consents=consents)
        asked = Asked(actor, key, "POST /v1/consents", body, AcceptedConsents, take)
        return await self._once(asked, promises_more=False)

    async def _once(self, asked: Asked[Answer], *, promises_more: bool = True) -> Answer:
        with self._in_flight.hold(asked.actor.centre_id, asked.key):
            refusal = await self._doorkeeper.refusal() if promises_more else None
            accepted = await self._store.write(partial(self._accept, asked=asked, refusal=refusal))
        self._wake()
        return accepted

    def _accept(self, conn: Connection, asked: Asked[Answer], refusal: OverloadedError | None) -> Answer:
        centre_id = asked.actor.centre_id
        body_hmac = self._vault.blind("body", asked.body)
        key_hmac = self._vault.blind("idempotency_key", asked.key)  # a centre may build its keys of anything
        before = idempotency_key(conn, centre_id, key_hmac)
        if before is not None:
            check_not_purged(conn, before.answer["case_id"])
            if (before.route, before.body_hmac) != (asked.route, body_hmac):
                raise IdempotencyConflictError
            return asked.answer.model_validate(before.answer)
        if refusal is not None:
            raise refusal
        accepted = asked.take(conn)
        insert_idempotency_key(
            conn,
            IdempotencyRecord(
                centre_id=centre_id,
                key_hmac=key_hmac,
                route=asked.route,
                body_hmac=body_hmac,
                answer=accepted.model_dump(mode="json"),
                created_at=self._clock.now(),
            ),
        )
        return accepted

    def _take_case(self, conn: Connection, actor: Actor, document: CaseDocument) -> AcceptedCase:
        file = self._filing.open_case(conn, actor, document)
        return self._add(conn, file, document, Action.CASE_ACCEPTED)

    def _take_referrals(self, conn: Connection, actor: Actor, case_id: str, addition: Addition) -> AcceptedCase:
        file = self._filing.reopen_case(conn, actor, case_id, addition.consents)
        accepted = self._add(conn, file, addition, Action.REFERRALS_ADDED)
        self._consents.release_held(conn, actor, case_id, addition.consents)
        return accepted

    def _take_consents(
        self, conn: Connection, actor: Actor, case_id: str, consents: Sequence[Consent]
    ) -> AcceptedConsents:
        self._filing.check_recipients(consents)
        added = self._consents.add(conn, actor, case_id, consents)
        return AcceptedConsents(case_id=case_id, consents=tuple(added))

    def _add(self, conn: Connection, file: CaseFile, addition: Addition, action: Action) -> AcceptedCase:
        consents = tuple(self._filing.add_consent(conn, file, consent) for consent in addition.consents)
        referrals = tuple(self._filing.add_referral(conn, file, request) for request in addition.referrals)
        record(
            conn,
            at=file.now,
            actor=file.actor.name,
            origin=file.actor.origin,
            action=action,
            centre_id=file.actor.centre_id,
            client_id=file.client_id,
            case_id=file.case_id,
            data={"consents": list(consents), "referrals": [referral.id for referral in referrals]},
        )
        return AcceptedCase(case_id=file.case_id, client_id=file.client_id, consents=consents, referrals=referrals)
