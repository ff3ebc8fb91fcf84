"""The hand-made messages of 경기도일자리재단 bind both sides: the adapter speaks so, and so does the mock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from exchanges import Exchange, exchange, exchanges

from adapters.gjf import Gjf
from adapters.gjf.settings import GjfSettings
from adapters.sdk import (
    Acknowledged,
    AdapterError,
    Delivered,
    Fact,
    Found,
    Gate,
    MisconfiguredError,
    NotFound,
    RefusalReason,
    Refused,
    StatusReport,
    UncertainError,
    Wires,
    WithdrawReason,
)
from adapters.sdk.testing import Bench
from mocks.gjf import GjfMock
from mocks.kit.desk import desk_for
from schemas.disclosure import Disclosure
from schemas.status import BusinessStatus, OutcomeCode

FOLDER = Path(__file__).parent / "gjf"
BASE = "http://gjf.test"
KEY, SEOUL, UNKNOWN, SECOND = (
    f"NR20400109{end}" for end in ("ABCDEFGHJKMNPQRSTVWXYZ", "SEOULSEOULSEOULSEOUL00", "U" * 22, "B" * 22)
)
NINE = datetime(2040, 1, 9, 0, 0, tzinfo=UTC)
"""09:00 in Korea."""
B = BusinessStatus

HONG = Disclosure.model_validate({
    "client": {
        "name": "홍길동",
        "birth_date": "1980-01-02",
        "sex": "male",
        "phones": ["010-0000-1234", "031-000-5678"],
        "address": {"adm_cd": "4115010100"},
        "employment": {"status": "unemployed", "wanted_job": "목공"},
    },
    "referral": {
        "referred_on": "2040-01-06",
        "officer_name": "이담당",
        "officer_phone": "031-000-1111",
        "opinion": "통근할 수 있는 일자리를 희망함.\n똠방각하",
    },
})  # fmt: skip
LESS_OF_HONG = Disclosure.model_validate({
    "client": {
        "name": "홍길동",
        "birth_date": "1980-01-02",
        "phones": ["010-0000-1234"],
        "address": {"adm_cd": "4115010100"},
    },
    "referral": {"referred_on": "2040-01-06"},
})  # fmt: skip


def kim(dong: str) -> Disclosure:
    """Return the least that can be said of somebody who lives there."""
    return Disclosure.model_validate({
        "client": {
            "name": "김나루",
            "birth_date": "1991-03-04",
            "phones": ["010-0000-2345"],
            "address": {"adm_cd": dong},
        },
        "referral": {"referred_on": "2040-01-09"},
    })  # fmt: skip


class Line:
    """The adapter on a wire that answers with golden messages, one after the other, and what it sent."""

    def __init__(self, answers: list[Exchange]) -> None:
        gate = Gate()
        token = answers[0].asked.headers["authorization"].removeprefix("Bearer ")
        wires = Wires("gjf", gate, httpx.MockTransport(self._take))
        self.bench = Bench(profile=Gjf.profile, gate=gate, adapter=Gjf(GjfSettings(base_url=BASE, token=token), wires))
        self.sent: list[httpx.Request] = []
        self._answers = answers

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return self._answers[len(self.sent) - 1].as_response()

    async def submit(self, document: Disclosure, key: str) -> Any:
        return await self.bench.adapter.submit(self.bench.submit(document, key))

    async def status(self, key: str) -> Any:
        return await self.bench.adapter.status(self.bench.status(key, "typed by hand"))

    async def withdraw(self, key: str, reason: WithdrawReason) -> Any:
        return await self.bench.adapter.withdraw(replace(self.bench.withdraw(key, "GJ2040-00000001"), reason=reason))


def fact(business: BusinessStatus, code: str, serial: int, text: str | None = None, **more: Any) -> Fact:
    """Return what the agency told at nine."""
    return Fact(business, code, NINE, serial=str(serial), text=text, **more)


RECEIVED = fact(B.RECEIVED, "01", 1)
HISTORY = (
    RECEIVED,
    fact(B.APPROVED, "04", 2, "참여를 결정함"),
    *(fact(B.IN_SERVICE, "05", number + 2, f"알선 {number}") for number in range(1, 9)),
    fact(B.COMPLETED, "06", 11),
    fact(B.CLOSED, "08", 12, "가나목공소에 취업함\n종결사유 01 취업·지원 완료", outcome=OutcomeCode.HELPED),
)

Spoken = Callable[[Line], Awaitable[Any]]
STORY: dict[tuple[str, ...], tuple[Spoken, object]] = {
    ("01",): (lambda line: line.submit(HONG, KEY), Delivered("GJ2040-00000001", "01", (RECEIVED,))),
    ("02",): (lambda line: line.submit(LESS_OF_HONG, KEY), Delivered("GJ2040-00000001", "01", (RECEIVED,))),
    ("03",): (
        lambda line: line.submit(kim("1168010100"), SEOUL),
        Refused(RefusalReason.NOT_RESIDENT, "20", "관외 거주"),
    ),
    ("04",): (
        lambda line: line.bench.adapter.find(line.bench.find(KEY)),
        Found("GJ2040-00000001", "01", (RECEIVED,)),
    ),
    ("05", "06"): (lambda line: line.status(KEY), StatusReport(HISTORY)),
    ("07",): (lambda line: line.bench.adapter.find(line.bench.find(UNKNOWN)), NotFound("03")),
    ("08",): (
        lambda line: line.withdraw(KEY, WithdrawReason.CANCELLED),
        Refused(RefusalReason.OTHER, "30", "처리할 수 없는 상태"),
    ),
    ("09",): (
        lambda line: line.submit(kim("4115010200"), SECOND),
        Delivered("GJ2040-00000002", "01", (RECEIVED,)),
    ),
    ("10",): (lambda line: line.withdraw(SECOND, WithdrawReason.CONSENT_WITHDRAWN), Acknowledged("10")),
    ("11",): (lambda line: line.status(SECOND), MisconfiguredError),
    ("12",): (lambda line: line.status(SECOND), UncertainError),
}
"""Which verb writes each request, and what its answers come to."""


def test_the_story_is_whole() -> None:
    """Every file is one exchange of the story."""
    assert [name[:2] for name in exchanges(FOLDER)] == [name for names in STORY for name in names]


@pytest.mark.parametrize("names", STORY, ids="-".join)
async def test_the_adapter_writes_and_reads_it(names: tuple[str, ...]) -> None:
    """The requests to the byte, and what the answers mean, their words too."""
    told = [exchange(FOLDER, name) for name in names]
    speak, expected = STORY[names]
    line = Line(told)
    try:
        result = await speak(line)
    except AdapterError as error:
        result = type(error)
    differences = [one.differences(request, BASE) for one, request in zip(told, line.sent, strict=True)]
    assert (differences, result) == ([[]] * len(told), expected)


async def test_the_mock_answers_so() -> None:
    """The whole story in order: status and body, to the byte."""
    desk = desk_for("gjf", {"token": "golden-token"})
    desk.clock.set(NINE)
    agency = GjfMock(desk)
    for name, told in exchanges(FOLDER).items():
        if name.startswith("05"):
            agency.advance({"key": KEY, "to": "decided", "text": "참여를 결정함"})
            for number in range(1, 9):
                agency.advance({"key": KEY, "to": "in_service", "text": f"알선 {number}"})
            agency.advance({"key": KEY, "to": "completed"})
            agency.advance({"key": KEY, "to": "closed", "text": "가나목공소에 취업함"})
        request = told.as_request()
        if name.endswith("system_error"):
            reply = agency.misbehave("agency_fault_500", request, None)
        else:
            reply = await agency.handle(request)
        assert (name, str(reply.status), reply.body.decode()) == (
            name, told.answered.first, told.answered.body.decode(),
        )  # fmt: skip
        assert reply.content_type == told.answered.headers["content-type"]
