"""복지로: what its client asks, reads, repeats and gives up."""

from __future__ import annotations

import logging
from datetime import date

import httpx
import pytest
from bokjiro_samples import ENCODED_KEY, KEY, Portal, answer, client_of, golden, page

from adapters.bokjiro.codes import REASONS, Means
from adapters.bokjiro.contract import code_tables
from adapters.bokjiro.settings import BokjiroSettings
from adapters.sdk import (
    AdapterError,
    BadReplyError,
    BusyError,
    HostileReplyError,
    MisconfiguredError,
    NotSentError,
    UncertainError,
)
from adapters.sdk.catalogue import Pointer, Scope, ServiceDetail, WelfareService
from schemas.welfare import HouseholdGroup, LifeStage, Theme

LISTS = (answer("national_list.reply.xml"), answer("local_list.reply.xml"))


async def read(*answers: httpx.Response | Exception, **settings: object) -> tuple[WelfareService, ...]:
    """Read all services from a portal that answers so."""
    async with client_of(Portal(answers), **settings) as client:
        return await client.services()


async def failure(*answers: httpx.Response | Exception, **settings: object) -> type[Exception]:
    """Return the class of the error that a read comes to; its text shows no key."""
    with pytest.raises(AdapterError) as caught:
        await read(*answers, **settings)
    assert not any(secret in str(caught.value) for secret in (KEY, ENCODED_KEY))
    return type(caught.value)


async def test_both_lists_are_read() -> None:
    """In the order of their ids, names of groups as codes, what is empty as None, strange names kept."""
    counsel, mother, rent, care = await read(*LISTS)
    assert counsel == WelfareService(
        id="WLF00009001",
        name="나루 채무상담",
        summary="빚으로 어려운 분께 채무조정 절차를 안내합니다.",
        scope=Scope.NATIONAL,
        provider="금융위원회 서민금융과",
        life=frozenset({LifeStage.YOUNG_ADULT, LifeStage.MIDDLE_AGED, LifeStage.OLD_AGE}),
        targets=frozenset({HouseholdGroup.LOW_INCOME}),
        themes=frozenset({Theme.FINANCE, Theme.LAW}),
        cycle="수시",
        provision="서비스",
        online=False,
        contact="1397",
        link="https://www.bokjiro.example/WLF00009001",
        listed_on=date(2024, 1, 5),
    )
    assert mother.life == {LifeStage.PREGNANCY, LifeStage.INFANT}
    assert (mother.targets, mother.unknown_labels) == ({HouseholdGroup.SINGLE_PARENT}, ("새로운 가구",))
    assert (mother.name, mother.summary, mother.link, mother.listed_on) == ("나루 <산모> 돌봄", "", None, None)
    assert (rent.scope, rent.province, rent.municipality) == (Scope.LOCAL, "경기도", "의정부시")
    assert (rent.themes, rent.listed_on) == ({Theme.HOUSING, Theme.SAFETY}, date(2025, 1, 15))
    assert (care.municipality, care.provider, care.life) == (None, "경기도", frozenset())


@pytest.mark.parametrize("given", [KEY, ENCODED_KEY])
async def test_requests_are_of_the_contract(given: str) -> None:
    """Paths, parameters, and the key once percent-encoded, whichever of its two forms was set."""
    portal = Portal(LISTS)
    async with client_of(portal, service_key=given) as client:
        await client.services()
    paged = f"pageNo=1&numOfRows=500&serviceKey={ENCODED_KEY}"
    assert [str(request.url).removeprefix("http://portal.invalid/B554287") for request in portal.requests] == [
        f"/NationalWelfareInformationsV001/NationalWelfarelistV001?callTp=L&srchKeyCode=003&{paged}",
        f"/LocalGovernmentWelfareInformations/LcgvWelfarelist?ctpvNm=%EA%B2%BD%EA%B8%B0%EB%8F%84&{paged}",
    ]


async def test_details_are_read() -> None:
    """Each from the API of its kind; pairs of names and values once each; 99991231 is no end."""
    portal = Portal([*LISTS, answer("national_detail.reply.xml"), answer("local_detail.reply.xml")])
    async with client_of(portal) as client:
        counsel, _, rent, _ = await client.services()
        national, local = await client.detail(counsel), await client.detail(rent)
    assert national == ServiceDetail(
        id="WLF00009001",
        who="채무로 어려움을 겪는 사람",
        benefit="상담, 서류 작성, 법원 동행",
        how_to_apply="신청기관 서민금융통합지원센터",
        contacts=(Pointer("서민금융콜센터", "1397"),),
        laws=("서민의 금융생활 지원에 관한 법률",),
    )
    assert local is not None
    assert (local.begins_on, local.ends_on) == (date(2025, 1, 1), None)
    assert local.forms == (Pointer("신청서.hwp", "https://www.bokjiro.example/form.hwp"),)
    assert local.how_to_apply == "주민센터를 방문합니다."
    assert "callTp=D&servId=WLF00009001" in str(portal.requests[2].url)
    assert "LcgvWelfaredetailed?servId=WLF00009003" in str(portal.requests[3].url)


async def test_a_detail_of_another_service_is_none() -> None:
    """What is said of one is not shown as another's; what is gone (03) is None."""
    gone = httpx.Response(200, content=golden("gateway_error.reply.xml").replace("30", "03").encode())
    async with client_of(Portal([*LISTS, answer("local_detail.reply.xml"), gone])) as client:
        counsel, *_ = await client.services()
        with pytest.raises(BadReplyError):
            await client.detail(counsel)
        assert await client.detail(counsel) is None


