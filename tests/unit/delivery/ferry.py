"""A landing for tests: the hub's real store, vault, policy and delivery, and one small agency that can misbehave.

The agency is an httpx transport, so that the real HTTP wire and its gate stand between: what a script says is done to
the bytes, as a network would do it.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, update

from adapters.sdk import (
    Acknowledged,
    Adapter,
    BadReplyError,
    BusyError,
    CannotExpressError,
    Delivered,
    Eligibility,
    Fact,
    FindOrder,
    Found,
    Gate,
    HttpEndpoint,
    MisconfiguredError,
    Need,
    NotFound,
    Profile,
    RefusalReason,
    Refused,
    Repeat,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    SupplementOrder,
    Verb,
    Verified,
    VerifyOrder,
    WireKey,
    Wires,
    WithdrawOrder,
    capabilities,
)
from hub.access.actor import Actor, HubActor
from hub.access.holders import CENTRE, add_holder
from hub.agencies import Agencies, Agency, AgencyState
from hub.clock import ManualClock
from hub.consent.mint import Mint
from hub.delivery.begin import begin
from hub.delivery.commands import Commands
from hub.delivery.consents import Consents
from hub.delivery.orphans import reclaim_all
from hub.delivery.room import Room
from hub.delivery.worker import Worker
from hub.intake.filing import Filing
from hub.settings import DeliverySettings, Route, RoutingSettings
from hub.store.deliveries import DeliveryRecord, deliveries_of, next_free_due
from hub.store.referrals import ReferralRecord, events_of, referral_by_id
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.tables import deliveries
from hub.store.wall import wall_of
from hub.vault.vault import Vault
from schemas.case import CaseDocument
from schemas.services import ServiceCode
from schemas.status import BusinessStatus

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
Papers = list[dict[str, Any]]
ELIGIBILITIES = {"Y": Eligibility.ELIGIBLE, "N": Eligibility.NOT_ELIGIBLE, "M": Eligibility.UNDETERMINED}
NAME = "client.name"
ITEMS = [NAME, "client.birth_date", "referral.opinion"]
ASKED = frozenset({NAME, "client.birth_date"})
SUPPLEMENT = frozenset({"referral.opinion", "referral.attachments.title", "client.debts.amount"})


def ferry_profile(repeat: Repeat) -> Profile:
    """Return the profile of the test agency: it needs a name, and would like an opinion and a debt."""
    return Profile(
        slug="ferry",
        title="시험 나루터",
        wire="HTTP",
        contract_basis="assumed",
        services=frozenset({ServiceCode.WEL_BASIC}),
        discloses=frozenset([*ITEMS, *SUPPLEMENT, "referral.service_code"]),
        requires=frozenset({NAME}),
        repeat=repeat,
        wire_key=WireKey(25),
        settling_seconds=60.0,
        narrower={"supplement": Need(SUPPLEMENT, frozenset({"referral.opinion"})), "verify": Need(ASKED, ASKED)},
    )


class FerryAgency:
    """The other bank: takes referrals, answers, and misbehaves as its script says. Its ledger is the truth."""

    def __init__(self, clock: ManualClock, repeat: Repeat) -> None:
        self.clock = clock
        self.dedupes = repeat is Repeat.KEYED
        self.acts: list[dict[str, Any]] = []
        self.withdrawn: list[str] = []
        self.supplements: Papers = []
        self.questions: Papers = []
        self.eligible, self.retry_after = "Y", "30"
        self.facts: list[Fact] = []
        self.script: deque[str] = deque()
        self.visible_after = 0.0
        self.seen: list[str] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; the next word of the script is done to it."""
        word = self.script.popleft() if self.script else "ok"
        self.seen.append(request.url.path)
        if word == "refuse_connection":
            raise httpx.ConnectError("scripted")
        if word == "reset_before":
            raise httpx.ReadError("scripted")
        if word in {"busy", "misconfigured", "garbage", "no"}:
            status = {"busy": 503, "misconfigured": 401, "garbage": 200, "no": 422}[word]
            return httpx.Response(status, text="?", headers={"Retry-After": self.retry_after})
        reply = self._act(request.url.path, json.loads(request.content))
        if word == "lose_reply":
            raise httpx.ReadTimeout("scripted")
        return reply

    def _act(self, path: str, said: dict[str, Any]) -> httpx.Response:
        key = said["key"]
        mine = [act for act in self.acts if act["key"] == key]
        if path == "/submit":
            if not (mine and self.dedupes):
                self.acts.append(said | {"at": self.clock.now()})
            return httpx.Response(200, json={"receipt": f"R-{key}"})
        if path == "/verify":
            self.questions.append(said)
            return httpx.Response(200, json={"is": self.eligible})
        if path == "/withdraw":
            self.withdrawn.append(key)
            return httpx.Response(200, json={})
        if path == "/supplement":
            known = [one for one in self.supplements if one["more"] == said["more"]]
            if not (known and self.dedupes):
                self.supplements.append(said)
            return httpx.Response(200, json={})
        shown = [act for act in mine if (self.clock.now() - act["at"]).total_seconds() >= self.visible_after]
        return httpx.Response(200, json={"receipt": f"R-{key}"} if shown else {})


