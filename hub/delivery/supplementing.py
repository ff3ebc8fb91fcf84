"""Supplements (보완) of a delivered referral: handed in, said on it how they stand, stopped when nobody wants them.

They are deliveries like others: `begin` and `finish` send them. Who may hand one in, and when, `commands` asks here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from adapters.sdk import Profile, Verb
from hub.agencies import Agency
from hub.consent.reasons import WithheldReason
from hub.delivery.room import Papers, Room, supplement_place
from hub.delivery.steps import LASTING, TELL_BY_HAND, SupplementReason
from hub.store.deliveries import DeliveryRecord, delivery_of_kind, insert_delivery, update_delivery
from hub.store.ids import new_id
from hub.store.referrals import ReferralRecord, append_event, referral_by_id, update_referral
from hub.store.supplements import insert_supplement, open_supplement
from schemas.events import EventKind
from schemas.privacy import present_paths
from schemas.referral import DisclosedReferral, Supplement
from schemas.status import BusinessStatus, DeliveryStatus

_D = DeliveryStatus
_UNSENT = frozenset({_D.PENDING, _D.HELD, _D.FAILED})
_BY_AGENCY = frozenset({_D.DELIVERED, _D.REFUSED})
_OVER = frozenset({SupplementReason.ACKNOWLEDGED, SupplementReason.REFUSED})
NOT_WANTED = "supplement_not_wanted"
STOPPED = "supplement_stopped"
TAKEN_BACK = "supplement_taken_back"


class NoSupplementError(Exception):
    """The agency can't be sent a supplement, or not all of this one: `paths` are the fields that its message lacks."""

    def __init__(self, paths: tuple[str, ...] = ()) -> None:
        super().__init__(f"no supplement with {', '.join(paths)}" if paths else "no supplement")
        self.paths = paths


class WhyNotNow(StrEnum):
    """Why an agency that takes supplements is sent none now."""

    NOT_ASKED = "supplement_not_asked"
    TAKEN_BACK = "supplement_of_withdrawn"
    UNDER_WAY = "supplement_under_way"
    ANSWERED = "supplement_answered"
    NO_RECEIPT = "supplement_without_receipt"


def check_can_supplement(agency: Agency | None, content: Supplement) -> Profile:
    """Return the profile of an agency whose contract carries this supplement.

    Raises:
        NoSupplementError: it has no such message (or goes by file), or no place in it for some of the content.
    """
    profile = None if agency is None else agency.profile
    if agency is None or profile is None or Verb.SUPPLEMENT not in agency.verbs or profile.batching is not None:
        raise NoSupplementError
    told = DisclosedReferral(opinion=content.opinion, attachments=content.attachments)
    lost = present_paths(told, "referral.") - profile.need_of(Verb.SUPPLEMENT).discloses
    if lost:
        raise NoSupplementError(tuple(sorted(lost)))
    return profile


def why_not_now(conn: Connection, referral: ReferralRecord) -> WhyNotNow | None:
    """Return why no supplement can be handed in now; None if one can."""
    if referral.delivery is not _D.DELIVERED or referral.business is not BusinessStatus.SUPPLEMENT_REQUESTED:
        return WhyNotNow.NOT_ASKED
    if is_taken_back(conn, referral.id):
        return WhyNotNow.TAKEN_BACK
    if open_supplement(conn, referral.id) is not None:
        return WhyNotNow.UNDER_WAY
    if referral.reason == SupplementReason.ACKNOWLEDGED:
        return WhyNotNow.ANSWERED
    return WhyNotNow.NO_RECEIPT if referral.receipt is None else None


def queue_supplement(
    conn: Connection, room: Room, papers: Papers, profile: Profile, content: Supplement, actor: str
) -> None:
    """Store what a supplement says, sealed, and make it due; its key is fixed now. `papers` are the submit's."""
    now, referral, delivery_id = room.clock.now(), papers.referral, new_id("dlv")
    supplement = DeliveryRecord(
        id=delivery_id,
        referral_id=referral.id,
        agency=referral.agency,
        kind=Verb.SUPPLEMENT,
        status=_D.PENDING,
        wire_key=profile.wire_key.make(now),
        urgent=referral.urgent,
        due_at=now,
        created_at=now,
    )
    insert_delivery(conn, supplement)
    sealed = room.vault.seal_model(papers.case_key, supplement_place(delivery_id), content)
    insert_supplement(conn, delivery_id, sealed)
    say_how_it_stands(
        conn, referral.id, _D.PENDING, now, actor=actor, reason=None, paths=(), due=True, raw_code=None, seal_text=None
    )


def is_wanted(conn: Connection, referral: ReferralRecord) -> bool:
    """Return whether the agency still waits for a supplement, and nobody takes the referral back."""
    return referral.business is BusinessStatus.SUPPLEMENT_REQUESTED and not is_taken_back(conn, referral.id)


