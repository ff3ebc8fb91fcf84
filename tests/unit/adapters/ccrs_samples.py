"""What the tests of the 신용회복위원회 adapter share: a sample person, golden messages, an agency in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from raw_wire import Decisions

from adapters.ccrs import Ccrs
from adapters.ccrs.settings import CcrsSettings
from adapters.sdk import (
    FindOrder,
    Gate,
    Impersonal,
    Reconcile,
    StatusOrder,
    SubmitOrder,
    SupplementOrder,
    Verb,
    Wires,
    Withdraw,
    WithdrawOrder,
    WithdrawReason,
)
from mocks.kit.pki import Certificates
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths, prune

GOLDEN = Path(__file__).parents[2] / "contract" / "ccrs"
KEY, SUPPLEMENT_KEY = "NR20250115ABCDEFGHJKMNPQRSTVWXYZ0123", "NR20250120ABCDEFGHJKMNPQRSTVWXYZ0123"
RECEIPT = "C202501150000001"
SECRET = "비밀-shared-test"
TOKEN = "a-token-of-the-tests"
SENT_AT = datetime(2025, 1, 15, 0, 30, tzinfo=UTC)
JSON = {"content-type": "application/json; charset=utf-8"}

DOCUMENT = Disclosure.model_validate({
    "client": {
        "name": "홍길동",
        "birth_date": "1968-02-09",
        "sex": "male",
        "rrn": "6802091000000",
        "phones": ["010-0000-0001", "031-000-0002"],
        "address": {
            "zip_no": "11600",
            "road_addr_part1": "경기도 의정부시 나루로 12",
            "addr_detail": "101동 1203호",
            "adm_cd": "4115010100",
        },
        "household": {"size": 2, "monthly_income": 680_000, "median_income_percent": 29},
        "debts": [
            {"creditor": "가나저축은행", "amount": 18_500_000, "secured": False, "days_overdue": 97,
             "taken_on": "2021-03-05", "creditor_phone": "010-0000-9001"},
            {"creditor": "똠방캐피탈", "amount": 6_200_000, "secured": True, "days_overdue": 124},
        ],
        "employment": {"status": "unemployed", "wanted_job": "용접"},
        "health_condition": "천식",
    },
    "referral": {
        "service_code": "DEBT-IND",
        "kind": "service",
        "urgency": "normal",
        "counselled_on": "2025-01-14",
        "referred_on": "2025-01-15",
        "officer_name": "이상담",
        "officer_phone": "031-000-0110",
        "opinion": "실직 뒤 카드와 저축은행 채무를 연체함.\n개인워크아웃을 희망함",
    },
})  # fmt: skip
"""More than the agency may see, as a careless hub might hand it over: pruned before use."""

LEAST = Disclosure.model_validate({
    "client": {
        "name": "홍길동",
        "birth_date": "1968-02-09",
        "phones": ["010-0000-0001"],
        "debts": [{"creditor": "가나저축은행", "amount": 0, "secured": False, "days_overdue": 0}],
    },
    "referral": {"service_code": "DEBT-FAST", "referred_on": "2025-01-15"},
})  # fmt: skip
"""What an application cannot do without."""


def golden(name: str) -> Any:
    """Read a hand-made message."""
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def compact(message: Any) -> bytes:
    """Write a message as it goes onto the wire."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def reply(message: Any, status: int, **headers: str) -> httpx.Response:
    """Answer with a message as JSON; pass bytes to answer with just those."""
    body = message if isinstance(message, bytes) else compact(message)
    return httpx.Response(status, content=body, headers=JSON | headers)


def settings_of(certificates: Certificates, **more: Any) -> CcrsSettings:
    """Return settings of an agency that is in this process."""
    told = {
        "base_url": "https://ccrs.test/ccrs",
        "certificate": certificates.certificate("hub-client"),
        "key": certificates.key("hub-client"),
        "ca": certificates.ca,
        "client_id": "NARU-TEST",
        "client_secret": "open sesame",
        "callback_secret": SECRET,
    }
    return CcrsSettings.model_validate(told | more)


@dataclass
class FakeAgency:
    """An adapter over an in-process transport, and what it sent; tokens are given to everybody."""

    certificates: Certificates
    answer: Callable[[httpx.Request], httpx.Response]
    sent: list[httpx.Request] = field(default_factory=list)
    tokens: int = 0

    def __post_init__(self) -> None:
        self.gate = Gate()
        self.decisions = Decisions(self.gate)
        wires = Wires("ccrs", self.gate, httpx.MockTransport(self._take), lambda: self.impersonal)
        self.adapter = Ccrs(settings_of(self.certificates), wires)

    def _take(self, request: httpx.Request) -> httpx.Response:
        if request.url.raw_path.endswith(b"/oauth2/token"):
            self.tokens += 1
            return reply({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}, 200)
        self.sent.append(request)
        return self.answer(request)

    @property
    def request(self) -> httpx.Request:
        """The one request that was sent."""
        (request,) = self.sent
        return request

    @property
    def impersonal(self) -> Impersonal:
        """A leave to call about nobody."""
        return self.decisions.other(Impersonal, "ccrs")

    def submit_order(self, document: Disclosure = DOCUMENT) -> SubmitOrder:
        """Order an application of `document`, pruned to what the agency may see."""
        kept = prune(document, Ccrs.profile.discloses)
        decision = self.decisions.disclose("ccrs", fields=present_paths(kept))
        return SubmitOrder(wire_key=KEY, message_id="0" * 32, sent_at=SENT_AT, decision=decision, document=kept)

    def supplement_order(self, document: Disclosure = DOCUMENT) -> SupplementOrder:
        """Order a supplement."""
        kept = prune(document, Ccrs.profile.need_of(Verb.SUPPLEMENT).discloses)
        decision = self.decisions.disclose("ccrs", fields=present_paths(kept))
        return SupplementOrder(
            wire_key=KEY, message_id="0" * 32, sent_at=SENT_AT, decision=decision, document=kept,
            receipt=RECEIPT, supplement_key=SUPPLEMENT_KEY,
        )  # fmt: skip

    def find_order(self) -> FindOrder:
        """Order a look-up by our key."""
        decision = self.decisions.other(Reconcile, "ccrs")
        return FindOrder(wire_key=KEY, message_id="0" * 32, sent_at=SENT_AT, decision=decision)

    def status_order(self, receipt: str = RECEIPT) -> StatusOrder:
        """Order a poll by receipt."""
        decision = self.decisions.other(Reconcile, "ccrs")
        return StatusOrder(wire_key=KEY, message_id="0" * 32, sent_at=SENT_AT, decision=decision, receipt=receipt)

    def withdraw_order(self, reason: WithdrawReason = WithdrawReason.CONSENT_WITHDRAWN) -> WithdrawOrder:
        """Order a withdrawal."""
        decision = self.decisions.other(Withdraw, "ccrs")
        return WithdrawOrder(
            wire_key=KEY, message_id="0" * 32, sent_at=SENT_AT, decision=decision, receipt=RECEIPT, reason=reason
        )