class FerryAdapter(Adapter[Any]):
    """The adapter of the test agency."""

    profile = ferry_profile(Repeat.LOOKUP)

    def __init__(self, settings: Any, wires: Wires, agency: FerryAgency) -> None:
        super().__init__(settings, wires)
        self._agency = agency
        self._wire = wires.http(HttpEndpoint("http://ferry.test", 5.0, 4096))

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        name = order.document.client.name
        if name == "못 적는 이름":
            raise CannotExpressError(NAME, "다른 글자로 적어 주세요")
        if name == "결함":
            raise KeyError("a defect of the adapter")
        said = {"key": order.wire_key, "name": name, "opinion": order.document.referral.opinion}
        reply = await self._ask(order.decision, "/submit", said)
        if reply is None:
            return Refused(RefusalReason.NOT_ELIGIBLE, "N1")
        return Delivered(reply["receipt"], "00")

    async def find(self, order: FindOrder) -> Found | NotFound:
        reply = await self._ask(order.decision, "/find", {"key": order.wire_key})
        return Found(reply["receipt"], "00") if reply else NotFound("44")

    async def status(self, order: StatusOrder) -> StatusReport:
        await self._ask(order.decision, "/status", {"key": order.wire_key})
        return StatusReport(tuple(self._agency.facts))

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        reply = await self._ask(order.decision, "/withdraw", {"key": order.wire_key})
        return Refused(RefusalReason.OTHER, "N9") if reply is None else Acknowledged("00")

    async def supplement(self, order: SupplementOrder) -> Acknowledged | Refused:
        told = order.document.referral
        if told.opinion == "못 적는 말":
            raise CannotExpressError("referral.opinion", "다른 글자로 적어 주세요")
        said = {"key": order.wire_key, "more": order.supplement_key, "opinion": told.opinion,
                "papers": [one.title for one in told.attachments]}  # fmt: skip
        reply = await self._ask(order.decision, "/supplement", said)
        return Refused(RefusalReason.OTHER, "N5") if reply is None else Acknowledged("30")

    async def verify(self, order: VerifyOrder) -> Verified | Refused:
        client = order.document.client
        if client.name == "못 묻는 이름":
            raise CannotExpressError(NAME, "다른 글자로 적어 주세요")
        said = {"key": order.wire_key, "name": client.name, "born": str(client.birth_date)}
        reply = await self._ask(order.decision, "/verify", said)
        if reply is None:
            return Refused(RefusalReason.IDENTITY_MISMATCH, "3", "성명이 다릅니다")
        return Verified(ELIGIBILITIES[reply["is"]], reply["is"], ("생계", "주거"))

    async def _ask(self, decision: Any, path: str, said: dict[str, Any]) -> dict[str, Any] | None:
        reply = await self._wire.send(decision, "POST", path, body=json.dumps(said).encode())
        match reply.status:
            case 503:
                raise BusyError("ferry: busy", reply.retry_after_seconds(self._agency.clock.now()))
            case 401:
                raise MisconfiguredError("ferry: not known here")
            case 422:
                return None
        try:
            told: dict[str, Any] = json.loads(reply.body)
        except ValueError:
            raise BadReplyError("ferry: not JSON") from None
        return told


