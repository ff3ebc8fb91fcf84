"""A bench for notices: a store with one centre, its vault and desk, and referrals that things happen to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import insert, select, update

from hub.access.actor import Actor
from hub.access.holders import CENTRE, add_holder
from hub.clock import ManualClock
from hub.notices.configured import WebhookSettings
from hub.notices.desk import Desk, Subject
from hub.notices.judging import Failure, Outcome
from hub.notices.notifier import Notifier, Task
from hub.notices.sender import Sender
from hub.notices.targets import Target
from hub.store.ids import new_id
from hub.store.messages import Message, Standing, shelf_of, standing_of
from hub.store.referrals import append_event
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.tables import cases, clients, referrals, webhook_messages
from hub.store.webhooks import Pace, WebhookRecord, pace_of, webhook_by_id
from hub.vault.vault import Vault
from schemas.events import EventKind
from schemas.status import DeliveryStatus

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
URL = "https://centre.example/naru"


@dataclass
class Told(Sender):
    """A sender without a wire: keeps what it is given, and answers what `answer` says."""

    answer: Callable[[Message], Outcome] = lambda _: Outcome(204)
    away: set[str] = field(default_factory=set)
    """Addresses where nobody answers."""
    sent: list[Message] = field(default_factory=list)

    async def send(self, target: Target, message: Message) -> Outcome:
        self.sent.append(message)
        return Outcome(failure=Failure.TIMED_OUT) if target.url in self.away else self.answer(message)


class Bench:
    """The rooms that notices need, with a clock that stands still until it is moved."""

    def __init__(self, url: str, folder: Path, settings: WebhookSettings | None = None) -> None:
        self.clock = ManualClock(START)
        self.store = Store(url)
        self.store.write_now(make_or_check)
        self.vault = Vault.open(self.store, folder / "keys" / "kek")
        self.settings = settings or WebhookSettings()
        self.desk = Desk(self.clock, self.vault, self.settings.most_per_centre)
        self.sender = Told()
        self.actor = self.centre("하나")

    def centre(self, name: str) -> Actor:
        """Add a centre; return who acts for it."""
        return Actor(f"key:{name}", self.store.write_now(lambda conn: add_holder(conn, CENTRE, name, START)))

    def notifier(self, sender: Sender | None = None) -> Notifier:
        """Return a process's notifier."""
        return Notifier(self.store, self.clock, self.vault, self.settings, sender or self.sender)

    def hook(
        self, actor: Actor | None = None, subjects: tuple[Subject, ...] = (Subject.REFERRAL,), url: str = URL
    ) -> str:
        """Register a webhook; return its id."""
        self.record, self.target = self.store.write_now(
            lambda conn: self.desk.register(conn, actor or self.actor, url, subjects)
        )
        return self.record.id

    def referral(self, actor: Actor | None = None) -> str:
        """Store a referral that nothing has happened to."""
        centre_id, referral_id, at = (actor or self.actor).centre_id, new_id("ref"), {"created_at": START}
        rows = (
            (clients, {"id": f"c{referral_id[4:]}", "centre_id": centre_id} | at),
            (cases, {
                "id": f"k{referral_id[4:]}", "centre_id": centre_id, "client_id": f"c{referral_id[4:]}",
                "wrapped_key": b"", "kek_id": "-", "sealed_client": b"",
            } | at),
            (referrals, {
                "id": referral_id, "case_id": f"k{referral_id[4:]}", "centre_id": centre_id,
                "client_id": f"c{referral_id[4:]}", "agency": "ferry", "service_code": "WEL-BASIC",
                "delivery": "pending", "reason_paths": [],
                "wire_key": referral_id, "overridden": [], "events": 0, "sealed_request": b"",
                "updated_at": START,
            } | at),
        )  # fmt: skip
        self.store.write_now(lambda conn: [conn.execute(insert(table).values(**row)) for table, row in rows])
        return referral_id

    def happen(self, referral_id: str) -> int:
        """Let something happen to a referral; return its sequence."""
        return self.store.write_now(
            lambda conn: append_event(
                conn, referral_id, EventKind.DELIVERY_CHANGED, self.clock.now(), "hub", delivery=DeliveryStatus.PENDING
            )
        )

    def send(self, notifier: Notifier | None = None) -> int:
        """Let a notifier send all that is due now; return how many calls it made."""

        async def all_due() -> int:
            made, one = 0, notifier or self.notifier()
            while started := await one.send_due():
                made += started
                await one.drain()
            return made

        return asyncio.run(all_due())

    def take(self, webhook_id: str, most: int = 10) -> list[Task]:
        """Lease messages, as a process does that dies then."""
        return self.store.write_beside_now(partial(self.notifier().take, webhook_id=webhook_id, most=most))

    def finish(self, task: Task, outcome: Outcome) -> bool:
        """End a try, as a process does; return whether the message went to the shelf."""
        return self.store.write_beside_now(partial(self.notifier().finish, task=task, outcome=outcome))

    def forget_leases(self) -> None:
        """Let the time of every lease run out."""
        held = webhook_messages.c.lease_until_wall.is_not(None)
        self.store.write_now(
            lambda conn: conn.execute(update(webhook_messages).where(held).values(lease_until_wall=1.0))
        )

    def next_due(self) -> datetime | None:
        """Return when the next message may be sent."""
        query = select(webhook_messages.c.due_at).where(webhook_messages.c.state == "waiting")
        return self.store.read_now(lambda conn: min(conn.execute(query).scalars(), default=None))

    def standing(self, webhook_id: str) -> Standing:
        """Count what is not delivered."""
        return self.store.read_now(lambda conn: standing_of(conn, webhook_id))

    def shelf(self, webhook_id: str) -> list[Message]:
        """Return what was given up."""
        return self.store.read_now(lambda conn: shelf_of(conn, webhook_id))

    def pace(self, webhook_id: str) -> Pace:
        """Return how the webhook has answered."""
        return self.store.read_now(lambda conn: pace_of(conn, webhook_id))

    def webhook(self, webhook_id: str) -> WebhookRecord | None:
        """Return the webhook's row."""
        return self.store.read_now(lambda conn: webhook_by_id(conn, webhook_id))

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def answers(status: int, **more: float) -> Callable[[Message], Outcome]:
    """Return what answers the same to all."""
    return lambda _: Outcome(status, **more)
