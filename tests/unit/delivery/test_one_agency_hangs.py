from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from ferry import ITEMS, case_document, consent

from adapters.sdk import Adapter, AdapterSettings, Delivered, Profile, Repeat, SubmitOrder, WireKey
from hub.access.actor import Actor
from hub.access.holders import CENTRE, add_holder
from hub.clock import wall_now
from hub.settings import RoutingSettings, Settings, StoreSettings, VaultSettings
from hub.store.referrals import referrals_of_case
from hub.wiring import Services, opened
from schemas.case import CaseDocument
from schemas.services import ServiceCode

SERVICES = {"reef": ServiceCode.WEL_CASE, "quay": ServiceCode.WEL_BASIC}


def profile(slug: str) -> Profile:
    """Make the profile of an agency that takes one call at a time."""
    return Profile(
        slug=slug, title=slug, wire="in memory", contract_basis="assumed", services=frozenset({SERVICES[slug]}),
        discloses=frozenset(ITEMS), requires=frozenset({"client.name"}), repeat=Repeat.KEYED, wire_key=WireKey(20),
    )  # fmt: skip


class Quay(Adapter[AdapterSettings]):
    """Takes what it is given, at once."""

    profile = profile("quay")

    async def submit(self, order: SubmitOrder) -> Delivered:
        return Delivered(order.wire_key, "00")


class Reef(Adapter[AdapterSettings]):
    """Hangs until it is let go."""

    profile = profile("reef")
    called: ClassVar[asyncio.Event]
    free: ClassVar[asyncio.Event]

    async def submit(self, order: SubmitOrder) -> Delivered:
        self.called.set()
        await self.free.wait()
        return Delivered(order.wire_key, "00")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Services]:
    """Run the hub with both agencies; in the end the one that hangs is let go."""
    Reef.called, Reef.free = asyncio.Event(), asyncio.Event()
    routes = {code: [{"agency": slug, "from": "2025-01-01"}] for slug, code in SERVICES.items()}
    settings = Settings(
        store=StoreSettings(url=f"sqlite:///{folder / 'naru.db'}"),
        vault=VaultSettings(key_file=folder / "kek"),
        routing=RoutingSettings.model_validate({"services": routes}),
        adapters={slug: AdapterSettings(enabled=True, base_url="https://agency.test") for slug in SERVICES},
    )
    async with opened(settings, {"quay": Quay, "reef": Reef}) as services:
        task = asyncio.create_task(services.engine.run(services.worker.work))
        try:
            yield services
        finally:
            Reef.free.set()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def hand_over(services: Services, number: int) -> str:
    """Hand over a case for both agencies and return its id."""
    centre = services.store.write_now(lambda conn: add_holder(conn, CENTRE, f"센터 {number}", wall_now()))
    consents = [consent(ITEMS, recipient=slug, purposes=[code]) for slug, code in SERVICES.items()]
    said: dict[str, Any] = case_document("홍길동", consents)
    said["referrals"] = [said["referrals"][0] | {"service_code": code} for code in SERVICES.values()]
    document = CaseDocument.model_validate_json(json.dumps(said))
    accepted = await services.intake.accept_case(Actor("key:test", centre), "key", json.dumps(said), document)
    return accepted.case_id


def standing(services: Services, case_id: str) -> dict[str, str]:
    """Return how far each agency's referral came."""
    found = services.store.read_now(lambda conn: referrals_of_case(conn, case_id))
    return {referral.agency: referral.delivery.value for referral in found}


async def until(services: Services, case_id: str, wanted: dict[str, str]) -> None:
    """Wait until a case stands like this; the test's own time limit is the last word."""
    async with asyncio.timeout(20):
        while standing(services, case_id) != wanted:  # noqa: ASYNC110 - a row in the store sets no event
            await asyncio.sleep(0.01)


async def test_one_agency_that_hangs_delays_no_other(tmp_path: Path) -> None:
    """While one agency's only call hangs, the same cases reach the other; and when it lets go, it gets its own."""
    async with running(tmp_path) as services:
        first = await hand_over(services, 1)
        await asyncio.wait_for(Reef.called.wait(), 20)
        later = [await hand_over(services, number) for number in range(2, 12)]
        for case_id in (first, *later):
            await until(services, case_id, standing(services, case_id) | {"quay": "delivered"})
        hanging = {standing(services, case_id)["reef"] for case_id in (first, *later)}
        assert hanging <= {"sending", "pending"}
        Reef.free.set()
        for case_id in (first, *later):
            await until(services, case_id, {"quay": "delivered", "reef": "delivered"})
