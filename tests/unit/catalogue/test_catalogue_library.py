"""The library: builds catalogues, searches them together, and gives each call a leave of its own."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_catalogue import CITY, NATIONAL, PROVINCE, SERVICES, Clock, Shelf, Toy

from adapters.sdk import Gate, Impersonal, MisconfiguredError, UncertainError
from adapters.sdk.catalogue import CatalogueQuery, CatalogueSettings, Region, WelfareService
from adapters.sdk.registry import Broken
from hub.agencies import AgencyState
from hub.catalogue.configured import KeepingSettings
from hub.catalogue.keeping import NothingKeptError
from hub.catalogue.library import UnknownServiceError, build_library
from hub.catalogue.places import UnknownPlaceError, region_of
from schemas.regions import MUNICIPALITIES
from schemas.welfare import HouseholdGroup, LifeStage, Theme

DAY = date(2025, 3, 4)
GYEONGGI = Region("경기도")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (CatalogueQuery(), SERVICES),
        (CatalogueQuery(life=LifeStage.YOUNG_ADULT), SERVICES),
        (CatalogueQuery(life=LifeStage.OLD_AGE), ()),
        (CatalogueQuery(target=HouseholdGroup.LOW_INCOME), (CITY,)),
        (CatalogueQuery(theme=Theme.LAW), (NATIONAL, PROVINCE)),
        (CatalogueQuery(theme=Theme.LAW, target=HouseholdGroup.LOW_INCOME), ()),
        (CatalogueQuery(region=GYEONGGI), SERVICES),
        (CatalogueQuery(region=Region("경기도", "의정부시")), SERVICES),
        (CatalogueQuery(region=Region("경기도", "수원시")), (NATIONAL, PROVINCE)),
        (CatalogueQuery(region=Region("강원특별자치도")), (NATIONAL,)),
        (CatalogueQuery(text="월세"), (CITY,)),
        (CatalogueQuery(text="빚으로 나루도"), (PROVINCE,)),
        (CatalogueQuery(text="없는 말"), ()),
    ],
)
async def test_all_that_is_asked_must_hold(query: CatalogueQuery, found: tuple[WelfareService, ...]) -> None:
    """Codes, place and words; what is for the whole country or province is there in each of its places."""
    assert [service for _, service in (await Shelf().library.search(query)).services] == list(found)


@pytest.mark.parametrize(
    ("place", "region"),
    [
        ("41150", Region("경기도", "의정부시")),
        ("41131", Region("경기도", "성남시")),
        ("의정부시", Region("경기도", "의정부시")),
        ("의정부", Region("경기도", "의정부시")),
        ("경기도 연천군", Region("경기도", "연천군")),
        ("경기도", GYEONGGI),
        ("41000", GYEONGGI),
    ],
)
def test_places_are_known_by_code_and_name(place: str, region: Region) -> None:
    """A district's code means its city."""
    assert region_of(place, DAY) == region


@pytest.mark.parametrize("place", ["11680", "4115", "강남구", "41", "시", "  "])
def test_other_places_are_unknown(place: str) -> None:
    """The refusal says what is known, and does not repeat what was asked."""
    with pytest.raises(UnknownPlaceError) as caught:
        region_of(place, DAY)
    assert str(caught.value) == "경기도와 그 31개 시군의 이름이나 법정동코드 앞 5자리를 적습니다."


@given(st.sampled_from(MUNICIPALITIES))
def test_every_municipality_is_a_place(row: Any) -> None:
    """By its code and by its name alike."""
    assert region_of(f"{row.dong_prefix}0", DAY) == region_of(row.name, DAY) == Region("경기도", row.name)


async def test_a_detail_is_kept_like_the_list() -> None:
    """Read once, shown while its source fails, and unknown ids are unknown."""
    shelf = Shelf()
    source, service, kept = await shelf.library.detail(CITY.id)
    assert (source.profile.slug, service, kept.thing and kept.thing.who) == ("toy", CITY, "누구나")
    shelf.toy.failure = UncertainError("the line broke")
    _, _, again = await shelf.library.detail(CITY.id)
    assert (again.thing, shelf.toy.readings) == (kept.thing, 2)
    with pytest.raises(NothingKeptError):
        await shelf.library.detail(NATIONAL.id)
    with pytest.raises(UnknownServiceError):
        await shelf.library.detail("WLF99999999")


async def test_not_too_many_details_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was asked for longest ago goes first."""
    monkeypatch.setattr("hub.catalogue.library._MOST_DETAILS", 2)
    shelf = Shelf()
    for service in (NATIONAL, PROVINCE, NATIONAL, CITY, NATIONAL):
        await shelf.library.detail(service.id)
    assert list(shelf.source._details) == [CITY.id, NATIONAL.id]
    assert shelf.toy.readings == 4


async def test_every_call_has_a_leave_of_its_own() -> None:
    """Impersonal, for this catalogue alone, and the gate keeps none of those that are over."""
    shelf = Shelf()
    leaves = [shelf.toy.leave() for _ in range(3)]
    assert {type(leave) for leave in leaves} == {Impersonal}
    assert {leave.recipient for leave in leaves} == {"toy"}
    assert len({leave.attempt_id for leave in leaves}) == 3
    for _ in range(3):
        shelf.gate.let_first_byte_pass(shelf.toy.leave(), "toy")
    shelf.toy.leave()
    assert shelf.gate._left == set()


class _Wreck(Toy):
    """Cannot be built."""

    def __init__(self, *_: Any) -> None:
        raise MisconfiguredError("base_url is no address")


class _Bug(Toy):
    """Cannot be built, and says why with a value."""

    def __init__(self, *_: Any) -> None:
        raise ValueError("secret-value")


def test_one_that_cannot_be_built_is_broken() -> None:
    """The others live; a text that may hold a value is not shown; disabled and missing tables are disabled."""
    table = CatalogueSettings(enabled=True, base_url="https://toy.invalid")
    installed = {"bug": _Bug, "far": Broken("far", "ImportError"), "off": Toy, "toy": Toy, "wreck": _Wreck}
    tables = {"bug": table, "toy": table, "wreck": table}
    library = build_library(tables, installed, KeepingSettings(), Gate(), Clock())
    assert {slug: (holding.state, holding.why) for slug, holding in library.items()} == {
        "bug": (AgencyState.BROKEN, "ValueError while it was built"),
        "far": (AgencyState.BROKEN, "ImportError"),
        "off": (AgencyState.DISABLED, None),
        "toy": (AgencyState.ACTIVE, None),
        "wreck": (AgencyState.BROKEN, "base_url is no address"),
    }


async def test_without_a_catalogue_there_is_nothing() -> None:
    """Not an empty list, which would say that there are no services."""
    with pytest.raises(NothingKeptError):
        await build_library({}, {}, KeepingSettings(), Gate(), Clock()).search(CatalogueQuery())
