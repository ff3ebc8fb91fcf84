"""The mock 복지로 answers as the public APIs do, and refuses what their gateway refuses."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from lxml import etree

from mocks.bokjiro import BokjiroMock
from mocks.bokjiro.gateway import SHAPES
from mocks.bokjiro.shelf import CODES, OPERATIONS, SERVICES
from mocks.kit.agency import Reply, Request
from mocks.kit.desk import desk_for

KEY = "test-key"
LIST = {"serviceKey": KEY, "callTp": "L", "pageNo": "1", "numOfRows": "500", "srchKeyCode": "003"}
LOCAL = {"serviceKey": KEY, "pageNo": "1", "numOfRows": "500"}


@pytest.fixture
def mock() -> BokjiroMock:
    return BokjiroMock(desk_for("bokjiro", {"service_key": KEY}))


async def ask(mock: BokjiroMock, operation: str, asked: dict[str, str]) -> Reply:
    """Ask one operation."""
    return await mock.handle(Request("GET", OPERATIONS[operation]["path"], urlencode(asked)))


async def ids(mock: BokjiroMock, operation: str, asked: dict[str, str]) -> list[str]:
    """Return the ids that a list names."""
    root = etree.fromstring((await ask(mock, operation, asked)).body)
    return [str(one.text) for one in root.iter("servId")]


def reason(reply: Reply) -> str:
    """Return the gateway's code of an error in XML."""
    return str(etree.fromstring(reply.body).findtext("cmmMsgHeader/returnReasonCode"))


async def test_both_lists_are_paged(mock: BokjiroMock) -> None:
    """Every service once, in as many pages as its rows make; the head says how many there are."""
    national = await ids(mock, "national_list", LIST)
    local = await ids(mock, "local_list", LOCAL)
    assert sorted(national + local) == sorted(service["list"]["servId"] for service in SERVICES)
    pages = [await ids(mock, "national_list", {**LIST, "numOfRows": "5", "pageNo": str(page)}) for page in range(1, 5)]
    assert [len(page) for page in pages] == [5, 5, 4, 0]
    assert [one for page in pages for one in page] == national
    root = etree.fromstring((await ask(mock, "national_list", LIST)).body)
    head = [root.findtext(name) for name in ("totalCount", "pageNo", "resultCode", "resultMessage")]
    assert head == [str(len(national)), "1", "0", "SUCCESS"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"lifeArray": "007"}, ["WLF00000110"]),
        ({"trgterIndvdlArray": "030"}, ["WLF00000113"]),
        ({"intrsThemaArray": "140"}, ["WLF00000108", "WLF00000109"]),
        ({"searchWrd": "대리인", "srchKeyCode": "001"}, ["WLF00000109"]),
        ({"searchWrd": "화재", "srchKeyCode": "002"}, []),
    ],
)
async def test_lists_are_searched(mock: BokjiroMock, asked: dict[str, str], found: list[str]) -> None:
    """By the codes of groups, however their names are spaced, and by words."""
    assert await ids(mock, "national_list", {**LIST, **asked}) == found


async def test_local_lists_are_searched_by_place(mock: BokjiroMock) -> None:
    """A municipality's own, without those of the whole province, as the API does."""
    assert await ids(mock, "local_list", {**LOCAL, "ctpvNm": "경기도", "sggNm": "수원시"}) == ["WLF00000213"]
    assert await ids(mock, "local_list", {**LOCAL, "ctpvNm": "제주특별자치도"}) == []


async def test_every_service_has_its_detail(mock: BokjiroMock) -> None:
    """At the API that lists it, and 03 at the other."""
    for service in SERVICES:
        api, service_id = service["api"], service["list"]["servId"]
        asked = {"serviceKey": KEY, "servId": service_id} | ({"callTp": "D"} if api == "national" else {})
        root = etree.fromstring((await ask(mock, f"{api}_detail", asked)).body)
        assert (root.tag, root.findtext("servId"), root.findtext("resultCode")) == ("wantedDtl", service_id, "0")
    assert reason(await ask(mock, "local_detail", {"serviceKey": KEY, "servId": "WLF00000101"})) == "03"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({**LIST, "serviceKey": "another"}, "30"),
        ({name: value for name, value in LIST.items() if name != "serviceKey"}, "30"),
        ({name: value for name, value in LIST.items() if name != "callTp"}, "11"),
        ({**LIST, "numOfRows": "501"}, "10"),
        ({**LIST, "pageNo": "0"}, "10"),
        ({**LIST, "callTp": "D"}, "10"),
        ({**LIST, "lifeArray": "노년"}, "10"),
        ({**LIST, "srchKeyCode": "009"}, "10"),
        ({**LIST, "wish": "list"}, "10"),
    ],
)
async def test_what_the_gateway_refuses(mock: BokjiroMock, asked: dict[str, str], code: str) -> None:
    """Each by its code, with HTTP 200."""
    reply = await ask(mock, "national_list", asked)
    assert (reply.status, reason(reply)) == (200, code)


async def test_other_paths_and_methods(mock: BokjiroMock) -> None:
    """12, and 405."""
    assert reason(await mock.handle(Request("GET", "/B554287/Nothing", ""))) == "12"
    assert (await mock.handle(Request("POST", OPERATIONS["local_list"]["path"], ""))).status == 405


async def test_the_quota_ends(mock: BokjiroMock) -> None:
    """After as many answers as ordered, 22, until it is lifted."""
    mock.advance({"quota": 1})
    first, second = [await ask(mock, "local_list", LOCAL) for _ in range(2)]
    assert (b"SUCCESS" in first.body, reason(second)) == (True, "22")
    mock.advance({"quota": None})
    assert b"SUCCESS" in (await ask(mock, "local_list", LOCAL)).body


@pytest.mark.parametrize("shape", SHAPES)
async def test_errors_come_in_every_shape(mock: BokjiroMock, shape: str) -> None:
    """By order, as often as ordered: HTTP 200 or 403, XML or JSON, a name where the code belongs."""
    mock.advance({"fail": "30", "shape": shape, "times": 1})
    failed, well = [await ask(mock, "national_list", LIST) for _ in range(2)]
    assert failed.status == (403 if shape.endswith("403") else 200)
    if shape.startswith("json"):
        told: dict[str, Any] = json.loads(failed.body)
        assert told["OpenAPI_ServiceResponse"]["cmmMsgHeader"]["returnReasonCode"] == "30"
    else:
        name = CODES["returnReasonCode"]["30"]["name"]
        assert reason(failed) == (name if shape == "name" else "30")
    assert b"SUCCESS" in well.body


@pytest.mark.parametrize(
    "order", [{}, {"quota": -1}, {"fail": "77"}, {"fail": "30", "shape": "yaml"}, {"to": "closed"}]
)
def test_an_order_that_nobody_understands_is_refused(mock: BokjiroMock, order: dict[str, Any]) -> None:
    """With what is known instead."""
    with pytest.raises(ValueError, match=r"order is|shape must"):
        mock.advance(order)


def test_the_catalogue_is_of_our_own_writing() -> None:
    """About 25 services of both kinds, each id once, every name ours, every group of the tables."""
    assert len({service["list"]["servId"] for service in SERVICES}) == len(SERVICES) == 25
    assert {service["api"] for service in SERVICES} == {"national", "local"}
    assert all(service["list"]["servNm"].startswith("나루") for service in SERVICES)
