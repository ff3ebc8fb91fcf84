"""What a centre does to its webhooks: each one transaction, with its audit entry. What is sent is the notifier's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from hub.access.actor import Actor
from hub.audit.entries import Action, record
from hub.clock import Clock, wall_now
from hub.delivery.steps import UnknownIdError
from hub.notices.targets import Target, new_secret, seal_target, unseal_target
from hub.store.ids import new_id
from hub.store.messages import take_from_shelf
from hub.store.webhooks import (
    WebhookRecord,
    delete_webhook,
    insert_webhook,
    update_webhook,
    webhook_by_id,
    webhooks_of,
)
from hub.vault.vault import Vault


class Subject(StrEnum):
    """What a webhook may hear of."""

    REFERRAL = "referral"
    """Every event of every referral of the centre: all or none, so that a gap in the sequences is a gap."""
    AGENCY = "agency"
    """Alarms about agencies: out of reach, back again, paused because of a wrong set-up."""


class TooManyWebhooksError(Exception):
    """The centre has as many webhooks as it may have."""


@dataclass(frozen=True)
class Desk:
    """The commands of the API. Methods take the transaction's connection first.

    Raises (all methods that take an id):
        UnknownIdError: no such webhook, or another centre's.
    """

    clock: Clock
    vault: Vault
    most_per_centre: int

    def register(
        self, conn: Connection, actor: Actor, url: str, subjects: Collection[Subject]
    ) -> tuple[WebhookRecord, Target]:
        """Add a webhook; its secret is in the target, to be shown once.

        Raises:
            TooManyWebhooksError: there are enough.
        """
        if len(webhooks_of(conn, actor.centre_id)) >= self.most_per_centre:
            raise TooManyWebhooksError("a centre has a limited number of webhooks")
        now, webhook_id = self.clock.now(), new_id("hook")
        target = Target(url=url, secret=new_secret())
        added = WebhookRecord(
            id=webhook_id,
            centre_id=actor.centre_id,
            enabled=True,
            disabled_by=None,
            **_wants(subjects),
            sealed_target=seal_target(self.vault, webhook_id, target),
            created_at=now,
            changed_at=now,
        )
        insert_webhook(conn, added)
        self._audit(conn, actor, Action.WEBHOOK_ADDED, webhook_id)
        return added, target

    def find(self, conn: Connection, actor: Actor, webhook_id: str) -> tuple[WebhookRecord, Target]:
        """Return a webhook of the actor's centre, and its target."""
        found = webhook_by_id(conn, webhook_id, centre_id=actor.centre_id)
        if found is None:
            raise UnknownIdError("no webhook has this id")
        return found, unseal_target(self.vault, webhook_id, found.sealed_target)

    def change(
        self,
        conn: Connection,
        actor: Actor,
        webhook_id: str,
        *,
        url: str | None = None,
        subjects: Collection[Subject] | None = None,
        enabled: bool | None = None,
    ) -> None:
        """Change what is given. What was written while a webhook was off is sent once it is on again."""
        _, target = self.find(conn, actor, webhook_id)
        values: dict[str, Any] = {}
        if url is not None:
            values["sealed_target"] = seal_target(self.vault, webhook_id, target.model_copy(update={"url": url}))
        if subjects is not None:
            values |= _wants(subjects)
        if enabled is not None:
            values |= {"enabled": enabled, "disabled_by": None if enabled else "centre"}
        update_webhook(conn, webhook_id, self.clock.now(), **values)
        changed = [
            name for name, given in (("url", url), ("events", subjects), ("enabled", enabled)) if given is not None
        ]
        self._audit(conn, actor, Action.WEBHOOK_CHANGED, webhook_id, changed=changed)

    def rotate(self, conn: Connection, actor: Actor, webhook_id: str, overlap: timedelta) -> Target:
        """Give a webhook a new secret, to be shown once; for `overlap` (wall time) the old one signs too."""
        _, target = self.find(conn, actor, webhook_id)
        rotated = target.rotated(wall_now(), overlap)
        sealed = seal_target(self.vault, webhook_id, rotated)
        update_webhook(conn, webhook_id, self.clock.now(), sealed_target=sealed)
        self._audit(conn, actor, Action.WEBHOOK_ROTATED, webhook_id, overlap_seconds=int(overlap.total_seconds()))
        return rotated

    def remove(self, conn: Connection, actor: Actor, webhook_id: str) -> None:
        """Remove a webhook, and what was still to be sent to it."""
        self.find(conn, actor, webhook_id)
        delete_webhook(conn, webhook_id)
        self._audit(conn, actor, Action.WEBHOOK_REMOVED, webhook_id)

    def redeliver(self, conn: Connection, actor: Actor, webhook_id: str, ids: Collection[str] | None) -> int:
        """Send again what lies on the shelf, all of it or these; return how many are sent."""
        self.find(conn, actor, webhook_id)
        count = take_from_shelf(conn, webhook_id, self.clock.now(), ids)
        self._audit(conn, actor, Action.WEBHOOK_REDELIVERED, webhook_id, count=count)
        return count

    def _audit(self, conn: Connection, actor: Actor, action: Action, webhook_id: str, **data: object) -> None:
        record(
            conn, at=self.clock.now(), actor=actor.name, origin=actor.origin, action=action,
            centre_id=actor.centre_id, data={"webhook": webhook_id, **data},
        )  # fmt: skip


def _wants(subjects: Collection[Subject]) -> Mapping[str, bool]:
    return {"wants_referrals": Subject.REFERRAL in subjects, "wants_agencies": Subject.AGENCY in subjects}