class Landing:
    """The hub's rooms around the test agency, with a clock that stands still until it is moved."""

    def __init__(
        self,
        folder: Path,
        repeat: Repeat = Repeat.LOOKUP,
        *,
        verbs: frozenset[Verb] | None = None,
        store_url: str | None = None,
    ) -> None:
        self.clock = ManualClock(START)
        self.agency = FerryAgency(self.clock, repeat)
        self.more_settings: dict[str, Any] = {}  # of the agency, for the process that is started next
        self.store = Store(store_url or f"sqlite:///{folder / 'naru.db'}")
        self.store.write_now(make_or_check)
        self.vault = Vault.open(self.store, folder / "keys" / "kek")
        self.profile = ferry_profile(repeat)
        self._verbs = capabilities(FerryAdapter) if verbs is None else verbs
        self.centre = self.store.write_now(lambda conn: add_holder(conn, CENTRE, "시험 센터", self.clock.now()))
        self.actor = Actor("key:test", getattr(self.centre, "id", self.centre))
        self.start_process()

    def start_process(self, *, enabled: bool = True) -> None:
        """Build everything that a process holds in memory, as after a restart; `enabled`: the agency is switched on."""
        self.gate = Gate()
        settings = FerryAdapter.settings_type(enabled=True, base_url="http://ferry.test", **self.more_settings)
        wires = Wires("ferry", self.gate, httpx.MockTransport(self.agency.handle))
        adapter = FerryAdapter(settings, wires, self.agency)
        agency = Agency("ferry", AgencyState.DISABLED, self.profile, self._verbs)
        if enabled:
            agency = Agency("ferry", AgencyState.ACTIVE, self.profile, self._verbs, adapter)
        self.room = Room(
            clock=self.clock,
            vault=self.vault,
            gate=self.gate,
            mint=Mint(self.gate),
            agencies=Agencies({"ferry": agency}),
            settings=DeliverySettings(),
            statutes=(),
        )
        self.worker = Worker(self.store, self.room)
        self.commands = Commands(self.room)
        self.consents = Consents(self.room)
        routes = {ServiceCode.WEL_BASIC: (Route(agency="ferry", valid_from=START.date()),)}
        self.filing = Filing(self.clock, self.vault, self.room.agencies, RoutingSettings(services=routes))

    def restart(self) -> None:
        """Come back after a death of the process."""
        self.start_process()
        self.store.write_now(partial(reclaim_all, room=self.room))

    def accept(
        self, *, items: list[str] | None = None, name: str = "홍길동", consents: Papers | None = None, **client: Any
    ) -> str:
        """Take a case over and return its referral's id."""
        given = [consent(items or ITEMS)] if consents is None else consents
        document = CaseDocument.model_validate_json(json.dumps(case_document(name, given, **client)))

        def take(conn: Any) -> str:
            file = self.filing.open_case(conn, self.actor, document)
            self.consent_ids = [self.filing.add_consent(conn, file, given) for given in document.consents]
            self.case_id = file.case_id
            return self.filing.add_referral(conn, file, document.referrals[0]).id

        return self.store.write_now(take)

    def due(self) -> list[str]:
        """Return the deliveries that are due now, each with a turn that is long enough for any test."""
        is_due = (deliveries.c.due_at <= self.clock.now()) & deliveries.c.lease_until_wall.is_(None)
        order = (deliveries.c.urgent.desc(), deliveries.c.due_at, deliveries.c.id)
        query = select(deliveries.c.id).where(is_due).order_by(*order)

        def give(conn: Any) -> list[str]:
            conn.execute(update(deliveries).where(is_due).values(picked_until_wall=wall_of(conn) + 3600.0))
            return list(conn.execute(query).scalars())

        return self.store.write_now(give)

    def work(self) -> int:
        """Let the worker do everything that is due now; return how many it was woken for."""
        ids = self.due()

        async def all_due() -> None:
            for delivery_id in ids:
                await self.worker.work(delivery_id)

        asyncio.run(all_due())
        return len(ids)

    def die_while_sending(self, *, arrived: bool) -> None:
        """Begin what is due and never finish: the process dies, after the agency took it or before."""
        for delivery_id in self.due():
            job = self.store.write_now(partial(begin, room=self.room, delivery_id=delivery_id))
            if job is not None and arrived:
                asyncio.run(getattr(self.room.agencies.active["ferry"].adapter, job.verb)(job.order))

    def settle(self, rounds: int = 60) -> None:
        """Move the clock from due time to due time until nothing is due any more, or the rounds are over."""
        for _ in range(rounds):
            if self.work():
                continue
            moment = self.store.read_now(lambda conn: next_free_due(conn, "ferry", 0.0))
            if moment is None:
                return
            self.clock.advance(max(0.0, (moment - self.clock.now()).total_seconds()))

    def do(self, command: Any, *args: Any, **named: Any) -> Any:
        """Run one of the commands in a transaction of its own."""
        return self.store.write_now(lambda conn: command(conn, self.actor, *args, **named))

    def do_for_all(self, command: Any, *args: Any) -> Any:
        """Run one of the commands that concern every centre, as the hub's operator."""
        return self.store.write_now(lambda conn: command(conn, HubActor("key:operator"), *args))

    def referral(self, referral_id: str) -> ReferralRecord:
        """Read a referral."""
        found = self.store.read_now(lambda conn: referral_by_id(conn, referral_id))
        assert found is not None
        return found

    def deliveries(self, referral_id: str) -> list[DeliveryRecord]:
        """Read the deliveries of a referral."""
        return self.store.read_now(lambda conn: deliveries_of(conn, referral_id))

    def events(self, referral_id: str) -> list[tuple[str, str | None]]:
        """Read the events of a referral: kind, and what changed."""
        told = self.store.read_now(lambda conn: events_of(conn, referral_id))
        return [(event.kind, event.delivery or event.business or event.reason) for event in told]

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def fact(business: BusinessStatus, minute: int = 0, **more: Any) -> Fact:
    """Return a fact that happened some minutes after the start."""
    return Fact(business, f"raw-{business}", START.replace(minute=minute), **more)