def is_taken_back(conn: Connection, referral_id: str) -> bool:
    """Return whether the agency is told, or was told, that the referral is withdrawn."""
    return delivery_of_kind(conn, referral_id, Verb.WITHDRAW) is not None


def is_in_flight(delivery: DeliveryRecord) -> bool:
    """Return whether a supplement is on its way, or one that may have arrived is not accounted for."""
    return delivery.lease_until_wall is not None or delivery.status is DeliveryStatus.UNKNOWN


def standing_of(  # noqa: PLR0911 - a table: one row, one return
    status: DeliveryStatus, reason: str | None, *, due: bool
) -> SupplementReason | None:
    """Return what a referral says of a supplement in this status; None once it is stopped. Pure."""
    match status:
        case _D.PENDING | _D.SENDING | _D.HANDED_OVER:
            return SupplementReason.ON_ITS_WAY
        case _D.HELD:
            withheld = reason in set(WithheldReason)
            return SupplementReason.WITHHELD if withheld else SupplementReason.CANNOT_EXPRESS
        case _D.UNKNOWN:
            return SupplementReason.ANSWER_LOST if due else SupplementReason.PERSON_DECIDES
        case _D.FAILED:
            return SupplementReason.FAILED
        case _D.REFUSED:
            return SupplementReason.REFUSED
        case _D.DELIVERED:
            return SupplementReason.ACKNOWLEDGED
        case _D.CANCELLED:
            return None


def say_how_it_stands(
    conn: Connection,
    referral_id: str,
    status: DeliveryStatus,
    at: datetime,
    *,
    actor: str,
    reason: str | None,
    paths: Sequence[str],
    due: bool,
    raw_code: str | None,
    seal_text: Callable[[int], bytes] | None,
) -> None:
    """Write on the referral, and as an event, what became of its supplement; what a person owes stays said.

    Raises:
        LookupError: there is no such referral.
    """
    referral, said = referral_by_id(conn, referral_id), standing_of(status, reason, due=due)
    if referral is None:
        raise LookupError(f"{referral_id} vanished while it was supplemented")
    if referral.reason == said:
        return
    if referral.reason != TELL_BY_HAND:
        update_referral(conn, referral_id, at, reason=said, reason_paths=list(paths))
    append_event(
        conn,
        referral_id,
        EventKind.SUPPLEMENTED if status is _D.DELIVERED else EventKind.SUPPLEMENT_CHANGED,
        at,
        f"agency:{referral.agency}" if actor == "hub" and status in _BY_AGENCY else actor,
        reason=reason if status in {_D.HELD, _D.CANCELLED} else said,
        raw_code=raw_code,
        seal_text=seal_text,
    )


def stop_unsent(conn: Connection, referral_id: str, at: datetime, reason: str, actor: str = "hub") -> None:
    """Stop the supplement that was not sent; one that may have arrived is not sent again."""
    delivery = open_supplement(conn, referral_id)
    if delivery is None or delivery.lease_until_wall is not None:
        return
    if delivery.status not in _UNSENT:
        update_delivery(conn, delivery.id, due_at=None)
        return
    update_delivery(conn, delivery.id, status=_D.CANCELLED, due_at=None)
    say_how_it_stands(
        conn, referral_id, _D.CANCELLED, at, actor=actor, reason=reason, paths=(), due=False, raw_code=None,
        seal_text=None,
    )  # fmt: skip


def let_go_of_unknown(conn: Connection, referral_id: str, at: datetime, actor: str) -> None:
    """Ask no more what became of a supplement: the agency acknowledged that all it holds of the referral goes."""
    delivery = open_supplement(conn, referral_id)
    if delivery is None or delivery.lease_until_wall is not None or delivery.status is not _D.UNKNOWN:
        return
    update_delivery(conn, delivery.id, status=_D.CANCELLED, due_at=None, unknown_since=None)
    say_how_it_stands(
        conn, referral_id, _D.CANCELLED, at, actor=actor, reason=TAKEN_BACK, paths=(), due=False, raw_code=None,
        seal_text=None,
    )  # fmt: skip


def hear_of_business(conn: Connection, referral: ReferralRecord, business: BusinessStatus, at: datetime) -> None:
    """Let go of what an applied fact of the agency makes needless: an old answer, or a supplement nobody waits for."""
    if referral.reason not in LASTING or referral.reason == TELL_BY_HAND:
        return
    if referral.reason in _OVER:
        update_referral(conn, referral.id, at, reason=None, reason_paths=[])
    elif business is not BusinessStatus.SUPPLEMENT_REQUESTED:
        supplement = open_supplement(conn, referral.id)
        if supplement is not None and supplement.status in _UNSENT:
            stop_unsent(conn, referral.id, at, NOT_WANTED)
