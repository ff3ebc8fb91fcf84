"""The hub itself before the real mocks: its own wiring, store, policy and adapters, on the mocks' clock.

The document is the demo's main case, one referral of it at a time, each for another person.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fault_bench import Stage, greet, patience

from adapters.sdk import InboundCall, Verb
from adapters.sdk.kst import kst_today
from adapters.sdk.registry import installed_adapters
from adapters.sdk.testing import another_birth_date
from hub import wiring
from hub.access.actor import Actor
from hub.access.holders import CENTRE, add_holder
from hub.clock import SystemClock, wall_now
from hub.delivery.batches.clerk import Clerk
from hub.settings import StoreSettings, VaultSettings
from hub.store.batches import memberships_of
from hub.store.deliveries import DeliveryRecord, delivery_of_kind, update_delivery
from hub.store.referrals import ReferralRecord, events_of, referral_by_id
from hub.wiring import Services, opened
from mocks.kit.agency import Reply, Request
from mocks.kit.clock import BusinessClock
from mocks.kit.connection import Answer
from mocks.kit.server import HttpServer
from schemas.case import CaseDocument
from schemas.events import Event
from schemas.status import DeliveryStatus

MAIN_CASE = Path(__file__).parents[2] / "examples" / "cases" / "everything-qualifies.json"
_CLERK_HOURS = 6
"""Business hours between two visits of the clerk."""
_MOST_DAYS = 20
"""Days within which the agency's deadline for a result is over, whatever holidays come."""
_IN_A_FILE = {DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.HANDED_OVER}
MOVING = {DeliveryStatus.PENDING, DeliveryStatus.UNKNOWN}
"""What the hub still has to bring to an end by itself, if it is due."""


class MocksClock(SystemClock):
    """The mocks' business clock, read in the same process."""

    def __init__(self, clock: BusinessClock) -> None:
        self._clock = clock
        self.since = clock.now()

    def now(self) -> datetime:
        return self._clock.now()


