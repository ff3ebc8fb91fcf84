"""The hand-made messages of 대한법률구조공단 bind both sides: the adapter speaks so, and so does the mock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from exchanges import Exchange, exchange, exchanges

from adapters.klac import Klac
from adapters.klac.settings import KlacSettings
from adapters.sdk import (
    Acknowledged,
    AdapterError,
    Capacity,
    Delivered,
    Fact,
    Found,
    Gate,
    Impersonal,
    MisconfiguredError,
    NotFound,
    PrecheckOrder,
    RefusalReason,
    Refused,
    StatusReport,
    UncertainError,
    Wires,
    WithdrawReason,
)
from adapters.sdk.decisions import steady_now
from adapters.sdk.testing import Bench
from mocks.kit.desk import desk_for
from mocks.klac import KlacMock
from schemas.disclosure import Disclosure
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

FOLDER = Path(__file__).parent / "klac"
BASE = "http://klac.test"
KEY, TAKEN, AID, RICH, UNKNOWN, SUPPLEMENT = (
    f"NR20400109{end}"
    for end in (
        "ABCDEFGHJKMNPQRSTVWXYZ0123", "TAKENTAKENTAKENTAKENTAKEN0", "A" * 26, "R" * 26, "U" * 26, "S" * 26,
    )
)  # fmt: skip
NINE = datetime(2040, 1, 9, 0, 0, tzinfo=UTC)
"""09:00 in Korea, on a Monday."""
B = BusinessStatus

HONG = Disclosure.model_validate({
    "client": {
        "name": "홍길동",
        "birth_date": "1980-01-02",
        "phones": ["010-0000-1234", "031-000-5678"],
        "address": {"adm_cd": "4115010100"},
        "household": {"size": 3, "monthly_income": 1_234_567, "median_income_percent": 62},
        "debts": [
            {"creditor": "가상캐피탈", "amount": 12_345_678, "secured": False},
            {"creditor": "나루저축은행", "amount": 2_000_001, "secured": True},
        ],
    },
    "referral": {
        "service_code": "LAW-COUNSEL",
        "urgency": "urgent",
        "referred_on": "2040-01-06",
        "officer_name": "이담당",
        "officer_phone": "031-000-1111",
        "opinion": "보증 채무의 소멸시효를 묻고자 함.\n똠방각하",
        "appointment": {"method": "phone", "wanted_at": "2040-01-10T10:30:00+09:00"},
    },
})  # fmt: skip


def kim(service: str, *, referral: dict[str, Any] | None = None, **client: Any) -> Disclosure:
    """Return the least that can be said of somebody, and a little more."""
    return Disclosure.model_validate({
        "client": {
            "name": "김나루",
            "birth_date": "1991-03-04",
            "phones": ["010-0000-2345"],
            "address": {"adm_cd": "4115010200"},
        } | client,
        "referral": {"service_code": service, "referred_on": "2040-01-09"} | (referral or {}),
    })  # fmt: skip


WANTED = {"appointment": {"method": "phone", "wanted_at": "2040-01-10T10:30:00+09:00"}}


@dataclass
class Line:
    """The adapter on a wire that answers with one golden message, and what it sent."""

    answer: Exchange
    key: str = "golden-key"
    sent: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        gate = Gate()
        settings = KlacSettings(base_url=BASE, api_key=self.key, branch="GG01")
        adapter = Klac(settings, Wires("klac", gate, httpx.MockTransport(self._take)))
        self.bench = Bench(profile=Klac.profile, gate=gate, adapter=adapter)

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self.answer.as_response()

    async def submit(self, document: Disclosure, key: str) -> Any:
        return await self.bench.adapter.submit(self.bench.submit(document, key))

    async def supplement(self) -> Any:
        told = Disclosure.model_validate({
            "client": {"phones": ["010-0000-2345"], "household": {"monthly_income": 900_000}},
            "referral": {"opinion": "12월 급여명세서를 확인함"},
        })  # fmt: skip
        order = replace(self.bench.supplement(told, AID, "KLA-20400109-000001"), supplement_key=SUPPLEMENT)
        return await self.bench.adapter.supplement(order)

    async def withdraw(self, key: str, reason: WithdrawReason) -> Any:
        order = replace(self.bench.withdraw(key, "KLC-20400109-000001"), reason=reason)
        return await self.bench.adapter.withdraw(order)

    async def precheck(self) -> Any:
        decision = self.bench.gate.stamp(Impersonal(attempt_id="a", recipient="klac", send_by=steady_now() + 9))
        return await self.bench.adapter.precheck(
            PrecheckOrder(decision=decision, service=ServiceCode.LAW_COUNSEL, message_id="0" * 32, sent_at=NINE)
        )


def fact(business: BusinessStatus, code: str, serial: int, text: str | None = None, **more: Any) -> Fact:
    """Return what the agency told at nine."""
    return Fact(business, code, NINE, serial=str(serial), text=text, **more)


APPOINTMENT = "상담 예약: 2040-01-10 10:30 전화, 의정부지부"
OFFERS = tuple(datetime(2040, 1, 9, *at, tzinfo=UTC) for at in ((1, 0), (1, 30), (2, 0), (2, 30), (4, 30)))
ASKED = (
    fact(B.RECEIVED, "10", 1),
    fact(B.INVESTIGATING, "30", 2, "전화 상담을 마침"),
    fact(B.SUPPLEMENT_REQUESTED, "40", 3, "급여명세서를 내 주십시오.\n보완기한 2040-01-20"),
)
DISMISSED = (
    *ASKED,
    fact(B.REVIEWING, "31", 4),
    fact(B.DISMISSED, "61", 5, "기각사유 01 승소가능성 없음"),
    fact(B.CLOSED, "90", 6, "종결사유 02 대상 아님", outcome=OutcomeCode.NOT_ELIGIBLE),
)

Spoken = Callable[[Line], Awaitable[Any]]
STORY: dict[str, tuple[Spoken, object]] = {
    "01": (
        lambda line: line.submit(HONG, KEY),
        Delivered("KLC-20400109-000001", "10", (fact(B.RECEIVED, "10", 1, APPOINTMENT),)),
    ),
    "02": (
        lambda line: line.submit(kim("LAW-COUNSEL", referral=WANTED), TAKEN),
        Refused(RefusalReason.SLOT_TAKEN, "E301", "이미 예약된 시간", OFFERS),
    ),
    "03": (
        lambda line: line.submit(kim("LAW-BANKR"), AID),
        Delivered("KLA-20400109-000001", "10", (fact(B.RECEIVED, "10", 1),)),
    ),
    "04": (
        lambda line: line.submit(kim("LAW-BANKR", household={"size": 2}), AID),
        Delivered("KLA-20400109-000001", "E303"),
    ),
    "05": (
        lambda line: line.submit(kim("LAW-REHAB", household={"median_income_percent": 126}), RICH),
        Refused(RefusalReason.NOT_ELIGIBLE, "E202", "소득 기준 초과"),
    ),
    "06": (
        lambda line: line.bench.adapter.find(line.bench.find(AID)),
        Found("KLA-20400109-000001", "40", ASKED),
    ),
    "07": (lambda line: line.supplement(), Acknowledged("31")),
    "08": (
        lambda line: line.bench.adapter.status(line.bench.status(AID, "typed by hand")),
        StatusReport(DISMISSED),
    ),
    "09": (lambda line: line.bench.adapter.find(line.bench.find(UNKNOWN)), NotFound("E401")),
    "10": (lambda line: line.withdraw(KEY, WithdrawReason.CONSENT_WITHDRAWN), Acknowledged("92")),
    "11": (
        lambda line: line.withdraw(AID, WithdrawReason.CANCELLED),
        Refused(RefusalReason.OTHER, "E402", "처리할 수 없는 상태"),
    ),
    "12": (lambda line: line.bench.adapter.find(line.bench.find(KEY)), MisconfiguredError),
    "13": (lambda line: line.bench.adapter.find(line.bench.find(KEY)), UncertainError),
    "14": (
        lambda line: line.precheck(),
        Capacity(is_open=True, raw_code="Y", places=330, next_on=date(2040, 1, 9)),
    ),
}
"""Which verb writes each request, and what its answer comes to."""


def test_the_story_is_whole() -> None:
    """Every file is one exchange of the story."""
    assert [name[:2] for name in exchanges(FOLDER)] == list(STORY)


@pytest.mark.parametrize("name", STORY)
async def test_the_adapter_writes_and_reads_it(name: str) -> None:
    """The request to the byte, and what the answer means, its words too."""
    told = exchange(FOLDER, name)
    speak, expected = STORY[name]
    line = Line(told, told.asked.headers["x-api-key"])
    try:
        result = await speak(line)
    except AdapterError as error:
        result = type(error)
    (request,) = line.sent
    assert (told.differences(request, BASE), result) == ([], expected)


ORDERS: dict[str, list[dict[str, str]]] = {
    "06": [
        {"key": AID, "to": "investigating", "text": "전화 상담을 마침"},
        {"key": AID, "to": "supplement", "text": "급여명세서를 내 주십시오.", "due": "20400120"},
    ],
    "08": [{"key": AID, "to": "dismissed"}, {"key": AID, "to": "closed", "reason": "02"}],
}
"""What the agency does of itself before an exchange."""


async def test_the_mock_answers_so() -> None:
    """The whole story in order: status and body, to the byte."""
    desk = desk_for("klac", {"api_key": "golden-key"})
    desk.clock.set(NINE)
    agency = KlacMock(desk)
    for name, told in exchanges(FOLDER).items():
        for order in ORDERS.get(name[:2], []):
            agency.advance(order)
        request = told.as_request()
        if name.endswith("system_error"):
            reply = agency.misbehave("agency_fault_500", request, None)
        else:
            reply = await agency.handle(request)
        assert (name, str(reply.status), reply.body.decode()) == (
            name, told.answered.first, told.answered.body.decode(),
        )  # fmt: skip
        assert reply.content_type == told.answered.headers["content-type"]