def consent(items: list[str], **changes: Any) -> dict[str, Any]:
    """Return a third-party consent for the test agency."""
    return {
        "recipient": "ferry",
        "type": "third_party",
        "purposes": ["WEL-BASIC"],
        "purpose_text": "사회보장급여 의뢰",
        "items": items,
        "retention": "5년",
        "refusal_right_notified": True,
        "disadvantage_notified": True,
        "required": True,
        "method": "written",
        "form_sha256": "a" * 64,
        "evidence_reference": "paper/1",
        "signed_at": "2026-03-01T10:00:00+09:00",
    } | changes


def case_document(name: str, consents: Papers, **client: Any) -> dict[str, Any]:
    """Return a document with one referral to the test agency."""
    client = {
        "name": name, "birth_date": "1980-01-02", "phones": ["010-0000-1234"],
        "debts": [{"creditor": "가상캐피탈", "amount": 1000, "secured": False, "days_overdue": 1}], **client,
    }  # fmt: skip
    referral = {
        "service_code": "WEL-BASIC", "counselled_on": "2026-03-01", "referred_on": "2026-03-02",
        "officer_name": "이담당", "officer_phone": "031-000-1111", "opinion": "생계가 어려움",
    }  # fmt: skip
    return {"client": client, "consents": consents, "referrals": [referral]}
