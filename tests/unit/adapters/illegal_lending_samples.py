"""Golden messages of 불법사금융 피해구제, the documents behind them, and orders of obviously fake people."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from adapters.illegal_lending import IllegalLending
from adapters.illegal_lending.settings import IllegalLendingSettings
from adapters.sdk import SubmitOrder
from adapters.sdk.decisions import Disclose
from adapters.sdk.testing import Subject, bench_of
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths, prune

GOLDEN = Path(__file__).parents[2] / "contract" / "illegal_lending"
TRAN_ID = "00112233445566778899aabbccddeeff"
RECEIPT = "IL20250304-000001"
PROFILE = IllegalLending.profile

LEAST: dict[str, Any] = {
    "client": {
        "name": "홍길동",
        "birth_date": "1968-02-09",
        "phones": ["010-0000-0001"],
        "debts": [{"creditor_phone": "010-0000-9001"}],
    },
    "referral": {"service_code": "ILLEGAL-LEND", "referred_on": "2025-03-04"},
}
WHOLE: dict[str, Any] = {
    "client": {
        "name": "김나루똠",
        "birth_date": "1991-03-04",
        "sex": "female",
        "rrn": "9103042000000",
        "phones": ["010-0000-0002", "031-000-0002"],
        "address": {"zip_no": "11600", "road_addr_part1": "경기도 의정부시 나루로 12", "addr_detail": "101동 1203호"},
        "debts": [
            {
                "creditor": "똠방각하대부", "creditor_phone": "010-0000-9001", "amount": 3_000_000, "secured": False,
                "days_overdue": 41, "taken_on": "2024-11-05", "annual_rate_percent": 243.3,
                "illegal_collection": True, "learned_through": "문자 광고",
            },
            {
                "creditor": "다라카드", "amount": 6_200_000, "secured": False, "days_overdue": 97,
                "annual_rate_percent": 17.0, "illegal_collection": False,
            },
        ],
        "related_persons": [
            {"name": "홍어머니", "relation": "모", "phone": "010-0000-0003"},
            {"name": "김이웃", "relation": "이웃"},
        ],
    },
    "referral": {
        "service_code": "LAW-AGENT",
        "referred_on": "2025-03-04",
        "counselled_on": "2025-03-03",
        "urgency": "urgent",
        "officer_name": "이상담",
        "officer_phone": "031-000-0110",
        "opinion": "하루 열 번 넘게 전화가 옴.\n가족에게도 연락함 (뷁상사)",
    },
}  # fmt: skip


def document(told: dict[str, Any] = LEAST, **client: object) -> Disclosure:
    """Return what the agency may see of a sample, with some fields of the client replaced."""
    whole = Disclosure.model_validate({**told, "client": {**told["client"], **client}})
    return prune(whole, PROFILE.discloses)


def order(told: Disclosure) -> SubmitOrder:
    """Return an order for the mapping alone; its decision opens no wire."""
    decision = Disclose(
        attempt_id="1", recipient=PROFILE.slug, send_by=0, fields=present_paths(told), bases={}, fields_hmac=""
    )
    return SubmitOrder(
        wire_key="NR20250304ABCDEFGHJK", message_id=TRAN_ID, sent_at=datetime(2025, 3, 4, tzinfo=UTC),
        decision=decision, document=told,
    )  # fmt: skip


def golden(name: str) -> bytes:
    """Return the bytes of one message."""
    return (GOLDEN / name).read_bytes()


@dataclass
class Agency:
    """Answers every form with the same reply, and keeps what was sent."""

    reply: bytes
    status: int = 200
    content_type: str = "text/xml; charset=EUC-KR"
    sent: httpx.Request | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.sent = request
        return httpx.Response(self.status, content=self.reply, headers={"content-type": self.content_type})


@asynccontextmanager
async def talking_to(agency: Callable[[httpx.Request], httpx.Response]) -> Any:
    """Build the adapter before this agency; orders of its bench carry `TRAN_ID`."""
    subject = Subject(
        adapter=IllegalLending,
        settings=IllegalLendingSettings(enabled=True, base_url="http://relief.invalid/app"),
        agency=httpx.MockTransport(agency),
        problems=lambda _: [],
        said=lambda _: "",
    )
    async with bench_of(subject) as bench:
        yield bench


def tied(made: Any) -> Any:
    """Return an order whose message id is that of the golden messages."""
    return replace(made, message_id=TRAN_ID)
