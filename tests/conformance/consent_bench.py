"""The hub's real intake, store, gating and worker before every real adapter, whose wire keeps what is said.

Nobody answers as the contract says: what leaves is what counts here. Consents are stored as they are drawn, also those
that the door would have refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from fault_bench import CONFIG
from fault_rows import adapters

from adapters.sdk import Gate, Verb, Wires, capabilities
from adapters.sdk.catalogue import installed_catalogues
from adapters.sdk.registry import installed_adapters
from adapters.sdk.settings import AdapterSettings
from adapters.sdk.testing import Listener, full_document, marks_of
from adapters.sdk.testing.evidence import shown
from adapters.sdk.testing.listeners import HttpListener, TelegramListener, readings
from hub.access.actor import Actor
from hub.access.holders import CENTRE, add_holder
from hub.agencies import Agencies, Agency, AgencyState
from hub.cli.stage.folder import StageFolder
from hub.cli.stage.settings import hub_environ
from hub.clock import ManualClock, wall_now
from hub.configuration import read_settings
from hub.consent.mint import Mint
from hub.consent.records import ConsentRecord, Statute
from hub.delivery.batches.clerk import Clerk
from hub.delivery.consents import Consents
from hub.delivery.room import Room
from hub.delivery.worker import Worker
from hub.intake.filing import Filing
from hub.settings import DeliverySettings, Route, RoutingSettings
from hub.store.attempts import AttemptRecord, disclosing_attempts
from hub.store.consents import insert_consent
from hub.store.deliveries import delivery_of_kind, update_delivery
from hub.store.referrals import ReferralRecord, referral_by_id
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.vault.vault import Vault
from mocks.kit.agency import BatchMock, TelegramMock
from mocks.kit.pki import Certificates
from mocks.kit.registry import installed_mocks
from schemas.case import CaseDocument
from schemas.disclosure import FIELD_PATHS
from schemas.privacy import prune
from schemas.services import ServiceCode

NOW = datetime(2025, 1, 13, 1, 30, tzinfo=UTC)
"""A Monday, 10:30 in Korea, after the sample document's days."""
_CUT_OFF_LATER = timedelta(hours=8).total_seconds()
_TOKEN = {"access_token": "t", "token_type": "Bearer", "expires_in": 600}
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own in it; no disk to wait for


@dataclass(frozen=True)
class Told:
    """What left for one referral: the fields whose marks were on the wire, and those that the journal names."""

    on_the_wire: frozenset[str]
    in_the_journal: frozenset[str]
    referral: ReferralRecord


class ConsentBench:
    """One agency's adapter behind the hub, on a store of its own. Every case is of a centre of its own."""

    def __init__(self, slug: str, folder: Path, certificates: Certificates) -> None:
        self.slug, self.folder = slug, folder
        self.profile = adapters()[slug].profile
        self._root = certificates.folder.parents[2]
        self._settings = _settings(slug, folder, certificates)
        self.store = Store(f"sqlite:///{folder / 'naru.db'}")
        self.store.write_now(make_or_check)
        self.vault = Vault.open(self.store, folder / "keys" / "kek")
        self._numbers = count()

    @property
    def takes_files(self) -> bool:
        """Whether the agency takes files."""
        return Verb.FOLD in capabilities(adapters()[self.slug])

    def recipient(self, service: ServiceCode) -> str:
        """Return who receives a referral of the sample document, as consents name them."""
        return self.refer(service, [], []).recipient

    def refer(self, service: ServiceCode, consents: Sequence[ConsentRecord], statutes: Sequence[Statute]) -> Case:
        """Take over a case with one referral, under these consents and laws; nothing is sent yet."""
        clock, gate, wire = ManualClock(NOW), Gate(), _listener(self.slug)
        mint = Mint(gate)
        leave = mint.leave_for_tokens(self.slug)
        wires = Wires(self.slug, gate, leave=leave) if wire is None else wire.wires(self.slug, gate, leave)
        kind = adapters()[self.slug]
        with contextlib.chdir(self._root):  # relative paths of the configuration start where the hub is started
            adapter: Any = kind(self._settings, wires)
        agency = Agency(self.slug, AgencyState.ACTIVE, self.profile, capabilities(kind), adapter)
        room = Room(clock, self.vault, gate, mint, Agencies({self.slug: agency}), DeliverySettings(), statutes)
        number = next(self._numbers)
        centre: Any = self.store.write_now(lambda conn: add_holder(conn, CENTRE, f"센터 {number}", NOW))
        actor = Actor("key:test", getattr(centre, "id", centre))
        routes = {code: (Route(agency=self.slug, valid_from=NOW.date()),) for code in self.profile.services}
        filing = Filing(clock, self.vault, room.agencies, RoutingSettings(services=routes))
        document = case_document(service)

        def take(conn: Any) -> str:
            file = filing.open_case(conn, actor, document)
            for one in consents:
                own = replace(one, id=f"{one.id}_{number}", case_id=file.case_id, centre_id=actor.centre_id)
                insert_consent(conn, own, b"sealed")
            return filing.add_referral(conn, file, document.referrals[0]).id

        return Case(self, room, wire, actor, self.store.write_now(take), number)

    def close(self) -> None:
        """Close the store."""
        self.store.close()


