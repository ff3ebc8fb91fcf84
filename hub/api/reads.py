"""Reading for a caller: only what is their centre's, and never without an entry in the access record.

That record (접속기록) is asked for by 개인정보의 안전성 확보조치 기준 8조.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from hub.access.actor import Actor
from hub.api.problems import DESTROYED, UNKNOWN_ID, ProblemError
from hub.audit.entries import Action, record
from hub.consent.records import ConsentRecord
from hub.store.cases import CaseRecord, case_by_id, check_not_purged, client_of_case
from hub.store.consents import consent_of, sealed_consent
from hub.store.referrals import ReferralRecord, referral_by_id, sealed_texts_of
from hub.vault.boxes import event_text_place, place
from hub.vault.vault import Vault
from schemas.consent import Consent
from schemas.events import Event

Row = TypeVar("Row")


def known(row: Row | None) -> Row:
    """Return the row that was looked for.

    Raises:
        ProblemError: `unknown-id`: there is none, or it is another centre's.
    """
    if row is None:
        raise ProblemError(UNKNOWN_ID)
    return row


def read_case(conn: Connection, actor: Actor, case_id: str, now: datetime) -> CaseRecord:
    """Return the case, noting who read it.

    Raises:
        ProblemError: `unknown-id`, also for another centre's.
    """
    case = known(case_by_id(conn, case_id, centre_id=actor.centre_id))
    record(
        conn, at=now, actor=actor.name, origin=actor.origin, action=Action.CASE_READ, centre_id=case.centre_id,
        client_id=case.client_id, case_id=case.id,
    )  # fmt: skip
    return case


def read_referral(
    conn: Connection, actor: Actor, referral_id: str, now: datetime, action: Action = Action.REFERRAL_READ
) -> ReferralRecord:
    """Return the referral, noting who read it (or, with `action`, its events).

    Raises:
        ProblemError: `unknown-id`, also for another centre's.
    """
    referral = known(referral_by_id(conn, referral_id, centre_id=actor.centre_id))
    check_not_purged(conn, referral.case_id)
    record(
        conn, at=now, actor=actor.name, origin=actor.origin, action=action, centre_id=referral.centre_id,
        client_id=referral.client_id, case_id=referral.case_id, referral_id=referral.id,
    )  # fmt: skip
    return referral


def texts_of(conn: Connection, vault: Vault, referral: ReferralRecord, events: Sequence[Event]) -> Mapping[int, str]:
    """Return what agencies and people said in these events, by sequence. Reading them was noted with the events."""
    sealed = sealed_texts_of(conn, referral.id, [event.sequence for event in events])
    case = known(case_by_id(conn, referral.case_id)) if sealed else None
    if case is None:
        return {}
    key = vault.case_key(case.id, case.wrapped_key, case.kek_id)
    return {
        number: vault.unseal_text(key, event_text_place(referral.id, number), box) for number, box in sealed.items()
    }


def read_consent(
    conn: Connection, actor: Actor, consent_id: str, now: datetime, action: Action = Action.CONSENT_READ
) -> ConsentRecord:
    """Return the consent, noting who read it (or, with `action`, its receipt).

    Raises:
        ProblemError: `unknown-id`, also for another centre's.
    """
    consent = known(consent_of(conn, consent_id))
    if consent.centre_id != actor.centre_id:
        raise ProblemError(UNKNOWN_ID)
    record(
        conn, at=now, actor=actor.name, origin=actor.origin, action=action, centre_id=consent.centre_id,
        client_id=client_of_case(conn, consent.case_id), case_id=consent.case_id, data={"consent": consent.id},
    )  # fmt: skip
    return consent


def opened_consent(conn: Connection, vault: Vault, consent_id: str, case: CaseRecord) -> Consent:
    """Return the whole record of a consent. Reading it was noted with the consent.

    Raises:
        ProblemError: `destroyed`: the case's key is gone.
    """
    sealed = sealed_consent(conn, consent_id)
    if not sealed or not case.wrapped_key:
        raise ProblemError(DESTROYED)
    key = vault.case_key(case.id, case.wrapped_key, case.kek_id)
    return vault.unseal_model(key, place("consents", "sealed_record", consent_id), sealed, Consent)
