"""Asks the policy for one referral: the bridge between stored papers and `hub/consent`'s pure decision."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from adapters.sdk import Profile, Verb
from hub.consent.policy import Permission, Withheld, decide
from hub.delivery.room import Papers, Room
from hub.store.consents import consents_of_case
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths
from schemas.services import ServiceCode


def ask_policy(
    conn: Connection,
    room: Room,
    papers: Papers,
    profile: Profile,
    document: Disclosure,
    now: datetime,
    recipient: str,
    kind: Verb | None = None,
) -> Permission | Withheld:
    """Return what may be disclosed to `recipient` now. Locks the case's consents until the transaction ends.

    What is needed is what the delivery's own verb says, unless another is asked about.
    """
    need = profile.need_of(kind or papers.delivery.kind)
    return decide(
        recipient=recipient,
        purpose=ServiceCode(papers.referral.service_code),
        requested=present_paths(document) & need.discloses,
        requires=need.requires,
        consents=consents_of_case(conn, papers.referral.case_id, lock=True),
        statutes=room.statutes,
        now=now,
    )
