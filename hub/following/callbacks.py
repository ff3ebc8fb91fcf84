"""Callbacks: verified by the agency's adapter, stored sealed, answered in the agency's form, then taken in.

What cannot be matched yet waits in the inbox: an agency may call before our own transaction is committed. What waits
too long is for `hub/following/shelf.py`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Connection

from adapters.sdk import Callback, CallbackRefusedError, Fact, InboundCall, InboundReply, Verb
from hub.audit.entries import Action, record
from hub.delivery.arrival import believe_it_arrived
from hub.delivery.giving_up import is_passing, papers_unopened
from hub.delivery.room import Papers, Room, read_papers, referral_subject
from hub.delivery.steps import UnknownIdError
from hub.following.facts import take_facts
from hub.following.kept_calls import apart, seal_call
from hub.following.waiting import take_waiting_calls
from hub.store.cases import is_purged
from hub.store.deliveries import DeliveryRecord, delivery_of_kind, update_delivery
from hub.store.following import held_name, held_nonce, insert_inbox
from hub.store.ids import new_id
from hub.store.referrals import ReferralRecord, append_event, referral_by_key, update_referral
from hub.store.store import Store
from schemas.events import EventKind
from schemas.status import BusinessStatus, DeliveryStatus

_log = structlog.get_logger("naru.following")


class Callbacks:
    """Receives the calls of agencies."""

    def __init__(self, store: Store, room: Room) -> None:
        self._store = store
        self._room = room

    async def receive(self, slug: str, call: InboundCall) -> InboundReply:
        """Verify, store and take in one call; return the answer in the agency's own form.

        Raises:
            UnknownIdError: no active agency of this slug calls us.
        """
        agency = self._room.agencies.active.get(slug)
        if agency is None or Verb.READ_CALLBACK not in agency.verbs:
            raise UnknownIdError("no active agency of this slug sends callbacks")
        try:
            callback: Callback = agency.adapter.read_callback(call)  # type: ignore[attr-defined]  # its verbs say so
        except CallbackRefusedError as refused:
            _log.warning("callback_refused", agency=slug, why=str(refused))
            return refused.reply
        await self._store.write(partial(take_callback, room=self._room, slug=slug, call=call, callback=callback))
        return callback.reply


def take_callback(conn: Connection, room: Room, slug: str, call: InboundCall, callback: Callback) -> None:
    """Store a verified call; take its facts in if its referral is known. A replay changes nothing.

    A call that cannot be taken in is kept all the same, answered, and flagged for a person.
    """
    now, inbox_id, callback = room.clock.now(), new_id("inb"), _as_columns_hold(callback)
    referral = referral_by_key(conn, slug, callback.wire_key, callback.receipt)
    if referral is not None and is_purged(conn, referral.case_id):
        _note_after_purge(conn, referral, now)
        return
    new = insert_inbox(
        conn,
        id=inbox_id,
        agency=slug,
        nonce=callback.nonce,
        wire_key=callback.wire_key,
        receipt=callback.receipt,
        state=_state(referral, callback),
        referral_id=referral and referral.id,
        received_at=now,
        sealed_call=seal_call(room, inbox_id, call, callback.facts, callback.office),
    )
    if not new:
        _log.info("callback_repeated", agency=slug)
        return
    if referral is None:
        _log.warning("callback_unmatched", agency=slug, inbox=inbox_id)
        return
    record(
        conn,
        at=now,
        actor=f"agency:{slug}",
        action=Action.CALLBACK_RECEIVED,
        **referral_subject(referral),
        data={"inbox": inbox_id},
    )
    steps = (_take_in,) if _is_of_another(referral, callback) else (_take_in, _believe)
    done = [apart(conn, slug, inbox_id, partial(step, conn, room, referral, callback, now)) for step in steps]
    if None in done:
        append_event(conn, referral.id, EventKind.FACT_FLAGGED, now, f"agency:{slug}", reason="defect")


def _take_in(conn: Connection, room: Room, referral: ReferralRecord, callback: Callback, now: datetime) -> int:
    """Take what a stored call says into the referral that it names; return how many facts were new."""
    if _is_of_another(referral, callback):
        _ask_the_office_in_charge(conn, referral, now)
        return 0
    papers = read_papers(conn, room, _submit_of(conn, referral))
    _note_receipt(conn, room, papers, callback, now)  # its facts may tell of a newer one (이송)
    return take_facts(conn, room, referral.id, papers.case_key, callback.facts, "callback", now)


def _believe(conn: Connection, room: Room, referral: ReferralRecord, callback: Callback, now: datetime) -> int:
    """Note that the agency has the referral of which it speaks, even if what it says of it could not be taken in."""
    papers = _papers_that_open(conn, room, _submit_of(conn, referral))
    _note_receipt(conn, room, papers, callback, now)
    if papers.delivery.lease_until_wall is not None and papers.referral.business is None:
        received = Fact(BusinessStatus.RECEIVED, "")  # the end of what is under way looks at what was told
        return take_facts(conn, room, referral.id, papers.case_key, (received,), "callback", now)
    believe_it_arrived(conn, room, papers, now)
    return 0


def _submit_of(conn: Connection, referral: ReferralRecord) -> DeliveryRecord:
    delivery = delivery_of_kind(conn, referral.id, Verb.SUBMIT)
    if delivery is None:
        raise LookupError(f"{referral.id} has no delivery")
    return delivery


def _papers_that_open(conn: Connection, room: Room, delivery: DeliveryRecord) -> Papers:
    """Read a delivery with its referral, and with what opens them if their case opens."""
    try:
        return read_papers(conn, room, delivery)
    except Exception as error:
        papers = papers_unopened(conn, delivery.id)
        if is_passing(error) or papers is None:
            raise
        return papers


def _note_receipt(conn: Connection, room: Room, papers: Papers, callback: Callback, now: datetime) -> None:
    """Note the receipt that a call names, if none is known, and take in what named the referral by that only."""
    if papers.referral.receipt is None and callback.receipt is not None:
        update_referral(conn, papers.referral.id, now, receipt=callback.receipt)
        take_waiting_calls(conn, room, papers.referral.id, papers.case_key, now)


def _as_columns_hold(callback: Callback) -> Callback:
    """Return a call without names that no referral can have; what the agency told is sealed, whole."""
    return replace(
        callback,
        wire_key=held_name("wire_key", callback.wire_key),
        receipt=held_name("receipt", callback.receipt),
        nonce=held_nonce(callback.nonce),
    )


def _state(referral: ReferralRecord | None, callback: Callback) -> str:
    if referral is None:
        return "unmatched"
    return "other_office" if _is_of_another(referral, callback) else "matched"


def _is_of_another(referral: ReferralRecord, callback: Callback) -> bool:
    """Return whether another office speaks than the one that we follow."""
    return callback.office is not None and callback.office != referral.office


def _note_after_purge(conn: Connection, referral: ReferralRecord, now: datetime) -> None:
    """Note that an agency called about a purged case: it is answered, and not kept, for it tells about a person."""
    _log.info("callback_after_purge", agency=referral.agency)
    record(
        conn, at=now, actor=f"agency:{referral.agency}", action=Action.CALLBACK_RECEIVED, **referral_subject(referral),
        data={"purged": True},
    )  # fmt: skip


def _ask_the_office_in_charge(conn: Connection, referral: ReferralRecord, now: datetime) -> None:
    """Another office speaks than the one we follow: believe neither, flag it, and ask the one in charge at once.

    It may be a notice that overtook the one of the transfer (이송), or an office that meddles. The answer tells; what
    was said is kept until it does.
    """
    delivery = _submit_of(conn, referral)
    append_event(conn, referral.id, EventKind.FACT_FLAGGED, now, f"agency:{referral.agency}", reason="other_office")
    waits_for_look_up = delivery.status is DeliveryStatus.UNKNOWN and delivery.due_at is not None
    if delivery.status is DeliveryStatus.DELIVERED or waits_for_look_up:
        update_delivery(conn, delivery.id, due_at=now, lookups=0)
