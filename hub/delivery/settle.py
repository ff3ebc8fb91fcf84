"""Writes what became of a delivery: its row, its referral, the event, together. One place for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from adapters.sdk import Verb
from hub.delivery.room import Papers
from hub.delivery.steps import LASTING, RECEIPT_WRONG
from hub.delivery.supplementing import say_how_it_stands
from hub.store.deliveries import stop_unbegun, update_delivery
from hub.store.referrals import append_event, update_referral
from schemas.events import EventKind
from schemas.status import DELIVERY_TRANSITIONS, DeliveryStatus

_RESTED = frozenset({DeliveryStatus.HELD, DeliveryStatus.FAILED})


class ImpossibleStepError(RuntimeError):
    """The hub itself tried a step that the transition table does not have: a defect, and the transaction is undone."""


def settle(  # noqa: PLR0913 - a step has that many parts; all but four are named at the call
    conn: Connection,
    papers: Papers,
    status: DeliveryStatus,
    at: datetime,
    *,
    actor: str = "hub",
    reason: str | None = None,
    paths: tuple[str, ...] = (),
    raw_code: str | None = None,
    offers: tuple[datetime, ...] = (),
    seal_text: Callable[[int], bytes] | None = None,
    delivery: dict[str, Any] | None = None,
    referral: dict[str, Any] | None = None,
) -> None:
    """Set a delivery's status; a submit's status is its referral's too, and its changes are events.

    What becomes of a supplement is said on the delivered referral.

    Raises:
        ImpossibleStepError: `status` cannot follow the one before.
    """
    before = papers.delivery.status
    if status is not before and status not in DELIVERY_TRANSITIONS[before]:
        raise ImpossibleStepError(f"{papers.delivery.id}: {before} to {status}")
    changed = {"status": status, "lease_until_wall": None, "paused": False, **(delivery or {})}
    if status is DeliveryStatus.PENDING and before in _RESTED:
        changed |= {"tries": 0, "lookups": 0}  # somebody decided: its tries and their age are counted anew
    update_delivery(conn, papers.delivery.id, **changed)
    if papers.delivery.kind is Verb.SUPPLEMENT:
        say_how_it_stands(
            conn, papers.referral.id, status, at, actor=actor, reason=reason, paths=paths,
            due=changed.get("due_at") is not None, raw_code=raw_code, seal_text=seal_text,
        )  # fmt: skip
    if papers.delivery.kind is not Verb.SUBMIT:
        return
    if papers.referral.verification is not None and status is not DeliveryStatus.PENDING:
        stop_unbegun(conn, papers.referral.id, Verb.VERIFY)  # nothing is asked for what is not to be sent
    if reason in {None, RECEIPT_WRONG} and status is before and papers.referral.reason in LASTING:
        reason, paths = papers.referral.reason, papers.referral.reason_paths  # however often the agency is asked
    values = {"delivery": status, "reason": reason, "reason_paths": list(paths), **(referral or {})}
    update_referral(conn, papers.referral.id, at, **values)
    if (status, reason) != (papers.referral.delivery, papers.referral.reason):
        append_event(
            conn, papers.referral.id, EventKind.DELIVERY_CHANGED, at, actor, delivery=status, reason=reason,
            raw_code=raw_code, offers=offers, seal_text=seal_text,
        )  # fmt: skip


def settle_without_call(
    conn: Connection,
    papers: Papers,
    status: DeliveryStatus,
    at: datetime,
    *,
    actor: str = "hub",
    reason: str | None = None,
    paths: tuple[str, ...] = (),
    due_at: datetime | None = None,
) -> None:
    """Set a delivery's status when nothing was sent: held, cancelled, or pending again."""
    settle(conn, papers, status, at, actor=actor, reason=reason, paths=paths, delivery={"due_at": due_at})
