"""A bench for the API: the hub's real services around one small agency, two centres, and httpx on the app itself."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from adapters.sdk import (
    Acknowledged,
    Adapter,
    Callback,
    CallbackRefusedError,
    Delivered,
    Eligibility,
    Fact,
    InboundCall,
    InboundReply,
    Profile,
    RefusalReason,
    Refused,
    Repeat,
    SubmitOrder,
    SupplementOrder,
    UncertainError,
    Verified,
    VerifyOrder,
    WireKey,
    WithdrawOrder,
)
from adapters.sdk.registry import Broken
from hub.access.configured import AccessSettings
from hub.access.holders import CENTRE, OPERATOR, add_holder, add_key
from hub.access.scopes import Scope
from hub.api import examples
from hub.api.app import build_app
from hub.clock import wall_now
from hub.settings import HttpSettings, LimitsSettings, Route, RoutingSettings, Settings, StoreSettings, VaultSettings
from hub.wiring import Services, opened
from schemas.services import ServiceCode
from schemas.status import BusinessStatus

OFFERS = (datetime(2026, 3, 3, 1, 0, tzinfo=UTC), datetime(2026, 3, 4, 5, 30, tzinfo=UTC))
"""10:00 and 14:30 in Korea."""
ITEMS = frozenset({"client.name", "client.birth_date", "client.phones", "referral.opinion"})


class PierAdapter(Adapter[Any]):
    """A small agency of the tests: takes what it is given, unless `mood` says otherwise. Its repeat is *never*."""

    profile = Profile(
        slug="pier",
        title="시험 선착장",
        wire="in memory",
        contract_basis="assumed",
        services=frozenset({ServiceCode.WEL_EMERG, ServiceCode.WEL_CASE}),
        discloses=ITEMS | {"referral.service_code"},
        requires=frozenset({"client.name"}),
        repeat=Repeat.NEVER,
        wire_key=WireKey(20),
    )
    mood = "takes"

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        if self.mood == "refuses":
            return Refused(RefusalReason.NOT_ELIGIBLE, "N1")
        if self.mood == "offers":
            return Refused(RefusalReason.SLOT_TAKEN, "N2", offers=OFFERS)
        if self.mood == "is lost":
            raise UncertainError("pier: the answer was lost")
        return Delivered(f"R-{order.wire_key}", "00", (Fact(BusinessStatus.RECEIVED, "01"),))

    async def verify(self, order: VerifyOrder) -> Verified:
        return Verified(Eligibility.NOT_ELIGIBLE if self.mood == "says no" else Eligibility.ELIGIBLE, "N")

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged:
        return Acknowledged("W0")

    async def supplement(self, order: SupplementOrder) -> Acknowledged:
        return Acknowledged("S0")

    def read_callback(self, call: InboundCall) -> Callback:
        if call.headers.get("x-pier") != "signed":
            raise CallbackRefusedError("pier: not signed", InboundReply(403, b"<no/>", "text/xml; charset=utf-8"))
        said = json.loads(call.body)
        return Callback(
            wire_key=said["key"],
            receipt=None,
            facts=(Fact(BusinessStatus(said["state"]), call.path or "-"),),
            reply=InboundReply(200, b"<ok/>", "text/xml; charset=utf-8"),
        )


@dataclass
class Bench:
    """What a test works with: `ask` is the first centre's client, `other` the second's, `nobody` has no key.

    `operator` is the hub's own.
    """

    services: Services
    app: FastAPI
    ask: httpx.AsyncClient
    other: httpx.AsyncClient
    nobody: httpx.AsyncClient
    operator: httpx.AsyncClient
    centre_id: str
    key: str

    @property
    def pier(self) -> PierAdapter:
        """The agency's adapter."""
        adapter = self.services.agencies.active["pier"].adapter
        assert isinstance(adapter, PierAdapter)
        return adapter

    async def accept(self, document: dict[str, Any] | None = None, key: str = "key-1") -> dict[str, Any]:
        """Hand a case over and return the answer."""
        reply = await self.ask.post("/v1/cases", json=document or case(), headers={"Idempotency-Key": key})
        assert reply.status_code == 202, reply.text
        accepted: dict[str, Any] = reply.json()
        return accepted

    async def add_consents(
        self, case_id: str, consents: Any = None, key: str = "later-1", ask: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        """Hand consents in for a case: one for the test agency, unless others are given."""
        body = {"case_id": case_id, "consents": consents or [consent()]}
        return await (ask or self.ask).post("/v1/consents", json=body, headers={"Idempotency-Key": key})

    async def referral(self, referral_id: str) -> dict[str, Any]:
        """Read a referral."""
        reply = await self.ask.get(f"/v1/referrals/{referral_id}")
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    async def until(self, referral_id: str, delivery: str) -> dict[str, Any]:
        """Wait until a referral's delivery status is this."""
        return await eventually(lambda: self.referral(referral_id), lambda found: found["delivery"] == delivery)

    @asynccontextmanager
    async def engine_running(self) -> AsyncIterator[None]:
        """Let the engine work while the block runs."""
        task = asyncio.create_task(self.services.engine.run(self.services.worker.work))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def eventually(
    read: Callable[[], Awaitable[dict[str, Any]]], holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Read again and again until it holds."""
    async with asyncio.timeout(60):
        while not holds(found := await read()):  # noqa: ASYNC110 - an HTTP answer sets no event
            await asyncio.sleep(0.01)
    return found


def case(**changes: Any) -> dict[str, Any]:
    """Return the example case, which goes to the test agency, with its consent; `changes` replaces its parts."""
    document = copy.deepcopy(examples.CASE)
    document["consents"] = [consent()]
    return document | changes


def consent(**changes: Any) -> dict[str, Any]:
    """Return a consent for the test agency."""
    return examples.CONSENT | {"recipient": "pier", "items": sorted(ITEMS), "expires_at": None} | changes


@asynccontextmanager
async def bench_in(
    folder: Path,
    *,
    rules: Any = (),
    deadlines: Any = (),
    store_url: str | None = None,
    limits: Any = None,
    http: Any = None,
    access: Any = None,
) -> AsyncIterator[Bench]:
    """Open a bench on a store of its own; the tables as configuration writes them."""
    routes = (Route.model_validate({"agency": "pier", "from": "2020-01-01"}),)
    settings = Settings(
        store=StoreSettings(url=store_url or f"sqlite:///{folder / 'naru.db'}"),
        limits=LimitsSettings.model_validate({"min_free_bytes": 0} | (limits or {})),
        http=HttpSettings.model_validate(http or {}),
        access=AccessSettings.model_validate(_PATIENT | (access or {})),
        vault=VaultSettings(key_file=folder / "keys" / "kek"),
        routing=RoutingSettings(services={ServiceCode.WEL_EMERG: routes, ServiceCode.WEL_CASE: routes}, rules=rules),
        deadlines=deadlines,
        adapters={"pier": PierAdapter.settings_type(enabled=True, base_url="https://pier.test")},
    )
    installed = {"pier": PierAdapter, "wreck": Broken("wreck", "ImportError while importing wreck:Wreck")}
    async with opened(settings, installed) as services:
        app = build_app(services)
        centres = [services.store.write_now(lambda conn, n=name: _centre(conn, n)) for name in ("하나", "둘")]
        async with (
            client_of(app, centres[0][1]) as ask,
            client_of(app, centres[1][1]) as other,
            client_of(app, None) as nobody,
            client_of(app, services.store.write_now(_operator)) as operator,
        ):
            yield Bench(services, app, ask, other, nobody, operator, *centres[0])


_PATIENT = {"calls": 100_000, "failures": 100_000}
"""Tests of other things call more often than anybody should."""


def _centre(conn: Any, name: str) -> tuple[str, str]:
    centre_id = add_holder(conn, CENTRE, name, wall_now())
    return centre_id, add_key(conn, CENTRE, centre_id, wall_now()).text


def _operator(conn: Any) -> str:
    operator_id = add_holder(conn, OPERATOR, "전산팀", wall_now())
    return add_key(conn, OPERATOR, operator_id, wall_now(), scopes={Scope.OPERATE}).text


def client_of(app: FastAPI, key: str | None) -> httpx.AsyncClient:
    """Return a client of the app that calls with this key."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub.test", headers=headers)
