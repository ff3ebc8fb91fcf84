"""Intake on a real store, with one agency that has offices, one that is switched off, and made-up clients."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from adapters.sdk import Adapter, AdapterSettings, Gate, Profile, Repeat, WireKey
from hub.access.actor import Actor
from hub.access.holders import CENTRE, add_holder, list_holders
from hub.clock import ManualClock
from hub.consent.mint import Mint
from hub.delivery.consents import Consents
from hub.delivery.room import Room
from hub.intake.doorkeeper import Doorkeeper
from hub.intake.filing import Filing
from hub.intake.intake import Intake
from hub.intake.promises import AcceptedCase, AcceptedConsents
from hub.settings import DeliverySettings, LimitsSettings, Route, RoutingSettings
from hub.store.consents import consents_of_case
from hub.store.referrals import ReferralRecord, referral_by_id
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.tables import metadata
from hub.vault.vault import Vault
from hub.wiring import build_agencies
from schemas.case import CaseDocument
from schemas.consent import Consent
from schemas.disclosure import Disclosure
from schemas.services import ServiceCode

START = datetime(2025, 3, 17, 1, 0, tzinfo=UTC)
OFFICE, OUTSIDE = "4115010100", "1111010100"
RRN = "8503031000000"


class Pier(Adapter[AdapterSettings]):
    """Has one office, in charge of 의정부."""

    profile = Profile(
        slug="pier",
        title="선착장",
        wire="in memory",
        contract_basis="assumed",
        services=frozenset({ServiceCode.WEL_CASE, ServiceCode.WEL_NEAR}),
        discloses=frozenset({"client.name", "client.address.adm_cd"}),
        requires=frozenset({"client.name"}),
        repeat=Repeat.KEYED,
        wire_key=WireKey(20, "PR"),
    )

    def office_for(self, document: Disclosure, day: date) -> str | None:
        address = document.client.address
        return "3820000" if address is not None and (address.adm_cd or "").startswith("4115") else None


class Buoy(Adapter[AdapterSettings]):
    """Installed, and not enabled."""

    profile = Profile(
        slug="buoy",
        title="부표",
        wire="in memory",
        contract_basis="assumed",
        services=frozenset({ServiceCode.JOB_COUNSEL}),
        discloses=frozenset({"client.name"}),
        requires=frozenset({"client.name"}),
        repeat=Repeat.KEYED,
        wire_key=WireKey(32),
    )


SERVICES: Mapping[ServiceCode, tuple[Route, ...]] = {
    ServiceCode.WEL_CASE: (Route(agency="pier", valid_from=date(2025, 1, 1)),),
    ServiceCode.WEL_NEAR: (Route(agency="pier", valid_from=date(2025, 3, 18)),),
    ServiceCode.JOB_COUNSEL: (Route(agency="buoy", valid_from=date(2025, 1, 1)),),
    ServiceCode.LOAN_MISO: (Route(agency="elsewhere", valid_from=date(2025, 1, 1)),),
}


def rule(name: str, first: str, **condition: Any) -> dict[str, Any]:
    """Make a rule for WEL-CASE as configuration writes it."""
    return {
        "id": name, "services": ["WEL-CASE"], "any_of": [condition], "words": f"{name} 기준", "source": "시험 고시",
        "mark": "A", "from": first,
    }  # fmt: skip


ROUTING = RoutingSettings.model_validate(
    {
        "services": SERVICES,
        "rules": [
            rule("income", "2025-01-01", fact="median_income_percent", at_most=120),
            rule("debt", "2025-01-01", fact="total_debt", at_most=1_000_000),
            rule("debt-later", "2025-03-18", fact="total_debt", at_most=500_000),
        ],
    }
)


@dataclass
class Bench:
    """Intake and what it writes to."""

    store: Store
    vault: Vault
    clock: ManualClock
    intake: Intake
    consents: Consents
    actor: Actor
    stranger: Actor
    wakes: list[int]

    async def accept(self, key: str, document: CaseDocument, actor: Actor | None = None) -> AcceptedCase:
        """Hand a document over."""
        return await self.intake.accept_case(actor or self.actor, key, document.model_dump_json(), document)

    async def add(self, key: str, case_id: str, *given: dict[str, Any]) -> AcceptedConsents:
        """Hand consents in that a client gave later."""
        read = [Consent.model_validate_json(json.dumps(one)) for one in given or (consent(),)]
        body = json.dumps([case_id, *given])
        return await self.intake.accept_consents(self.actor, key, body, case_id, read)

    def live(self, case_id: str) -> set[str]:
        """Return the ids of a case's consents that nobody withdrew."""
        found = self.store.read_now(lambda conn: consents_of_case(conn, case_id))
        return {one.id for one in found if one.withdrawn_at is None}

    def withdraw(self, consent_id: str) -> None:
        """Take a consent back."""
        self.store.write_now(partial(self.consents.withdraw, actor=self.actor, consent_id=consent_id))

    def rows(self) -> dict[str, int]:
        """Count the rows of every table that intake writes."""
        tables = [
            table for table in metadata.sorted_tables if table.name not in {"centres", "api_keys", "vault_keys", "keks"}
        ]
        counts = self.store.read_now(
            lambda conn: {
                table.name: conn.execute(select(func.count()).select_from(table)).scalar() for table in tables
            }
        )
        return {name: count for name, count in counts.items() if count}

    def written(self) -> bytes:
        """Return all that the store wrote."""
        path = Path(self.store.url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))

    def referral(self, accepted: AcceptedCase, position: int = 0) -> ReferralRecord:
        """Return a referral as it is stored."""
        found = self.store.read_now(lambda conn: referral_by_id(conn, accepted.referrals[position].id))
        assert found is not None
        return found