@dataclass
class HubBench:
    """A hub without its engine: a test is the engine, and moves the clock to whatever is due next."""

    services: Services
    stage: Stage
    actor: Actor
    people: Any

    async def accept(self, slug: str) -> str:
        """Take over the main case's referral to one agency, for somebody new; return the referral's id."""
        told = json.dumps(self._document(slug, next(self.people)))
        document = CaseDocument.model_validate_json(told)
        accepted = await self.services.intake.accept_case(self.actor, document.reference or "", told, document)
        (referral,) = accepted.referrals
        return referral.id

    def _document(self, slug: str, number: int) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(MAIN_CASE.read_text("utf-8"))
        routes, today = self.services.settings.routing.services, kst_today(datetime.now(UTC))
        ours = {code for code in routes if any(way.agency == slug and way.holds_on(today) for way in routes[code])}
        document["referrals"] = [one for one in document["referrals"] if one["service_code"] in ours][:1]
        assert document["referrals"], f"{MAIN_CASE.name} has no referral to {slug}"
        document["reference"] = f"{slug}-{number}"
        born = another_birth_date()
        client = document["client"]
        client["birth_date"] = born.isoformat()
        if "rrn" in client:
            client["rrn"] = f"{born:%y%m%d}{client['rrn'][6:]}"
        return document

    async def step(self, referral_id: str) -> bool:
        """Let the worker make the next call about a referral, when it is due; False if there is none to make."""
        delivery = self.delivery(referral_id)
        if delivery.status not in MOVING or delivery.due_at is None:
            return False
        await self._work(delivery)
        return True

    async def poll(self, referral_id: str) -> None:
        """Let the worker ask how a referral stands, when that is due."""
        delivery = self.delivery(referral_id)
        assert delivery.status is DeliveryStatus.DELIVERED
        await self._work(delivery)

    async def _work(self, delivery: DeliveryRecord) -> None:
        clock = self.stage.server.clock
        assert delivery.due_at is not None
        clock.advance(max(0.0, (delivery.due_at - clock.now()).total_seconds()))
        turn = partial(update_delivery, delivery_id=delivery.id, picked_until_wall=wall_now().timestamp() + 600.0)
        await self.services.store.write(turn)
        await self.services.worker.work(delivery.id)

    async def days_pass(self, slug: str, referral_id: str) -> None:
        """Let the clerk of an agency that takes files work day by day until a referral is settled, and one day more."""
        clerk = Clerk(self.services.store, self.services.worker._room, self.services.agencies.active[slug])
        more = 24 // _CLERK_HOURS
        for _ in range(_MOST_DAYS * more):
            await clerk.work()
            self.stage.server.clock.advance(_CLERK_HOURS * 3600)
            more -= self.delivery(referral_id).status not in _IN_A_FILE
            if not more:
                return
        raise AssertionError(f"{_MOST_DAYS} days settle nothing")

    def files(self, referral_id: str) -> int:
        """Return how many files of ours a referral was in."""
        delivery = self.delivery(referral_id)
        return len(self.services.store.read_now(lambda conn: memberships_of(conn, delivery.id)))

    def delivery(self, referral_id: str) -> DeliveryRecord:
        """Read the submit of a referral."""
        found = self.services.store.read_now(lambda conn: delivery_of_kind(conn, referral_id, Verb.SUBMIT))
        assert found is not None
        return found

    def referral(self, referral_id: str) -> ReferralRecord:
        """Read a referral."""
        found = self.services.store.read_now(lambda conn: referral_by_id(conn, referral_id))
        assert found is not None
        return found

    def events(self, referral_id: str) -> list[Event]:
        """Read the events of a referral."""
        return list(self.services.store.read_now(lambda conn: events_of(conn, referral_id)))

    # What follows is the application that the callbacks of an agency reach.

    def at_head(self, method: str, path: str) -> Answer | None:
        """Wait for the whole call."""
        return None

    async def answer(self, request: Request) -> Answer:
        """Hand a call to the hub, as its route does."""
        slug = request.path.rpartition("/")[2]
        call = InboundCall(request.method, "", request.headers, request.body, datetime.now(UTC))
        reply = await self.services.callbacks.receive(slug, call)
        return Answer(Reply(reply.status, reply.body, reply.content_type))

    @contextlib.asynccontextmanager
    async def hearing(self, slug: str) -> AsyncIterator[None]:
        """Let the agency's callbacks reach the hub, over a socket."""
        server = HttpServer()
        url = f"http://127.0.0.1:{await server.bind('127.0.0.1', 0)}/v1/callbacks/{slug}"
        await server.serve(self)
        try:
            await self.stage.call_back_to(slug, url)
            yield
        finally:
            await self.stage.call_back_to(slug, "")
            await server.stop()


@contextlib.asynccontextmanager
async def open_hub(stage: Stage, name: str, timeout_seconds: float) -> AsyncIterator[HubBench]:
    """Open a hub with a store of its own, whose adapters have this deadline."""
    folder = stage.folder / name
    adapters = {slug: patience(one, timeout_seconds) for slug, one in stage.settings.adapters.items()}
    settings = stage.settings.model_copy(
        update={
            "store": StoreSettings(url=f"sqlite:///{folder / 'naru.db'}"),
            "vault": VaultSettings(key_file=folder / "keys" / "kek"),
            "adapters": adapters,
        }
    )
    folder.mkdir()
    clock = MocksClock(stage.server.clock)
    async with contextlib.AsyncExitStack() as open_things:
        with pytest.MonkeyPatch.context() as patched, contextlib.chdir(stage.folder):
            patched.setattr(wiring, "open_clock", lambda *_: clock)  # a virtual one would wait for our own event loop
            services = await open_things.enter_async_context(opened(settings, installed_adapters()))
        for slug, agency in services.agencies.active.items():
            await greet(agency.adapter, services.worker._room.mint.leave_for_tokens(slug))
        centre = services.store.write_now(lambda conn: add_holder(conn, CENTRE, "시험 센터", clock.now()))
        yield HubBench(services, stage, Actor("key:test", centre), count())