async def test_pages_are_read_to_the_end() -> None:
    """A service that moved to the next page meanwhile is taken once; rows as set."""
    pages = [page(5, "WLF00000001", "WLF00000002"), page(5, "WLF00000002", "WLF00000003"), page(5, "WLF00000004")]
    portal = Portal([*pages, page(0)])
    async with client_of(portal, page_rows=2) as client:
        found = await client.services()
    assert [service.id[-1] for service in found] == ["1", "2", "3", "4"]
    assert [request.url.params["pageNo"] for request in portal.requests] == ["1", "2", "3", "1"]


@pytest.mark.parametrize(
    "answers",
    [
        [page(5, "WLF00000001"), page(5)],
        [page(500, "WLF00000001")],
        [page(1, "no id")],
        [page(1, "WLF00000001", code="77")],
        [httpx.Response(200, content=b"<wantedList><resultCode>0</resultCode></wantedList>")],
        [answer("national_detail.reply.xml")],
        [httpx.Response(200, content=b"")],
        [httpx.Response(200, content=b'{"services": []}')],
        [httpx.Response(200, content=b'{"half": ')],
        [httpx.Response(500, content=golden("national_list.reply.xml").encode())],
        [httpx.Response(200, html="<!DOCTYPE html><h1>점검</h1>")],
    ],
)  # fmt: skip
async def test_a_part_is_never_taken_for_the_whole(answers: list[httpx.Response]) -> None:
    """A list that ends early or never, another answer, a page of HTML: no services, at once and without repeating."""
    portal = Portal(answers)
    async with client_of(portal, most_pages=3) as client:
        with pytest.raises(BadReplyError):
            await client.services()
    assert len(portal.requests) <= 3


async def test_a_dtd_is_hostile() -> None:
    """Nothing of it is looked up."""
    bomb = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><wantedList>&b;</wantedList>'
    assert await failure(httpx.Response(200, content=bomb)) is HostileReplyError


SHAPES = [
    ("gateway_error.reply.xml", 200),
    ("gateway_error.reply.xml", 403),
    ("gateway_error.reply.json", 200),
    ("gateway_error.reply.json", 403),
    ("gateway_error_named.reply.xml", 200),
    ("gateway_error_named.reply.xml", 403),
]


@pytest.mark.parametrize(("name", "status"), SHAPES)
async def test_every_shape_of_the_gateways_error_is_read(name: str, status: int) -> None:
    """HTTP 200 or 403, XML or JSON, a name where the code belongs: an unregistered key needs a person."""
    assert await failure(answer(name, status)) is MisconfiguredError


@pytest.mark.parametrize(("name", "status"), SHAPES)
@pytest.mark.parametrize("code", [code for code in REASONS if code not in {"00", "03"}])
async def test_only_what_may_pass_is_read_again(code: str, name: str, status: int) -> None:
    """01, 02, 04, 05 and 99, at most as often as set; every other reason ends it at once."""
    text = code_tables()["returnReasonCode"][code]["name"]
    body = golden(name).replace("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", text).replace("30", code)
    told = httpx.Response(status, content=body.encode())
    portal = Portal([told])
    async with client_of(portal, tries=3) as client:
        with pytest.raises((UncertainError, BusyError, MisconfiguredError)) as caught:
            await client.services()
    may_pass = code in {"01", "02", "04", "05", "99"}
    assert len(portal.requests) == (3 if may_pass else 1)
    expected = {Means.AGAIN: UncertainError, Means.WAIT: BusyError, Means.MEND: MisconfiguredError}[REASONS[code]]
    assert isinstance(caught.value, expected)
    assert not isinstance(caught.value, BadReplyError)


async def test_what_passed_is_forgotten() -> None:
    """A failure that passes within the tries is no failure; a line that broke neither."""
    again = httpx.Response(200, content=golden("gateway_error.reply.xml").replace("30", "04").encode())
    found = await read(again, httpx.ConnectError("-"), LISTS[0], httpx.ReadTimeout("-"), LISTS[1])
    assert len(found) == 4


async def test_a_dead_line_is_given_up() -> None:
    """After as many tries as set."""
    assert await failure(httpx.ConnectError("-"), tries=2) is NotSentError
    assert await failure(httpx.Response(429)) is BusyError
    assert await failure(httpx.Response(401, content=b"Unauthorized")) is MisconfiguredError


async def test_the_key_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Neither in logs at DEBUG, nor in texts of settings, client and errors."""
    caplog.set_level(logging.DEBUG)
    async with client_of(Portal([httpx.Response(404, content=b"<a/>")])) as client:
        with pytest.raises(BadReplyError) as caught:
            await client.services()
        settings = BokjiroSettings(service_key=KEY)
        told = [repr(client), repr(settings), str(settings), repr(caught.value), repr(vars(client)), caplog.text]
    assert not any(secret in text for text in told for secret in (KEY, ENCODED_KEY))


def test_a_key_is_needed() -> None:
    """Enabled without it, the hub does not start."""
    assert BokjiroSettings().missing() == ["base_url", "service_key"]
    assert BokjiroSettings(base_url="https://portal.invalid", service_key=KEY).missing() == []
