"""The notifier: sends what is written down for webhooks, at least once, in every process that delivers.

A message is leased in the store before it is sent and removed after its receiver took it; a process that dies between
the two costs a lease, and perhaps a second copy with the same id, never a message. The store is asked once a second:
whoever wrote a message need not know who sends it. Whoever takes or ends messages of a webhook first locks its pace.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from hub.audit.entries import Action, record
from hub.clock import Clock
from hub.logs import places
from hub.notices.configured import WebhookSettings
from hub.notices.judging import Failure, Outcome, next_try, pace_after, room_at
from hub.notices.sender import Sender
from hub.notices.targets import unseal_target
from hub.store.messages import (
    SHELVED,
    Message,
    delete_message,
    delete_shelved_before,
    end_try,
    forget_leases,
    in_flight,
    lease_due,
    shelve_older,
    webhooks_with_due,
)
from hub.store.store import Store
from hub.store.wall import wall_of
from hub.store.webhooks import WebhookRecord, pace_of, save_pace, update_webhook, webhook_by_id
from hub.vault.vault import Vault

_log = structlog.get_logger("naru.notices")
_MOST_AT_ONCE = 32
"""Calls of one process, over all webhooks."""
_LOOK_EVERY_SECONDS = 1.0
_TIDY_EVERY_SECONDS = 600.0
_LEASE_MARGIN_SECONDS = 5.0


@dataclass(frozen=True)
class Task:
    """A leased message, and the webhook that it goes to."""

    webhook: WebhookRecord
    message: Message


class Notifier:
    """Sends messages to webhooks until it is cancelled."""

    def __init__(self, store: Store, clock: Clock, vault: Vault, settings: WebhookSettings, sender: Sender) -> None:
        self._store = store
        self._clock = clock
        self._vault = vault
        self._settings = settings
        self._sender = sender
        self._awake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Look again; from any thread, at any time."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._awake.set)

    async def run(self) -> None:
        """Send what is due, again and again; when cancelled, let the calls under way end."""
        self._loop = loop = asyncio.get_running_loop()
        self._clock.on_change(self.wake)
        tidy_at = 0.0
        try:
            if not self._store.is_shared:
                await self._store.write(forget_leases)
            while True:
                try:
                    if loop.time() >= tidy_at:
                        await self._store.write(self.tidy)
                        tidy_at = loop.time() + _TIDY_EVERY_SECONDS
                    started = await self.send_due()
                except Exception as error:  # noqa: BLE001 - a store that is away comes back; the loop must live to see it
                    _log.error("notifier_rests", error=type(error).__name__, at=places(error))
                    started = 0
                if not started:
                    await self._rest()
        finally:
            await self.drain()

    async def send_due(self) -> int:
        """Begin to send what is due, as much as there is room for; return how many calls were begun."""
        if len(self._sending) >= _MOST_AT_ONCE:
            return 0
        started = 0
        for webhook_id in await self._store.read(self._with_due):
            free = _MOST_AT_ONCE - len(self._sending)
            if free > 0:
                for task in await self._store.write_beside(partial(self.take, webhook_id=webhook_id, most=free)):
                    self._begin(task)
                    started += 1
        return started

    async def drain(self) -> None:
        """Wait for the calls under way: each has its own deadline."""
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _with_due(self, conn: Connection) -> list[str]:
        return webhooks_with_due(conn, self._clock.now(), wall_of(conn))

    def take(self, conn: Connection, webhook_id: str, most: int) -> list[Task]:
        """Lease a webhook's next messages, at most `most`, as its pace allows."""
        now, wall = self._clock.now(), wall_of(conn)
        pace = pace_of(conn, webhook_id, lock=True)
        webhook = webhook_by_id(conn, webhook_id)
        room = min(most, room_at(pace, in_flight(conn, webhook_id, wall), now, self._settings))
        if webhook is None or not webhook.enabled or room <= 0:
            return []
        until = wall + self._settings.timeout_seconds + _LEASE_MARGIN_SECONDS
        return [Task(webhook, message) for message in lease_due(conn, webhook_id, now, wall, room, until)]

    def finish(self, conn: Connection, task: Task, outcome: Outcome) -> bool:
        """Store what a try came to; return whether the message goes to the shelf.

        An address that is not the webhook's any more says nothing of the one that is: what it did not take goes there.
        """
        now, webhook_id = self._clock.now(), task.webhook.id
        pace, webhook = pace_of(conn, webhook_id, lock=True), webhook_by_id(conn, webhook_id)
        is_its_own = webhook is not None and webhook.sealed_target == task.webhook.sealed_target
        if is_its_own:
            save_pace(conn, pace_after(pace, outcome, now, self._settings))
        if outcome.is_delivered:
            delete_message(conn, task.message.id)
            return False
        if not is_its_own:
            end_try(conn, task.message, due_at=now, why=outcome.why)
            return False
        if outcome.is_gone:
            self._disable(conn, webhook_id)
            end_try(conn, task.message, due_at=now, why=outcome.why)
            return False
        since = task.message.since or task.message.at
        due = next_try(outcome, task.message.tries, since, now, self._settings)
        if due is not None:
            end_try(conn, task.message, due_at=due, why=outcome.why)
            return False
        return end_try(conn, task.message, state=SHELVED, shelved_at=now, why=outcome.why)

    def tidy(self, conn: Connection) -> None:
        """Put on the shelf what waited for too long untried, and forget what has lain there for long."""
        now, settings = self._clock.now(), self._settings
        oldest = now - timedelta(hours=settings.max_age_hours)
        shelved = shelve_older(conn, oldest, now, wall_of(conn), Failure.TOO_OLD)
        forgotten = delete_shelved_before(conn, now - timedelta(days=settings.keep_days))
        if shelved or forgotten:
            _log.warning("webhooks_tidied", count=shelved, what=f"{forgotten} forgotten")

    def _disable(self, conn: Connection, webhook_id: str) -> None:
        webhook = webhook_by_id(conn, webhook_id)
        if webhook is None or not webhook.enabled:
            return
        now = self._clock.now()
        update_webhook(conn, webhook_id, now, enabled=False, disabled_by="gone")
        record(
            conn, at=now, actor="hub", action=Action.WEBHOOK_DISABLED, centre_id=webhook.centre_id,
            data={"webhook": webhook_id},
        )  # fmt: skip

    def _begin(self, task: Task) -> None:
        sending = asyncio.create_task(self._send(task))
        self._sending.add(sending)
        sending.add_done_callback(self._end)

    def _end(self, sending: asyncio.Task[None]) -> None:
        self._sending.discard(sending)
        self._awake.set()

    async def _send(self, task: Task) -> None:
        try:
            target = unseal_target(self._vault, task.webhook.id, task.webhook.sealed_target)
            outcome = await self._sender.send(target, task.message)
            shelved = await self._store.write_beside(partial(self.finish, task=task, outcome=outcome))
        except Exception as error:  # noqa: BLE001 - the lease runs out, and the message is sent again
            _log.error("webhook_defect", webhook=task.webhook.id, error=type(error).__name__, at=places(error))
            return
        if not outcome.is_delivered:
            event = "webhook_shelved" if shelved else "webhook_failed"
            _log.warning(event, webhook=task.webhook.id, why=outcome.why)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                await self._awake.wait()
        self._awake.clear()
