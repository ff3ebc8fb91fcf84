"""The 시군 주민센터 adapter, connected to the mock over real sockets, and the orders that a hub would give it."""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from rest_contract import Judge

from adapters.community_center import CommunityCenter
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import (
    Acknowledged,
    Delivered,
    Disclose,
    FindOrder,
    Found,
    Gate,
    InboundCall,
    NotFound,
    Reconcile,
    Refused,
    StatusOrder,
    SubmitOrder,
    SupplementOrder,
    Wires,
    Withdraw,
    WithdrawOrder,
)
from adapters.sdk.decisions import AnyDecision, steady_now
from adapters.sdk.testing import Subject
from mocks.community_center import CommunityCenterMock
from mocks.kit.run import MockServer
from schemas.disclosure import Disclosure
from schemas.privacy import prune
from schemas.status import BusinessStatus

SLUG = "community_center"
GOLDEN = Path(__file__).parents[1] / "contract" / SLUG
SECRET = "shared-test-secret"
UIJEONGBU, SUWON, GWACHEON = "3820000", "3740000", "3970000"
PROFILE = CommunityCenter.profile
NUMBERS = count(1)
B = BusinessStatus


def document(adm_cd: str = "4115010100", service: str = "WEL-EMERG") -> Disclosure:
    """Return what the offices may see of a sample person."""
    whole = Disclosure.model_validate({
        "client": {
            "name": "김나루",
            "birth_date": "1991-03-04",
            "sex": "female",
            "phones": ["010-0000-2345"],
            "address": {"zip_no": "11622", "road_addr_part1": "경기도 의정부시 시민로 1", "adm_cd": adm_cd},
            "household": {"size": 2, "monthly_income": 900_000, "median_income_percent": 41},
            "debts": [{"creditor": "가상캐피탈", "amount": 5_000_000, "secured": False, "days_overdue": 95}],
            "health_condition": "천식",
        },
        "referral": {
            "service_code": service,
            "kind": "service",
            "urgency": "urgent",
            "counselled_on": "2024-05-02",
            "referred_on": "2024-05-03",
            "officer_name": "이담당",
            "officer_phone": "031-000-1111",
            "opinion": "월세가 밀려 거처를 잃을 처지임.\n긴급지원이 필요함",
        },
    })  # fmt: skip
    return prune(whole, PROFILE.discloses)


