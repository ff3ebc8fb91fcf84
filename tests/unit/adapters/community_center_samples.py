"""A fake office behind an in-process transport, golden messages, and orders of obviously fake people."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from raw_wire import Decisions

from adapters.community_center import CommunityCenter
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import (
    FindOrder,
    Gate,
    Reconcile,
    StatusOrder,
    SubmitOrder,
    SupplementOrder,
    Wires,
    Withdraw,
    WithdrawOrder,
)
from schemas.disclosure import Disclosure
from schemas.privacy import prune

GOLDEN = Path(__file__).parents[2] / "contract" / "community_center"
SECRET = "gildong-test-secret"
KEY = "NR20240503ABCDEFGHJK"
SUPPLEMENT_KEY = "NR20240510ZYXWVTSRQP"
RECEIPT = "3820000-20240503-000001"
OFFICE = "3820000"
SENT_AT = datetime(2024, 5, 3, 1, 15, 30, 123000, tzinfo=UTC)
"""10:15:30.123 in Korea."""

DOCUMENT = Disclosure.model_validate({
    "client": {
        "name": "홍길동",
        "birth_date": "1980-01-02",
        "sex": "male",
        "rrn": "8001021000000",
        "phones": ["010-0000-1234", "031-000-5678"],
        "address": {
            "zip_no": "11622",
            "road_addr_part1": "경기도 의정부시 시민로 1",
            "addr_detail": "101동 101호",
            "adm_cd": "4115010100",
            "rn_mgt_sn": "411503000001",
            "bd_mgt_sn": "4115010100100010000000001",
        },
        "household": {"size": 3, "monthly_income": 1_234_567, "median_income_percent": 62},
        "debts": [
            {"creditor": "가상캐피탈", "amount": 12_345_678, "secured": False, "days_overdue": 45},
            {"creditor": "나루저축은행", "amount": 2_000_001, "secured": False, "days_overdue": 3},
        ],
        "employment": {"status": "daily", "wanted_job": "목공"},
        "health_condition": "허리 디스크",
        "guardian": {"name": "김나루", "relation": "모", "phone": "010-0000-9876"},
        "related_persons": [{"name": "임꺽정", "relation": "형", "phone": "010-0000-5555"}],
    },
    "referral": {
        "service_code": "WEL-EMERG",
        "kind": "person",
        "urgency": "urgent",
        "counselled_on": "2024-05-02",
        "referred_on": "2024-05-03",
        "due_on": "2024-05-31",
        "officer_name": "이담당",
        "officer_phone": "031-000-1111",
        "eup_myeon_dong": "의정부1동",
        "opinion": "생계가 어려워 긴급지원이 필요함",
        "attachments": [{"title": "소득확인서", "sha256": "0" * 64, "held_at": "files/1"}],
    },
})  # fmt: skip
"""Every field of the common schema, as a careless hub might hand it over: pruned before use."""


def golden(name: str) -> Any:
    """Read a hand-made message."""
    return json.loads((GOLDEN / f"adapter_{name}.json").read_text(encoding="utf-8"))


def changed(name: str, *, header: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None) -> Any:
    """Read a hand-made message with some fields changed; a value of None takes the field away."""
    message = copy.deepcopy(golden(name))
    for part, changes in (("header", header or {}), ("body", body or {})):
        for field_name, value in changes.items():
            message[part].pop(field_name, None)
            if value is not None:
                message[part][field_name] = value
    return message


def reply(message: Any, status: int = 200, **headers: str) -> httpx.Response:
    """Answer with a message as JSON; pass bytes to answer with just those."""
    body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    return httpx.Response(status, content=body, headers={"content-type": "application/json; charset=utf-8"} | headers)


@dataclass
class FakeOffice:
    """An adapter over an in-process transport, and what it sent."""

    gate: Gate
    answer: Callable[[httpx.Request], httpx.Response]
    sent: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.decisions = Decisions(self.gate)
        settings = CommunityCenterSettings(base_url="http://office.test/center", callback_secret=SECRET)
        self.adapter = CommunityCenter(settings, Wires("community_center", self.gate, httpx.MockTransport(self._take)))

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.answer(request)

    @property
    def message(self) -> Any:
        """The one message that was sent."""
        (request,) = self.sent
        return json.loads(request.content)

    def submit_order(self, document: Disclosure = DOCUMENT, office: str | None = OFFICE) -> SubmitOrder:
        """Order a registration of `document`, pruned to what the offices may see."""
        allowed = CommunityCenter.profile.discloses
        return SubmitOrder(
            wire_key=KEY, message_id="0" * 32, office=office, sent_at=SENT_AT,
            decision=self.decisions.disclose(f"community_center:{office}", fields=allowed),
            document=prune(document, allowed),
        )  # fmt: skip

    def supplement_order(self, document: Disclosure = DOCUMENT) -> SupplementOrder:
        """Order a supplement to the referral."""
        submit = self.submit_order(document)
        return SupplementOrder(
            wire_key=KEY, message_id="0" * 32, office=OFFICE, sent_at=SENT_AT, decision=submit.decision,
            document=submit.document, receipt=RECEIPT, supplement_key=SUPPLEMENT_KEY,
        )  # fmt: skip

    def find_order(self) -> FindOrder:
        """Order a look-up by our key."""
        return FindOrder(
            wire_key=KEY, message_id="0" * 32, office=OFFICE, sent_at=SENT_AT,
            decision=self.decisions.other(Reconcile, f"community_center:{OFFICE}"),
        )  # fmt: skip

    def status_order(self) -> StatusOrder:
        """Order a poll by receipt."""
        return StatusOrder(
            wire_key=KEY, message_id="0" * 32, office=OFFICE, sent_at=SENT_AT, receipt=RECEIPT,
            decision=self.decisions.other(Reconcile, f"community_center:{OFFICE}"),
        )  # fmt: skip

    def withdraw_order(self) -> WithdrawOrder:
        """Order a withdrawal."""
        return WithdrawOrder(
            wire_key=KEY, message_id="0" * 32, office=OFFICE, sent_at=SENT_AT, receipt=RECEIPT,
            decision=self.decisions.other(Withdraw, f"community_center:{OFFICE}"),
        )  # fmt: skip