@contextmanager
def bench_in(folder: Path) -> Iterator[Bench]:
    """Open intake in a folder, again and again if asked to."""
    store = Store(f"sqlite:///{folder}/naru.db")
    store.write_now(make_or_check)
    vault, clock, wakes = Vault.open(store, folder / "keys" / "kek"), ManualClock(START), list[int]()
    installed: dict[str, Any] = {"pier": Pier, "buoy": Buoy}
    settings = {"pier": AdapterSettings(enabled=True), "buoy": AdapterSettings()}
    gate = Gate()
    agencies = build_agencies(settings, installed, gate)
    consents = Consents(Room(clock, vault, gate, Mint(gate), agencies, DeliverySettings(), ()))
    filing = Filing(clock, vault, agencies, ROUTING)
    actors = [Actor(f"key:{name}", store.write_now(partial(_centre, name=name))) for name in "ab"]
    try:
        doorkeeper = Doorkeeper(store, clock, LimitsSettings(min_free_bytes=0))
        intake = Intake(store, clock, vault, filing, consents, doorkeeper, lambda: wakes.append(1))
        yield Bench(store, vault, clock, intake, consents, *actors, wakes)
    finally:
        store.close()


def _centre(conn: Connection, name: str) -> str:
    known = {centre.name: centre.id for centre in list_holders(conn, CENTRE, START)}
    return known.get(name) or add_holder(conn, CENTRE, name, START)


def document(
    *services: str, adm_cd: str | None = OFFICE, consents: list[dict[str, Any]] | None = None, **client: Any
) -> CaseDocument:
    """Make a document of a made-up client."""
    person = {"name": "홍길동", "birth_date": "1985-03-03", "phones": ["010-0000-1234"], **client}
    if adm_cd is not None:
        person["address"] = {"road_addr_part1": "경기도 의정부시 나루로 1", "adm_cd": adm_cd}
    referrals = [
        {
            "service_code": service, "counselled_on": "2025-03-17", "referred_on": "2025-03-17",
            "officer_name": "김나루", "officer_phone": "031-000-0100", "opinion": "도움이 필요함.",
        }
        for service in services or ("WEL-CASE",)
    ]  # fmt: skip
    said = {"reference": "visit-1", "client": person, "consents": consents or [consent()], "referrals": referrals}
    return CaseDocument.model_validate_json(json.dumps(said))


def consent(**changes: Any) -> dict[str, Any]:
    """Make a consent as a centre hands it in."""
    return {
        "recipient": "pier:3820000", "type": "third_party", "purposes": ["WEL-CASE"], "purpose_text": "사례관리 의뢰",
        "items": ["client.name"], "retention": "5년", "refusal_right_notified": True, "disadvantage_notified": True,
        "required": True, "method": "written", "form_sha256": "0" * 64, "evidence_reference": "forms/1",
        "signed_at": "2025-03-17T09:00:00+09:00", **changes,
    }  # fmt: skip