class Desk:
    """An adapter that is connected to a mock, and the orders that a hub would give it."""

    def __init__(self, mocks: MockServer, base_url: str | None = None, timeout: float = 5.0) -> None:
        self.mocks = mocks
        self.counter = mocks.counters[SLUG]
        self.gate = Gate()
        settings = CommunityCenterSettings(
            base_url=base_url or mocks.url_of(SLUG), timeout_seconds=timeout, callback_secret=SECRET
        )
        self.adapter = CommunityCenter(settings, Wires(SLUG, self.gate))

    def _stamped(self, decision: AnyDecision) -> AnyDecision:
        return self.gate.stamp(decision)

    def _common(self, key: str, office: str) -> dict[str, Any]:
        return {"wire_key": key, "message_id": "0" * 32, "office": office, "sent_at": datetime.now(UTC)}

    def _decision(self, office: str) -> dict[str, Any]:
        return {
            "attempt_id": f"attempt-{next(NUMBERS)}",
            "recipient": f"{SLUG}:{office}",
            "send_by": steady_now() + 30,
        }

    def _disclose(self, office: str) -> Disclose:
        return self._stamped(Disclose(**self._decision(office), fields=PROFILE.discloses, bases={}, fields_hmac=""))

    async def submit(self, key: str, office: str = UIJEONGBU, told: Disclosure | None = None) -> Delivered | Refused:
        """Register; a new decision for each attempt, as the hub makes them."""
        return await self.adapter.submit(
            SubmitOrder(**self._common(key, office), decision=self._disclose(office), document=told or document())
        )

    async def find(self, key: str, office: str = UIJEONGBU) -> Found | NotFound:
        """Look up by key."""
        decision = self._stamped(Reconcile(**self._decision(office)))
        return await self.adapter.find(FindOrder(**self._common(key, office), decision=decision))

    async def status(self, key: str, receipt: str, office: str = UIJEONGBU) -> list[BusinessStatus]:
        """Poll; return what happened, in order."""
        decision = self._stamped(Reconcile(**self._decision(office)))
        order = StatusOrder(**self._common(key, office), decision=decision, receipt=receipt)
        return [fact.business for fact in (await self.adapter.status(order)).facts]

    async def withdraw(self, key: str, receipt: str, office: str = UIJEONGBU) -> Acknowledged | Refused:
        """Withdraw."""
        decision = self._stamped(Withdraw(**self._decision(office)))
        return await self.adapter.withdraw(
            WithdrawOrder(**self._common(key, office), decision=decision, receipt=receipt)
        )

    async def supplement(self, key: str, receipt: str, supplement_key: str) -> Acknowledged | Refused:
        """Send what was asked for."""
        return await self.adapter.supplement(
            SupplementOrder(
                **self._common(key, UIJEONGBU), decision=self._disclose(UIJEONGBU), document=document(),
                receipt=receipt, supplement_key=supplement_key,
            )
        )  # fmt: skip

    def fault(self, name: str, operation: str = "*", **more: float) -> None:
        """Let one fault strike from now on."""
        self.counter.faults.set({"faults": [{"name": name, "operation": operation, **more}]})

    def behave(self) -> None:
        """Let no fault strike any more."""
        self.counter.faults.clear()

    def advance(self, key: str, state: str, **more: str) -> None:
        """Move a case on, as the office."""
        self.counter.mock.advance({"key": key, "to": state, **more})

    def acts(self, operation: str = "register") -> list[str]:
        """Return the keys of the acts that the agency accepted, by its own record."""
        return [act.key for act in self.counter.desk.ledger.acts if act.operation == operation]


def said(request: httpx.Request) -> str:
    """Write what the office reads of a request: path and body, without the header, which is new in every message."""
    return f"{request.url.path} {json.dumps(json.loads(request.content)['body'], ensure_ascii=False)}"


def subject_for(mocks: MockServer) -> Subject:
    """Return what the suite is told of the offices."""
    settings = CommunityCenterSettings(enabled=True, base_url=mocks.url_of(SLUG), callback_secret=SECRET)
    return Subject(
        adapter=CommunityCenter,
        settings=settings,
        agency=httpx.AsyncHTTPTransport(),
        problems=Judge(SLUG).problems,
        said=said,
        office=UIJEONGBU,
        calls=signed_call,
        notices=tuple((GOLDEN / f"adapter_{name}_notice.json").read_bytes() for name in ("status", "transfer")),
    )


def signed_call(body: bytes) -> InboundCall:
    """Make a notice with this body, as an office signs it now."""
    now = datetime.now(UTC)
    stamp = str(int(now.timestamp()))
    signature = hmac.digest(SECRET.encode(), stamp.encode() + b"." + body, "sha256").hex()
    headers = {"x-linkage-timestamp": stamp, "x-linkage-signature": f"sha256={signature}"}
    return InboundCall("POST", "", headers, body, now)


def new_key() -> str:
    """Make a key as the hub does."""
    return PROFILE.wire_key.make(datetime.now(UTC))


@asynccontextmanager
async def connected(seconds: float = 5.0) -> AsyncIterator[Desk]:
    """Serve the mock on a free port and connect the adapter to it."""
    async with MockServer([CommunityCenterMock], {SLUG: {"callback_secret": SECRET}}) as mocks:
        desk = Desk(mocks, timeout=seconds)
        try:
            yield desk
        finally:
            await desk.adapter.aclose()