@dataclass
class Case:
    """One referral on its way."""

    bench: ConsentBench
    room: Room
    wire: Listener | None
    actor: Actor
    referral_id: str
    number: int

    @property
    def recipient(self) -> str:
        """Who receives it."""
        referral = self._referral()
        return referral.agency if referral.office is None else f"{referral.agency}:{referral.office}"

    def withdraw(self, consent: ConsentRecord) -> None:
        """Take one of its consents back."""
        work = partial(Consents(self.room).withdraw, actor=self.actor, consent_id=f"{consent.id}_{self.number}")
        self.bench.store.write_now(work)

    def send(self) -> Told:
        """Let the hub do what is due; return what left."""
        asyncio.run(self._work())
        said = self._said()
        attempts = self._attempts()
        on_the_wire = frozenset(shown("\n".join(said), marks_of()))
        in_the_journal = frozenset(path for attempt in attempts for path in attempt.fields)
        return Told(on_the_wire, in_the_journal, self._referral())

    async def _work(self) -> None:
        store, active = self.bench.store, self.room.agencies.active[self.bench.slug]
        if self.bench.takes_files:
            clock: Any = self.room.clock
            clock.advance(_CUT_OFF_LATER)
            await Clerk(store, self.room, active).work()
            return
        delivery = store.read_now(lambda conn: delivery_of_kind(conn, self.referral_id, Verb.SUBMIT))
        assert delivery is not None
        turn = partial(update_delivery, delivery_id=delivery.id, picked_until_wall=wall_now().timestamp() + 600.0)
        store.write_now(turn)
        await Worker(store, self.room).work(delivery.id)

    def _said(self) -> list[str]:
        if self.wire is not None:
            return [self.wire.text(one) for one in (*self.wire.requests, *self.wire.tokens)]
        files = list((self.bench.folder / "in").iterdir())
        said = [text for path in files for text in readings(path.read_bytes())]
        for path in files:
            path.unlink()
        return said

    def _attempts(self) -> list[AttemptRecord]:
        return self.bench.store.read_now(lambda conn: disclosing_attempts(conn, self.referral_id))

    def _referral(self) -> ReferralRecord:
        found = self.bench.store.read_now(lambda conn: referral_by_id(conn, self.referral_id))
        assert found is not None
        return found


def case_document(service: ServiceCode) -> CaseDocument:
    """Return a centre's document in which every field is filled but the number for people without an RRN."""
    told = prune(full_document(service), frozenset(FIELD_PATHS) - {"client.admin_number"})
    told_json = json.loads(told.model_dump_json(exclude_none=True))
    return CaseDocument.model_validate_json(
        json.dumps({"client": told_json["client"], "referrals": [told_json["referral"]]})
    )


def slugs() -> Iterable[str]:
    """Return every installed agency."""
    return adapters()


@contextlib.contextmanager
def opened(slug: str, folder: Path, certificates: Certificates) -> Iterator[ConsentBench]:
    """Open a bench in a folder, and close it."""
    for name in ("in", "out"):
        (folder / name).mkdir(mode=0o700)
    bench = ConsentBench(slug, folder, certificates)
    try:
        yield bench
    finally:
        bench.close()


def _listener(slug: str) -> Listener | None:
    """Return a wire that keeps what is said, of the agency's kind; None for files, which stay where they are laid."""
    (mock,) = installed_mocks([slug])
    if issubclass(mock, BatchMock):
        return None
    if issubclass(mock, TelegramMock):
        return TelegramListener(_nobody)
    return HttpListener(httpx.MockTransport(lambda _: httpx.Response(200, json=_TOKEN)), lambda _: False)


async def _nobody(_said: bytes) -> bytes:
    return b""


def _settings(slug: str, folder: Path, certificates: Certificates) -> AdapterSettings:
    """Return the demo's settings of one agency, at an address where nobody is."""
    (mock,) = installed_mocks([slug])
    url = "https://127.0.0.1:9"
    if issubclass(mock, BatchMock):
        url = folder.as_uri()
    elif issubclass(mock, TelegramMock):
        url = "tcp://127.0.0.1:9"
    stage = StageFolder(certificates.folder.parent, certificates, b"")
    places = {"control_url": "http://127.0.0.1:9/_mock", "agencies": {slug: url}}
    others = {f"NARU_ADAPTERS__{other}__ENABLED".upper(): "false" for other in adapters() if other != slug}
    others |= {f"NARU_CATALOGUES__{other}__ENABLED".upper(): "false" for other in installed_catalogues()}
    patient = {f"NARU_ADAPTERS__{slug}__TIMEOUT_SECONDS".upper(): "120"}  # what is given up may still be written later
    environ = hub_environ(stage, places, [slug] if mock.callbacks else [], "secret") | others | patient
    return read_settings(CONFIG, environ, installed_adapters()).adapters[slug]
