"""GET /v1/services before the mock 복지로: what is listed, how old it is, and what is said when there is nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from api_bench import Bench
from pydantic import SecretStr

from adapters.bokjiro import Bokjiro
from adapters.bokjiro.settings import BokjiroSettings
from adapters.sdk import Gate
from hub.catalogue.configured import KeepingSettings
from hub.catalogue.library import build_library
from mocks.bokjiro import BokjiroMock
from mocks.kit.run import MockServer

KEY = "test+key/=="
START = datetime(2025, 3, 4, 1, tzinfo=UTC)


@dataclass
class Reader:
    """A centre that asks the API, the mock behind it, and the wall clock between them."""

    bench: Bench
    mock: Any
    journal: Any
    now: datetime = field(default=START)

    async def ask(self, path: str = "/v1/services", **asked: str) -> httpx.Response:
        """Ask as a centre."""
        return await self.bench.ask.get(path, params=asked)

    async def ids(self, **asked: str) -> list[str]:
        """Return the last three figures of the services that are found."""
        answer = await self.ask(limit="200", **asked)
        assert answer.status_code == 200, answer.text
        return [service["id"][-3:] for service in answer.json()["services"]]


@pytest.fixture
async def reader(bench: Bench) -> AsyncIterator[Reader]:
    async with MockServer([BokjiroMock], {"bokjiro": {"service_key": KEY}}) as mocks:
        counter = mocks.counters["bokjiro"]
        reader = Reader(bench, counter.mock, counter.desk.journal)
        table = BokjiroSettings(
            enabled=True, base_url=mocks.url_of("bokjiro"), service_key=SecretStr(KEY), page_rows=10,
            retry_first_seconds=0.0,
        )  # fmt: skip
        library = build_library({"bokjiro": table}, {"bokjiro": Bokjiro}, KeepingSettings(), Gate(), lambda: reader.now)
        bench.app.state.services = replace(bench.services, library=library)
        yield reader
        await library.aclose()


async def test_everything_is_listed_with_its_age(reader: Reader) -> None:
    """By id, in pages that lead on, each service once; the body says where it is from and how old it is."""
    answer = await reader.ask(limit="10")
    body = answer.json()
    assert (body["total"], len(body["services"])) == (25, 10)
    assert body["sources"] == [
        {
            "source": "bokjiro", "title": "복지로", "contract_basis": "real",
            "fetched_at": "2025-03-04T01:00:00Z", "age_seconds": 0, "stale": False,
        }
    ]  # fmt: skip
    ids = [service["id"] for service in body["services"]]
    while "next" in answer.links:
        answer = await reader.bench.ask.get(answer.links["next"]["url"])
        ids += [service["id"] for service in answer.json()["services"]]
    assert (len(set(ids)), ids) == (25, sorted(ids))
    assert len(reader.journal.entries) == 4


async def test_a_service_says_what_its_source_says(reader: Reader) -> None:
    """Groups as codes, what no code covers by its name, what is not said as null."""
    (found,) = (await reader.ask(q="똠방")).json()["services"]
    assert found == {
        "id": "WLF00000217", "source": "bokjiro", "name": "나루 양주 똠방 집수리",
        "summary": "솜씨 좋은 이웃이 낡은 집을 고쳐 드립니다.", "scope": "local",
        "provider": "경기도 양주시 복지국 복지정책과", "province": "경기도", "municipality": "양주시",
        "life": ["006"], "targets": ["040", "050"], "themes": ["040"], "unknown_labels": ["이웃나눔"],
        "cycle": "1회성", "provision": "현물지급", "online": None, "how_to_apply": "방문", "contact": None,
        "link": "https://www.bokjiro.example/WLF00000217", "listed_on": "2025-02-17",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"life": "007"}, ["110", "214"]),
        ({"target": "030"}, ["113"]),
        ({"theme": "140"}, ["108", "109", "204"]),
        ({"theme": "130", "region": "41150"}, ["108", "109", "201", "204"]),
        ({"theme": "040", "region": "의정부시"}, ["102", "211"]),
        ({"theme": "040", "region": "양주"}, ["102", "217"]),
        ({"target": "020"}, ["213"]),
        ({"q": "대리인"}, ["109"]),
        ({"q": "없는말"}, []),
    ],
)
async def test_services_are_searched(reader: Reader, asked: dict[str, str], found: list[str]) -> None:
    """By the codes of 복지로, by place (with what is for the whole province and country), by words."""
    assert await reader.ids(**asked) == found


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"life": "008"}, "not_allowed_value"),
        ({"target": "노년"}, "not_allowed_value"),
        ({"theme": "999"}, "not_allowed_value"),
        ({"region": "강남구"}, "unknown_region"),
        ({"region": "11680"}, "unknown_region"),
        ({"q": ""}, "too_short"),
        ({"limit": "201"}, "out_of_range"),
    ],
)
async def test_a_bad_parameter_is_named(reader: Reader, asked: dict[str, str], code: str) -> None:
    """By its name, with what may stand there, and without what stood there; no source is asked."""
    answer = await reader.ask(**asked)
    ((name, value),) = asked.items()
    body = answer.json()
    assert (answer.status_code, body["type"]) == (422, "urn:naru:problem:invalid-parameter")
    assert [(fault["parameter"], fault["code"]) for fault in body["errors"]] == [(name, code)]
    assert name == "limit" or not value or value not in answer.text
    assert reader.journal.entries == ()


async def test_a_misspelt_filter_is_no_filter_but_an_error(reader: Reader) -> None:
    """It must not list everything."""
    assert (await reader.ask(thema="130")).status_code == 422


async def test_what_is_old_is_shown_and_called_stale(reader: Reader) -> None:
    """While the source fails the last edition stands, with its age."""
    await reader.ask()
    reader.now += timedelta(hours=30)
    reader.mock.advance({"quota": 0})
    body = (await reader.ask(q="대리인")).json()
    assert ([service["id"] for service in body["services"]], body["sources"][0]["age_seconds"]) == (
        ["WLF00000109"], 30 * 3600,
    )  # fmt: skip
    assert body["sources"][0]["stale"] is True


@pytest.mark.parametrize("shape", ["xml200", "xml403", "json200", "json403", "name"])
async def test_with_nothing_at_hand_the_caller_hears_so(reader: Reader, shape: str) -> None:
    """503 with the time to come back, never an empty list; the reason is for operators, not for callers."""
    reader.mock.advance({"fail": "30", "shape": shape})
    answer = await reader.ask()
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:naru:problem:no-catalogue")
    assert answer.headers["Retry-After"] == "300"
    assert KEY not in answer.text
    again = await reader.ask()
    assert (again.status_code, len(reader.journal.entries)) == (503, 1)


async def test_what_passes_is_not_noticed(reader: Reader) -> None:
    """Failures that the contract says may pass are repeated behind the scenes."""
    reader.mock.advance({"fail": "04", "shape": "json403", "times": 3})
    assert (await reader.ask()).json()["total"] == 25


async def test_one_service_is_told_in_full(reader: Reader) -> None:
    """Who may have it, what it gives, how it is applied for; open-ended without an end; unknown ids are 404."""
    body = (await reader.ask("/v1/services/WLF00000109")).json()
    assert (body["name"], body["criteria"]) == ("나루 채무자대리인 지원", "채권자의 연락처를 알아야 합니다.")
    assert body["how_to_apply"] == "신청기관 읍면동 행정복지센터에 신청합니다."
    assert body["contacts"] == [{"name": "대표전화", "value": "1332"}]
    assert (body["sources"][0]["source"], body["sources"][0]["stale"]) == ("bokjiro", False)
    local = (await reader.ask("/v1/services/WLF00000201")).json()
    assert (local["begins_on"], local["ends_on"]) == ("2025-01-01", None)
    missing = await reader.ask("/v1/services/WLF99999999")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:naru:problem:unknown-id")


async def test_nobody_asks_without_a_key(reader: Reader) -> None:
    """The catalogue is open data; the hub is not an open door."""
    assert (await reader.bench.nobody.get("/v1/services")).status_code == 401
    assert (await reader.bench.nobody.get("/v1/services/WLF00000109")).status_code == 401


async def test_without_a_catalogue_there_is_no_list(bench: Bench) -> None:
    """A hub that has none says so."""
    answer = await bench.ask.get("/v1/services")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
